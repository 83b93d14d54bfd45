//! Lanes, limits and dead letters of the job engine, on both databases.
#![expect(clippy::unwrap_used, reason = "test")]

use serde_json::json;
use tasuki_core::id::JobId;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claim, Claimed, DeadFilter, Lane, NewJob};
use tasuki_store::relay_places::Place;
use tasuki_store::testing::databases;
use tasuki_store::{Store, StoreError, relay_places, turns};
use uuid::Uuid;

fn noon() -> Timestamp {
    "2021-04-01T12:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    noon().plus_seconds(seconds).unwrap()
}

fn job(n: u128, lane: Lane, run_at: Timestamp) -> NewJob {
    NewJob {
        id: JobId::from(Uuid::from_u128(n)),
        tenant: None,
        lane,
        kind: "do_something",
        key: format!("do_something:{n}"),
        payload: json!({}),
        run_at,
    }
}

async fn add(store: &Store, (n, counterpart): (u128, Option<u128>)) {
    let tx = store.begin().await.unwrap();
    let counterpart = counterpart.map(Uuid::from_u128);
    let job = job(n, Lane::Provisioning, after(i64::try_from(n).unwrap()));
    jobs::enqueue_for(&tx, &job, counterpart).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(store: &Store, (token, limit, most): (u128, u32, u32)) -> Vec<Claimed> {
    let tx = store.begin().await.unwrap();
    let (now, claim) = (after(1_000), Claim { token: Uuid::from_u128(token), limit });
    let times = (now, after(1_060));
    let claimed = jobs::claim_within(&tx, Lane::Provisioning, times, claim, most).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

fn numbers(claimed: &[Claimed]) -> Vec<u128> {
    claimed.iter().map(|job| job.id.as_uuid().as_u128()).collect()
}

#[tokio::test]
async fn a_slow_counterpart_cannot_take_every_hand() {
    for fresh in databases().await {
        let store = &fresh.store;
        for n in 1..=6 {
            add(store, (n, Some(900))).await;
        }
        add(store, (7, Some(901))).await;
        add(store, (8, None)).await;
        let first = claim(store, (1, 5, 2)).await;
        assert_eq!(numbers(&first), [1, 2], "{}: two of five are too many already", fresh.name);
        assert_eq!(numbers(&claim(store, (2, 5, 2)).await), [7, 8], "the others have their turn");
        assert!(claim(store, (3, 5, 2)).await.is_empty());

        let tx = store.begin().await.unwrap();
        jobs::complete(&tx, &first[0], after(1_001)).await.unwrap();
        tx.commit().await.unwrap();
        let next = claim(store, (4, 5, 2)).await;
        assert_eq!(numbers(&next), [3], "one hand is free again");
        assert_eq!(next[0].attempt, 1, "what was given back was never tried");
    }
}

#[tokio::test]
async fn lanes_that_have_nothing_due_are_not_named() {
    for fresh in databases().await {
        let store = &fresh.store;
        let tx = store.begin().await.unwrap();
        jobs::enqueue(&tx, &job(1, Lane::Billing, noon())).await.unwrap();
        jobs::enqueue(&tx, &job(2, Lane::Low, after(10))).await.unwrap();
        jobs::enqueue(&tx, &job(3, Lane::Alerts, after(5))).await.unwrap();
        assert_eq!(jobs::due_lanes(&tx, noon()).await.unwrap(), [Lane::Billing], "{}", fresh.name);
        let later = jobs::due_lanes(&tx, after(10)).await.unwrap();
        assert_eq!(later, [Lane::Alerts, Lane::Billing, Lane::Low]);
    }
}

#[tokio::test]
async fn a_dead_letter_keeps_its_true_last_error_and_is_retried_or_dropped_once() {
    for fresh in databases().await {
        let store = &fresh.store;
        for n in 1..=3 {
            add(store, (n, None)).await;
        }
        let claimed = claim(store, (1, 10, 10)).await;
        let tx = store.begin().await.unwrap();
        jobs::retry_at(&tx, &claimed[0], after(1_001), "LOST_RACE: once").await.unwrap();
        tx.commit().await.unwrap();
        let again = claim(store, (2, 10, 10)).await;
        assert!(again.is_empty(), "not due yet");

        let tx = store.begin().await.unwrap();
        for (job, died) in claimed[1..].iter().zip(2_000..) {
            jobs::bury(&tx, job, after(died), &format!("INTERNAL: it broke {died}")).await.unwrap();
        }
        let all = jobs::list_dead(&tx, &DeadFilter::default(), None, 10).await.unwrap();
        let ids: Vec<_> = all.iter().map(|it| it.id.as_uuid().as_u128()).collect();
        assert_eq!(ids, [3, 2], "{}: the latest first", fresh.name);
        assert_eq!(all[1].last_error, "INTERNAL: it broke 2000");
        assert_eq!((all[1].first_run_at, all[1].died_at), (after(2), after(2_000)));
        let place = Some((all[0].died_at, all[0].id));
        let next = jobs::list_dead(&tx, &DeadFilter::default(), place, 10).await.unwrap();
        assert_eq!(next, all[1..], "a page goes on where the last one ended");
        let other = DeadFilter { lane: Some(Lane::Billing), ..DeadFilter::default() };
        assert!(jobs::list_dead(&tx, &other, None, 10).await.unwrap().is_empty());

        jobs::retry_now(&tx, all[0].id, after(1_000)).await.unwrap();
        let twice = jobs::retry_now(&tx, all[0].id, after(1_000)).await;
        assert!(matches!(twice, Err(StoreError::LostRace)), "{twice:?}");
        jobs::discard(&tx, all[1].id, after(3_000)).await.unwrap();
        let twice = jobs::discard(&tx, all[1].id, after(3_000)).await;
        assert!(matches!(twice, Err(StoreError::LostRace)), "{twice:?}");
        assert_eq!(jobs::get_dead(&tx, all[1].id).await.unwrap(), None);
        tx.commit().await.unwrap();
        let retried = claim(store, (3, 10, 10)).await;
        assert_eq!(numbers(&retried), [3]);
        assert_eq!(retried[0].attempt, 1, "with new tries");
        assert_eq!(retried[0].last_error.as_deref(), Some("INTERNAL: it broke 2001"));

        let tx = store.begin().await.unwrap();
        jobs::complete(&tx, &retried[0], after(3_001)).await.unwrap();
        let purged = jobs::purge_done(&tx, "do_something", after(9_000), 10).await.unwrap();
        assert_eq!(purged, 1, "what was dropped stays on record");
    }
}

#[tokio::test]
async fn the_place_of_a_stream_moves_only_from_where_it_was_read() {
    for fresh in databases().await {
        let place = |after_seq, stream_seq| Place { after_seq, stream_seq };
        let tx = fresh.store.begin().await.unwrap();
        let go = async |from, to| relay_places::go(&tx, "s", (from, to), after(0)).await.unwrap();
        assert_eq!(relay_places::get(&tx, "s").await.unwrap(), place(0, 0), "{}", fresh.name);
        assert!(go(place(0, 0), place(7, 5)).await);
        assert!(!go(place(0, 0), place(9, 6)).await, "somebody else was faster");
        assert!(!go(place(7, 4), place(9, 6)).await);
        assert!(go(place(7, 5), place(9, 6)).await);
        assert!(go(place(9, 6), place(2, 2)).await, "a stream that lost something is filled again");
        assert_eq!(relay_places::get(&tx, "s").await.unwrap(), place(2, 2));
        assert_eq!(relay_places::get(&tx, "t").await.unwrap(), place(0, 0));
    }
}

#[tokio::test]
async fn one_process_at_a_time_has_a_turn_and_another_follows_when_it_dies() {
    for fresh in databases().await {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let tx = fresh.store.begin().await.unwrap();
        let take = async |token, now, until| {
            turns::take(&tx, "relay", token, (after(now), after(until))).await.unwrap()
        };
        assert!(take(one, 0, 15).await, "{}", fresh.name);
        assert!(!take(other, 1, 16).await);
        assert!(take(one, 2, 17).await, "who has it keeps it");
        assert!(!take(other, 16, 31).await);
        assert!(take(other, 17, 32).await, "nobody kept it");
        turns::give_back(&tx, "relay", one).await.unwrap();
        assert!(!take(one, 18, 33).await, "nobody gives back what is another's");
        turns::give_back(&tx, "relay", other).await.unwrap();
        assert!(take(one, 19, 34).await);
    }
}

//! Decisions of many calls go on record together, each once, in one unbroken chain; pictures are never older than the
//! last commit of their own process.
#![expect(clippy::unwrap_used, reason = "test")]

use std::sync::Arc;

use serde_json::{Value, json};
use tasuki_core::actor::Actor;
use tasuki_core::decision::{
    ChainHead, Decision, Explanation, Occasion, Outcome, PackKind, PackVersion,
};
use tasuki_core::id::{DecisionId, MasterContractId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_store::decision_log::Entry;
use tasuki_store::decisions::Record;
use tasuki_store::idempotency::RequestKey;
use tasuki_store::testing::databases;
use tasuki_store::{Store, StoreError, decisions};
use uuid::Uuid;

fn now() -> Timestamp {
    "2021-04-01T12:00:00Z".parse().unwrap()
}

fn decision(n: u128) -> Decision {
    let occasion = Occasion {
        id: DecisionId::from(Uuid::from_u128(n)),
        tenant_id: None,
        subject: "mct_1".to_owned(),
        as_of: now(),
        decided_at: now(),
        decided_by: Actor::from(&Principal::of("insurer", Role::Insurer)),
    };
    let pack = PackVersion {
        kind: PackKind::Trigger,
        name: "v1".to_owned(),
        version: "1".to_owned(),
        hash: "sha256:0".to_owned(),
        environment: "1".to_owned(),
    };
    let explanation = Explanation {
        outcome: Outcome::Satisfied,
        summary: Text::new("はい", "yes"),
        findings: Vec::new(),
        outputs: Vec::new(),
    };
    Decision::record(occasion, pack, json!({ "n": n.to_string() }), explanation)
}

fn entry(n: u128, body: &str) -> Entry<Value> {
    Entry {
        key: RequestKey {
            scope: "insurer".to_owned(),
            method: "cover.v1.EvaluateEligibilityRequest".to_owned(),
            request_id: format!("question-{n}"),
            body_hash: body.to_owned(),
        },
        decisions: [2 * n, 2 * n + 1].map(|n| Record::of(&decision(n)).unwrap()).into(),
        answer: json!({ "n": n.to_string() }),
        at: now(),
    }
}

/// The chain of nobody in particular, each link checked against the one before.
async fn on_record(store: &Store) -> Vec<DecisionId> {
    let tx = store.begin_read().await.unwrap();
    let mut head = ChainHead::default();
    let mut ids = Vec::new();
    for stored in decisions::of_chain(&tx, Uuid::nil(), 0, 10_000).await.unwrap() {
        stored.link.check(&stored.document, &head).unwrap();
        head = stored.link.head();
        ids.push(stored.decision().unwrap().id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_same_time_are_each_on_record_once_before_they_are_answered() {
    for database in databases().await {
        let store = Arc::new(database.store.clone());
        let mut calls = tokio::task::JoinSet::new();
        // Each question comes twice at the same time.
        for n in (0..300_u128).flat_map(|n| [n, n]) {
            let store = Arc::clone(&store);
            calls.spawn(async move {
                let repeated = store.put_on_record(entry(n, "body")).await.unwrap();
                let tx = store.begin_read().await.unwrap();
                let id = DecisionId::from(Uuid::from_u128(2 * n));
                assert!(decisions::get(&tx, id).await.unwrap().is_some(), "answered too early");
                repeated
            });
        }
        let answers = calls.join_all().await;
        let repeats: Vec<_> = answers.into_iter().flatten().collect();
        assert_eq!(repeats.len(), 300, "{}", database.name);

        let mut ids = on_record(&store).await;
        ids.sort();
        let wanted: Vec<_> = (0..600).map(|n| DecisionId::from(Uuid::from_u128(n))).collect();
        assert_eq!(ids, wanted, "{}", database.name);
    }
}

#[tokio::test]
async fn a_repeat_is_told_the_first_answer_and_another_body_spoils_nobody_elses_call() {
    for database in databases().await {
        let store = &database.store;
        assert_eq!(store.put_on_record(entry(1, "body")).await.unwrap(), None);
        let again = store.put_on_record(entry(1, "body")).await.unwrap();
        assert_eq!(again, Some(json!({ "n": "1" })), "{}", database.name);

        let mut other = entry(1, "another body");
        other.decisions = vec![Record::of(&decision(900)).unwrap()];
        let (refused, done) =
            tokio::join!(store.put_on_record(other), store.put_on_record(entry(2, "body")));
        assert!(matches!(refused, Err(StoreError::RequestIdReused(_))), "{}", database.name);
        assert_eq!(done.unwrap(), None);
        assert_eq!(on_record(store).await.len(), 4);
    }
}

#[tokio::test]
async fn who_gives_up_waiting_stops_nobody_elses_call() {
    for database in databases().await {
        let store = &database.store;
        let writing = store.begin().await.unwrap();
        let given_up = tokio::spawn({
            let store = store.clone();
            async move { store.put_on_record(entry(1, "body")).await }
        });
        tokio::task::yield_now().await;
        given_up.abort();
        let other = tokio::spawn({
            let store = store.clone();
            async move { store.put_on_record(entry(2, "body")).await }
        });
        drop(writing);
        assert_eq!(other.await.unwrap().unwrap(), None, "{}", database.name);
        let ids = on_record(store).await;
        assert!(ids.contains(&DecisionId::from(Uuid::from_u128(4))), "{}", database.name);
    }
}

#[tokio::test]
async fn a_contract_that_is_not_there_is_looked_for_again() {
    for database in databases().await {
        let id = MasterContractId::from(Uuid::from_u128(7));
        assert_eq!(database.store.recent_programme(id).await.unwrap(), None, "{}", database.name);
    }
}

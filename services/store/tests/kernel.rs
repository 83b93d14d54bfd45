//! What every use case stands on, on both databases.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

use serde_json::json;
use tasuki_core::catalog::CompanyProfile;
use tasuki_core::id::{EventId, JobId, PartnerId, TenantId};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Tenant};
use tasuki_core::time::{Timestamp, Zone};
use tasuki_store::counters::{self, Series};
use tasuki_store::idempotency::{self, RequestKey};
use tasuki_store::jobs::{self, Claim, Claimed, Lane, NewJob};
use tasuki_store::testing::databases;
use tasuki_store::{Store, StoreError, inbox, outbox, partners, tenants};
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2021-04-01T12:00:00Z")
}

fn partner() -> Partner {
    Partner {
        id: PartnerId::of_code("ogs"),
        code: "ogs".to_owned(),
        name: "沖電グローバルシステムズ".to_owned(),
        name_en: "OGS".to_owned(),
        kind: PartnerKind::Operator,
        capabilities: Vec::new(),
        solicitor_licence: None,
        terms: PartnerTerms::default(),
        created_at: noon(),
    }
}

async fn tenant(store: &Store, n: u128, clock_at: Option<Timestamp>) -> TenantId {
    let tx = store.begin().await.unwrap();
    if partners::get(&tx, partner().id).await.unwrap().is_none() {
        partners::insert(&tx, &partner()).await.unwrap();
    }
    let id = TenantId::from(Uuid::from_u128(n));
    let tenant = Tenant {
        id,
        partner_id: partner().id,
        name: format!("firm {n}"),
        name_en: String::new(),
        partner_reference: String::new(),
        zone: Zone::named(Zone::TOKYO).unwrap(),
        profile: CompanyProfile {
            industry: Some("G".to_owned()),
            employees: Some(12),
            ..CompanyProfile::default()
        },
        clock_at,
        created_at: noon(),
        updated_at: noon(),
    };
    tenants::insert(&tx, &tenant).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn add(store: &Store, n: u128, tenant: Option<TenantId>, run_at: Timestamp) -> bool {
    let tx = store.begin().await.unwrap();
    let job = NewJob {
        id: JobId::from(Uuid::from_u128(n)),
        tenant,
        lane: Lane::Provisioning,
        kind: "provision_item",
        key: format!("provision_item:{n}"),
        payload: json!({ "n": n.to_string() }),
        run_at,
    };
    let added = jobs::enqueue(&tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    added
}

async fn claim(store: &Store, now: Timestamp, token: u128) -> Vec<Claimed> {
    let lease_until = now.plus_seconds(60).unwrap();
    let claim = Claim { token: Uuid::from_u128(token), limit: 10 };
    loop {
        let tx = store.begin().await.unwrap();
        match jobs::claim_due(&tx, Lane::Provisioning, now, lease_until, claim).await {
            Ok(claimed) => {
                tx.commit().await.unwrap();
                return claimed;
            }
            Err(StoreError::LostRace) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_step_is_enqueued_once() {
    for fresh in databases().await {
        assert!(add(&fresh.store, 1, None, noon()).await, "{}", fresh.name);
        assert!(!add(&fresh.store, 1, None, noon()).await, "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_job_is_claimed_when_it_is_due_and_by_one_worker_only() {
    for fresh in databases().await {
        let store = &fresh.store;
        add(store, 1, None, noon().plus_seconds(1).unwrap()).await;
        assert!(claim(store, noon(), 1).await.is_empty(), "not due yet on {}", fresh.name);
        for n in 2..42 {
            add(store, n, None, noon()).await;
        }
        let workers = (0..8).map(|worker| {
            let store = store.clone();
            tokio::spawn(async move { claim(&store, noon(), 100 + worker).await })
        });
        let mut taken = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            taken.extend(worker.await.unwrap().into_iter().map(|job| job.id));
        }
        taken.extend(claim(store, noon(), 200).await.into_iter().map(|job| job.id));
        let n_taken = taken.len();
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), n_taken, "no job was taken twice on {}", fresh.name);
        assert!(n_taken <= 40, "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_worker_past_its_lease_cannot_finish_what_another_has_taken_over() {
    for fresh in databases().await {
        let store = &fresh.store;
        add(store, 1, None, noon()).await;
        let slow = claim(store, noon(), 1).await.pop().unwrap();
        assert!(claim(store, noon().plus_seconds(59).unwrap(), 2).await.is_empty());
        let later = noon().plus_seconds(60).unwrap();
        let quick = claim(store, later, 3).await.pop().unwrap();
        assert_eq!((slow.attempt, quick.attempt), (1, 2), "{}", fresh.name);

        let tx = store.begin().await.unwrap();
        let refused = jobs::complete(&tx, &slow, later).await;
        assert!(matches!(refused, Err(StoreError::LostRace)), "{}", fresh.name);
        drop(tx);
        let tx = store.begin().await.unwrap();
        jobs::complete(&tx, &quick, later).await.unwrap();
        tx.commit().await.unwrap();
        assert!(claim(store, at("2022-01-01T00:00:00Z"), 4).await.is_empty(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_simulated_tenants_job_is_due_by_its_own_clock() {
    for fresh in databases().await {
        let store = &fresh.store;
        let start = at("2020-09-07T00:00:00Z");
        let simulated = tenant(store, 1, Some(start)).await;
        let due = at("2020-10-01T00:00:00Z");
        add(store, 1, Some(simulated), due).await;
        assert!(claim(store, noon(), 1).await.is_empty(), "its own clock counts: {}", fresh.name);

        let tx = store.begin().await.unwrap();
        assert_eq!(jobs::next_due(&tx, simulated, noon()).await.unwrap(), Some(due));
        tenants::set_clock(&tx, simulated, due).await.unwrap();
        let back = tenants::set_clock(&tx, simulated, start).await;
        assert!(matches!(back, Err(StoreError::LostRace)), "a clock never moves back");
        tx.commit().await.unwrap();
        assert_eq!(claim(store, noon(), 2).await.len(), 1, "{}", fresh.name);
    }
}

#[tokio::test]
async fn the_clock_of_a_real_tenant_cannot_be_set() {
    for fresh in databases().await {
        let real = tenant(&fresh.store, 1, None).await;
        let tx = fresh.store.begin().await.unwrap();
        let refused = tenants::set_clock(&tx, real, noon()).await;
        assert!(matches!(refused, Err(StoreError::LostRace)), "{}", fresh.name);
    }
}

fn key(body: &str) -> RequestKey {
    RequestKey {
        scope: "token:sales".to_owned(),
        method: "quote.v1.CreateQuoteRequest".to_owned(),
        request_id: "r-1".to_owned(),
        body_hash: body.to_owned(),
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_body_is_refused() {
    for fresh in databases().await {
        let tx = fresh.store.begin().await.unwrap();
        let first: Option<String> =
            idempotency::first_answer(&tx, &key("a"), noon()).await.unwrap();
        assert_eq!(first, None);
        idempotency::remember(&tx, &key("a"), &"the quote").await.unwrap();
        tx.commit().await.unwrap();

        let tx = fresh.store.begin().await.unwrap();
        let again: Option<String> =
            idempotency::first_answer(&tx, &key("a"), noon()).await.unwrap();
        assert_eq!(again.as_deref(), Some("the quote"), "{}", fresh.name);
        let other = idempotency::first_answer::<String>(&tx, &key("b"), noon()).await;
        assert!(matches!(other, Err(StoreError::RequestIdReused(_))), "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_was_not_committed_leaves_no_key_behind() {
    for fresh in databases().await {
        let tx = fresh.store.begin().await.unwrap();
        idempotency::first_answer::<String>(&tx, &key("a"), noon()).await.unwrap();
        drop(tx);
        let tx = fresh.store.begin().await.unwrap();
        let first: Option<String> =
            idempotency::first_answer(&tx, &key("b"), noon()).await.unwrap();
        assert_eq!(first, None, "{}", fresh.name);
    }
}

#[tokio::test]
async fn numbers_have_no_gaps_under_concurrency() {
    for fresh in databases().await {
        let issuer = PartnerId::from(Uuid::from_u128(9));
        let writers: Vec<_> = (0..20)
            .map(|n| {
                let store = fresh.store.clone();
                tokio::spawn(async move {
                    let tx = store.begin().await.unwrap();
                    let number = counters::next(&tx, Series::Invoices(issuer)).await.unwrap();
                    // Every fourth gives up: its number must be given to another.
                    if n % 4 == 0 {
                        return None;
                    }
                    tx.commit().await.unwrap();
                    Some(number)
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for writer in writers {
            numbers.extend(writer.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=15).collect::<Vec<i64>>(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn an_event_from_outside_is_taken_in_once() {
    for fresh in databases().await {
        let tx = fresh.store.begin().await.unwrap();
        assert!(inbox::is_new(&tx, "prv", "e1", noon()).await.unwrap());
        assert!(!inbox::is_new(&tx, "prv", "e1", noon()).await.unwrap(), "{}", fresh.name);
        assert!(inbox::is_new(&tx, "other", "e1", noon()).await.unwrap(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn events_come_out_in_order_and_once_marked_not_again() {
    for fresh in databases().await {
        let store = &fresh.store;
        let tenant = tenant(store, 1, None).await;
        let tx = store.begin().await.unwrap();
        for n in 1..=3_u128 {
            let event = outbox::Event {
                id: EventId::from(Uuid::from_u128(n)),
                tenant: Some(tenant),
                topic: "quote.issued",
                subject: format!("quo_{n}"),
                payload: json!({ "b": 1, "a": "é" }),
                occurred_at: at("2021-04-01T00:00:00.123456Z"),
            };
            outbox::append(&tx, &event).await.unwrap();
        }
        tx.commit().await.unwrap();

        let tx = store.begin().await.unwrap();
        let all = outbox::unpublished(&tx, 10).await.unwrap();
        let subjects: Vec<&str> = all.iter().map(|event| event.subject.as_str()).collect();
        assert_eq!(subjects, ["quo_1", "quo_2", "quo_3"], "{}", fresh.name);
        let first = all.first().unwrap();
        assert_eq!(first.occurred_at.to_string(), "2021-04-01T00:00:00.123456Z");
        outbox::mark_published(&tx, first.seq, noon()).await.unwrap();
        assert_eq!(outbox::unpublished(&tx, 10).await.unwrap().len(), 2, "{}", fresh.name);
        let page = outbox::list(&tx, &outbox::Filter::of_tenant(tenant), (first.seq, i64::MAX), 1)
            .await
            .unwrap();
        assert_eq!(page.len(), 1, "{}", fresh.name);
    }
}

#[tokio::test]
async fn migrating_twice_changes_nothing_and_an_old_schema_is_noticed() {
    for fresh in databases().await {
        assert_eq!(fresh.store.migrate().await.unwrap(), 0, "{}", fresh.name);
        fresh.store.check().await.unwrap();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = tasuki_store::Options {
        url: format!("sqlite://{}", file.path().display()),
        max_connections: 1,
        schema: None,
    };
    let empty = Store::open(&options).await.unwrap();
    assert!(matches!(empty.check().await, Err(StoreError::Schema(_))));
}

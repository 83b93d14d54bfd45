//! What monitoring relies on the database for, on both databases.
#![expect(clippy::unwrap_used, reason = "test")]

use tasuki_core::actor::Actor;
use tasuki_core::alert::{Alert, AlertKey, AlertReport, Detail, Judgement, NoAction, SymptomKey};
use tasuki_core::escalation::{EscalationCause, OKINAWA, Rung, ladder_named};
use tasuki_core::heartbeat::Heartbeat;
use tasuki_core::id::{AlertId, IncidentId, ProviderId, TenantId};
use tasuki_core::incident::{
    AfterResolution, Deed, Enquiry, Incident, Opening, Origin, for_enquiry,
};
use tasuki_core::party::Role;
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_store::heartbeats::{self, Of, Watch};
use tasuki_store::testing::databases;
use tasuki_store::{Scope, StoreError, alerts, incidents};
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2020-11-02T03:00:00Z")
}

fn tenant() -> TenantId {
    TenantId::from(Uuid::from_u128(1))
}

fn desk() -> Deed {
    let by = Actor { subject: "desk".to_owned(), role: Role::HelpDesk, partner_id: None };
    Deed { by, at: noon() }
}

fn incident(n: u128, symptom: Option<&str>) -> Incident {
    let enquiry = Enquiry {
        incident_id: IncidentId::from(Uuid::from_u128(n)),
        tenant_id: tenant(),
        service: Some(Service::Utm),
        symptom: symptom.map(|text| text.parse().unwrap()),
        description: "つながりません".to_owned(),
        noticed_at: noon(),
    };
    let opening = Opening {
        site_code: None,
        severity: Severity::Medium,
        ladder: ladder_named(OKINAWA).unwrap(),
        start: Rung::HelpDesk,
        cause: EscalationCause::Policy,
        decision_id: None,
        n_recurrences: 1,
        wording: for_enquiry(),
        opened_by: desk().by,
    };
    Incident::open(Origin::Enquiry(enquiry), opening, noon()).unwrap().0
}

fn alert(n: u128, provider_alert_id: &str, received_at: &str) -> Alert {
    let report = AlertReport {
        tenant_id: tenant(),
        instance_id: None,
        key: AlertKey {
            provider_id: ProviderId::from(Uuid::from_u128(2)),
            provider_alert_id: provider_alert_id.parse().unwrap(),
        },
        service: Service::Utm,
        detail: Detail::Malware,
        n_detections: 3,
        detected_at: noon(),
        detected_within: None,
        symptom: SymptomKey::derived(Service::Utm, Detail::Malware.kind(), None),
        blocked: true,
        device_id: None,
        endpoint_id: None,
        summary: String::new(),
    };
    Alert::receive(AlertId::from(Uuid::from_u128(n)), report, at(received_at))
}

#[tokio::test]
async fn a_symptom_has_one_unsolved_incident() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let mut first = incident(10, Some("utm.internet_lost"));
        incidents::insert(&tx, &first).await.unwrap();
        incidents::insert(&tx, &incident(11, Some("utm.other"))).await.unwrap();
        // Enquiries without a known symptom stand beside each other.
        incidents::insert(&tx, &incident(12, None)).await.unwrap();
        incidents::insert(&tx, &incident(13, None)).await.unwrap();
        let second = incident(14, Some("utm.internet_lost"));
        let refused = incidents::insert(&tx, &second).await;
        assert!(matches!(refused, Err(StoreError::LostRace)), "{}", database.name);

        let said = (false, Text::default(), None);
        first.resolve(said, AfterResolution::Review, &desk()).unwrap();
        incidents::save(&tx, &first, 1).await.unwrap();
        incidents::insert(&tx, &second).await.unwrap();
        let symptom = "utm.internet_lost".parse().unwrap();
        let open = incidents::lock_unsolved(&tx, tenant(), &symptom).await.unwrap().unwrap();
        assert_eq!(open.incident.id, second.id);
        let before = at("2020-11-01T00:00:00Z");
        let all = incidents::of_symptom(&tx, tenant(), &symptom, before, 10).await.unwrap();
        assert_eq!(all.len(), 2);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_stale_version_is_not_written() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let mut alert = alert(20, "a", "2020-11-02T03:00:00Z");
        assert!(alerts::insert(&tx, &alert).await.unwrap());
        let judgement = Judgement {
            given_by: desk().by,
            given_at: noon(),
            reason: "blocked".to_owned(),
            decision_id: None,
        };
        alert.settle(NoAction::BlockedAuto, judgement).unwrap();
        assert_eq!(alerts::save(&tx, &alert, 1).await.unwrap(), 2);
        let stale = alerts::save(&tx, &alert, 1).await;
        assert!(matches!(stale, Err(StoreError::LostRace)), "{}", database.name);
        let stored = alerts::get(&tx, tenant(), alert.id).await.unwrap().unwrap();
        assert_eq!((stored.alert, stored.version), (alert, 2));
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_alert_of_the_same_key_is_not_taken_in_twice() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let first = alert(20, "a", "2020-11-02T03:00:00Z");
        assert!(alerts::insert(&tx, &first).await.unwrap());
        let again = alert(21, "a", "2020-11-02T04:00:00Z");
        assert!(!alerts::insert(&tx, &again).await.unwrap(), "{}", database.name);
        let known = alerts::by_key(&tx, &again.report.key).await.unwrap().unwrap();
        assert_eq!(known.alert.id, first.id);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn lists_have_the_same_order_on_every_database() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        // Capital letters before small ones, signs before both, whatever the locale says.
        for (n, id) in (20..).zip(["b", "B", "a", "_", "Z"]) {
            alerts::insert(&tx, &alert(n, id, "2020-11-02T03:00:00Z")).await.unwrap();
        }
        alerts::insert(&tx, &alert(30, "new", "2020-11-02T03:00:00.000001Z")).await.unwrap();
        let filter = alerts::Filter::of(Scope::Tenant(tenant()));
        let rows = alerts::list(&tx, &filter, None, 10).await.unwrap();
        let ids: Vec<_> =
            rows.iter().map(|row| row.alert.report.key.provider_alert_id.as_str()).collect();
        assert_eq!(ids, ["new", "B", "Z", "_", "a", "b"], "{}", database.name);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_earlier_sign_of_life_does_not_replace_a_later_one() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let seen = |text: &str| Heartbeat {
            tenant_id: tenant(),
            instance_id: None,
            provider_id: ProviderId::from(Uuid::from_u128(2)),
            service: Service::Utm,
            device_id: "FB-1".to_owned(),
            last_seen_at: at(text),
            agent_version: None,
            bypass_active: Some(true),
        };
        let (early, late) = (seen("2020-11-02T01:00:00Z"), seen("2020-11-02T02:00:00Z"));
        assert!(heartbeats::keep(&tx, &late, late.last_seen_at).await.unwrap());
        assert!(!heartbeats::keep(&tx, &late, late.last_seen_at).await.unwrap());
        heartbeats::put(&tx, &late, Watch::Checking).await.unwrap();
        heartbeats::put(&tx, &early, Watch::Offline).await.unwrap();
        let known = heartbeats::lock(&tx, tenant(), Service::Utm, "FB-1").await.unwrap().unwrap();
        assert_eq!((&known.heartbeat, known.watch), (&late, Watch::Checking), "{}", database.name);

        heartbeats::keep(&tx, &early, late.last_seen_at).await.unwrap();
        let half_past = at("2020-11-02T01:30:00Z");
        let utm = (tenant(), Service::Utm);
        let evidence = heartbeats::last_before(&tx, utm, Of::default(), half_past).await;
        let evidence = evidence.unwrap().unwrap();
        assert_eq!(evidence.seen_at, at("2020-11-02T01:00:00Z"));
        // It was recorded at two o'clock: a microsecond before, nobody knew of it.
        let by = |known_at| Of { known_at: Some(known_at), ..Of::default() };
        let before = Timestamp::from_microseconds(late.last_seen_at.as_microseconds() - 1).unwrap();
        let unknown = heartbeats::last_before(&tx, utm, by(before), half_past).await.unwrap();
        assert_eq!(unknown, None, "{}", database.name);
        let known = heartbeats::last_before(&tx, utm, by(late.last_seen_at), half_past).await;
        assert_eq!(known.unwrap().unwrap(), evidence, "{}", database.name);
        assert_eq!(evidence.bypass_active, Some(true));
        let day = (at("2020-11-02T00:00:00Z"), at("2020-11-03T00:00:00Z"));
        let n = heartbeats::count_devices(&tx, tenant(), Service::Utm, day).await.unwrap();
        assert_eq!(n, 1);
        tx.commit().await.unwrap();
    }
}

//! What providers report and what becomes of it, on both databases, with the pilot's figures.
#![expect(clippy::unwrap_used, reason = "test")]

use tasuki_app::call::Call;
use tasuki_app::monitoring::{
    self, AlertList, AlertRow, HeartbeatRow, IncidentList, NoticeList, OpenIncident, RecordVerdict,
    RowAnswer, RowOutcome,
};
use tasuki_app::paging::PageRequest;
use tasuki_core::alert::{AlertKind, Detail, EdrLevel, EdrVerdict, SummaryRow, Verdict};
use tasuki_core::catalog::{BillingCycle, RateCardRef};
use tasuki_core::escalation::Rung;
use tasuki_core::id::{QuoteId, SubscriptionId, TenantId};
use tasuki_core::notice::Audience;
use tasuki_core::party::{Principal, Role};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;
use tasuki_core::subscription::{Subscription, SubscriptionDraft};
use tasuki_store::subscriptions;
use uuid::Uuid;

mod scene;
mod usage;
use scene::{KUMAMOTO, OKINAWA, Scheme, by, jst, partner_id, provider, provider_id, row, schemes};

/// O-tab 8: bad sites blocked, malware, other; fifteen firms.
const UTM_ALERTS: [(u32, u32, u32); 15] = [
    (0, 0, 2),
    (6, 0, 3),
    (6, 0, 3),
    (39, 8, 6),
    (4, 0, 5),
    (17, 0, 18),
    (64, 0, 3),
    (0, 0, 0),
    (47, 0, 4),
    (14, 0, 5),
    (0, 0, 0),
    (4, 0, 0),
    (1, 0, 0),
    (2, 0, 0),
    (3, 0, 0),
];

fn everything() -> PageRequest {
    PageRequest { size: 1_000, after: None }
}

fn all_incidents() -> IncidentList {
    IncidentList {
        tenant_id: None,
        phases: Vec::new(),
        rung: None,
        answered: monitoring::Answered::Any,
        openness: monitoring::Openness::Any,
        opened_from: None,
        opened_until: None,
    }
}

async fn n_incidents(scheme: &Scheme) -> usize {
    let call = by(Role::Soc);
    let (wanted, request) = (all_incidents(), everything());
    let page = monitoring::list_incidents(&scheme.ctx, &call, &wanted, &request).await;
    page.unwrap().rows.len()
}

async fn n_notices(scheme: &Scheme) -> usize {
    let (call, wanted) = (by(Role::Soc), NoticeList::default());
    monitoring::list_notices(&scheme.ctx, &call, &wanted, &everything()).await.unwrap().rows.len()
}

async fn summary(scheme: &Scheme) -> Vec<SummaryRow> {
    let (call, wanted) = (by(Role::Soc), AlertList::default());
    monitoring::summarize_alerts(&scheme.ctx, &call, &wanted).await.unwrap()
}

async fn report(scheme: &Scheme, rows: &[AlertRow]) -> Vec<RowAnswer> {
    let rows = rows.iter().cloned().map(Ok).collect();
    monitoring::report_alerts(&scheme.ctx, &provider(), rows).await.unwrap()
}

/// The SOC gives the same verdict on every alert of a list.
async fn review(scheme: &Scheme, wanted: &AlertList, verdict: Verdict) -> usize {
    let call = by(Role::Soc);
    let page = monitoring::list_alerts(&scheme.ctx, &call, wanted, &everything()).await.unwrap();
    for view in &page.rows {
        let command = RecordVerdict {
            tenant_id: view.alert.report.tenant_id,
            alert_id: view.alert.id,
            verdict,
            reason: "業務による通信".to_owned(),
            reviewed_at: None,
            etag: view.version.to_string(),
        };
        monitoring::record_verdict(&scheme.ctx, &call, command).await.unwrap();
    }
    page.rows.len()
}

/// A subscription of the tenant, without services yet.
async fn subscription(scheme: &Scheme, tenant_id: TenantId) -> SubscriptionId {
    let id = SubscriptionId::from(Uuid::from_u128(500));
    let draft = SubscriptionDraft {
        id,
        tenant_id,
        partner_id: partner_id(),
        quote_id: QuoteId::from(Uuid::from_u128(501)),
        items: Vec::new(),
        rate_card: RateCardRef {
            code: "okinawa".to_owned(),
            version: "2021-01".to_owned(),
            hash: "sha256:00".to_owned(),
        },
        cycle: BillingCycle::CalendarMonth,
        start_on: jiff::civil::date(2021, 2, 1),
        trial: None,
        minimum_term_months: 0,
        discounts: Vec::new(),
    };
    let subscription = Subscription::open(draft, jst("2021-01-25 09:00:00"));
    let tx = scheme.ctx.store.begin().await.unwrap();
    subscriptions::insert(&tx, &subscription).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn okinawa_alerts(scheme: &Scheme) -> Vec<AlertRow> {
    let mut rows = Vec::new();
    for (firm, (bad_sites, malware, other)) in (1_u128..).zip(UTM_ALERTS) {
        let tenant = scheme.tenant(firm, OKINAWA, jst("2021-01-25 00:00:00")).await;
        let kinds =
            [(bad_sites, Detail::BadSiteBlock), (malware, Detail::Malware), (other, Detail::Other)];
        for (n, detail) in kinds {
            for one in 0..n {
                let id = format!("{firm}-{}-{one}", detail.kind());
                let detected_at = jst("2020-12-15 10:00:00");
                rows.push(row(tenant, &id, detail.clone(), detected_at));
            }
        }
    }
    rows
}

#[tokio::test]
async fn the_264_alerts_of_okinawa_open_no_incident_and_bother_nobody() {
    for scheme in schemes().await {
        let rows = okinawa_alerts(&scheme).await;
        assert_eq!(rows.len(), 264);
        let answers = report(&scheme, &rows).await;
        assert!(answers.iter().all(|it| it.outcome == RowOutcome::Accepted), "{}", scheme.name);

        // The SOC finds that the 49 others were over-detection of internal traffic.
        let others = AlertList { kind: Some(AlertKind::Other), ..AlertList::default() };
        assert_eq!(review(&scheme, &others, Verdict::FalsePositive).await, 49);

        let counts: Vec<_> = summary(&scheme)
            .await
            .iter()
            .map(|row| (row.kind, row.n_alerts, row.n_blocked_auto, row.n_false_positive))
            .collect();
        assert_eq!(
            counts,
            [
                (AlertKind::BadSiteBlock, 207, 207, 0),
                (AlertKind::Malware, 8, 8, 0),
                (AlertKind::Other, 49, 0, 49),
            ]
        );
        assert_eq!(n_incidents(&scheme).await, 0);
        assert_eq!(n_notices(&scheme).await, 0);
    }
}

#[tokio::test]
async fn a_repeated_batch_changes_nothing_and_names_the_same_alerts() {
    for scheme in schemes().await {
        let rows = okinawa_alerts(&scheme).await;
        let first = report(&scheme, &rows).await;
        let again = report(&scheme, &rows).await;
        assert!(again.iter().all(|it| it.outcome == RowOutcome::Repeated), "{}", scheme.name);
        let ids =
            |answers: &[RowAnswer]| answers.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&first), ids(&again));
        let n_alerts: u64 = summary(&scheme).await.iter().map(|row| row.n_alerts).sum();
        assert_eq!(n_alerts, 264);
    }
}

#[tokio::test]
async fn the_113_verdicts_of_the_edr_are_reviewed_and_none_is_an_incident() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, OKINAWA, jst("2021-01-25 00:00:00")).await;
        let levels = [(408, EdrLevel::None), (13, EdrLevel::Suspected), (100, EdrLevel::Feared)];
        let mut rows = Vec::new();
        for (n, level) in levels {
            for one in 0..n {
                let detail = Detail::EdrVerdict(EdrVerdict { level, agent_version: None });
                let id = format!("{}-{one}", level.as_str());
                let edr = row(tenant, &id, detail, jst("2020-12-01 09:00:00"));
                rows.push(AlertRow { service: Service::Edr, blocked: false, ..edr });
            }
        }
        report(&scheme, &rows).await;

        let queue = AlertList { states: vec!["awaiting_verdict"], ..AlertList::default() };
        assert_eq!(review(&scheme, &queue, Verdict::FalsePositive).await, 113);

        let row = summary(&scheme).await.remove(0);
        assert_eq!((row.n_alerts, row.n_false_positive), (521, 521));
        assert_eq!((row.n_reviewed_by_soc, row.n_awaiting), (113, 0));
        let levels: Vec<_> = row.levels.iter().map(|it| (it.level.as_str(), it.n_alerts)).collect();
        assert_eq!(levels, [("none", 408), ("suspected", 13), ("feared", 100)]);
        assert_eq!((n_incidents(&scheme).await, n_notices(&scheme).await), (0, 0));
    }
}

#[tokio::test]
async fn action_needed_opens_one_incident_that_further_alerts_join() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, OKINAWA, jst("2020-11-02 10:00:00")).await;
        let one = |id: &str| {
            let alert = row(tenant, id, Detail::InternalMalwareComms, jst("2020-11-02 09:00:00"));
            AlertRow { blocked: false, ..alert }
        };
        report(&scheme, &[one("a"), one("b")]).await;
        let queue = AlertList { states: vec!["awaiting_verdict"], ..AlertList::default() };
        assert_eq!(review(&scheme, &queue, Verdict::ActionNeeded).await, 2);

        let call = by(Role::HelpDesk);
        let page =
            monitoring::list_incidents(&scheme.ctx, &call, &all_incidents(), &everything()).await;
        let incident = page.unwrap().rows.remove(0).incident;
        assert_eq!(n_incidents(&scheme).await, 1);
        assert_eq!(incident.n_alerts, 2);
        assert_eq!(incident.severity, Severity::High);
        assert_eq!(incident.climb.rung(), Rung::Remote);
        assert_eq!(incident.next_escalation_at, Some(jst("2020-11-02 10:30:00")));

        let in_incident = AlertList { incident_id: Some(incident.id), ..AlertList::default() };
        let page = monitoring::list_alerts(&scheme.ctx, &call, &in_incident, &everything()).await;
        let view = page.unwrap().rows.remove(0);
        let command = RecordVerdict {
            tenant_id: tenant,
            alert_id: view.alert.id,
            verdict: Verdict::FalsePositive,
            reason: "too late".to_owned(),
            reviewed_at: None,
            etag: String::new(),
        };
        let refused = monitoring::record_verdict(&scheme.ctx, &by(Role::Soc), command).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::AlertState);
    }
}

#[tokio::test]
async fn more_callbacks_than_the_limit_need_a_call_in_kumamoto() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, KUMAMOTO, jst("2020-11-02 10:00:00")).await;
        let callbacks = |id: &str, n_detections| {
            let detail = Detail::InternalMalwareComms;
            AlertRow { n_detections, ..row(tenant, id, detail, jst("2020-11-02 09:00:00")) }
        };
        report(&scheme, &[callbacks("a", 10)]).await;
        assert_eq!(n_incidents(&scheme).await, 0, "ten are not more than ten");
        report(&scheme, &[callbacks("b", 1)]).await;
        assert_eq!(n_incidents(&scheme).await, 1, "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_bad_row_is_refused_and_spoils_nothing() {
    for scheme in schemes().await {
        let now = jst("2020-11-02 10:00:00");
        let tenant = scheme.tenant(1, OKINAWA, now).await;
        let nobody = TenantId::from(Uuid::from_u128(99));
        let rows = [
            row(tenant, "good", Detail::Malware, now),
            row(nobody, "no-tenant", Detail::Malware, now),
            row(tenant, "future", Detail::Malware, jst("2020-11-02 10:10:01")),
            AlertRow { tenant_id: None, ..row(tenant, "whose", Detail::Malware, now) },
            row(tenant, "skewed", Detail::Malware, jst("2020-11-02 10:10:00")),
        ];
        let answers = report(&scheme, &rows).await;
        let reasons: Vec<_> = answers.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons, ["", "TENANT_NOT_FOUND", "REQUEST_INVALID", "REQUEST_INVALID", ""]);
        assert_eq!(summary(&scheme).await[0].n_alerts, 2, "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_provider_reports_as_itself_only_and_reads_nothing() {
    for scheme in schemes().await {
        let now = jst("2020-11-02 10:00:00");
        let tenant = scheme.tenant(1, OKINAWA, now).await;
        let mut other = row(tenant, "a", Detail::Malware, now);
        other.key.provider_id = tasuki_core::id::ProviderId::of_code("somebody-else");
        let refused = monitoring::report_alert(&scheme.ctx, &provider(), other).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::ProviderNotFound);

        let wanted = AlertList::default();
        let refused =
            monitoring::list_alerts(&scheme.ctx, &provider(), &wanted, &everything()).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::RoleForbidden);
    }
}

#[tokio::test]
async fn a_customer_reads_neither_the_words_of_the_soc_nor_the_desks_own_notices() {
    for scheme in schemes().await {
        let now = jst("2020-11-02 10:00:00");
        let tenant = scheme.tenant(1, OKINAWA, now).await;
        let seen = row(tenant, "a", Detail::InternalMalwareComms, now);
        let seen = AlertRow { blocked: false, summary: "203.0.113.7".to_owned(), ..seen };
        report(&scheme, &[seen]).await;
        let queue = AlertList { states: vec!["awaiting_verdict"], ..AlertList::default() };
        review(&scheme, &queue, Verdict::ActionNeeded).await;

        let principal = Principal::of("test:customer", Role::Tenant);
        let call = Call::by(Principal { tenant_id: Some(tenant), ..principal });
        let (wanted, request) = (AlertList::default(), everything());
        let page = monitoring::list_alerts(&scheme.ctx, &call, &wanted, &request).await.unwrap();
        let alert = &page.rows[0].alert;
        assert_eq!((page.rows.len(), alert.report.summary.as_str()), (1, ""), "{}", scheme.name);
        assert!(alert.verdicts.iter().all(|record| record.reason.is_empty()));
        let wanted = NoticeList::default();
        let own = monitoring::list_notices(&scheme.ctx, &call, &wanted, &request).await.unwrap();
        assert!(own.rows.iter().all(|it| it.audience == Audience::Tenant));
        assert_eq!((own.rows.len(), n_notices(&scheme).await), (2, 3));
    }
}

#[tokio::test]
async fn lists_go_on_where_a_page_ended() {
    for scheme in schemes().await {
        let rows = okinawa_alerts(&scheme).await;
        report(&scheme, &rows).await;
        let mut request = PageRequest { size: 100, after: None };
        let (mut seen, mut pages) = (std::collections::BTreeSet::new(), 0);
        loop {
            let (call, wanted) = (by(Role::Operator), AlertList::default());
            let page =
                monitoring::list_alerts(&scheme.ctx, &call, &wanted, &request).await.unwrap();
            pages += 1;
            seen.extend(page.rows.iter().map(|view| view.alert.id));
            let Some(next) = page.next else { break };
            request.after = Some(next);
        }
        assert_eq!((seen.len(), pages), (264, 3), "{}", scheme.name);
        request.after = Some("nonsense".to_owned());
        let (call, wanted) = (by(Role::Operator), AlertList::default());
        let refused = monitoring::list_alerts(&scheme.ctx, &call, &wanted, &request).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::PageTokenInvalid);
    }
}

#[tokio::test]
async fn an_enquiry_opens_an_incident_and_a_second_one_of_the_symptom_joins() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, OKINAWA, jst("2020-11-02 10:00:00")).await;
        let enquiry = OpenIncident {
            tenant_id: tenant,
            site_code: Some("main".to_owned()),
            service: Some(Service::Utm),
            symptom: Some("utm.internet_lost".parse().unwrap()),
            description: "インターネットにつながりません".to_owned(),
            noticed_at: None,
            severity: None,
        };
        let call = by(Role::HelpDesk);
        let first = monitoring::open_incident(&scheme.ctx, &call, enquiry.clone()).await.unwrap();
        assert!(!first.joined);
        assert_eq!(first.view.incident.severity, Severity::Low);
        assert_eq!(first.view.incident.climb.rung(), Rung::HelpDesk);
        assert_eq!(first.view.incident.site_code.as_deref(), Some("main"));
        assert!(first.view.decision.is_some());
        let second = monitoring::open_incident(&scheme.ctx, &call, enquiry).await.unwrap();
        assert!(second.joined, "{}", scheme.name);
        assert_eq!(second.view.incident.id, first.view.incident.id);
    }
}

#[tokio::test]
async fn only_a_later_sign_of_life_changes_anything() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, OKINAWA, jst("2020-11-02 10:00:00")).await;
        let seen = |text: &str| {
            Ok(HeartbeatRow {
                tenant_id: Some(tenant),
                instance_id: None,
                service: Service::Edr,
                device_id: "PC-1".to_owned(),
                last_seen_at: jst(text),
                agent_version: Some("1.2".to_owned()),
                bypass_active: Some(false),
            })
        };
        let rows = vec![
            seen("2020-11-02 09:00:00"),
            seen("2020-11-02 09:00:00"),
            seen("2020-11-02 08:00:00"),
            seen("2020-11-02 09:30:00"),
            seen("2020-11-03 09:30:00"),
        ];
        let answers =
            monitoring::report_heartbeats(&scheme.ctx, &provider(), provider_id(), rows).await;
        let outcomes: Vec<_> = answers.unwrap().into_iter().map(|it| it.outcome).collect();
        assert_eq!(
            outcomes,
            [
                RowOutcome::Accepted,
                RowOutcome::Repeated,
                RowOutcome::Repeated,
                RowOutcome::Accepted,
                RowOutcome::Refused,
            ]
        );
        // Evidence for a loss at 08:30: the late report of eight o'clock counts.
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let evidence = tasuki_store::heartbeats::last_before(
            &tx,
            (tenant, Service::Edr),
            tasuki_store::heartbeats::Of::default(),
            jst("2020-11-02 08:30:00"),
        );
        let evidence = evidence.await.unwrap().unwrap();
        assert_eq!(evidence.seen_at, jst("2020-11-02 08:00:00"), "{}", scheme.name);
    }
}

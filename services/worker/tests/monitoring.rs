//! Timers, silence and notices, on both databases, by the tenants' clocks.
#![expect(clippy::unwrap_used, reason = "test")]

use std::sync::Arc;

use tasuki_app::call::Call;
use tasuki_app::monitoring::{
    self, EscalateIncident, HeartbeatRow, IncidentList, NoticeList, RecordVerdict, RecordWork,
    ResolveIncident, RowOutcome,
};
use tasuki_app::paging::PageRequest;
use tasuki_core::actor::Actor;
use tasuki_core::alert::{Alert, AlertKind, Detail, DeviceOffline, Verdict};
use tasuki_core::escalation::{Climb, Rung};
use tasuki_core::id::{ItemId, PartnerId, TenantId};
use tasuki_core::incident::{AfterResolution, Incident, WorkKind, WorkOutcome, WorkReport};
use tasuki_core::notice::{Audience, Channel, Notice};
use tasuki_core::party::Role;
use tasuki_core::provisioning::{
    Cause, CompletionPolicy, Item, ItemState, Order, ReasonCode, Spec,
};
use tasuki_core::service::Service;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_partners::notices::{DeliveryError, DeskQueue, FakeReceiver};
use tasuki_partners::provider::FakeProviders;
use tasuki_store::{jobs, orders, tenants};
use tasuki_worker::{Worker, run_due_jobs};

#[path = "../../app/tests/monitoring/scene.rs"]
mod scene;
use scene::{KUMAMOTO, OKINAWA, Scheme, by, jst, provider, provider_id, row, schemes};

fn worker(scheme: &Scheme) -> Worker {
    Worker {
        ctx: scheme.ctx.clone(),
        notices: Arc::new(DeskQueue),
        providers: Arc::new(FakeProviders::new()),
        dns: None,
    }
}

/// Moves a tenant's clock from due job to due job, as `AdvanceClock` does.
async fn advance(worker: &Worker, tenant: TenantId, to: Timestamp) {
    loop {
        run_due_jobs(worker).await.unwrap();
        let tx = worker.ctx.store.begin().await.unwrap();
        let due = jobs::next_due(&tx, tenant, to).await.unwrap();
        tenants::set_clock(&tx, tenant, due.unwrap_or(to)).await.unwrap();
        tx.commit().await.unwrap();
        if due.is_none() {
            break;
        }
    }
    run_due_jobs(worker).await.unwrap();
}

async fn incidents(scheme: &Scheme, tenant: TenantId) -> Vec<Incident> {
    let wanted = IncidentList {
        tenant_id: Some(tenant),
        phases: Vec::new(),
        rung: None,
        answered: monitoring::Answered::Any,
        openness: monitoring::Openness::Any,
        opened_from: None,
        opened_until: None,
    };
    let (call, request) = (by(Role::HelpDesk), PageRequest::default());
    let page = monitoring::list_incidents(&scheme.ctx, &call, &wanted, &request).await;
    page.unwrap().rows.into_iter().map(|view| view.incident).collect()
}

async fn notices(scheme: &Scheme, tenant: TenantId) -> Vec<Notice> {
    let wanted = NoticeList { tenant_id: Some(tenant), ..NoticeList::default() };
    let (call, request) = (by(Role::HelpDesk), PageRequest { size: 1_000, after: None });
    monitoring::list_notices(&scheme.ctx, &call, &wanted, &request).await.unwrap().rows
}

/// What was said to the customer on a channel.
async fn told(scheme: &Scheme, tenant: TenantId, channel: Channel) -> Vec<Notice> {
    let mut all = notices(scheme, tenant).await;
    all.retain(|it| it.audience == Audience::Tenant && it.channel == channel);
    all
}

async fn seen(scheme: &Scheme, tenant: TenantId, at: Timestamp) -> RowOutcome {
    seen_of(scheme, tenant, None, at).await
}

async fn seen_of(
    scheme: &Scheme,
    tenant: TenantId,
    instance_id: Option<ItemId>,
    at: Timestamp,
) -> RowOutcome {
    let heartbeat = HeartbeatRow {
        tenant_id: Some(tenant),
        instance_id,
        service: Service::Utm,
        device_id: "FB-1".to_owned(),
        last_seen_at: at,
        agent_version: None,
        bypass_active: None,
    };
    let rows = vec![Ok(heartbeat)];
    let answers =
        monitoring::report_heartbeats(&scheme.ctx, &provider(), provider_id(), rows).await;
    answers.unwrap().remove(0).outcome
}

/// A computer inside talks out; the SOC says at once that a person has to act.
async fn malware(scheme: &Scheme, tenant: TenantId, id: &str, at: Timestamp) -> Alert {
    let alert = row(tenant, id, Detail::InternalMalwareComms, at);
    let alert = monitoring::AlertRow { blocked: false, ..alert };
    let reported = monitoring::report_alert(&scheme.ctx, &provider(), alert).await.unwrap();
    let command = RecordVerdict {
        tenant_id: tenant,
        alert_id: reported.view.alert.id,
        verdict: Verdict::ActionNeeded,
        reason: "C&C".to_owned(),
        reviewed_at: None,
        etag: String::new(),
    };
    monitoring::record_verdict(&scheme.ctx, &by(Role::Soc), command).await.unwrap().alert
}

async fn alert(scheme: &Scheme, tenant: TenantId, incident: &Incident) -> Alert {
    let id = *incident.alert_ids.first().unwrap();
    monitoring::get_alert(&scheme.ctx, &by(Role::Soc), tenant, id).await.unwrap().alert
}

#[tokio::test]
async fn three_silent_utms_of_kumamoto_are_three_calls_within_the_hours_of_the_telephone() {
    // Last seen, and when the customer may be called: at once, on a national holiday at once, and
    // at nine in the morning after a night.
    let utms = [
        ("2020-10-14 10:00:00", "2020-10-15 10:00:00"),
        ("2020-11-02 14:20:00", "2020-11-03 14:20:00"),
        ("2020-12-11 02:40:00", "2020-12-12 09:00:00"),
    ];
    for scheme in schemes().await {
        let worker = worker(&scheme);
        let mut n_calls = 0;
        for (n, (last_seen, call_at)) in (1_u128..).zip(utms) {
            let tenant = scheme.tenant(n, KUMAMOTO, jst(last_seen)).await;
            seen(&scheme, tenant, jst(last_seen)).await;
            let silent_at = jst(last_seen).plus_seconds(86_400).unwrap();

            advance(&worker, tenant, silent_at.plus_seconds(-1).unwrap()).await;
            assert_eq!(incidents(&scheme, tenant).await, [], "23:59:59 is not 24 hours");
            advance(&worker, tenant, silent_at).await;
            assert_eq!(incidents(&scheme, tenant).await.len(), 1, "24:00:00 is");

            let calls = told(&scheme, tenant, Channel::Phone).await;
            n_calls += calls.len();
            assert_eq!(calls[0].not_before, jst(call_at), "{} {last_seen}", scheme.name);
            let mails = told(&scheme, tenant, Channel::Email).await;
            assert_eq!(mails[0].not_before, silent_at);

            advance(&worker, tenant, jst(call_at)).await;
            let calls = told(&scheme, tenant, Channel::Phone).await;
            assert_eq!(calls[0].state.as_str(), "sent");
            let incident = incidents(&scheme, tenant).await.remove(0);
            let alert = alert(&scheme, tenant, &incident).await;
            assert_eq!(alert.report.detail.kind(), AlertKind::DeviceOffline);
            assert_eq!(alert.notified_at, Some(silent_at), "the mail came first");
        }
        assert_eq!(n_calls, 3, "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_silence_in_the_year_end_closure_is_called_about_on_4_january() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, KUMAMOTO, jst("2020-12-28 15:20:00")).await;
        seen(&scheme, tenant, jst("2020-12-28 15:20:00")).await;
        advance(&worker(&scheme), tenant, jst("2020-12-29 15:20:00")).await;
        let calls = told(&scheme, tenant, Channel::Phone).await;
        assert_eq!(calls[0].not_before, jst("2021-01-04 09:00:00"), "{}", scheme.name);
        assert_eq!(calls[0].state.as_str(), "waiting");
        let mails = told(&scheme, tenant, Channel::Email).await;
        assert_eq!(mails[0].state.as_str(), "sent");
    }
}

#[tokio::test]
async fn a_utm_that_reports_is_checked_once_a_day_and_found_when_it_falls_silent() {
    for scheme in schemes().await {
        let worker = worker(&scheme);
        let start = jst("2020-10-01 00:00:00");
        let tenant = scheme.tenant(1, KUMAMOTO, start).await;
        for hour in 0..72 {
            let now = start.plus_seconds(hour * 3_600).unwrap();
            advance(&worker, tenant, now).await;
            assert_eq!(seen(&scheme, tenant, now).await, RowOutcome::Accepted);
        }
        assert_eq!(incidents(&scheme, tenant).await, []);
        let tx = scheme.ctx.store.begin().await.unwrap();
        let next = jobs::next_due(&tx, tenant, jst("2021-01-01 00:00:00")).await.unwrap();
        drop(tx);
        // The check of 3 October at 22:00 has seen the report of 21:00, and looks a day after that.
        assert_eq!(next, Some(jst("2020-10-04 21:00:00")), "one check is pending");

        // Last seen on 3 October at 23:00.
        advance(&worker, tenant, jst("2020-10-04 22:59:59")).await;
        assert_eq!(incidents(&scheme, tenant).await, []);
        advance(&worker, tenant, jst("2020-10-04 23:00:00")).await;
        assert_eq!(incidents(&scheme, tenant).await.len(), 1, "{}", scheme.name);
    }
}

/// An order of one UTM that ends when it is stored, as if somebody had cancelled it.
async fn cancelled_utm(scheme: &Scheme, tenant: TenantId, at: Timestamp) -> ItemId {
    let order = Order {
        id: scheme.ctx.ids.next(),
        tenant_id: tenant,
        subscription_id: None,
        partner_id: PartnerId::of_code("ogs"),
        external_reference: String::new(),
        completion: CompletionPolicy::All,
        ordered_at: at,
        cancellation: None,
    };
    let cause = Cause { code: ReasonCode::SubscriptionEnded, note: String::new() };
    let spec = Spec::of(Service::Utm, "utm");
    let item = Item {
        state: ItemState::Cancelled { cause, cancelled_at: at },
        ..Item::planned(scheme.ctx.ids.next(), 1, provider_id(), spec)
    };
    let transition = item.first_transition(&Actor::from(&Call::system().principal), at);
    let item_id = item.id;
    let tx = scheme.ctx.store.begin().await.unwrap();
    orders::insert(&tx, &order, &[(item, transition)]).await.unwrap();
    tx.commit().await.unwrap();
    item_id
}

#[tokio::test]
async fn a_utm_that_was_taken_away_may_be_silent() {
    for scheme in schemes().await {
        let worker = worker(&scheme);
        let start = jst("2020-10-01 10:00:00");
        let tenant = scheme.tenant(1, KUMAMOTO, start).await;
        let instance = cancelled_utm(&scheme, tenant, start).await;
        let accepted = seen_of(&scheme, tenant, Some(instance), start).await;
        assert_eq!(accepted, RowOutcome::Accepted, "{}", scheme.name);
        advance(&worker, tenant, jst("2020-10-09 10:00:00")).await;
        assert_eq!(incidents(&scheme, tenant).await, [], "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_silence_that_the_provider_reported_early_is_one_alert_and_one_incident() {
    for scheme in schemes().await {
        let worker = worker(&scheme);
        let tenant = scheme.tenant(1, KUMAMOTO, jst("2020-10-15 08:00:00")).await;
        let last_seen_at = jst("2020-10-14 10:00:00");
        let detail = Detail::DeviceOffline(DeviceOffline { last_seen_at });
        let early = row(tenant, "offline-1", detail, jst("2020-10-15 08:00:00"));
        let device_id = Some("FB-1".to_owned());
        let early = monitoring::AlertRow { blocked: false, device_id, ..early };
        monitoring::report_alert(&scheme.ctx, &provider(), early).await.unwrap();

        advance(&worker, tenant, jst("2020-10-15 09:59:59")).await;
        assert_eq!(incidents(&scheme, tenant).await, []);
        advance(&worker, tenant, jst("2020-10-15 12:00:00")).await;
        let all = incidents(&scheme, tenant).await;
        assert_eq!((all.len(), all[0].n_alerts), (1, 1), "{}", scheme.name);
        assert_eq!(all[0].opened_at, jst("2020-10-15 10:00:00"));
    }
}

#[tokio::test]
async fn a_device_that_came_back_and_falls_silent_again_is_a_recurrence() {
    for scheme in schemes().await {
        let worker = worker(&scheme);
        let start = jst("2020-10-14 10:00:00");
        let tenant = scheme.tenant(1, KUMAMOTO, start).await;
        seen(&scheme, tenant, start).await;
        advance(&worker, tenant, jst("2020-10-15 10:25:00")).await;
        seen(&scheme, tenant, jst("2020-10-15 10:25:00")).await;
        let incident = incidents(&scheme, tenant).await.remove(0);
        assert_eq!(incident.climb.rung(), Rung::HelpDesk);
        let solved = ResolveIncident {
            tenant_id: tenant,
            incident_id: incident.id,
            security_incident: false,
            summary: Text::new("再起動しました", "restarted"),
            prevention: None,
            then: AfterResolution::Close,
            etag: String::new(),
        };
        monitoring::resolve_incident(&scheme.ctx, &by(Role::HelpDesk), solved).await.unwrap();

        advance(&worker, tenant, jst("2020-10-16 10:25:00")).await;
        let all = incidents(&scheme, tenant).await;
        let again = all.iter().find(|it| it.state.is_unsolved()).unwrap();
        assert_eq!(all.len(), 2, "{}", scheme.name);
        assert_eq!(again.n_recurrences, 2);
        assert_eq!(again.climb.rung(), Rung::Remote, "one rung above the last");
    }
}

#[tokio::test]
async fn nobody_acknowledges_and_the_ladder_is_climbed_in_open_hours_only() {
    for scheme in schemes().await {
        let worker = worker(&scheme);
        // Friday, ten minutes before the desk of Okinawa closes. Tuesday 3 November is a holiday.
        let opened = jst("2020-10-30 16:50:00");
        let tenant = scheme.tenant(1, OKINAWA, opened).await;
        malware(&scheme, tenant, "a", opened).await;
        advance(&worker, tenant, jst("2020-11-06 00:00:00")).await;

        let incident = incidents(&scheme, tenant).await.remove(0);
        let steps: Vec<_> =
            incident.escalations.iter().map(|step| (step.to, step.escalated_at)).collect();
        assert_eq!(
            steps,
            [
                (Rung::Remote, opened),
                // Half an hour of the pack: ten minutes of Friday, twenty of Monday.
                (Rung::OnSiteResponse, jst("2020-11-02 09:20:00")),
                // Four hours of Monday.
                (Rung::Recovery, jst("2020-11-02 13:20:00")),
            ],
            "{}",
            scheme.name
        );
        // Eight hours: the rest of Monday and, after the holiday, Wednesday until 13:20.
        assert_eq!(incident.climb, Climb::Unanswered { rung: Rung::Recovery });
        let all = notices(&scheme, tenant).await;
        let operator = all.iter().find(|it| it.audience == Audience::Operator).unwrap();
        assert_eq!(operator.requested_at, jst("2020-11-04 13:20:00"));
        let insurer = all.iter().filter(|it| it.audience == Audience::Insurer).count();
        assert_eq!(insurer, 1);
        // The customer was mailed on Friday and called on Friday: the desk was still open.
        let calls = told(&scheme, tenant, Channel::Phone).await;
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].not_before, opened);
    }
}

#[tokio::test]
async fn an_acknowledgement_ends_the_climb_and_a_person_may_take_it_further() {
    for scheme in schemes().await {
        let worker = worker(&scheme);
        let tenant = scheme.tenant(1, OKINAWA, jst("2020-11-02 09:00:00")).await;
        malware(&scheme, tenant, "a", jst("2020-11-02 09:00:00")).await;
        let id = incidents(&scheme, tenant).await[0].id;
        let call = by(Role::HelpDesk);
        monitoring::acknowledge_incident(&scheme.ctx, &call, (tenant, id), "1").await.unwrap();
        advance(&worker, tenant, jst("2020-11-02 12:00:00")).await;
        assert_eq!(incidents(&scheme, tenant).await[0].climb.rung(), Rung::Remote);

        let command = EscalateIncident {
            tenant_id: tenant,
            incident_id: id,
            to: Some(Rung::OnSiteResponse),
            reason: "遠隔では直らない".to_owned(),
            etag: String::new(),
        };
        monitoring::escalate_incident(&scheme.ctx, &call, command).await.unwrap();
        advance(&worker, tenant, jst("2020-11-02 15:59:59")).await;
        let incident = incidents(&scheme, tenant).await.remove(0);
        assert_eq!(incident.climb.rung(), Rung::OnSiteResponse, "{}", scheme.name);
        advance(&worker, tenant, jst("2020-11-02 16:00:00")).await;
        assert_eq!(incidents(&scheme, tenant).await[0].climb.rung(), Rung::Recovery);
    }
}

#[tokio::test]
async fn a_symptom_that_is_back_after_work_sends_the_incident_one_rung_up() {
    for scheme in schemes().await {
        let now = jst("2020-11-02 10:00:00");
        let tenant = scheme.tenant(1, OKINAWA, now).await;
        malware(&scheme, tenant, "a", now).await;
        let id = incidents(&scheme, tenant).await[0].id;
        let report = WorkReport {
            kind: WorkKind::RemoteSupport,
            provider_id: Some(provider_id()),
            started_at: now,
            n_minutes: 30,
            n_travel_minutes: 0,
            n_machines: 1,
            outcome: WorkOutcome::WorkedAround,
            findings: Text::new("再起動で直った", "a restart helped"),
            evidence_id: None,
            settings_change: None,
        };
        let command = RecordWork {
            tenant_id: tenant,
            incident_id: id,
            report,
            next_phase: None,
            etag: String::new(),
        };
        monitoring::record_work(&scheme.ctx, &by(Role::HelpDesk), command).await.unwrap();
        malware(&scheme, tenant, "b", now).await;
        let incident = incidents(&scheme, tenant).await.remove(0);
        assert_eq!(incident.climb.rung(), Rung::OnSiteResponse, "{}", scheme.name);
        assert_eq!(incident.n_alerts, 2);
    }
}

#[tokio::test]
async fn a_call_that_is_not_needed_any_more_is_not_made() {
    for scheme in schemes().await {
        let worker = worker(&scheme);
        let night = jst("2020-12-12 02:40:00");
        let tenant = scheme.tenant(1, KUMAMOTO, jst("2020-12-11 02:40:00")).await;
        seen(&scheme, tenant, jst("2020-12-11 02:40:00")).await;
        advance(&worker, tenant, night).await;
        let incident_id = incidents(&scheme, tenant).await[0].id;
        let solved = ResolveIncident {
            tenant_id: tenant,
            incident_id,
            security_incident: false,
            summary: Text::new("停電でした", "there was a power cut"),
            prevention: None,
            then: AfterResolution::Close,
            etag: String::new(),
        };
        monitoring::resolve_incident(&scheme.ctx, &by(Role::HelpDesk), solved).await.unwrap();
        advance(&worker, tenant, jst("2020-12-13 00:00:00")).await;
        let calls = told(&scheme, tenant, Channel::Phone).await;
        assert_eq!(calls[0].state.as_str(), "cancelled", "{}", scheme.name);
        // The mail of the night was sent, so the customer is also told that it is solved.
        let mails = told(&scheme, tenant, Channel::Email).await;
        let templates: Vec<_> = mails.iter().map(|it| it.message.template.as_str()).collect();
        assert_eq!(templates, ["incident.device_offline", "incident.resolved"]);
    }
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_notice_later_and_once() {
    for scheme in schemes().await {
        let failures = vec![
            DeliveryError::NotNow("busy".to_owned()),
            DeliveryError::Never("no such number".to_owned()),
        ];
        let receiver = Arc::new(FakeReceiver::failing(failures));
        let worker = Worker {
            ctx: scheme.ctx.clone(),
            notices: receiver.clone(),
            providers: Arc::new(FakeProviders::new()),
            dns: None,
        };
        let now = jst("2020-11-02 10:00:00");
        let tenant = scheme.tenant(1, OKINAWA, now).await;
        malware(&scheme, tenant, "a", now).await;
        advance(&worker, tenant, jst("2020-11-02 10:10:00")).await;

        let all = notices(&scheme, tenant).await;
        let count = |state: &str| all.iter().filter(|it| it.state.as_str() == state).count();
        assert_eq!((count("sent"), count("failed")), (2, 1), "{}", scheme.name);
        assert_eq!(receiver.delivered().len(), 2);
        let tries: u32 = all.iter().map(|it| it.n_attempts).sum();
        assert_eq!(tries, 4, "one try failed and was repeated, one was final");
    }
}

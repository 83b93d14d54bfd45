//! Customers who do their step, who only say so, who decline, and who never act.

use tasuki_app::governing::{ProviderChange, get_provider, update_provider};
use tasuki_app::provisioning::{self, StepDetail, StepSaid, Which};
use tasuki_core::provisioning::{
    Cause, CustomerActionKind, EndpointCounts, Item, ItemOutcome, OrderState, ReasonCode,
};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Period;

use crate::checks;
use crate::scene::{at, operator, with_key};
use crate::stage::{Stage, code, events, only, stages, state};

#[tokio::test]
async fn a_customer_who_never_changes_dns_is_reminded_helped_and_released() {
    for stage in stages("behaviour: customer_never_acts, active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "awaiting_customer", "{}", stage.name());
        assert_eq!((state(&view), stage.present(&view).await.len()), (OrderState::InProgress, 1));

        stage.advance("2020-11-10T00:00:00Z").await;
        let view = stage.read(id).await;
        let expected = [
            "ordered",
            "requested",
            "accepted",
            "customer_asked",
            "customer_reminded",
            "customer_reminded",
            "customer_escalated",
            "customer_reminded",
            "customer_step_expired",
            "seen_gone",
            "cleaned",
        ];
        assert_eq!(events(&view), expected, "{}", stage.name());
        let ended = only(&view);
        assert_eq!(code(&view), ReasonCode::UserDidNotDoDns);
        assert_eq!(ended.outcome(), ItemOutcome::NeverInstalled);
        assert_eq!((state(&view), stage.present(&view).await), (OrderState::Failed, Vec::new()));
        assert_eq!(ended.billed(view.stored.order.ordered_at, view.now, &view.zone), Ok(None));

        let asked = at_event(&view.history, "customer_asked");
        let days = |event: &str| at_event(&view.history, event).seconds_since(asked) / 86_400;
        assert_eq!((days("customer_escalated"), days("customer_step_expired")), (10, 30));
    }
}

fn at_event(
    history: &[tasuki_store::orders::StoredTransition],
    event: &str,
) -> tasuki_core::time::Timestamp {
    history.iter().find(|one| one.transition.event == event).unwrap().transition.changed_at
}

#[tokio::test]
async fn each_step_that_nobody_does_ends_under_its_own_reason() {
    let never = |step: &str| format!("behaviour: customer_never_acts, withholds: {step}");
    let table = [
        (Service::Utm, "behaviour: visit_never_scheduled".to_owned(), ReasonCode::ScheduleNotFixed),
        (Service::Utm, "behaviour: customer_never_acts".to_owned(), ReasonCode::ScheduleNotFixed),
        (
            Service::Edr,
            "behaviour: customer_never_acts".to_owned(),
            ReasonCode::AgentNotInstalledByUser,
        ),
        (Service::Diagnosis, never("information"), ReasonCode::NoLoginInfo),
        (Service::Diagnosis, never("consent"), ReasonCode::NoConsentFromMaintainer),
    ];
    for (service, course, expected) in table {
        for stage in stages(&format!("{course}, active_after_days: 10"), &[]).await {
            let id = stage.order(&[service]).await;
            stage.advance("2020-12-20T00:00:00Z").await;
            let view = stage.read(id).await;
            assert_eq!(code(&view), expected, "{} {service:?}", stage.name());
            assert_eq!(only(&view).state.as_str(), "cleaned");
            assert_eq!(stage.present(&view).await, Vec::<String>::new());
        }
    }
}

fn which(stage: &Stage, item: &Item, order: tasuki_core::id::OrderId) -> Which {
    Which {
        tenant_id: stage.tenant,
        order_id: order,
        item_id: item.id,
        kind: CustomerActionKind::DnsChange,
        note: "設定しました".to_owned(),
        etag: String::new(),
    }
}

#[tokio::test]
async fn what_a_customer_says_is_looked_at_and_only_evidence_makes_it_active() {
    for stage in stages("active_after_days: 4", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        let which = || which(&stage, &item, id);
        let done = || StepSaid::Done(Box::default());
        let (ctx, call) = (stage.ctx(), operator());
        let wrong = Which { kind: CustomerActionKind::Schedule, ..which() };
        let problem = provisioning::confirm_customer_action(ctx, &call, wrong, done()).await;
        assert_eq!(problem.unwrap_err().reason(), Reason::CustomerStepMismatch);

        let call = with_key(operator(), "confirm-1", "dns");
        let said = provisioning::confirm_customer_action(ctx, &call, which(), done()).await;
        assert_eq!(only(&said.unwrap()).state.as_str(), "verifying");
        stage.advance("2020-10-02T12:00:00Z").await;
        let doubted = stage.read(id).await;
        assert_eq!(only(&doubted).state.as_str(), "awaiting_customer", "{}", stage.name());
        let again = provisioning::confirm_customer_action(ctx, &call, which(), done()).await;
        assert_eq!(only(&again.unwrap()).state.as_str(), "verifying", "a repeat changes nothing");
        assert_eq!(stage.read(id).await.history, doubted.history);

        stage.advance("2020-10-07T00:00:00Z").await;
        let view = stage.read(id).await;
        let active = only(&view);
        assert_eq!((state(&view), active.outcome()), (OrderState::Completed, ItemOutcome::Active));
        let service = active.state.service().unwrap();
        assert!(service.active_at >= at("2020-10-05T01:00:00Z"), "{}", service.active_at);
    }
}

#[tokio::test]
async fn a_roll_out_that_is_only_said_to_report_ends_as_not_done_even_if_nobody_can_look() {
    for mut stage in stages("behaviour: customer_never_acts, active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::Edr]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        let endpoints = Some(EndpointCounts { reporting: 5, ..EndpointCounts::default() });
        let said = StepSaid::Done(Box::new(StepDetail { endpoints, ..StepDetail::default() }));
        let kind = CustomerActionKind::AgentInstall;
        let which = Which { kind, ..which(&stage, &item, id) };
        provisioning::confirm_customer_action(stage.ctx(), &operator(), which, said).await.unwrap();
        // Its time is up on the 1st of November.
        stage.advance("2020-10-31T00:00:00Z").await;
        stage.provider.kill();
        stage.advance("2020-11-02T00:00:00Z").await;
        let waiting = only(&stage.read(id).await);
        assert_eq!(waiting.state.as_str(), "awaiting_customer", "{}", stage.name());
        assert_eq!(waiting.endpoints.unwrap().installed, 5);

        stage.provider.restart();
        stage.advance("2020-11-10T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(code(&view), ReasonCode::AgentNotInstalledByUser);
        assert_eq!(only(&view).covered(), None);
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}

/// A visit on a day of October 2020, by the clock of Tokyo.
fn visit(from: &str, to: &str) -> StepSaid {
    let time = |text| at(&format!("2020-10-{text}:00+09:00"));
    let visit = Some(Period::new(time(from), time(to)).unwrap());
    StepSaid::Done(Box::new(StepDetail { visit, ..StepDetail::default() }))
}

#[tokio::test]
async fn a_visit_is_agreed_on_within_the_hours_in_which_the_provider_comes() {
    for stage in stages("behaviour: visit_never_scheduled", &[]).await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        let (ctx, call) = (stage.ctx(), operator());
        let provider = get_provider(ctx, &call, item.provider_id).await.unwrap();
        let change = |calendar: &str, etag| ProviderChange {
            visit_calendar: Some(calendar.to_owned()),
            ..checks::change_of(item.provider_id, etag)
        };
        let odd = update_provider(ctx, &call, change("sapporo", provider.etag())).await;
        assert_eq!(odd.unwrap_err().reason(), Reason::CalendarNotFound);
        let hours = change("kumamoto_on_site", provider.etag());
        let provider = update_provider(ctx, &call, hours).await.unwrap();
        assert_eq!(provider.visit_calendar.as_deref(), Some("kumamoto_on_site"));

        let which = || Which { kind: CustomerActionKind::Schedule, ..which(&stage, &item, id) };
        let agree = |said| provisioning::confirm_customer_action(ctx, &call, which(), said);
        for (from, to) in
            [("12T07:00", "12T09:30"), ("12T20:30", "12T21:30"), ("01T10:00", "01T11:00")]
        {
            let problem = agree(visit(from, to)).await.unwrap_err();
            assert_eq!(problem.reason(), Reason::RequestInvalid, "{} {from}", stage.name());
            assert!(problem.to_string().contains("visit"), "{problem}");
        }
        assert_eq!(only(&stage.read(id).await).visit, None, "what was refused is not kept");
        let view = agree(visit("12T09:00", "12T10:30")).await.unwrap();
        let visit = only(&view).visit.unwrap();
        assert_eq!(visit.start(), at("2020-10-12T00:00:00Z"), "{}", stage.name());
    }
}

#[tokio::test]
async fn a_customer_who_declines_is_let_go_and_nothing_stays() {
    for stage in stages("active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        let declined = StepSaid::Refused(Cause::from(ReasonCode::CustomerActionRefused));
        let which = which(&stage, &item, id);
        provisioning::confirm_customer_action(stage.ctx(), &operator(), which, declined)
            .await
            .unwrap();
        stage.advance("2020-10-04T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "cleaned", "{}", stage.name());
        assert_eq!(code(&view), ReasonCode::CustomerActionRefused);
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}

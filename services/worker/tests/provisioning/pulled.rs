//! Providers without a server: an engineer leases the work, reports and completes it.

use tasuki_app::call::Call;
use tasuki_app::provisioning::{
    CompleteWork, LeaseWork, Leased, Progress, WorkEnd, complete_work, lease_work, report_progress,
};
use tasuki_core::id::ProviderId;
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    Cause, CustomerActionKind, CustomerRequest, ItemOutcome, OrderState, ReasonCode, VerifyMethod,
    WorkKind, WorkSeen,
};
use tasuki_core::service::Service;

use crate::removals::end;
use crate::scene::{at, with_key};
use crate::stage::{Stage, code, move_providers, only, stages, state};

fn engineer(provider: ProviderId) -> Call {
    let principal = Principal::of("token:field", Role::Provider);
    Call::by(Principal { provider_id: Some(provider), ..principal })
}

/// Stages whose providers have no server.
async fn without_server() -> Vec<Stage> {
    let all = stages("", &[]).await;
    for stage in &all {
        move_providers(stage.ctx(), "").await;
    }
    all
}

fn wanting(provider: ProviderId) -> LeaseWork {
    LeaseWork { provider, services: Vec::new(), max: 10, seconds: 600 }
}

async fn lease(stage: &Stage, provider: ProviderId) -> Vec<Leased> {
    lease_work(stage.ctx(), &engineer(provider), &wanting(provider)).await.unwrap()
}

fn seen(exists: bool, evidence: &str) -> WorkSeen {
    WorkSeen {
        exists,
        device: None,
        endpoints: None,
        evidence_id: evidence.to_owned(),
        last_seen_at: None,
        observed_at: at("2020-10-01T01:00:00Z"),
    }
}

fn done(leased: &Leased, seen: Option<WorkSeen>) -> CompleteWork {
    CompleteWork {
        work_id: leased.work.id,
        token: leased.token,
        end: WorkEnd::Succeeded,
        seen,
        note: "done".to_owned(),
        occurred_at: None,
    }
}

fn progress(leased: &Leased, request: Option<CustomerRequest>) -> Progress {
    Progress {
        work_id: leased.work.id,
        token: leased.token,
        percent: 40,
        customer_request: request,
        seen: None,
        note: "on the way".to_owned(),
        extend_seconds: 0,
        occurred_at: None,
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, Problem>) -> &'static str {
    result.unwrap_err().reason().code()
}

#[tokio::test]
async fn an_engineer_sets_a_device_up_with_evidence_and_takes_it_away_again() {
    for stage in without_server().await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let provider = only(&stage.read(id).await).provider_id;
        let work = lease(&stage, provider).await.remove(0);
        assert_eq!((work.work.kind, work.n_leases), (WorkKind::Put, 1), "{}", stage.name());
        assert_eq!(work.item_id, only(&stage.read(id).await).id);
        assert!(lease(&stage, provider).await.is_empty(), "it is under lease");
        let call = engineer(provider);
        let unseen = complete_work(stage.ctx(), &call, done(&work, None)).await;
        assert_eq!(reason(unseen), "REQUEST_INVALID", "what is there has to be told");

        let call = with_key(call, "done-1", "body");
        let told = done(&work, Some(seen(true, "report-17")));
        complete_work(stage.ctx(), &call, told.clone()).await.unwrap();
        complete_work(stage.ctx(), &call, told.clone()).await.expect("a repeat gets its answer");
        let late = complete_work(stage.ctx(), &engineer(provider), told).await;
        assert_eq!(reason(late), "LEASE_ENDED");
        stage.advance("2020-10-03T00:00:00Z").await;
        let view = stage.read(id).await;
        let item = only(&view);
        assert_eq!(state(&view), OrderState::Completed);
        assert_eq!(item.state.service().unwrap().evidence.id, "report-17");

        end(&stage, id, item.id).await.unwrap();
        stage.advance("2020-10-04T00:00:00Z").await;
        assert_eq!(only(&stage.read(id).await).state.as_str(), "deprovisioning");
        let removal = lease(&stage, provider).await.remove(0);
        assert_eq!(removal.work.kind, WorkKind::Delete);
        let call = engineer(provider);
        complete_work(stage.ctx(), &call, done(&removal, Some(seen(false, "")))).await.unwrap();
        stage.advance("2020-10-05T00:00:00Z").await;
        assert_eq!(only(&stage.read(id).await).state.as_str(), "deprovisioned");
    }
}

#[tokio::test]
async fn a_word_without_evidence_starts_neither_billing_nor_cover() {
    for stage in without_server().await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let provider = only(&stage.read(id).await).provider_id;
        let work = lease(&stage, provider).await.remove(0);
        let call = engineer(provider);
        complete_work(stage.ctx(), &call, done(&work, Some(seen(true, "")))).await.unwrap();
        stage.advance("2020-10-02T12:00:00Z").await;
        let item = only(&stage.read(id).await);
        assert_eq!((item.state.as_str(), item.covered()), ("verifying", None), "{}", stage.name());
        let look = lease(&stage, provider).await.remove(0);
        assert_eq!(look.work.kind, WorkKind::Observe, "somebody is asked to go and look");
        complete_work(stage.ctx(), &call, done(&look, Some(seen(true, "photo-3")))).await.unwrap();
        stage.advance("2020-10-03T00:00:00Z").await;
        assert_eq!(state(&stage.read(id).await), OrderState::Completed);
    }
}

#[tokio::test]
async fn a_lease_that_ends_goes_to_another_and_the_first_changes_nothing() {
    for stage in without_server().await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let provider = only(&stage.read(id).await).provider_id;
        let call = engineer(provider);
        let short = LeaseWork { seconds: 60, ..wanting(provider) };
        let first = lease_work(stage.ctx(), &call, &short).await.unwrap().remove(0);
        stage.let_leases_end();
        let second = lease(&stage, provider).await.remove(0);
        assert_eq!((second.work.id, second.n_leases), (first.work.id, 2), "{}", stage.name());
        let late = report_progress(stage.ctx(), &call, progress(&first, None)).await;
        assert_eq!(reason(late), "LEASE_ENDED");
        let (reported, cancelled) =
            report_progress(stage.ctx(), &call, progress(&second, None)).await.unwrap();
        assert_eq!((reported.work.progress_percent, cancelled), (40, false));
        let foreign = engineer(ProviderId::of_code("somebody-else"));
        let stolen = report_progress(stage.ctx(), &foreign, progress(&second, None)).await;
        assert_eq!(reason(stolen), "WORK_NOT_FOUND");
        let stolen = lease_work(stage.ctx(), &foreign, &wanting(provider)).await;
        assert_eq!(reason(stolen), "PROVIDER_NOT_FOUND");
    }
}

#[tokio::test]
async fn who_asks_twice_for_work_gets_the_same_leases() {
    for stage in without_server().await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let provider = only(&stage.read(id).await).provider_id;
        let call = with_key(engineer(provider), "lease-1", "body");
        let wanted = wanting(provider);
        let first = lease_work(stage.ctx(), &call, &wanted).await.unwrap();
        let again = lease_work(stage.ctx(), &call, &wanted).await.unwrap();
        assert_eq!((first.len(), &first), (1, &again), "{}", stage.name());
    }
}

#[tokio::test]
async fn an_engineer_asks_the_customer_and_gives_up_with_a_reason() {
    for stage in without_server().await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let provider = only(&stage.read(id).await).provider_id;
        let call = engineer(provider);
        let work = lease(&stage, provider).await.remove(0);
        let request = CustomerRequest {
            kind: CustomerActionKind::Schedule,
            instructions: CustomerActionKind::Schedule.label(),
            expected_records: Vec::new(),
            verify: VerifyMethod::Declaration,
            url: String::new(),
            possible_from: None,
            possible_until: None,
        };
        report_progress(stage.ctx(), &call, progress(&work, Some(request))).await.unwrap();
        stage.advance("2020-10-02T06:00:00Z").await;
        let item = only(&stage.read(id).await);
        assert_eq!(item.state.as_str(), "awaiting_customer", "{}", stage.name());

        let retry = CompleteWork { end: WorkEnd::Retry(86_400), seen: None, ..done(&work, None) };
        complete_work(stage.ctx(), &call, retry).await.unwrap();
        assert!(lease(&stage, provider).await.is_empty(), "not before tomorrow");
        stage.advance("2020-10-03T12:00:00Z").await;
        let work = lease(&stage, provider).await.remove(0);
        let cause = Cause::from(ReasonCode::ExistingUtmFoundOnSite);
        let failed =
            CompleteWork { end: WorkEnd::Failed(cause), ..done(&work, Some(seen(false, ""))) };
        complete_work(stage.ctx(), &call, failed).await.unwrap();
        stage.advance("2020-10-04T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(code(&view), ReasonCode::ExistingUtmFoundOnSite);
        assert_eq!(only(&view).outcome(), ItemOutcome::NeverInstalled);
    }
}

#[tokio::test]
async fn a_cancelled_order_tells_the_engineer_and_leaves_nothing() {
    for stage in without_server().await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        let call = engineer(item.provider_id);
        let work = lease(&stage, item.provider_id).await.remove(0);
        end(&stage, id, item.id).await.unwrap();
        stage.advance("2020-10-02T06:00:00Z").await;
        assert!(lease(&stage, item.provider_id).await.is_empty(), "somebody is at it");
        let (_, cancelled) =
            report_progress(stage.ctx(), &call, progress(&work, None)).await.unwrap();
        assert!(cancelled, "{}", stage.name());
        complete_work(stage.ctx(), &call, done(&work, Some(seen(true, "r-1")))).await.unwrap();
        let removal = lease(&stage, item.provider_id).await.remove(0);
        assert_eq!(removal.work.kind, WorkKind::Delete);
        complete_work(stage.ctx(), &call, done(&removal, Some(seen(false, "")))).await.unwrap();
        stage.advance("2020-10-03T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "cleaned");
    }
}

#[tokio::test]
async fn work_that_nobody_took_up_is_cancelled_without_anybody() {
    for stage in without_server().await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        end(&stage, id, item.id).await.unwrap();
        stage.advance("2020-10-02T06:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "cleaned", "{}", stage.name());
        assert!(lease(&stage, item.provider_id).await.is_empty(), "there is nothing to do");
    }
}

#[tokio::test]
async fn who_has_a_server_leases_nothing() {
    for stage in stages("", &[]).await {
        let id = stage.order(&[Service::Utm]).await;
        let provider = only(&stage.read(id).await).provider_id;
        let call = engineer(provider);
        let refused = lease_work(stage.ctx(), &call, &wanting(provider)).await;
        assert_eq!(reason(refused), "PROVIDER_HAS_SERVER", "{}", stage.name());
    }
}

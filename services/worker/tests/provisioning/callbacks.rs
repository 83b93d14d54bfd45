//! What a provider reports by itself: twice, too early, too late, and in another order.

use std::sync::Arc;

use tasuki_app::call::Call;
use tasuki_app::provisioning::{self, News, Reported, Taken};
use tasuki_core::id::ProviderId;
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{CustomerActionKind, Item, OrderState, Question, ReasonCode};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Period;
use tasuki_partners::provider::Providers;
use tasuki_worker::run_due_jobs;

use crate::live::NORMAL;
use crate::scene::at;
use crate::stage::{Stage, code, events, ids, only, stages, state};
use crate::switchboard::Switchboard;

/// An event as the reference provider words it.
fn reported(item: &Item, generation: u32, sequence: i64, news: News) -> Reported {
    Reported {
        provider_id: Some(item.provider_id),
        event_id: format!("{}-g{generation}-{sequence}", item.id),
        item_id: item.id,
        generation,
        sequence,
        news,
        visit: None,
    }
}

async fn take(stage: &Stage, provider: ProviderId, event: &Reported) -> Result<Taken, Problem> {
    let principal =
        Principal { provider_id: Some(provider), ..Principal::of("test:provider", Role::Provider) };
    provisioning::receive_provider_event(stage.ctx(), &Call::by(principal), event).await
}

#[tokio::test]
async fn the_date_that_a_provider_agreed_on_is_noted() {
    for stage in stages("behaviour: visit_never_scheduled", &[]).await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        let visit = Period::new(at("2020-10-12T00:00:00Z"), at("2020-10-12T01:30:00Z")).unwrap();
        let agreed = Reported {
            visit: Some(visit),
            ..reported(&item, 1, 9, News::CustomerActed(CustomerActionKind::Schedule))
        };
        assert_eq!(take(&stage, item.provider_id, &agreed).await, Ok(Taken::Now));
        assert_eq!(only(&stage.read(id).await).visit, Some(visit), "{}", stage.name());
    }
}

#[tokio::test]
async fn events_make_us_look_once_and_old_doubled_or_foreign_ones_do_not() {
    for mut stage in stages("active_after_days: 10", &[]).await {
        let switchboard = Switchboard::open();
        stage.ask_by(Arc::clone(&switchboard) as Arc<dyn Providers>);
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-01T02:00:00Z").await;
        let item = only(&stage.read(id).await);
        assert_eq!(item.state.as_str(), "accepted");
        let (own, n_asked) = (item.provider_id, switchboard.n_asked());

        let known = reported(&item, 1, 2, News::Working);
        assert_eq!(take(&stage, own, &known).await, Ok(Taken::Now));
        assert_eq!(take(&stage, own, &known).await, Ok(Taken::Before));
        let older = reported(&item, 1, 1, News::Succeeded);
        assert_eq!(take(&stage, own, &older).await, Ok(Taken::Outdated));
        let foreign = ProviderId::of_code("other");
        let theirs = reported(&item, 1, 3, News::Succeeded);
        let problem = take(&stage, foreign, &theirs).await.unwrap_err();
        assert_eq!(problem.reason(), Reason::ItemNotFound, "{}", stage.name());
        run_due_jobs(&stage.worker).await.unwrap();
        assert_eq!(switchboard.n_asked(), n_asked, "nothing of this is news");

        let news = reported(&item, 1, 4, News::Succeeded);
        assert_eq!(take(&stage, own, &news).await, Ok(Taken::Now));
        run_due_jobs(&stage.worker).await.unwrap();
        assert_eq!(switchboard.n_asked(), n_asked + 1, "we looked, and what we saw counts");
        assert_eq!(only(&stage.read(id).await).state.as_str(), "accepted");

        // It tells the same story in the end.
        stage.advance("2020-10-20T00:00:00Z").await;
        assert_eq!(events(&stage.read(id).await), NORMAL);
    }
}

#[tokio::test]
async fn an_event_that_comes_before_the_answer_of_its_request_waits_for_it() {
    for mut stage in stages("active_after_days: 10", &[]).await {
        let switchboard = Switchboard::holding_back(Question::Put);
        stage.ask_by(Arc::clone(&switchboard) as Arc<dyn Providers>);
        let id = stage.order(&[Service::CloudWaf]).await;
        let worker = stage.worker.clone();
        let working = tokio::spawn(async move { run_due_jobs(&worker).await.unwrap() });
        switchboard.holding.notified().await;
        let item = only(&stage.read(id).await);
        assert_eq!(item.state.as_str(), "requested");
        let news = News::AwaitingCustomer(CustomerActionKind::DnsChange);
        for (sequence, news) in [(1, News::Working), (2, news)] {
            let event = reported(&item, 1, sequence, news);
            assert_eq!(take(&stage, item.provider_id, &event).await, Ok(Taken::Early));
            assert_eq!(take(&stage, item.provider_id, &event).await, Ok(Taken::Before));
        }
        // The event is tried while the call is under way and waits on.
        run_due_jobs(&stage.worker).await.unwrap();
        assert_eq!(switchboard.n_asked(), 1);

        switchboard.release();
        working.await.unwrap();
        assert_eq!(only(&stage.read(id).await).state.as_str(), "accepted", "{}", stage.name());
        stage.advance("2020-10-01T01:01:00Z").await;
        // The answer wants to be asked again in a day; the event that waited makes us ask before.
        assert_eq!(switchboard.n_asked(), 2);
        stage.advance("2020-10-20T00:00:00Z").await;
        assert_eq!(events(&stage.read(id).await), NORMAL);
    }
}

#[tokio::test]
async fn events_about_what_was_taken_away_come_too_late() {
    for stage in stages("behaviour: customer_never_acts, active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-11-20T00:00:00Z").await;
        let before = stage.read(id).await;
        let item = only(&before);
        assert_eq!((item.state.as_str(), item.generation), ("cleaned", 2));
        for (sequence, news) in [(3, News::Succeeded), (4, News::Works), (5, News::Failed)] {
            let late = reported(&item, 1, sequence, news);
            assert_eq!(take(&stage, item.provider_id, &late).await, Ok(Taken::Outdated));
        }
        stage.advance("2020-11-21T00:00:00Z").await;
        let after = stage.read(id).await;
        assert_eq!((after.history, code(&before)), (before.history, ReasonCode::UserDidNotDoDns));
    }
}

#[tokio::test]
async fn events_in_any_order_tell_the_same_story() {
    let kind = CustomerActionKind::DnsChange;
    let told =
        [News::Working, News::AwaitingCustomer(kind), News::Working, News::Succeeded, News::Works];
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 0, 4, 1, 2]] {
        for stage in stages("active_after_days: 10", &[]).await {
            let id = stage.order(&[Service::CloudWaf]).await;
            // One packet after each of these instants, whatever is true by then.
            for (day, index) in [2, 4, 6, 8, 10].into_iter().zip(order) {
                stage.advance(&format!("2020-10-{day:02}T12:00:00Z")).await;
                let item = only(&stage.read(id).await);
                let sequence = i64::try_from(index).unwrap() + 1;
                let event = reported(&item, 1, sequence, told[index]);
                take(&stage, item.provider_id, &event).await.unwrap();
                take(&stage, item.provider_id, &event).await.unwrap();
            }
            stage.advance("2020-10-20T00:00:00Z").await;
            let view = stage.read(id).await;
            assert_eq!(events(&view), NORMAL, "{} {order:?}", stage.name());
            assert_eq!(state(&view), OrderState::Completed);
            assert!(only(&view).state.service().unwrap().active_at >= at("2020-10-11T01:00:00Z"));
            assert_eq!(stage.present(&view).await, ids(&view));
        }
    }
}

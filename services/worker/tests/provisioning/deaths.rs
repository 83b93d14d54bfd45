//! Providers and workers that die in the middle.

use std::sync::Arc;
use std::time::Duration;

use tasuki_core::provisioning::{OrderState, Question};
use tasuki_core::service::Service;
use tasuki_partners::provider::{GrpcProviders, Providers};
use tasuki_worker::run_due_jobs;

use crate::live::NORMAL;
use crate::removals::end;
use crate::stage::{events, ids, only, stages, state, worker};
use crate::switchboard::Switchboard;

#[tokio::test]
async fn a_provider_that_is_killed_and_comes_back_goes_on_where_it_was() {
    for mut stage in stages("active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        for (dies, returns) in [
            ("2020-10-01T12:00:00Z", "2020-10-01T18:00:00Z"),
            ("2020-10-03T00:00:00Z", "2020-10-06T00:00:00Z"),
        ] {
            stage.advance(dies).await;
            stage.provider.kill();
            stage.advance(returns).await;
            stage.provider.restart();
        }
        stage.advance("2020-10-20T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(events(&view), NORMAL, "{}", stage.name());
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn a_provider_that_is_killed_while_it_is_asked_is_asked_again_and_sets_one_instance_up() {
    for mut stage in stages("active_after_days: 2", &["--slow-ms", "5000"]).await {
        let switchboard = Switchboard::open();
        stage.ask_by(Arc::clone(&switchboard) as Arc<dyn Providers>);
        let id = stage.order(&[Service::CloudWaf]).await;
        let worker = stage.worker.clone();
        let asking = tokio::spawn(async move { run_due_jobs(&worker).await.unwrap() });
        switchboard.asking.notified().await;
        // The provider thinks for longer than the request needs to reach it.
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.provider.kill();
        asking.await.unwrap();
        assert_eq!(only(&stage.read(id).await).state.as_str(), "unknown", "{}", stage.name());

        stage.provider.restart_with(&[]);
        stage.advance("2020-10-05T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(state(&view), OrderState::Completed);
        assert_eq!(events(&view)[..4], ["ordered", "requested", "track_lost", "requested"]);
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn a_provider_that_is_killed_during_a_removal_is_told_again() {
    for mut stage in stages("", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        end(&stage, id, only(&stage.read(id).await).id).await.unwrap();
        stage.provider.kill();
        stage.advance("2020-10-02T06:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "deprovisioning", "{}", stage.name());
        stage.provider.restart();
        stage.advance("2020-10-03T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "deprovisioned");
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_of_a_step_loses_and_doubles_nothing() {
    for question in [Question::Put, Question::Observe, Question::Remove] {
        for mut stage in stages("", &[]).await {
            let dying = Switchboard::holding_back(question.clone());
            stage.ask_by(Arc::clone(&dying) as Arc<dyn Providers>);
            let id = stage.order(&[Service::CloudWaf]).await;
            let ends = question == Question::Remove;
            if ends {
                stage.advance("2020-10-01T12:00:00Z").await;
                end(&stage, id, only(&stage.read(id).await).id).await.unwrap();
            }
            tokio::select! {
                n_run = run_due_jobs(&stage.worker) => assert!(n_run.is_err(), "nobody died"),
                () = dying.holding.notified() => {}
            }
            let other = worker(stage.ctx(), Arc::new(GrpcProviders::new()));
            assert_eq!(run_due_jobs(&other).await.unwrap(), 0, "the lease still holds");

            stage.let_leases_end();
            stage.advance("2020-10-04T00:00:00Z").await;
            let view = stage.read(id).await;
            let expected = if ends { "deprovisioned" } else { "active" };
            assert_eq!(only(&view).state.as_str(), expected, "{} {question:?}", stage.name());
            let present = if ends { Vec::new() } else { ids(&view) };
            assert_eq!(stage.present(&view).await, present);
        }
    }
}

#[tokio::test]
async fn a_worker_that_comes_back_after_its_lease_changes_nothing() {
    for question in [Question::Put, Question::Observe, Question::Remove] {
        for mut stage in stages("", &[]).await {
            let frozen = Switchboard::holding_back(question.clone());
            let asks_by = Arc::clone(&frozen) as Arc<dyn Providers>;
            let id = stage.order(&[Service::CloudWaf]).await;
            if question == Question::Remove {
                stage.advance("2020-10-01T12:00:00Z").await;
                end(&stage, id, only(&stage.read(id).await).id).await.unwrap();
            }
            let old = worker(stage.ctx(), asks_by);
            let working = tokio::spawn(async move { run_due_jobs(&old).await.unwrap() });
            frozen.holding.notified().await;

            // Another worker takes over and has gone some way when the old one wakes up.
            stage.ask_by(Arc::new(GrpcProviders::new()));
            stage.let_leases_end();
            stage.advance("2020-10-04T00:00:00Z").await;
            let before = stage.read(id).await;
            frozen.release();
            working.await.unwrap();
            let after = stage.read(id).await;
            assert_eq!(after.history, before.history, "{} {question:?}", stage.name());
            assert_eq!(after.stored.items[0].version, before.stored.items[0].version);
            assert_eq!(only(&after), only(&before));
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_while_another_worker_asks_counts_for_neither_twice() {
    for mut stage in stages("", &[]).await {
        let frozen = Switchboard::holding_back(Question::Put);
        let id = stage.order(&[Service::CloudWaf]).await;
        let old = worker(stage.ctx(), Arc::clone(&frozen) as Arc<dyn Providers>);
        let working = tokio::spawn(async move { run_due_jobs(&old).await.unwrap() });
        frozen.holding.notified().await;

        stage.let_leases_end();
        let second = Switchboard::holding_back(Question::Put);
        stage.ask_by(Arc::clone(&second) as Arc<dyn Providers>);
        let new = stage.worker.clone();
        let taken_over = tokio::spawn(async move { run_due_jobs(&new).await.unwrap() });
        second.holding.notified().await;
        frozen.release();
        working.await.unwrap();
        let requested = only(&stage.read(id).await);
        assert_eq!(requested.state.as_str(), "requested", "the old lease is over");

        second.release();
        taken_over.await.unwrap();
        stage.advance("2020-10-02T00:00:00Z").await;
        let view = stage.read(id).await;
        let once = ["ordered", "requested", "installed", "activated"];
        assert_eq!(events(&view), once, "{}", stage.name());
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

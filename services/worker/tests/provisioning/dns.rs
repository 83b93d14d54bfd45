//! Customers who change their DNS and say nothing: we look for ourselves.

use tasuki_core::service::Service;
use tasuki_partners::dns::Dns;
use tasuki_worker::run_due_jobs;

use crate::name_server::NameServer;
use crate::stage::{only, stages};
use crate::sweeps::{an_hour_later, order, read, real_tenant};

/// WAF-01: the provider does not notice the change; nobody had to tell us of it.
#[tokio::test]
async fn a_customer_who_changed_dns_need_not_say_so() {
    for mut stage in stages("behaviour: customer_never_acts, active_after_days: 10", &[]).await {
        let server = NameServer::start().await;
        stage.worker.dns = Some(Dns::of(&[server.address]).unwrap());
        let tenant = real_tenant(&stage).await;
        let id = order(&stage, tenant).await;
        run_due_jobs(&stage.worker).await.unwrap();
        for _ in 0..30 {
            an_hour_later(&stage).await;
        }
        let item = only(&read(&stage, (tenant, id)).await);
        assert_eq!(item.state.as_str(), "awaiting_customer", "{}", stage.name());
        let asked = item.records_to_look_up().to_vec();
        assert!(!asked.is_empty(), "the provider has said which records it needs");

        server.set(&asked);
        for _ in 0..30 {
            an_hour_later(&stage).await;
        }
        let view = read(&stage, (tenant, id)).await;
        assert_eq!(only(&view).state.as_str(), "verifying", "{}", stage.name());
        let events: Vec<_> = view.history.iter().map(|of| of.transition.event.as_str()).collect();
        let confirmed = events.iter().filter(|event| **event == "customer_step_confirmed").count();
        assert_eq!(confirmed, 1, "once, and not doubted while it spreads: {events:?}");
    }
}

/// A simulated tenant lives in another time: its names are of another world.
#[tokio::test]
async fn the_dns_of_a_simulated_tenant_is_not_looked_up() {
    for mut stage in stages("behaviour: customer_never_acts, active_after_days: 10", &[]).await {
        let server = NameServer::start().await;
        stage.worker.dns = Some(Dns::of(&[server.address]).unwrap());
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        server.set(only(&stage.read(id).await).records_to_look_up());
        stage.advance("2020-10-08T00:00:00Z").await;
        let item = only(&stage.read(id).await);
        assert_eq!(item.state.as_str(), "awaiting_customer", "{}", stage.name());
    }
}

//! One database with a tenant, events that happen there, and what a stream has of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_nats::jetstream;
use serde_json::{Value, json};
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::id::{IdSource, PartnerId, TenantId};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Tenant};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_partners::nats::{Login, Servers, Stream, Wanted};
use tasuki_store::outbox::{self, Event};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, relay_places, tenants};
use tasuki_worker::streams::Publisher;
use uuid::Uuid;

use crate::nats_server::NatsServer;

/// Real time that a test moves.
#[derive(Debug)]
struct Movable(AtomicI64);

impl Clock for Movable {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2021-06-01T00:00:00Z".parse().unwrap();
        start.plus_seconds(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1_000)
    }
}

/// A scheme on one database.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) ctx: Context,
    pub(crate) tenant: TenantId,
    clock: Arc<Movable>,
    pub(crate) database: Fresh,
}

/// A message of the stream.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) media_type: String,
    pub(crate) event: Value,
}

pub(crate) async fn scenes() -> Vec<Scene> {
    let mut all = Vec::new();
    for database in databases().await {
        let clock = Arc::new(Movable(AtomicI64::new(0)));
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::new(Counted::default()),
            library: Arc::new(Library::load(None, None).unwrap()),
        };
        let tenant = company(&ctx).await;
        all.push(Scene { name: database.name, ctx, tenant, clock, database });
    }
    all
}

async fn company(ctx: &Context) -> TenantId {
    let now = ctx.clock.now();
    let partner = Partner {
        id: PartnerId::of_code("ogs"),
        code: "ogs".to_owned(),
        name: "ogs".to_owned(),
        name_en: "ogs".to_owned(),
        kind: PartnerKind::Isv,
        capabilities: Vec::new(),
        solicitor_licence: None,
        terms: PartnerTerms::default(),
        created_at: now,
    };
    let tenant = Tenant {
        id: ctx.ids.next(),
        partner_id: partner.id,
        partner_reference: String::new(),
        name: "有限会社すいか".to_owned(),
        name_en: String::new(),
        zone: Zone::named(Zone::TOKYO).unwrap(),
        profile: tasuki_core::catalog::CompanyProfile::default(),
        clock_at: None,
        created_at: now,
        updated_at: now,
    };
    let tx = ctx.store.begin().await.unwrap();
    partners::insert(&tx, &partner).await.unwrap();
    tenants::insert(&tx, &tenant).await.unwrap();
    tx.commit().await.unwrap();
    tenant.id
}

pub(crate) fn wanted() -> Wanted {
    let (name, prefix) = ("TASUKI".to_owned(), "acme.tasuki".to_owned());
    Wanted { name, prefix, n_replicas: 1, keep: None }
}

pub(crate) fn servers(server: &NatsServer) -> Servers {
    let addresses = vec![server.address()];
    Servers { addresses, login: Login::Nobody, roots: None, certificate: None }
}

impl Scene {
    pub(crate) fn move_clock(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// A process that publishes to a server.
    pub(crate) async fn process(&self, server: &NatsServer) -> Publisher {
        self.process_with(&servers(server)).await
    }

    pub(crate) async fn process_with(&self, servers: &Servers) -> Publisher {
        let stream = Stream::open(servers, wanted()).await.unwrap();
        Publisher::new(self.ctx.clone(), stream, "urn:acme:tasuki")
    }

    /// So many events, every third of the scheme as a whole; gives their ids.
    pub(crate) async fn happen(&self, n: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for at in 0..n {
            let (tenant, topic) = if at % 3 == 2 {
                (None, "policy.activated")
            } else {
                (Some(self.tenant), "order.changed")
            };
            let event = Event {
                id: self.ctx.ids.next(),
                tenant,
                topic,
                subject: format!("ord_{at}"),
                payload: json!({ "state": "active" }),
                occurred_at: self.ctx.clock.now(),
            };
            let tx = self.ctx.store.begin().await.unwrap();
            outbox::append(&tx, &event).await.unwrap();
            tx.commit().await.unwrap();
            ids.push(event.id.to_string());
        }
        ids
    }

    /// Whether the stream has confirmed everything that happened.
    pub(crate) async fn is_through(&self) -> bool {
        let tx = self.ctx.store.begin_read().await.unwrap();
        let end = outbox::end(&tx).await.unwrap().seq;
        relay_places::get(&tx, "nats:TASUKI").await.unwrap().after_seq == end
    }

    /// Publishes until everything is through, and nothing fails.
    pub(crate) async fn publish(&self, process: &mut Publisher) {
        for _ in 0..1_000 {
            process.hand_on().await.unwrap();
            if self.is_through().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{}: something never gets through", self.name);
    }

    pub(crate) async fn until_through(&self) {
        for _ in 0..3_000 {
            if self.is_through().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{}: something never gets through", self.name);
    }
}

pub(crate) async fn jetstream(server: &NatsServer) -> jetstream::Context {
    let client = async_nats::connect(server.address()).await.unwrap();
    jetstream::new(client)
}

/// Everything that the stream has, in its order.
pub(crate) async fn told(server: &NatsServer) -> Vec<Told> {
    let stream = jetstream(server).await.get_stream("TASUKI").await.unwrap();
    let state = &stream.cached_info().state;
    let mut all = Vec::new();
    for number in state.first_sequence.max(1)..=state.last_sequence {
        let message = stream.get_raw_message(number).await.unwrap();
        let header = |name: &str| message.headers.get(name).unwrap().as_str().to_owned();
        all.push(Told {
            subject: message.subject.to_string(),
            id: header("Nats-Msg-Id"),
            media_type: header("Content-Type"),
            event: serde_json::from_slice(&message.payload).unwrap(),
        });
    }
    all
}

pub(crate) fn ids(told: &[Told]) -> Vec<String> {
    told.iter().map(|it| it.id.clone()).collect()
}

//! Two partners with a tenant each on one database, real time that a test moves, and senders.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tasuki_app::call::Call;
use tasuki_app::context::{Context, News};
use tasuki_app::library::Library;
use tasuki_app::webhooks::{NewEndpoint, StoredEndpoint, create_endpoint, get_endpoint};
use tasuki_core::id::{IdSource, PartnerId, TenantId, WebhookEndpointId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Tenant};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_core::webhook::{AddressRules, Host, SigningKey};
use tasuki_partners::webhooks::{Resolve, Sender, SystemDns};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, tenants};
use tasuki_worker::webhooks::{Deliveries, Post};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longer than a receiver of these tests needs, whatever the machine is doing.
const PATIENT: Duration = Duration::from_secs(30);

/// `whsec_` of the key that endpoints of these tests have: the bytes from 0 to 31.
pub(crate) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Real time that a test moves.
#[derive(Debug)]
pub(crate) struct Movable(AtomicI64);

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
    clock: Arc<Movable>,
    /// A tenant of `ogs`, and one of `elsewhere`.
    pub(crate) tenants: [TenantId; 2],
    _database: Fresh,
}

pub(crate) fn partner(code: &str) -> Call {
    let partner_id = Some(PartnerId::of_code(code));
    Call::by(Principal { partner_id, ..Principal::of(format!("test:{code}"), Role::Partner) })
}

pub(crate) fn operator() -> Call {
    Call::by(Principal::of("test:operator", Role::Operator))
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
        let mut tenants = Vec::new();
        for code in ["ogs", "elsewhere"] {
            tenants.push(company(&ctx, code).await);
        }
        let tenants = [tenants[0], tenants[1]];
        all.push(Scene { name: database.name, ctx, clock, tenants, _database: database });
    }
    all
}

async fn company(ctx: &Context, code: &str) -> TenantId {
    let now = ctx.clock.now();
    let partner = Partner {
        id: PartnerId::of_code(code),
        code: code.to_owned(),
        name: code.to_owned(),
        name_en: code.to_owned(),
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

/// Answers in turn, and as at the end from then on.
#[derive(Debug)]
pub(crate) struct Names {
    answers: Mutex<VecDeque<Vec<SocketAddr>>>,
    n_asked: AtomicU64,
}

impl Names {
    pub(crate) fn new(answers: &[&[SocketAddr]]) -> Arc<Self> {
        let answers = Mutex::new(answers.iter().map(|some| some.to_vec()).collect());
        Arc::new(Self { answers, n_asked: AtomicU64::new(0) })
    }

    pub(crate) fn n_asked(&self) -> u64 {
        self.n_asked.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Resolve for Names {
    async fn resolve(&self, _: &Host, _: u16) -> io::Result<Vec<SocketAddr>> {
        self.n_asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let first = answers.front().cloned().unwrap_or_default();
        if answers.len() > 1 {
            answers.pop_front();
        }
        Ok(first)
    }
}

/// Rules by which receivers may be on this machine.
pub(crate) fn here() -> AddressRules {
    AddressRules::with_open_hosts(["127.0.0.1".to_owned()])
}

pub(crate) fn sender() -> Sender {
    Sender::new(here(), PATIENT, Arc::new(SystemDns), b"").unwrap()
}

impl Scene {
    pub(crate) fn move_clock(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// An endpoint of a partner.
    pub(crate) async fn endpoint(
        &self,
        code: &str,
        url: &str,
        topics: &[&str],
    ) -> WebhookEndpointId {
        self.endpoint_of(&partner(code), url, topics).await
    }

    pub(crate) async fn endpoint_of(
        &self,
        by: &Call,
        url: &str,
        topics: &[&str],
    ) -> WebhookEndpointId {
        let new = NewEndpoint {
            partner_id: None,
            url: url.to_owned(),
            topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
            description: String::new(),
        };
        let key = SigningKey::new((0..32).collect());
        let rules =
            AddressRules::with_open_hosts(["127.0.0.1".to_owned(), "hooks.test".to_owned()]);
        create_endpoint(&self.ctx, by, new, &rules, key).await.unwrap().stored.endpoint.id
    }

    pub(crate) async fn stored(&self, id: WebhookEndpointId) -> StoredEndpoint {
        get_endpoint(&self.ctx, &operator(), id).await.unwrap()
    }

    /// So many events of the tenants in turn; gives the subjects.
    pub(crate) async fn happen(&self, n: usize) -> Vec<String> {
        let mut subjects = Vec::new();
        for at in 0..n {
            subjects.push(self.happen_to(self.tenants[at % 2], "order.changed").await);
        }
        subjects
    }

    /// An event of a tenant; gives its subject.
    pub(crate) async fn happen_to(&self, tenant: TenantId, topic: &'static str) -> String {
        let subject = format!("ord_{}", self.ctx.ids.next_uuid());
        let payload = match topic {
            "order.changed" => json!({ "state": "active", "subscription_id": null }),
            _ => json!({}),
        };
        let tx = self.ctx.store.begin().await.unwrap();
        let news = News::new(topic, &subject, payload);
        self.ctx.tell(&tx, (tenant, self.ctx.clock.now()), news).await.unwrap();
        tx.commit().await.unwrap();
        subject
    }

    /// Deliveries of one process.
    pub(crate) fn process(&self) -> Deliveries {
        self.process_with(sender())
    }

    pub(crate) fn process_with(&self, sender: Sender) -> Deliveries {
        let post = Post { ctx: self.ctx.clone(), sender, source: "tasuki".to_owned() };
        Deliveries::new(post, CancellationToken::new())
    }
}

/// Delivers until everything that has happened is behind: on PostgreSQL an event is complete only when whoever was
/// writing at the same time, in any database of the server, has finished.
pub(crate) async fn deliver(scene: &Scene, process: &mut Deliveries) -> usize {
    let mut n_taken = 0;
    for _ in 0..1_000 {
        n_taken += process.deliver_due().await.unwrap();
        if !is_behind(scene).await {
            return n_taken;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{}: something never becomes complete", scene.name);
}

/// Whether an endpoint that may be tried has not come up to the last event.
async fn is_behind(scene: &Scene) -> bool {
    let tx = scene.ctx.store.begin_read().await.unwrap();
    let end = tasuki_store::outbox::end(&tx).await.unwrap().seq;
    let due = tasuki_store::webhooks::due(&tx, (scene.ctx.clock.now(), end), 10).await.unwrap();
    !due.is_empty()
}

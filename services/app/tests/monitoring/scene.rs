//! A scheme with one operator, one SOC and simulated tenants, on a fresh database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tasuki_app::call::Call;
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_app::monitoring::AlertRow;
use tasuki_core::alert::{AlertKey, Detail};
use tasuki_core::catalog::{CompanyProfile, ProfileSite};
use tasuki_core::id::{IdSource, PartnerId, ProviderId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::service::Service;
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Provider, Tenant};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, providers, tenants};
use uuid::Uuid;

/// Real time stands still long after the pilots.
#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        at("2022-01-01T00:00:00Z")
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(u128::from(n) + 1_000_000)
    }
}

/// A scheme on one database.
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) ctx: Context,
    _database: Fresh,
}

pub(crate) const OKINAWA: &str = "47";
pub(crate) const KUMAMOTO: &str = "43";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An instant by the clock of Japan.
pub(crate) fn jst(text: &str) -> Timestamp {
    at(&format!("{}+09:00", text.replace(' ', "T")))
}

pub(crate) fn by(role: Role) -> Call {
    Call::by(Principal::of(format!("test:{}", role.as_str()), role))
}

pub(crate) fn provider_id() -> ProviderId {
    ProviderId::of_code("secure-innovation")
}

pub(crate) fn partner_id() -> PartnerId {
    PartnerId::of_code("ogs")
}

/// A provider that reports for itself.
pub(crate) fn provider() -> Call {
    let provider_id = Some(provider_id());
    Call::by(Principal { provider_id, ..Principal::of("test:provider", Role::Provider) })
}

/// The scheme on each database.
pub(crate) async fn schemes() -> Vec<Scheme> {
    let mut all = Vec::new();
    for database in databases().await {
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::new(Later),
            ids: Arc::new(Counted::default()),
            library: Arc::new(Library::load(None, None).unwrap()),
        };
        let tx = ctx.store.begin().await.unwrap();
        let created_at = at("2020-09-01T00:00:00Z");
        let partner = Partner {
            id: partner_id(),
            code: "ogs".to_owned(),
            name: "沖電グローバルシステムズ".to_owned(),
            name_en: "OGS".to_owned(),
            kind: PartnerKind::Operator,
            capabilities: Vec::new(),
            solicitor_licence: None,
            terms: PartnerTerms::default(),
            created_at,
        };
        partners::insert(&tx, &partner).await.unwrap();
        let provider = Provider {
            id: provider_id(),
            name: "secure-innovation".to_owned(),
            services: vec![Service::Utm, Service::Edr],
            endpoint: "http://127.0.0.1:1".to_owned(),
            partner_id: None,
            fee_rate: None,
            paused: false,
            visit_calendar: None,
            created_at,
        };
        providers::insert(&tx, &provider).await.unwrap();
        tx.commit().await.unwrap();
        all.push(Scheme { name: database.name, ctx, _database: database });
    }
    all
}

impl Scheme {
    /// A simulated tenant with one site.
    pub(crate) async fn tenant(&self, n: u128, prefecture: &str, clock_at: Timestamp) -> TenantId {
        let id = TenantId::from(Uuid::from_u128(n));
        let site = ProfileSite {
            code: "head-office".to_owned(),
            name: "本社".to_owned(),
            prefecture: Some(prefecture.to_owned()),
            remote_island: Some(false),
        };
        let tenant = Tenant {
            id,
            partner_id: partner_id(),
            name: format!("firm {n}"),
            name_en: String::new(),
            partner_reference: String::new(),
            zone: Zone::named(Zone::TOKYO).unwrap(),
            profile: CompanyProfile {
                industry: Some("G".to_owned()),
                employees: Some(12),
                sites: vec![site],
                ..CompanyProfile::default()
            },
            clock_at: Some(clock_at),
            created_at: at("2020-09-01T00:00:00Z"),
            updated_at: at("2020-09-01T00:00:00Z"),
        };
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::insert(&tx, &tenant).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

/// A row that a provider reports.
pub(crate) fn row(tenant: TenantId, id: &str, detail: Detail, detected_at: Timestamp) -> AlertRow {
    AlertRow {
        tenant_id: Some(tenant),
        instance_id: None,
        key: AlertKey { provider_id: provider_id(), provider_alert_id: id.parse().unwrap() },
        service: Service::Utm,
        detail,
        n_detections: 1,
        detected_at,
        detected_within: None,
        symptom: None,
        blocked: true,
        device_id: None,
        endpoint_id: None,
        summary: String::new(),
    }
}

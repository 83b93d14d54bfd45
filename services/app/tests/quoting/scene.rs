//! An operator, a partner and simulated tenants, on a fresh database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tasuki_app::call::{Call, RequestKey};
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_app::quoting::{Intent, NewQuote, WantedCover};
use tasuki_core::catalog::{
    Budget, CompanyProfile, Consent, DnsControl, EndpointCounts, ProfileSite, SelectedItem,
    TaxMode, WafState,
};
use tasuki_core::id::{IdSource, PartnerId, ProviderId, TenantId};
use tasuki_core::money::Money;
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
        at("2021-06-01T00:00:00Z")
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

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The operator, who may do everything.
pub(crate) fn operator() -> Call {
    Call::by(Principal::of("test:operator", Role::Operator))
}

/// A partner of a code.
pub(crate) fn partner(code: &str) -> Call {
    let partner_id = Some(PartnerId::of_code(code));
    Call::by(Principal { partner_id, ..Principal::of(format!("test:{code}"), Role::Partner) })
}

/// The call with a request id; the body is known by its name.
pub(crate) fn with_key(call: Call, request_id: &str, body: &str) -> Call {
    let key = RequestKey {
        scope: call.principal.subject.clone(),
        method: "test".to_owned(),
        request_id: request_id.to_owned(),
        body_hash: body.to_owned(),
    };
    Call { key: Some(key), ..call }
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
        for (code, kind) in [("ogs", PartnerKind::Operator), ("elsewhere", PartnerKind::Isv)] {
            let partner = Partner {
                id: PartnerId::of_code(code),
                code: code.to_owned(),
                name: code.to_owned(),
                name_en: code.to_owned(),
                kind,
                capabilities: Vec::new(),
                solicitor_licence: None,
                terms: PartnerTerms::default(),
                created_at,
            };
            partners::insert(&tx, &partner).await.unwrap();
        }
        for (name, service) in [
            ("utm", Service::Utm),
            ("cloud-waf", Service::CloudWaf),
            ("edr", Service::Edr),
            ("diagnosis", Service::Diagnosis),
        ] {
            let provider = Provider {
                id: ProviderId::of_code(name),
                name: name.to_owned(),
                services: vec![service],
                endpoint: "http://127.0.0.1:1".to_owned(),
                partner_id: None,
                fee_rate: None,
                paused: false,
                visit_calendar: None,
                created_at,
            };
            providers::insert(&tx, &provider).await.unwrap();
        }
        tx.commit().await.unwrap();
        all.push(Scheme { name: database.name, ctx, _database: database });
    }
    all
}

impl Scheme {
    /// A simulated tenant of `ogs` in Okinawa.
    pub(crate) async fn tenant(&self, n: u128, clock_at: &str) -> TenantId {
        let site = ProfileSite {
            code: "head-office".to_owned(),
            name: "本社".to_owned(),
            prefecture: Some("47".to_owned()),
            remote_island: Some(false),
        };
        let profile = CompanyProfile {
            industry: Some("G".to_owned()),
            employees: Some(8),
            sites: vec![site],
            ..CompanyProfile::default()
        };
        self.tenant_with(n, clock_at, profile).await
    }

    /// A simulated tenant of `ogs` of which this is known.
    pub(crate) async fn tenant_with(
        &self,
        n: u128,
        clock_at: &str,
        profile: CompanyProfile,
    ) -> TenantId {
        let id = TenantId::from(Uuid::from_u128(n));
        let tenant = Tenant {
            id,
            partner_id: PartnerId::of_code("ogs"),
            name: format!("firm {n}"),
            name_en: String::new(),
            partner_reference: String::new(),
            zone: Zone::named(Zone::TOKYO).unwrap(),
            profile,
            clock_at: Some(at(clock_at)),
            created_at: at("2020-09-01T00:00:00Z"),
            updated_at: at("2020-09-01T00:00:00Z"),
        };
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::insert(&tx, &tenant).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Moves a tenant's clock.
    pub(crate) async fn advance(&self, tenant: TenantId, to: &str) {
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::set_clock(&tx, tenant, at(to)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// A quote for a selection, everything else left to the server.
pub(crate) fn wanting(tenant: TenantId, selection: Vec<SelectedItem>) -> NewQuote {
    NewQuote {
        tenant_id: Some(tenant),
        partner_id: None,
        profile: None,
        selection,
        rate_card: None,
        start_on: None,
        trial_until: None,
        valid_days: None,
        cover: WantedCover::AsSold,
        campaign: None,
        intent: Intent::Do,
    }
}

/// A company of figure 2, by antivirus, web site and UTM.
pub(crate) fn company(
    [has_antivirus, has_website, has_utm]: [bool; 3],
    budget: i64,
) -> CompanyProfile {
    CompanyProfile {
        industry: Some("D".to_owned()),
        employees: Some(8),
        endpoints: Some(EndpointCounts {
            windows: Some(5),
            mac: Some(0),
            linux: Some(0),
            mobile: Some(0),
        }),
        has_utm: Some(has_utm),
        has_antivirus: Some(has_antivirus),
        has_website: Some(has_website),
        waf: Some(WafState::None),
        dns_control: has_website.then_some(DnsControl::Itself),
        monthly_traffic_gb: has_website.then(|| "8.0".parse().unwrap()),
        maintainer_consent: Some(Consent::NotNeeded),
        web_screens: has_website.then_some(5),
        global_ips: Some(1),
        budget: Some(Budget { monthly: Money::jpy(budget), tax_mode: TaxMode::Exclusive }),
        ..CompanyProfile::default()
    }
}

//! A scheme with an operator and a partner, on a fresh database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tasuki_app::call::{Call, RequestKey};
use tasuki_app::context::Context;
use tasuki_app::governing::{NewTenant, TenantChange, TenantView};
use tasuki_app::library::Library;
use tasuki_core::catalog::{CompanyProfile, ProfileMembership, ProfileSite, Sponsor};
use tasuki_core::id::{IdSource, PartnerId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, tenants};
use uuid::Uuid;

#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        jst("2022-01-01 00:00")
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

/// A scheme on one database.
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) ctx: Context,
    pub(crate) database: Fresh,
}

/// An instant by the clock of Japan.
pub(crate) fn jst(text: &str) -> Timestamp {
    format!("{}:00+09:00", text.replace(' ', "T")).parse().unwrap()
}

pub(crate) fn by(role: Role) -> Call {
    Call::by(Principal::of(format!("test:{}", role.as_str()), role))
}

pub(crate) fn operator() -> Call {
    by(Role::Operator)
}

pub(crate) fn partner(code: &str) -> Call {
    let partner_id = Some(PartnerId::of_code(code));
    Call::by(Principal { partner_id, ..Principal::of(format!("test:{code}"), Role::Partner) })
}

/// The call with a request id, always with the same body.
pub(crate) fn with_key(call: Call, request_id: &str) -> Call {
    let key = RequestKey {
        scope: call.principal.subject.clone(),
        method: "test".to_owned(),
        request_id: request_id.to_owned(),
        body_hash: "same".to_owned(),
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
                created_at: jst("2020-09-01 00:00"),
            };
            partners::insert(&tx, &partner).await.unwrap();
        }
        tx.commit().await.unwrap();
        all.push(Scheme { name: database.name, ctx, database });
    }
    all
}

impl Scheme {
    /// Moves a tenant's clock.
    pub(crate) async fn advance(&self, tenant: TenantId, to: &str) {
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::set_clock(&tx, tenant, jst(to)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// A simulated tenant of which much is known.
pub(crate) fn wanting(reference: &str) -> NewTenant {
    let site = ProfileSite {
        code: "head-office".to_owned(),
        name: "本店".to_owned(),
        prefecture: Some("47".to_owned()),
        remote_island: None,
    };
    let membership = ProfileMembership {
        association: "naha-chamber-of-commerce".to_owned(),
        valid_from: None,
        valid_to: None,
        evidence: "会員番号 123".to_owned(),
    };
    let sponsor = Sponsor {
        code: "parent".to_owned(),
        name: "親会社".to_owned(),
        share_rate: "0.5".parse().unwrap(),
        monthly_cap: None,
        valid: None,
        services: Vec::new(),
    };
    NewTenant {
        partner_id: Some(PartnerId::of_code("ogs")),
        partner_reference: reference.to_owned(),
        name: "比嘉商店".to_owned(),
        name_en: "Higa Shop".to_owned(),
        zone: Zone::named(Zone::TOKYO).unwrap(),
        profile: CompanyProfile {
            industry: Some("I".to_owned()),
            employees: Some(8),
            has_backup: Some(false),
            sites: vec![site],
            memberships: vec![membership],
            sponsors: vec![sponsor],
            ..CompanyProfile::default()
        },
        simulated_clock_start: Some(jst("2021-04-01 09:00")),
    }
}

/// A change that changes nothing yet, by somebody who has read the tenant.
pub(crate) fn changing(view: &TenantView) -> TenantChange {
    TenantChange {
        tenant_id: view.tenant.id,
        etag: view.etag(),
        name: None,
        name_en: None,
        profile: None,
        partner_reference: None,
    }
}

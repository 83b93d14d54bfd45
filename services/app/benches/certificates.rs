//! How long it takes to issue certificates in a batch, each as a quote's acceptance does it: the contract is
//! read, a number without gaps is drawn, the certificate and its event are written. Beside it the bare
//! insert of equal rows, on the same database. `CERTIFICATES` says how many; 100,000 if left out.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench, sized from outside, that prints what it measured"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tasuki_app::access::{self, Entered};
use tasuki_app::call::Call;
use tasuki_app::claiming::cover;
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::catalog::{Cadence, CompanyProfile, Proration};
use tasuki_core::certificate::Certificate;
use tasuki_core::id::{IdSource, InsurerId, MasterContractId, PartnerId, SubscriptionId, TenantId};
use tasuki_core::master_contract::{
    Attachment, BenefitForm, CoverPacks, CoverTerms, CoveragePart, InsurancePeriod, LossBasis,
    MasterContract, MasterContractDraft, PartTerms, Premium, PremiumBasis, PremiumPayer, Stacking,
    Wording,
};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::rate::Rate;
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Tenant};
use tasuki_core::text::Text;
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{certificates, master_contracts, partners, tenants};
use uuid::Uuid;

/// Certificates of one transaction.
const AT_ONCE: u64 = 1_000;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2021-04-01T03:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1_000_000)
    }
}

fn terms() -> CoverTerms {
    CoverTerms {
        attachment: Attachment::Automatic,
        territories: vec!["JP".to_owned()],
        parts: vec![PartTerms {
            part: CoveragePart::OnSiteResponse,
            form: BenefitForm::Either,
            coinsurance: Rate::ONE,
            deductible: Money::ZERO_JPY,
            waiting_seconds: 0,
            n_per_period: None,
            section: "costs".to_owned(),
            clause: None,
            required_documents: vec![],
        }],
        limits: vec![],
        loss_basis: LossBasis::Occurrence,
        retroactive_from: None,
        stacking: Stacking::PerTenant,
        premium: Premium {
            basis: PremiumBasis::PerCertificate,
            amount: Some(Money::jpy(80)),
            rate: None,
            cadence: Cadence::Monthly,
            payer: PremiumPayer::Operator,
            proration: Proration::None,
        },
        packs: CoverPacks {
            eligibility: None,
            cover: Some("v1".to_owned()),
            trigger: "v1".to_owned(),
            exclusion: "v1".to_owned(),
            payable: None,
        },
        wording: Wording {
            title: Text::new("初動対応補償", "First-response cover"),
            version: "2021.1".to_owned(),
            uri: String::new(),
            hash: String::new(),
            clauses: vec![],
        },
        notice_days: Some(30),
        single_approval_up_to: Some(Money::jpy(100_000)),
        authorities: Vec::new(),
    }
}

fn contract() -> MasterContract {
    let draft = MasterContractDraft {
        code: "first-response-2021".to_owned(),
        insurer_id: InsurerId::of_code("insurer-a"),
        holder_id: PartnerId::of_code("ogs"),
        period: InsurancePeriod {
            starts_on: jiff::civil::date(2021, 2, 1),
            ends_on: jiff::civil::date(2022, 2, 1),
            hour: 16,
            zone: Zone::named(Zone::TOKYO).unwrap(),
        },
        terms: terms(),
    };
    let id = MasterContractId::from(Uuid::from_u128(900));
    MasterContract::new(id, draft, "2021-01-01T00:00:00Z".parse().unwrap()).unwrap()
}

async fn found(ctx: &Context) -> TenantId {
    let created_at = "2020-09-01T00:00:00Z".parse().unwrap();
    let partner = Partner {
        id: PartnerId::of_code("ogs"),
        code: "ogs".to_owned(),
        name: "OGS".to_owned(),
        name_en: "OGS".to_owned(),
        kind: PartnerKind::Operator,
        capabilities: Vec::new(),
        solicitor_licence: None,
        terms: PartnerTerms::default(),
        created_at,
    };
    let tenant = Tenant {
        id: TenantId::from(Uuid::from_u128(1)),
        partner_id: partner.id,
        name: "firm".to_owned(),
        name_en: String::new(),
        partner_reference: String::new(),
        zone: Zone::named(Zone::TOKYO).unwrap(),
        profile: CompanyProfile::default(),
        clock_at: None,
        created_at,
        updated_at: created_at,
    };
    let tx = ctx.store.begin().await.unwrap();
    partners::insert(&tx, &partner).await.unwrap();
    tenants::insert(&tx, &tenant).await.unwrap();
    master_contracts::insert(&tx, &contract()).await.unwrap();
    tx.commit().await.unwrap();
    tenant.id
}

/// Issues certificates as an acceptance does, and gives the time it took.
async fn issued(ctx: &Context, tenant: TenantId, n: u64) -> Duration {
    let contract = contract().id;
    let began = Instant::now();
    for first in (0..n).step_by(usize::try_from(AT_ONCE).unwrap()) {
        let tx = ctx.store.begin().await.unwrap();
        let entered: Entered =
            access::enter(ctx, &tx, &Call::system(), tenant, Permission::Sell).await.unwrap();
        for at in first..n.min(first + AT_ONCE) {
            let subscription = SubscriptionId::from(Uuid::from_u128(u128::from(at)));
            cover::issue(ctx, &tx, &entered, subscription, contract).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    began.elapsed()
}

/// Inserts equal rows and nothing else.
async fn inserted(ctx: &Context, tenant: TenantId, n: u64) -> Duration {
    let tx = ctx.store.begin_read().await.unwrap();
    let first = certificates::of_tenant(&tx, tenant).await.unwrap().remove(0).certificate;
    drop(tx);
    let rows: Vec<Certificate> = (0..n)
        .map(|at| Certificate {
            id: ctx.ids.next(),
            number: format!("RAW-{at:06}"),
            subscription_id: SubscriptionId::from(Uuid::from_u128(u128::from(n + at))),
            ..first.clone()
        })
        .collect();
    let began = Instant::now();
    for page in rows.chunks(usize::try_from(AT_ONCE).unwrap()) {
        let tx = ctx.store.begin().await.unwrap();
        for row in page {
            certificates::insert(&tx, row).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    began.elapsed()
}

async fn measure(database: &Fresh, n: u64) {
    let ctx = Context {
        store: database.store.clone(),
        clock: Arc::new(Noon),
        ids: Arc::new(Counted::default()),
        library: Arc::new(Library::load(None, None).unwrap()),
    };
    let tenant = found(&ctx).await;
    let issued = issued(&ctx, tenant, n).await;
    let inserted = inserted(&ctx, tenant, n).await;
    let rate = |took: Duration| u128::from(n) * 1_000_000 / took.as_micros().max(1);
    let ratio = inserted.as_micros() * 100 / issued.as_micros().max(1);
    println!(
        "{}: {n} certificates issued in {} ms, {} a second; equal rows inserted in {} ms, {} a second; \
         ratio {}.{:02}",
        database.name,
        issued.as_millis(),
        rate(issued),
        inserted.as_millis(),
        rate(inserted),
        ratio / 100,
        ratio % 100,
    );
}

#[tokio::main]
async fn main() {
    let asked = std::env::var("CERTIFICATES").ok().and_then(|n| n.parse().ok());
    let n = asked.unwrap_or(100_000);
    for database in databases().await {
        measure(&database, n).await;
    }
}

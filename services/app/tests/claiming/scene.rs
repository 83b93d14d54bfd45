//! A scheme with an insurer's contract on a fresh database; tenants with certificates, services that
//! give signs of life, and incidents that the SOC has confirmed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::date;
use tasuki_app::access;
use tasuki_app::call::{Call, RequestKey};
use tasuki_app::claiming::{
    self, AcknowledgeTerms, AssessClaim, ClaimDecided, ClaimView, DecideClaim, Drafting,
    Duplicates, Intent, NewMasterContract, NotifyLoss, Shown, Subject, Supposed, Word,
};
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_app::monitoring::{self, AlertRow, HeartbeatRow, RecordVerdict};
use tasuki_core::alert::{AlertKey, Detail, Verdict};
use tasuki_core::catalog::{Cadence, CompanyProfile, Proration};
use tasuki_core::certificate::{CoveredItem, Evidence};
use tasuki_core::claim::{ClaimedItem, LossCause, Payee};
use tasuki_core::id::{
    IdSource, IncidentId, InsurerId, ItemId, MasterContractId, PartnerId, ProviderId,
    SubscriptionId, TenantId,
};
use tasuki_core::master_contract::{
    Attachment, BenefitForm, Clause, ClauseKind, CoverPacks, CoverTerms, CoveragePart,
    InsurancePeriod, Limit, LimitBasis, LimitScope, LossBasis, MasterContractDraft, PartTerms,
    Premium, PremiumBasis, PremiumPayer, Stacking, Wording,
};
use tasuki_core::money::Money;
use tasuki_core::party::{Permission, Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::tenant::{Licence, Partner, PartnerKind, PartnerTerms, Provider, Tenant};
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, providers, tenants};
use uuid::Uuid;

/// Real time stands still long after the pilots.
#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        jst("2022-06-01 00:00")
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

pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) ctx: Context,
    pub(crate) contract: MasterContractId,
    n_alerts: AtomicU64,
    _database: Fresh,
}

pub(crate) fn jst(text: &str) -> Timestamp {
    let seconds = if text.len() == 16 { ":00" } else { "" };
    format!("{}{seconds}+09:00", text.replace(' ', "T")).parse().unwrap()
}

pub(crate) fn yen(yen: i64) -> Money {
    Money::jpy(yen)
}

pub(crate) fn operator() -> Call {
    Call::by(Principal::of("test:operator", Role::Operator))
}

pub(crate) fn desk() -> Call {
    Call::by(Principal::of("test:desk", Role::HelpDesk))
}

/// A claims handler of the insurer.
pub(crate) fn handler(name: &str) -> Call {
    let insurer_id = Some(InsurerId::of_code("insurer-a"));
    Call::by(Principal { insurer_id, ..Principal::of(format!("test:{name}"), Role::Insurer) })
}

/// A call with a request id.
pub(crate) fn keyed(call: Call, id: &str) -> Call {
    let key = RequestKey {
        scope: call.principal.subject.clone(),
        method: "test".to_owned(),
        request_id: id.to_owned(),
        body_hash: String::new(),
    };
    Call { key: Some(key), ..call }
}

pub(crate) fn provider_id() -> ProviderId {
    ProviderId::of_code("okinawa-soc")
}

fn soc() -> Call {
    Call::by(Principal::of("test:soc", Role::Soc))
}

fn limit(code: &str, scope: LimitScope, parts: &[CoveragePart], amount: i64) -> Limit {
    let basis = match scope {
        LimitScope::Item | LimitScope::AllCosts | LimitScope::Occurrence => {
            LimitBasis::PerOccurrence
        }
        LimitScope::Section | LimitScope::Certificate | LimitScope::Programme => {
            LimitBasis::PerPeriod
        }
    };
    Limit {
        code: code.to_owned(),
        scope,
        basis,
        parts: parts.iter().copied().collect(),
        amount: yen(amount),
        reinstatement_rates: vec![],
        clause: Some("補償条項 第8条（保険金の額）".to_owned()),
    }
}

fn part(part: CoveragePart) -> PartTerms {
    PartTerms {
        part,
        form: BenefitForm::Either,
        coinsurance: Rate::ONE,
        deductible: Money::ZERO_JPY,
        waiting_seconds: 0,
        n_per_period: None,
        section: "costs".to_owned(),
        clause: None,
        required_documents: vec![],
    }
}

fn clause(code: &str, place: &str) -> Clause {
    Clause {
        code: code.to_owned(),
        clause: place.to_owned(),
        kind: ClauseKind::Exclusion,
        title: Text::new(place, code),
        text: Text::new(place, code),
        plain: None,
        parts: vec![],
        must_be_acknowledged: true,
    }
}

/// The terms of the pilot's data, with another aggregate of the programme.
pub(crate) fn terms(programme: i64) -> CoverTerms {
    use CoveragePart::{OnSiteResponse, VirusRemoval};
    let pack = || Some("v1".to_owned());
    CoverTerms {
        attachment: Attachment::Automatic,
        territories: vec!["JP".to_owned()],
        parts: vec![part(OnSiteResponse), part(VirusRemoval)],
        limits: vec![
            limit("limit.on_site_response", LimitScope::Item, &[OnSiteResponse], 100_000),
            limit("limit.virus_removal", LimitScope::Item, &[VirusRemoval], 50_000),
            limit("limit.occurrence", LimitScope::Occurrence, &[], 150_000),
            limit("limit.certificate", LimitScope::Certificate, &[], 300_000),
            limit("limit.programme", LimitScope::Programme, &[], programme),
        ],
        loss_basis: LossBasis::Occurrence,
        retroactive_from: None,
        stacking: Stacking::PerTenant,
        premium: Premium {
            basis: PremiumBasis::PerCertificate,
            amount: Some(yen(80)),
            rate: None,
            cadence: Cadence::Monthly,
            payer: PremiumPayer::Operator,
            proration: Proration::None,
        },
        packs: CoverPacks {
            eligibility: None,
            cover: pack(),
            trigger: "v1".to_owned(),
            exclusion: "v1".to_owned(),
            payable: pack(),
        },
        wording: Wording {
            title: Text::new("初動対応補償", "First-response cover"),
            version: "2021.1".to_owned(),
            uri: String::new(),
            hash: String::new(),
            clauses: vec![
                clause("exclusion.service_not_active", "免責条項 第4条（サービスの停止中）"),
                clause("exclusion.unapproved_bypass", "免責条項 第5条（承認のない設定変更）"),
                clause("exclusion.critical_finding", "免責条項 第6条（緊急の指摘事項の放置）"),
                clause("exclusion.late_notice", "免責条項 第7条（通知の遅延）"),
            ],
        },
        notice_days: Some(30),
        single_approval_up_to: Some(yen(100_000)),
        authorities: Vec::new(),
    }
}

pub(crate) fn draft(code: &str, programme: i64) -> MasterContractDraft {
    MasterContractDraft {
        code: code.to_owned(),
        insurer_id: InsurerId::of_code("insurer-a"),
        holder_id: PartnerId::of_code("ogs"),
        period: InsurancePeriod {
            starts_on: date(2021, 2, 1),
            ends_on: date(2022, 2, 1),
            hour: 0,
            zone: Zone::named(Zone::TOKYO).unwrap(),
        },
        terms: terms(programme),
    }
}

/// The scheme on each database.
pub(crate) async fn schemes(programme: i64) -> Vec<Scheme> {
    schemes_with(programme, || Library::load(None, None).unwrap()).await
}

/// The scheme on each database, with packs of one's own.
pub(crate) async fn schemes_with(programme: i64, library: impl Fn() -> Library) -> Vec<Scheme> {
    let mut all = Vec::new();
    for database in databases().await {
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::new(Later),
            ids: Arc::new(Counted::default()),
            library: Arc::new(library()),
        };
        found(&ctx).await;
        let new = NewMasterContract {
            draft: draft("first-response-2021", programme),
            intent: Intent::Do,
        };
        let view = claiming::create_master_contract(&ctx, &operator(), new).await.unwrap();
        all.push(Scheme {
            name: database.name,
            ctx,
            contract: view.contract.id,
            n_alerts: AtomicU64::new(0),
            _database: database,
        });
    }
    all
}

async fn found(ctx: &Context) {
    let tx = ctx.store.begin().await.unwrap();
    let created_at = jst("2020-09-01 00:00");
    let partner = Partner {
        id: PartnerId::of_code("ogs"),
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
        name: "okinawa-soc".to_owned(),
        services: vec![Service::Utm, Service::Edr, Service::CloudWaf, Service::Diagnosis],
        endpoint: "http://127.0.0.1:1".to_owned(),
        partner_id: None,
        fee_rate: None,
        paused: false,
        visit_calendar: None,
        created_at,
    };
    providers::insert(&tx, &provider).await.unwrap();
    tx.commit().await.unwrap();
}

/// A loss as the pilot's data tells it.
#[derive(Clone)]
pub(crate) struct Loss {
    pub(crate) service: Service,
    pub(crate) device: Option<&'static str>,
    pub(crate) at: &'static str,
    pub(crate) notified_at: &'static str,
    pub(crate) seen_at: Option<&'static str>,
    pub(crate) bypass: bool,
    pub(crate) items: Vec<(CoveragePart, i64)>,
}

impl Loss {
    pub(crate) fn of(service: Service, at: &'static str, notified_at: &'static str) -> Self {
        Self {
            service,
            device: Some("dev-1"),
            at,
            notified_at,
            seen_at: Some(at),
            bypass: false,
            items: vec![(CoveragePart::OnSiteResponse, 60_000)],
        }
    }

    pub(crate) fn items(mut self, items: &[(CoveragePart, i64)]) -> Self {
        self.items = items.to_vec();
        self
    }

    pub(crate) fn seen_at(mut self, seen_at: Option<&'static str>) -> Self {
        self.seen_at = seen_at;
        self
    }
}

impl Scheme {
    /// Whoever is covered from now on stands under another contract, changed like this.
    pub(crate) async fn under(&mut self, code: &str, change: impl Fn(&mut MasterContractDraft)) {
        let mut new = NewMasterContract { draft: draft(code, 5_000_000), intent: Intent::Do };
        change(&mut new.draft);
        let view = claiming::create_master_contract(&self.ctx, &operator(), new).await.unwrap();
        self.contract = view.contract.id;
    }

    /// A tenant of another partner, which has this licence to solicit insurance.
    pub(crate) async fn tenant_of(&self, n: u128, licence: Option<Licence>) -> TenantId {
        let code = format!("partner-{n}");
        let tx = self.ctx.store.begin().await.unwrap();
        let ogs = partners::get(&tx, PartnerId::of_code("ogs")).await.unwrap().unwrap();
        let id = PartnerId::of_code(&code);
        let partner = Partner { id, code, solicitor_licence: licence, ..ogs };
        partners::insert(&tx, &partner).await.unwrap();
        tx.commit().await.unwrap();
        self.tenant_with((n, id), "2021-01-20 09:00").await
    }

    /// A tenant whose services run from an instant on, with a certificate and the wording read.
    pub(crate) async fn insured(&self, n: u128, services: &[Service], from: &str) -> TenantId {
        let tenant = self.bare_tenant(n, "2021-01-20 09:00").await;
        self.acknowledge(tenant).await;
        self.cover(tenant, n, services, jst(from)).await;
        tenant
    }

    pub(crate) async fn bare_tenant(&self, n: u128, clock_at: &str) -> TenantId {
        self.tenant_with((n, PartnerId::of_code("ogs")), clock_at).await
    }

    async fn tenant_with(&self, (n, partner_id): (u128, PartnerId), clock_at: &str) -> TenantId {
        let id = TenantId::from(Uuid::from_u128(n));
        let tenant = Tenant {
            id,
            partner_id,
            name: format!("firm {n}"),
            name_en: String::new(),
            partner_reference: String::new(),
            zone: Zone::named(Zone::TOKYO).unwrap(),
            profile: CompanyProfile {
                industry: Some("G".to_owned()),
                employees: Some(12),
                ..CompanyProfile::default()
            },
            clock_at: Some(jst(clock_at)),
            created_at: jst("2020-09-01 00:00"),
            updated_at: jst("2020-09-01 00:00"),
        };
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::insert(&tx, &tenant).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn acknowledge(&self, tenant_id: TenantId) {
        let codes = terms(1).wording.clauses.into_iter().map(|clause| clause.code);
        let shown = codes
            .map(|code| Shown {
                code,
                document_version: String::new(),
                language: Language::Ja,
                shown_at: jst("2021-01-20 08:00"),
                acknowledged_at: None,
                acknowledged_by: "代表取締役".to_owned(),
            })
            .collect();
        let asked = AcknowledgeTerms { tenant_id, master_contract_id: self.contract, shown };
        let call = Call::by(Principal::of("test:operator", Role::Operator));
        let answer = claiming::acknowledge_terms(&self.ctx, &call, asked).await.unwrap();
        assert!(answer.unacknowledged.is_empty());
    }

    pub(crate) async fn cover(
        &self,
        tenant: TenantId,
        n: u128,
        services: &[Service],
        from: Timestamp,
    ) {
        let subscription = SubscriptionId::from(Uuid::from_u128(10_000 + n));
        let tx = self.ctx.store.begin().await.unwrap();
        let call = Call::system();
        let entered = access::enter(&self.ctx, &tx, &call, tenant, Permission::Sell).await.unwrap();
        let contract = self.contract;
        claiming::cover::issue(&self.ctx, &tx, &entered, subscription, contract).await.unwrap();
        for (at, service) in (0_u128..).zip(services) {
            let item = CoveredItem {
                item_id: ItemId::from(Uuid::from_u128(20_000 + n * 10 + at)),
                service: *service,
                starts_at: from,
                ends_at: None,
                evidence: Evidence { kind: "item_active".to_owned(), id: "evd_1".to_owned() },
            };
            claiming::cover::put_in_force(&self.ctx, &tx, &entered, subscription, &item)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    pub(crate) async fn clock(&self, tenant: TenantId, now: &str) {
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::set_clock(&tx, tenant, jst(now)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An alert, and the incident that the SOC made of it.
    pub(crate) async fn incident(&self, tenant: TenantId, loss: &Loss) -> IncidentId {
        let view =
            self.alert(tenant, (loss.service, loss.device), (Detail::Malware, loss.at)).await;
        let command = RecordVerdict {
            tenant_id: tenant,
            alert_id: view.alert.id,
            verdict: Verdict::ActionNeeded,
            reason: "実際の感染".to_owned(),
            reviewed_at: None,
            etag: String::new(),
        };
        let answered = monitoring::record_verdict(&self.ctx, &soc(), command).await;
        let alert = if let Ok(view) = answered {
            view.alert
        } else {
            // Triage by policy may have made the incident already.
            let call = operator();
            monitoring::get_alert(&self.ctx, &call, tenant, view.alert.id).await.unwrap().alert
        };
        alert.state.incident_id().unwrap()
    }

    pub(crate) async fn alert(
        &self,
        tenant: TenantId,
        (service, device): (Service, Option<&str>),
        (detail, detected_at): (Detail, &str),
    ) -> monitoring::AlertView {
        let n = self.n_alerts.fetch_add(1, Ordering::Relaxed);
        let row = AlertRow {
            tenant_id: Some(tenant),
            instance_id: None,
            key: AlertKey {
                provider_id: provider_id(),
                provider_alert_id: format!("a-{n}").parse().unwrap(),
            },
            service,
            detail,
            n_detections: 1,
            detected_at: jst(detected_at),
            detected_within: None,
            symptom: Some(format!("symptom-{n}").parse().unwrap()),
            blocked: false,
            device_id: device.map(str::to_owned),
            endpoint_id: None,
            summary: String::new(),
        };
        monitoring::report_alert(&self.ctx, &operator(), row).await.unwrap().view
    }

    pub(crate) async fn heartbeat(&self, tenant: TenantId, loss: &Loss, seen_at: &str) {
        let row = HeartbeatRow {
            tenant_id: Some(tenant),
            instance_id: None,
            service: loss.service,
            device_id: loss.device.unwrap_or("dev-1").to_owned(),
            last_seen_at: jst(seen_at),
            agent_version: None,
            bypass_active: (loss.service == Service::Utm).then_some(loss.bypass),
        };
        monitoring::report_heartbeats(&self.ctx, &operator(), provider_id(), vec![Ok(row)])
            .await
            .unwrap();
    }

    pub(crate) async fn notify(
        &self,
        tenant: TenantId,
        loss: &Loss,
        incident_id: Option<IncidentId>,
    ) -> Result<ClaimView, Problem> {
        claiming::notify_loss(&self.ctx, &desk(), notice(tenant, loss, incident_id)).await
    }

    /// The whole way to the assessment: sign of life, alert, incident, notice.
    pub(crate) async fn assessed(&self, tenant: TenantId, loss: &Loss) -> ClaimView {
        self.assessed_as(tenant, loss, |notice| notice).await
    }

    /// The same with a notice that says something else.
    pub(crate) async fn assessed_as(
        &self,
        tenant: TenantId,
        loss: &Loss,
        change: impl Fn(NotifyLoss) -> NotifyLoss,
    ) -> ClaimView {
        self.clock(tenant, loss.notified_at).await;
        if let Some(seen_at) = loss.seen_at {
            self.heartbeat(tenant, loss, seen_at).await;
        }
        let incident = self.incident(tenant, loss).await;
        let told = change(notice(tenant, loss, Some(incident)));
        let view = claiming::notify_loss(&self.ctx, &desk(), told).await.unwrap();
        self.assess(&view).await.unwrap()
    }

    pub(crate) async fn assess(&self, view: &ClaimView) -> Result<ClaimView, Problem> {
        let asked = AssessClaim {
            tenant_id: view.claim.tenant_id,
            claim_id: view.claim.id,
            items: Vec::new(),
            loss_at: None,
            cause: None,
            known_at: None,
            etag: String::new(),
            intent: Intent::Do,
        };
        Box::pin(claiming::assess_claim(&self.ctx, &handler("first"), asked)).await
    }

    pub(crate) async fn decide(
        &self,
        view: &ClaimView,
        by: &str,
        word: Word,
    ) -> Result<ClaimDecided, Problem> {
        Box::pin(claiming::decide_claim(&self.ctx, &handler(by), decision(view, word))).await
    }

    /// Approved as assessed, by as many persons as it takes.
    pub(crate) async fn approved(&self, view: &ClaimView) -> Result<ClaimDecided, Problem> {
        let first = self.decide(view, "first", Word::Approve(None)).await?;
        if first.awaits_confirmation {
            return self.decide(&first.view, "second", Word::Approve(None)).await;
        }
        Ok(first)
    }
}

/// The certificate of a tenant, with facts supposed in place of those on record.
pub(crate) fn recorded(tenant_id: TenantId, overrides: Vec<Supposed>) -> Subject {
    let (certificate_id, instance_id, device_id) = (None, None, None);
    Subject::Recorded { tenant_id, certificate_id, instance_id, device_id, overrides }
}

pub(crate) fn decision(view: &ClaimView, word: Word) -> DecideClaim {
    DecideClaim {
        tenant_id: view.claim.tenant_id,
        claim_id: view.claim.id,
        word,
        reason: "確認済み".to_owned(),
        etag: view.version.to_string(),
    }
}

pub(crate) fn notice(
    tenant_id: TenantId,
    loss: &Loss,
    incident_id: Option<IncidentId>,
) -> NotifyLoss {
    let items = (1..).zip(&loss.items).map(|(number, (part, amount))| ClaimedItem {
        number,
        part: *part,
        description: String::new(),
        claimed: yen(*amount),
        assessed: None,
        form: BenefitForm::InKind,
        payee: Payee::Provider(provider_id()),
        work_number: None,
        evidence_ids: Vec::new(),
        interruption: None,
    });
    NotifyLoss {
        tenant_id,
        certificate_id: None,
        incident_id,
        description: "ウイルス感染".to_owned(),
        cause: Some(LossCause::Malware),
        loss_at: jst(loss.at),
        discovered_at: None,
        claimed_at: None,
        site_code: None,
        items: items.collect(),
        on_behalf_of_tenant: true,
        language: Language::Ja,
        duplicates: Duplicates::Refused,
        drafting: Drafting::HandIn,
        draft_id: None,
        intent: Intent::Do,
    }
}

/// The codes of what speaks against the claim, and of what could not be determined.
pub(crate) fn codes(view: &ClaimView) -> (Vec<String>, Vec<String>) {
    use tasuki_core::decision::Outcome;
    let all = view.last_decisions();
    let of = |outcome: Outcome| {
        let mut codes: Vec<String> = all
            .iter()
            .flat_map(|decision| &decision.explanation.findings)
            .filter(|finding| finding.outcome == outcome)
            .map(|finding| finding.code.clone())
            .collect();
        codes.sort();
        codes.dedup();
        codes
    };
    (of(Outcome::NotSatisfied), of(Outcome::Undetermined))
}

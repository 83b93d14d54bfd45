//! Quotes as the server makes them, for two companies.

use tasuki_app::library::Library;
use tasuki_app::quoting::{Enquiry, compose, decided};
use tasuki_core::actor::Actor;
use tasuki_core::catalog::{
    Budget, Cadence, CompanyProfile, EndpointCounts, Proration, SelectedItem, Sponsor, TaxMode,
    WafState,
};
use tasuki_core::id::{MasterContractId, PartnerId, QuoteId, TenantId};
use tasuki_core::master_contract::{
    Attachment, BenefitForm, Clause, ClauseKind, CoverPacks, CoverTerms, CoveragePart, Limit,
    LimitBasis, LimitScope, LossBasis, PartTerms, Premium, PremiumBasis, PremiumPayer, Stacking,
    Wording,
};
use tasuki_core::money::Money;
use tasuki_core::party::Role;
use tasuki_core::quote::{CoverOffer, Quote, QuoteDraft};
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::text::Text;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_documents::Parties;
use uuid::Uuid;

/// A quote with the names on it.
pub(crate) struct Made {
    pub(crate) quote: Quote,
    pub(crate) parties: Parties,
}

impl Made {
    /// A shop with nine computers, three Macs, a web site and 30,000 yen.
    pub(crate) fn shop() -> Self {
        let profile = CompanyProfile {
            employees: Some(12),
            endpoints: Some(EndpointCounts {
                windows: Some(9),
                mac: Some(3),
                linux: Some(0),
                mobile: None,
            }),
            has_utm: Some(false),
            has_antivirus: Some(true),
            has_website: Some(true),
            waf: Some(WafState::None),
            monthly_traffic_gb: Some("8".parse().unwrap()),
            budget: Some(Budget { monthly: Money::jpy(30_000), tax_mode: TaxMode::Inclusive }),
            ..CompanyProfile::default()
        };
        quote(profile, &[])
    }

    /// The UTM for a firm whose parent company pays half of it, and whose uncle offers too little.
    pub(crate) fn sponsored(parent: &str) -> Self {
        let sponsor = |code: &str, name: &str, share: &str| Sponsor {
            code: code.to_owned(),
            name: name.to_owned(),
            share_rate: share.parse().unwrap(),
            monthly_cap: Some(Money::jpy(8_000)),
            valid: None,
            services: vec![Service::Utm],
        };
        let profile = CompanyProfile {
            sponsors: vec![sponsor("parent", parent, "0.5"), sponsor("uncle", "Uncle", "0.01")],
            ..CompanyProfile::default()
        };
        quote(profile, &[SelectedItem::of(Service::Utm)])
    }

    /// Everything that the price list sells, as one bundle.
    pub(crate) fn everything() -> Self {
        let profile = CompanyProfile {
            endpoints: Some(EndpointCounts {
                windows: Some(200),
                mac: Some(30),
                linux: Some(4),
                mobile: Some(50),
            }),
            ..CompanyProfile::default()
        };
        let asked = [
            SelectedItem::of(Service::Utm),
            SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap()),
            SelectedItem::of(Service::Edr).with_endpoints(200),
            SelectedItem::of(Service::Diagnosis).with_plan("diagnosis.web"),
            SelectedItem::of(Service::Diagnosis).with_plan("diagnosis.platform"),
            SelectedItem::of(Service::HelpDesk),
        ];
        quote(profile, &asked)
    }

    /// The same with other names.
    pub(crate) fn named(mut self, customer: &str, seller: &str) -> Self {
        customer.clone_into(&mut self.parties.customer);
        seller.clone_into(&mut self.parties.seller);
        self
    }
}

fn quote(profile: CompanyProfile, asked: &[SelectedItem]) -> Made {
    let library = Library::load(None, None).unwrap();
    let now: Timestamp = "2021-08-01T00:30:00Z".parse().unwrap();
    let zone = Zone::named(Zone::TOKYO).unwrap();
    let day = now.day_in(&zone);
    let cards = library.cards.cards();
    let card = cards.named("okinawa", day).unwrap();
    let composed = compose(Enquiry {
        library: &library,
        card,
        profile: &profile,
        asked,
        days: (day, None),
        campaign: Some("otasuketai-2021"),
        cover: Some(cover()).into(),
        chosen_covers: Vec::new(),
        now: (now, &zone),
    })
    .unwrap();
    let draft = QuoteDraft {
        id: QuoteId::from(Uuid::from_u128(1)),
        tenant_id: TenantId::from(Uuid::from_u128(2)),
        partner_id: PartnerId::of_code("ogs"),
        issued_by: Actor {
            subject: "token:sales".to_owned(),
            role: Role::Partner,
            partner_id: None,
        },
        valid_until: now.plus_days_in(30, &zone).unwrap(),
        profile,
        offer: decided(composed.offer, &[]),
    };
    let parties = Parties {
        customer: "株式会社 美ら海商店".to_owned(),
        seller: "沖電グローバルシステムズ株式会社".to_owned(),
        zone,
    };
    Made { quote: Quote::issue(draft, now), parties }
}

fn part(part: CoveragePart, deductible: i64) -> PartTerms {
    PartTerms {
        part,
        form: BenefitForm::Either,
        coinsurance: Rate::ONE,
        deductible: Money::jpy(deductible),
        waiting_seconds: 0,
        n_per_period: None,
        section: "costs".to_owned(),
        clause: None,
        required_documents: vec![],
    }
}

fn limit(code: &str, scope: LimitScope, parts: &[CoveragePart], yen: i64) -> Limit {
    Limit {
        code: code.to_owned(),
        scope,
        basis: LimitBasis::PerPeriod,
        parts: parts.iter().copied().collect(),
        amount: Money::jpy(yen),
        reinstatement_rates: vec![],
        clause: None,
    }
}

fn clause(code: &str, kind: ClauseKind, ja: &str, en: &str) -> Clause {
    Clause {
        code: code.to_owned(),
        clause: "第5条".to_owned(),
        kind,
        title: Text::new(ja, en),
        text: Text::new(ja, en),
        plain: None,
        parts: vec![],
        must_be_acknowledged: kind == ClauseKind::Exclusion,
    }
}

fn wording() -> Wording {
    Wording {
        title: Text::new("初動対応補償", "First-response cover"),
        version: "2021.1".to_owned(),
        uri: String::new(),
        hash: String::new(),
        clauses: vec![
            clause(
                "exclusion.unapproved_bypass",
                ClauseKind::Exclusion,
                "承認を受けずに監視を外した通信から起きた損害は対象外です",
                "Losses through traffic that was taken off the watch without approval",
            ),
            clause(
                "exclusion.silent_endpoint",
                ClauseKind::Exclusion,
                "長く報告がなかった端末の損害は対象外です",
                "Losses on computers that had not reported for long",
            ),
            clause(
                "duty.notice",
                ClauseKind::Duty,
                "事故に気付いたら30日以内にお知らせください",
                "Tell us within 30 days after you notice a loss",
            ),
        ],
    }
}

pub(crate) fn cover() -> CoverOffer {
    CoverOffer {
        attachment: Attachment::Automatic,
        master_contract_id: MasterContractId::from(Uuid::from_u128(900)),
        contract: "okinawa-first-response-2021".to_owned(),
        terms: CoverTerms {
            attachment: Attachment::Automatic,
            territories: vec!["JP".to_owned()],
            parts: vec![
                part(CoveragePart::OnSiteResponse, 0),
                part(CoveragePart::VirusRemoval, 10_000),
                part(CoveragePart::DataRecovery, 0),
            ],
            limits: vec![
                limit(
                    "limit.on_site",
                    LimitScope::Item,
                    &[CoveragePart::OnSiteResponse, CoveragePart::VirusRemoval],
                    123_000,
                ),
                limit("limit.certificate", LimitScope::Certificate, &[], 456_000),
            ],
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
            wording: wording(),
            notice_days: Some(30),
            single_approval_up_to: Some(Money::jpy(100_000)),
            authorities: Vec::new(),
        },
        choice: None,
    }
}

/// How many pages a PDF has, by its page tree.
pub(crate) fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    let (_, after) = text.split_once("/Count ").unwrap();
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

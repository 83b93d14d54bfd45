//! A certificate and a letter on paper and on the screen: the same numbers, the same bytes each time,
//! and texts from outside that do nothing.
#![expect(clippy::unwrap_used, reason = "test")]

use jiff::civil::date;
use tasuki_core::catalog::{Cadence, Proration};
use tasuki_core::certificate::{Certificate, CertificateDraft, CertificateState};
use tasuki_core::claim::{Letter, LetterKind};
use tasuki_core::id::{
    CertificateId, InsurerId, MasterContractId, PartnerId, SubscriptionId, TenantId,
};
use tasuki_core::master_contract::{
    Acknowledgement, Attachment, BenefitForm, Clause, ClauseKind, CoverPacks, CoverTerms,
    CoveragePart, InsurancePeriod, Limit, LimitBasis, LimitScope, LossBasis, MasterContract,
    MasterContractDraft, PartTerms, Premium, PremiumBasis, PremiumPayer, Stacking, Wording,
};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{Timestamp, Zone};
use tasuki_documents::{
    CertificatePage, certificate_html, certificate_pdf, letter_html, letter_pdf,
};
use uuid::Uuid;

const LANGUAGES: [Language; 2] = [Language::Ja, Language::En];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn tokyo() -> Zone {
    Zone::named(Zone::TOKYO).unwrap()
}

fn clause(code: &str, kind: ClauseKind) -> Clause {
    Clause {
        code: code.to_owned(),
        clause: "第5条".to_owned(),
        kind,
        title: Text::new("承認のない設定変更", "Unapproved changes"),
        text: Text::new("難しい文", "A hard sentence"),
        plain: Some(Text::new("<b>やさしい文</b> #strong[x]", "A <b>plain</b> sentence")),
        parts: vec![],
        must_be_acknowledged: true,
    }
}

fn terms() -> CoverTerms {
    CoverTerms {
        attachment: Attachment::Automatic,
        territories: vec![],
        parts: vec![PartTerms {
            part: CoveragePart::BusinessInterruption,
            form: BenefitForm::Money,
            coinsurance: Rate::percent(90),
            deductible: Money::jpy(5_000),
            waiting_seconds: 8 * 3_600,
            n_per_period: None,
            section: "costs".to_owned(),
            clause: None,
            required_documents: vec![],
        }],
        limits: vec![Limit {
            code: "limit.certificate".to_owned(),
            scope: LimitScope::Certificate,
            basis: LimitBasis::PerPeriod,
            parts: [].into(),
            amount: Money::jpy(300_000),
            reinstatement_rates: vec![Rate::ZERO],
            clause: None,
        }],
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
            cover: None,
            trigger: "v1".to_owned(),
            exclusion: "v1".to_owned(),
            payable: None,
        },
        wording: Wording {
            title: Text::new("初動対応補償", "First-response cover"),
            version: "2021.1".to_owned(),
            uri: String::new(),
            hash: String::new(),
            clauses: vec![
                clause("exclusion.read", ClauseKind::Exclusion),
                clause("condition.unread", ClauseKind::Condition),
            ],
        },
        notice_days: None,
        single_approval_up_to: None,
        authorities: Vec::new(),
    }
}

fn page() -> CertificatePage {
    let period = InsurancePeriod {
        starts_on: date(2021, 2, 1),
        ends_on: date(2022, 2, 1),
        hour: 16,
        zone: tokyo(),
    };
    let draft = MasterContractDraft {
        code: "first-response-2021".to_owned(),
        insurer_id: InsurerId::of_code("insurer-a"),
        holder_id: PartnerId::of_code("ogs"),
        period,
        terms: terms(),
    };
    let id = MasterContractId::from(Uuid::from_u128(1));
    let contract = MasterContract::new(id, draft, at("2021-01-10T00:00:00Z")).unwrap();
    let draft = CertificateDraft {
        id: CertificateId::from(Uuid::from_u128(2)),
        tenant_id: TenantId::from(Uuid::from_u128(3)),
        number: "CRT-000001".to_owned(),
        master_contract_id: id,
        subscription_id: SubscriptionId::from(Uuid::from_u128(4)),
        contract_period: contract.in_force,
    };
    CertificatePage {
        certificate: Certificate::issue(draft, at("2021-01-20T00:00:00Z")),
        state: CertificateState::NotYetInForce,
        contract,
        acknowledgements: vec![Acknowledgement {
            code: "exclusion.read".to_owned(),
            document_version: "2021.1".to_owned(),
            language: Language::En,
            shown_at: at("2021-01-20T00:00:00Z"),
            acknowledged_at: at("2021-01-20T00:05:00Z"),
            acknowledged_by: "代表取締役".to_owned(),
        }],
        insured: "株式会社<i>テスト</i>".to_owned(),
        zone: tokyo(),
        as_of: at("2021-02-10T00:00:00Z"),
        known_at: at("2021-02-10T00:00:00Z"),
    }
}

#[test]
fn a_certificate_says_what_is_covered_and_what_was_read() {
    let html = certificate_html(&page(), Language::Ja).unwrap();
    for said in ["CRT-000001", "90%", "¥5,000", "最初の8時間0分は対象外", "¥300,000", "1回まで復元"]
    {
        assert!(html.contains(said), "{said}: {html}");
    }
    assert!(html.contains("2021年2月1日 16:00"), "{html}");
    assert!(html.contains("英語で確認 2021年1月20日 9:05"), "in the language shown: {html}");
    assert!(html.contains("未確認"), "{html}");
    assert!(!html.contains("<b>やさしい文") && !html.contains("<i>テスト"), "{html}");
    let en = certificate_html(&page(), Language::En).unwrap();
    assert!(en.contains("not the first 8 h 0 min") && en.contains("read in English"), "{en}");
}

#[test]
fn the_same_certificate_gives_the_same_bytes() {
    for language in LANGUAGES {
        let first = certificate_pdf(&page(), language).unwrap();
        assert!(first.starts_with(b"%PDF-"));
        assert!(first == certificate_pdf(&page(), language).unwrap(), "the bytes differ");
    }
}

#[test]
fn a_letter_is_a_page_with_its_clauses() {
    let letter = Letter {
        kind: LetterKind::Decision,
        subject: Text::new("結果のお知らせ", "The result"),
        paragraphs: vec![Text::new("一行目\n二行目", "One\nTwo")],
        clauses: vec![clause("exclusion.read", ClauseKind::Exclusion)],
        calculation: None,
        next_step: Some(Text::new("再審査を請求できます", "You can appeal")),
        decision_ids: vec![],
    };
    let day = date(2021, 3, 10);
    let html = letter_html(&letter, day, Language::Ja).unwrap();
    for said in
        ["<p>一行目</p>", "<p>二行目</p>", "2021年3月10日", "再審査を請求できます", "やさしい文"]
    {
        assert!(html.contains(said), "{said}: {html}");
    }
    for language in LANGUAGES {
        let pdf = letter_pdf(&letter, day, language).unwrap();
        assert!(pdf == letter_pdf(&letter, day, language).unwrap(), "the bytes differ");
    }
}

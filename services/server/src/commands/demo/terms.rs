//! The cover of the demo's year as terms of a master contract. Amounts are assumed: see the data.

use anyhow::bail;
use tasuki_proto::catalog::v1::CoverAttachment;
use tasuki_proto::cover::v1 as cover;
use tasuki_proto::cover::v1::{
    BenefitForm, ClauseKind, CoveragePart, LimitBasis, LimitScope, LossBasis, PremiumBasis,
    PremiumPayer, Stacking,
};
use tasuki_proto::types::v1::{Cadence, LocalizedText, Proration};

use super::pilot::CoverTerms;
use super::words::yen;

/// Version of the wording.
pub(crate) const WORDING: &str = "2021.1";

/// The policy packs that express the wording.
const PACK: &str = "v1";

const DAY_SECONDS: i64 = 86_400;

/// The wording's clauses as the packs cite them: where it stands, code, kind, and what it says.
const CLAUSES: [(&str, &str, ClauseKind, &str, &str); 15] = [
    (
        "補償条項 第1条（保険期間）",
        "condition.certificate_in_force",
        ClauseKind::Condition,
        "事故の時点で加入証が有効であること",
        "The certificate was in force when the loss happened",
    ),
    (
        "補償条項 第2条（重要事項の確認）",
        "condition.terms_acknowledged",
        ClauseKind::Condition,
        "重要事項を確認していること",
        "The terms were read and acknowledged",
    ),
    (
        "補償条項 第3条（保険料）",
        "condition.premium_accounted",
        ClauseKind::Condition,
        "対象期間の保険料が計上されていること",
        "The premium for the period is accounted for",
    ),
    (
        "補償条項 第4条（サービスの稼働）",
        "condition.heartbeat",
        ClauseKind::Condition,
        "事故前に稼働の記録があること",
        "The service gave a sign of life before the loss",
    ),
    (
        "補償条項 第5条（補償の範囲）",
        "trigger.part",
        ClauseKind::Trigger,
        "初動対応（駆け付け・ウイルス駆除）を補償する",
        "The first response is covered: on-site response and virus removal",
    ),
    (
        "補償条項 第6条（事故の認定）",
        "trigger.incident",
        ClauseKind::Trigger,
        "SOCが対応必要と判断したインシデントであること",
        "It is an incident that the SOC has confirmed",
    ),
    (
        "補償条項 第7条（初動対応の実施）",
        "trigger.work_by_operator",
        ClauseKind::Trigger,
        "運営事業者が手配した対応であること",
        "The operator did or ordered the work",
    ),
    (
        "補償条項 第8条（保険金の額）",
        "limit.amount",
        ClauseKind::Limit,
        "限度額の範囲でお支払いする",
        "Up to the limits",
    ),
    (
        "免責条項 第1条（故意）",
        "exclusion.intentional",
        ClauseKind::Exclusion,
        "故意による事故",
        "Brought about on purpose",
    ),
    (
        "免責条項 第2条（戦争等）",
        "exclusion.war",
        ClauseKind::Exclusion,
        "戦争等に起因する事故",
        "War",
    ),
    (
        "免責条項 第3条（補償開始前の事由）",
        "exclusion.known_before",
        ClauseKind::Exclusion,
        "補償の開始前に認識していた事故",
        "Known before the cover began",
    ),
    (
        "免責条項 第4条（サービスの停止中）",
        "exclusion.service_not_active",
        ClauseKind::Exclusion,
        "対象サービスが稼働していない間の事故",
        "The service was not active",
    ),
    (
        "免責条項 第5条（承認のない設定変更）",
        "exclusion.unapproved_bypass",
        ClauseKind::Exclusion,
        "承認のないバイパス設定中の事故",
        "An unapproved bypass was switched on",
    ),
    (
        "免責条項 第6条（緊急の指摘事項の放置）",
        "exclusion.critical_finding",
        ClauseKind::Exclusion,
        "診断で見つかった「緊急」の脆弱性を30日を超えて放置していた場合",
        "A critical finding had been left open for more than 30 days",
    ),
    (
        "免責条項 第7条（通知の遅延）",
        "exclusion.late_notice",
        ClauseKind::Exclusion,
        "事故から30日以内に通知されていない場合",
        "The loss was not notified within 30 days",
    ),
];

/// What the contract promises.
pub(crate) fn terms(wanted: &CoverTerms) -> anyhow::Result<cover::Terms> {
    let mut limits = Vec::new();
    let mut parts = Vec::new();
    for sublimit in &wanted.sublimits {
        let part = part(&sublimit.cover)?;
        parts.push(part_terms(wanted, part));
        let code = format!("limit.{}", sublimit.cover.to_lowercase());
        let amount = sublimit.per_occurrence_yen;
        limits.push(limit(&code, LimitScope::Item, LimitBasis::PerOccurrence, amount, vec![part]));
    }
    let all = Vec::new;
    limits.extend([
        limit(
            "limit.occurrence",
            LimitScope::Occurrence,
            LimitBasis::PerOccurrence,
            wanted.occurrence_limit_yen,
            all(),
        ),
        limit(
            "limit.certificate",
            LimitScope::Certificate,
            LimitBasis::PerPeriod,
            wanted.certificate_annual_limit_yen,
            all(),
        ),
        limit(
            "limit.programme",
            LimitScope::Programme,
            LimitBasis::PerPeriod,
            wanted.programme_annual_aggregate_yen,
            all(),
        ),
    ]);
    Ok(cover::Terms {
        attachment: CoverAttachment::Automatic.into(),
        territories: vec!["JP".to_owned()],
        parts,
        limits,
        loss_basis: LossBasis::Occurrence.into(),
        retroactive_from: None,
        stacking: Stacking::PerCertificate.into(),
        premium: Some(cover::Premium {
            basis: PremiumBasis::PerCertificate.into(),
            amount: Some(yen(wanted.premium_monthly_yen)),
            rate: String::new(),
            cadence: Cadence::Monthly.into(),
            payer: PremiumPayer::Operator.into(),
            proration: Proration::None.into(),
        }),
        packs: Some(cover::CoverPacks {
            eligibility: String::new(),
            cover: PACK.to_owned(),
            trigger: PACK.to_owned(),
            exclusion: PACK.to_owned(),
            payable: PACK.to_owned(),
        }),
        wording: Some(wording()),
        notice_days: wanted.notice_within_days,
        // Assumed: one visit may be approved by one person.
        single_approval_up_to: Some(yen(100_000)),
        authorities: vec![],
    })
}

fn part_terms(wanted: &CoverTerms, part: CoveragePart) -> cover::PartTerms {
    cover::PartTerms {
        part: part.into(),
        form: BenefitForm::Either.into(),
        coinsurance_rate: wanted.coinsurance_rate.trim_end_matches(".00").to_owned(),
        deductible: Some(yen(wanted.deductible_yen)),
        waiting_seconds: wanted.waiting_period_days * DAY_SECONDS,
        n_per_period: 0,
        section: "costs".to_owned(),
        clause: "補償条項 第5条（補償の範囲）".to_owned(),
        required_documents: Vec::new(),
    }
}

fn limit(
    code: &str,
    scope: LimitScope,
    basis: LimitBasis,
    amount: i64,
    parts: Vec<CoveragePart>,
) -> cover::Limit {
    cover::Limit {
        code: code.to_owned(),
        scope: scope.into(),
        basis: basis.into(),
        parts: parts.into_iter().map(i32::from).collect(),
        amount: Some(yen(amount)),
        reinstatement_rates: Vec::new(),
        clause: "補償条項 第8条（保険金の額）".to_owned(),
    }
}

fn wording() -> cover::Wording {
    let text = |ja: &str, en: &str| Some(LocalizedText { ja: ja.to_owned(), en: en.to_owned() });
    let clauses = CLAUSES
        .into_iter()
        .map(|(clause, code, kind, ja, en)| cover::Clause {
            code: code.to_owned(),
            clause: clause.to_owned(),
            kind: kind.into(),
            title: text(ja, en),
            text: text(ja, en),
            plain: None,
            parts: Vec::new(),
            must_be_acknowledged: kind == ClauseKind::Exclusion,
        })
        .collect();
    cover::Wording {
        title: text("沖縄 初動対応補償 条項（仮）", "Okinawa first-response cover (assumed)"),
        version: WORDING.to_owned(),
        uri: String::new(),
        hash: String::new(),
        clauses,
    }
}

/// What customers must have read: code and where it stands.
pub(crate) fn acknowledged_clauses() -> impl Iterator<Item = &'static str> {
    CLAUSES.into_iter().map(|(_, code, ..)| code)
}

/// A cover of the data as a part of the contract. Costs that nobody insures have parts, too.
pub(crate) fn part(cover: &str) -> anyhow::Result<CoveragePart> {
    Ok(match cover {
        "ON_SITE_RESPONSE" => CoveragePart::OnSiteResponse,
        "VIRUS_REMOVAL" => CoveragePart::VirusRemoval,
        "FORENSICS" => CoveragePart::Forensics,
        "CALL_CENTRE" => CoveragePart::NotificationCosts,
        "LEGAL" => CoveragePart::Consulting,
        "BUSINESS_INTERRUPTION" => CoveragePart::BusinessInterruption,
        other => bail!("the data names a cover `{other}` that nobody knows"),
    })
}

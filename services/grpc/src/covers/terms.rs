//! The terms of a contract, in both directions.

use tasuki_core::catalog::{Cadence, Proration};
use tasuki_core::master_contract::{
    Acknowledgement, ApprovalAuthority, Clause, CoverPacks, CoverTerms, Limit, PartTerms, Premium,
    Wording,
};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::text::Text;
use tasuki_proto::cover::v1 as proto;
use tasuki_proto::types::v1 as types;

use super::enums;
use crate::{actors, fields, prices, words};

pub(crate) fn terms_from(message: proto::Terms) -> Result<CoverTerms, Problem> {
    let stacking = enums::stacking_from(message.stacking());
    Ok(CoverTerms {
        attachment: enums::attachment_from("terms.attachment", message.attachment)?,
        territories: message.territories,
        parts: each(message.parts, |at, part| part_from(&format!("terms.parts[{at}]"), part))?,
        limits: each(message.limits, |at, limit| {
            limit_from(&format!("terms.limits[{at}]"), limit)
        })?,
        loss_basis: enums::loss_basis_from("terms.loss_basis", message.loss_basis)?,
        retroactive_from: fields::optional_timestamp(
            "terms.retroactive_from",
            message.retroactive_from,
        )?,
        stacking,
        premium: premium_from(message.premium.unwrap_or_default())?,
        packs: packs_from(message.packs.unwrap_or_default()),
        wording: wording_from(message.wording.unwrap_or_default())?,
        notice_days: u32::try_from(message.notice_days).ok().filter(|days| *days > 0),
        single_approval_up_to: fields::optional_money(
            "terms.single_approval_up_to",
            message.single_approval_up_to,
        )?,
        authorities: each(message.authorities, |at, of| {
            let field = format!("terms.authorities[{at}]");
            Ok(ApprovalAuthority {
                role: actors::role_from(&format!("{field}.role"), of.role())?,
                up_to: fields::optional_money(&format!("{field}.up_to"), of.up_to)?,
            })
        })?,
    })
}

fn each<T, U>(
    messages: Vec<T>,
    from: impl Fn(usize, T) -> Result<U, Problem>,
) -> Result<Vec<U>, Problem> {
    messages.into_iter().enumerate().map(|(at, message)| from(at, message)).collect()
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn part_from(field: &str, message: proto::PartTerms) -> Result<PartTerms, Problem> {
    let deductible = fields::optional_money(&format!("{field}.deductible"), message.deductible)?;
    Ok(PartTerms {
        part: enums::part_from(&format!("{field}.part"), message.part)?,
        form: enums::form_from(&format!("{field}.form"), message.form)?,
        coinsurance: fields::rate(&format!("{field}.coinsurance_rate"), &message.coinsurance_rate)?,
        deductible: deductible.unwrap_or(Money::ZERO_JPY),
        waiting_seconds: message.waiting_seconds,
        n_per_period: u32::try_from(message.n_per_period).ok().filter(|n| *n > 0),
        section: message.section,
        clause: some(message.clause),
        required_documents: message.required_documents,
    })
}

fn limit_from(field: &str, message: proto::Limit) -> Result<Limit, Problem> {
    let parts =
        each(message.parts, |at, part| enums::part_from(&format!("{field}.parts[{at}]"), part))?;
    let rates = each(message.reinstatement_rates, |at, rate| {
        fields::rate(&format!("{field}.reinstatement_rates[{at}]"), &rate)
    })?;
    Ok(Limit {
        code: message.code,
        scope: enums::limit_scope_from(&format!("{field}.scope"), message.scope)?,
        basis: enums::limit_basis_from(&format!("{field}.basis"), message.basis)?,
        parts: parts.into_iter().collect(),
        amount: fields::money(&format!("{field}.amount"), message.amount)?,
        reinstatement_rates: rates,
        clause: some(message.clause),
    })
}

fn premium_from(message: proto::Premium) -> Result<Premium, Problem> {
    let cadence = match message.cadence() {
        types::Cadence::Unspecified => {
            return Err(Problem::invalid("terms.premium.cadence", "is required"));
        }
        types::Cadence::Initial => Cadence::Initial,
        types::Cadence::OneOff => Cadence::OneOff,
        types::Cadence::Monthly => Cadence::Monthly,
        types::Cadence::Yearly => Cadence::Yearly,
        types::Cadence::Usage => Cadence::Usage,
    };
    let proration = match message.proration() {
        types::Proration::Unspecified | types::Proration::None => Proration::None,
        types::Proration::ActualDays => Proration::ActualDays,
        types::Proration::ThirtyDays => Proration::ThirtyDays,
        types::Proration::Seconds => Proration::Seconds,
    };
    let rate = match message.rate.as_str() {
        "" => None,
        text => Some(fields::rate("terms.premium.rate", text)?),
    };
    Ok(Premium {
        basis: enums::premium_basis_from("terms.premium.basis", message.basis)?,
        amount: fields::optional_money("terms.premium.amount", message.amount)?,
        rate,
        cadence,
        payer: enums::premium_payer_from("terms.premium.payer", message.payer)?,
        proration,
    })
}

fn packs_from(message: proto::CoverPacks) -> CoverPacks {
    CoverPacks {
        eligibility: some(message.eligibility),
        cover: some(message.cover),
        trigger: message.trigger,
        exclusion: message.exclusion,
        payable: some(message.payable),
    }
}

fn wording_from(message: proto::Wording) -> Result<Wording, Problem> {
    Ok(Wording {
        title: text_from(message.title),
        version: message.version,
        uri: message.uri,
        hash: message.hash,
        clauses: each(message.clauses, |at, clause| {
            clause_from(&format!("terms.wording.clauses[{at}]"), clause)
        })?,
    })
}

fn clause_from(field: &str, message: proto::Clause) -> Result<Clause, Problem> {
    Ok(Clause {
        kind: enums::clause_kind_from(&format!("{field}.kind"), message.kind)?,
        parts: each(message.parts, |at, part| {
            enums::part_from(&format!("{field}.parts[{at}]"), part)
        })?,
        code: message.code,
        clause: message.clause,
        title: text_from(message.title),
        text: text_from(message.text),
        plain: message.plain.map(|plain| text_from(Some(plain))),
        must_be_acknowledged: message.must_be_acknowledged,
    })
}

fn text_from(text: Option<types::LocalizedText>) -> Text {
    text.map(|text| Text::new(text.ja, text.en)).unwrap_or_default()
}

pub(crate) fn terms(terms: &CoverTerms) -> proto::Terms {
    proto::Terms {
        attachment: enums::attachment(terms.attachment).into(),
        territories: terms.territories.clone(),
        parts: terms.parts.iter().map(part).collect(),
        limits: terms.limits.iter().map(limit).collect(),
        loss_basis: enums::loss_basis(terms.loss_basis).into(),
        stacking: enums::stacking(terms.stacking).into(),
        premium: Some(premium(&terms.premium)),
        packs: Some(packs(&terms.packs)),
        wording: Some(wording(&terms.wording)),
        notice_days: terms
            .notice_days
            .and_then(|days| i32::try_from(days).ok())
            .unwrap_or_default(),
        single_approval_up_to: terms.single_approval_up_to.map(words::money),
        authorities: terms.authorities.iter().map(authority).collect(),
        retroactive_from: terms.retroactive_from.map(words::timestamp),
    }
}

fn authority(of: &ApprovalAuthority) -> proto::ApprovalAuthority {
    let up_to = of.up_to.map(words::money);
    proto::ApprovalAuthority { role: actors::role(of.role).into(), up_to }
}

pub(crate) fn part(part: &PartTerms) -> proto::PartTerms {
    let n_per_period = part.n_per_period.and_then(|n| i32::try_from(n).ok());
    proto::PartTerms {
        part: enums::part(part.part).into(),
        form: enums::form(part.form).into(),
        coinsurance_rate: part.coinsurance.to_string(),
        deductible: (!part.deductible.is_zero()).then(|| words::money(part.deductible)),
        waiting_seconds: part.waiting_seconds,
        n_per_period: n_per_period.unwrap_or_default(),
        section: part.section.clone(),
        clause: part.clause.clone().unwrap_or_default(),
        required_documents: part.required_documents.clone(),
    }
}

pub(crate) fn limit(limit: &Limit) -> proto::Limit {
    proto::Limit {
        code: limit.code.clone(),
        scope: enums::limit_scope(limit.scope).into(),
        basis: enums::limit_basis(limit.basis).into(),
        parts: limit.parts.iter().map(|part| enums::part(*part).into()).collect(),
        amount: Some(words::money(limit.amount)),
        reinstatement_rates: limit.reinstatement_rates.iter().map(ToString::to_string).collect(),
        clause: limit.clause.clone().unwrap_or_default(),
    }
}

fn premium(premium: &Premium) -> proto::Premium {
    proto::Premium {
        basis: enums::premium_basis(premium.basis).into(),
        amount: premium.amount.map(words::money),
        rate: premium.rate.map(|rate| rate.to_string()).unwrap_or_default(),
        cadence: prices::cadence(premium.cadence).into(),
        payer: enums::premium_payer(premium.payer).into(),
        proration: prices::proration(premium.proration).into(),
    }
}

fn packs(packs: &CoverPacks) -> proto::CoverPacks {
    proto::CoverPacks {
        eligibility: packs.eligibility.clone().unwrap_or_default(),
        cover: packs.cover.clone().unwrap_or_default(),
        trigger: packs.trigger.clone(),
        exclusion: packs.exclusion.clone(),
        payable: packs.payable.clone().unwrap_or_default(),
    }
}

fn wording(wording: &Wording) -> proto::Wording {
    proto::Wording {
        title: Some(words::text(&wording.title)),
        version: wording.version.clone(),
        uri: wording.uri.clone(),
        hash: wording.hash.clone(),
        clauses: wording.clauses.iter().map(clause).collect(),
    }
}

pub(crate) fn clause(clause: &Clause) -> proto::Clause {
    proto::Clause {
        code: clause.code.clone(),
        clause: clause.clause.clone(),
        kind: enums::clause_kind(clause.kind).into(),
        title: Some(words::text(&clause.title)),
        text: Some(words::text(&clause.text)),
        plain: clause.plain.as_ref().map(words::text),
        parts: clause.parts.iter().map(|part| enums::part(*part).into()).collect(),
        must_be_acknowledged: clause.must_be_acknowledged,
    }
}

pub(crate) fn acknowledgement(known: &Acknowledgement) -> types::Acknowledgement {
    types::Acknowledgement {
        code: known.code.clone(),
        document_version: known.document_version.clone(),
        language: actors::language(known.language).into(),
        shown_at: Some(words::timestamp(known.shown_at)),
        acknowledged_at: Some(words::timestamp(known.acknowledged_at)),
        acknowledged_by: known.acknowledged_by.clone(),
    }
}

#[cfg(test)]
mod tests {
    use tasuki_proto::catalog::v1::CoverAttachment;
    use tasuki_proto::google::r#type::Money as ProtoMoney;

    use super::*;

    fn yen(units: i64) -> ProtoMoney {
        ProtoMoney { currency_code: "JPY".to_owned(), units, nanos: 0 }
    }

    fn text(word: &str) -> types::LocalizedText {
        types::LocalizedText { ja: format!("{word}（日）"), en: word.to_owned() }
    }

    fn message() -> proto::Terms {
        proto::Terms {
            attachment: CoverAttachment::Automatic.into(),
            territories: vec!["JP".to_owned()],
            parts: vec![proto::PartTerms {
                part: proto::CoveragePart::OnSiteResponse.into(),
                form: proto::BenefitForm::Either.into(),
                coinsurance_rate: "0.9".to_owned(),
                deductible: Some(yen(5_000)),
                waiting_seconds: 28_800,
                n_per_period: 2,
                section: "costs".to_owned(),
                clause: "第3条".to_owned(),
                required_documents: vec!["work_report".to_owned()],
            }],
            limits: vec![proto::Limit {
                code: "limit.on_site_response".to_owned(),
                scope: proto::LimitScope::Item.into(),
                basis: proto::LimitBasis::PerOccurrence.into(),
                parts: vec![proto::CoveragePart::OnSiteResponse.into()],
                amount: Some(yen(100_000)),
                reinstatement_rates: vec!["0".to_owned(), "0.5".to_owned()],
                clause: "第7条".to_owned(),
            }],
            loss_basis: proto::LossBasis::Discovery.into(),
            retroactive_from: Some(prost_types::Timestamp { seconds: 1_577_804_400, nanos: 0 }),
            stacking: proto::Stacking::PerCertificate.into(),
            premium: Some(proto::Premium {
                basis: proto::PremiumBasis::RateOnFees.into(),
                amount: None,
                rate: "0.035".to_owned(),
                cadence: types::Cadence::Monthly.into(),
                payer: proto::PremiumPayer::Sponsor.into(),
                proration: types::Proration::ThirtyDays.into(),
            }),
            packs: Some(proto::CoverPacks {
                eligibility: String::new(),
                cover: "v1".to_owned(),
                trigger: "v1".to_owned(),
                exclusion: "v1".to_owned(),
                payable: String::new(),
            }),
            wording: Some(proto::Wording {
                title: Some(text("title")),
                version: "2021.1".to_owned(),
                uri: "https://example.jp/wording".to_owned(),
                hash: String::new(),
                clauses: vec![proto::Clause {
                    code: "exclusion.war".to_owned(),
                    clause: "免責条項 第2条".to_owned(),
                    kind: proto::ClauseKind::Exclusion.into(),
                    title: Some(text("war")),
                    text: Some(text("war is excluded")),
                    plain: Some(text("nothing is paid for war")),
                    parts: vec![proto::CoveragePart::VirusRemoval.into()],
                    must_be_acknowledged: true,
                }],
            }),
            notice_days: 30,
            single_approval_up_to: Some(yen(0)),
            authorities: vec![
                proto::ApprovalAuthority {
                    role: types::Role::Operator.into(),
                    up_to: Some(yen(50_000)),
                },
                proto::ApprovalAuthority { role: types::Role::Insurer.into(), up_to: None },
            ],
        }
    }

    #[test]
    fn terms_come_back_as_they_went_in() {
        let domain = terms_from(message()).unwrap();
        assert_eq!(terms(&domain), message());
    }

    #[test]
    fn a_word_that_this_version_does_not_know_names_its_field() {
        let mut unknown = message();
        unknown.limits[0].parts = vec![999];
        let problem = terms_from(unknown).unwrap_err();
        assert_eq!(problem.violations()[0].field, "terms.limits[0].parts[0]");
        let mut unsaid = message();
        unsaid.parts[0].form = 0;
        let problem = terms_from(unsaid).unwrap_err();
        assert_eq!(problem.violations()[0].field, "terms.parts[0].form");
    }
}

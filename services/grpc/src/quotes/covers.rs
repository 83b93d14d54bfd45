//! The cover of a quote as a message.

use tasuki_core::master_contract::{Attachment, Clause, ClauseKind, CoverTerms, LimitScope};
use tasuki_core::quote::{CoverChoice, CoverOffer};
use tasuki_proto::catalog::v1::CoverAttachment;
use tasuki_proto::quote::v1 as proto;

use crate::partners::mapping as partners;
use crate::words;

pub(super) fn cover(cover: &CoverOffer) -> proto::CoverSummary {
    let attachment = match cover.attachment {
        Attachment::Automatic => CoverAttachment::Automatic,
        Attachment::Optional => CoverAttachment::Optional,
    };
    let terms = &cover.terms;
    let clauses = |kinds: &[ClauseKind]| {
        let of = terms.wording.clauses.iter().filter(|clause| kinds.contains(&clause.kind));
        of.map(clause).collect()
    };
    proto::CoverSummary {
        attachment: attachment.into(),
        master_contract_id: cover.master_contract_id.to_string(),
        wording_version: terms.wording.version.clone(),
        parts: cover_parts(terms),
        conditions: clauses(&[ClauseKind::Condition, ClauseKind::Duty]),
        exclusions: clauses(&[ClauseKind::Exclusion]),
        yearly_limit: terms
            .limits
            .iter()
            .find(|limit| limit.scope == LimitScope::Certificate)
            .map(|limit| words::money(limit.amount)),
        premium_payer: Some(words::text(&terms.premium.who_pays())),
        yearly_premium: terms.premium.yearly_of_customer().map(words::money),
        option_code: cover.choice.as_ref().map(|of| of.option.clone()).unwrap_or_default(),
        solicitor: cover.choice.as_ref().map(solicitor),
        consent_code: cover.choice.as_ref().map(|_| cover.consent_code()).unwrap_or_default(),
    }
}

fn solicitor(of: &CoverChoice) -> proto::CoverSolicitor {
    proto::CoverSolicitor {
        partner_id: of.partner_id.to_string(),
        name: Some(words::text(&of.solicitor)),
        licence: Some(partners::licence(&of.licence)),
    }
}

fn cover_parts(terms: &CoverTerms) -> Vec<proto::CoverPartSummary> {
    let parts = terms.parts.iter().map(|part| {
        let item = terms.limits.iter().find(|limit| {
            limit.scope == LimitScope::Item && terms.parts_of(limit).contains(&part.part)
        });
        proto::CoverPartSummary {
            code: part.part.as_str().to_owned(),
            label: Some(words::text(&part.part.label())),
            occurrence_limit: item.map(|limit| words::money(limit.amount)),
            yearly_limit: None,
            deductible: Some(part.deductible).filter(|amount| !amount.is_zero()).map(words::money),
            coinsurance_rate: part.coinsurance.to_string(),
        }
    });
    parts.collect()
}

fn clause(clause: &Clause) -> proto::CoverClause {
    proto::CoverClause {
        code: clause.code.clone(),
        clause: clause.clause.clone(),
        text: Some(words::text(clause.plain.as_ref().unwrap_or(&clause.text))),
    }
}

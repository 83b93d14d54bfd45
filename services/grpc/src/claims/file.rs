//! What lies in the file of a claim, into messages; and its letters as pages.

use tasuki_app::claiming::{ClaimView, WrittenLetter};
use tasuki_core::claim::{
    ClaimDocument, ClockExtension, ExtensionReason, InformationRequest, Recovery, RecoverySource,
    ReserveChange,
};
use tasuki_documents::{letter_html, letter_pdf};
use tasuki_proto::claim::v1 as proto;
use tasuki_proto::types::v1::{self as types, DocumentFormat};
use tonic::Status;

use super::benefits::number;
use crate::covers::enums;
use crate::documents::{Form, document as as_document, laid_out};
use crate::status::status;
use crate::{actors, words};

pub(crate) fn document(document: &ClaimDocument) -> proto::ClaimDocument {
    proto::ClaimDocument {
        number: number(document.number),
        kind: document.kind.clone(),
        title: document.title.clone(),
        uri: document.uri.clone(),
        hash: document.hash.clone(),
        received_on: Some(words::day(document.received_on)),
        added_by: Some(actors::actor(&document.added_by)),
        added_at: Some(words::timestamp(document.added_at)),
        answers_request: document.answers_request.map(number).unwrap_or_default(),
    }
}

pub(crate) fn request(request: &InformationRequest) -> proto::InformationRequest {
    proto::InformationRequest {
        number: number(request.number),
        question: Some(words::text(&request.question)),
        document_kinds: request.document_kinds.clone(),
        asked_at: Some(words::timestamp(request.asked_at)),
        asked_by: Some(actors::actor(&request.asked_by)),
        wanted_by: Some(words::day(request.wanted_by)),
        answered_at: request.answered_at.map(words::timestamp),
    }
}

pub(crate) fn clock(view: &ClaimView) -> proto::DecisionClock {
    proto::DecisionClock {
        documents_complete_on: view.clock.complete_on.map(words::day),
        due_on: view.clock.due_on.map(words::day),
        extensions: view.claim.file.extensions.iter().map(extension).collect(),
        n_days_late: i32::try_from(view.clock.n_days_late).unwrap_or(i32::MAX),
    }
}

fn extension(extension: &ClockExtension) -> proto::ClockExtension {
    let reason = match extension.reason {
        ExtensionReason::Authority => proto::ExtensionReason::Authority,
        ExtensionReason::Expert => proto::ExtensionReason::Expert,
        ExtensionReason::Abroad => proto::ExtensionReason::Abroad,
        ExtensionReason::Disaster => proto::ExtensionReason::Disaster,
    };
    proto::ClockExtension {
        reason: reason.into(),
        n_days: number(extension.n_days),
        told_at: Some(words::timestamp(extension.told_at)),
    }
}

pub(crate) fn reserve_change(change: &ReserveChange) -> proto::ReserveChange {
    proto::ReserveChange {
        number: number(change.number),
        part: change.part.map(|part| enums::part(part).into()).unwrap_or_default(),
        before: Some(words::money(change.before)),
        after: Some(words::money(change.after)),
        reason: change.reason.clone(),
        changed_at: Some(words::timestamp(change.changed_at)),
        changed_by: Some(actors::actor(&change.changed_by)),
    }
}

pub(crate) fn recovery(recovery: &Recovery) -> proto::Recovery {
    let source = match recovery.source {
        RecoverySource::Subrogation => proto::RecoverySource::Subrogation,
        RecoverySource::OtherInsurance => proto::RecoverySource::OtherInsurance,
        RecoverySource::Repayment => proto::RecoverySource::Repayment,
        RecoverySource::Salvage => proto::RecoverySource::Salvage,
    };
    proto::Recovery {
        number: number(recovery.number),
        source: source.into(),
        amount: Some(words::money(recovery.amount)),
        received_on: Some(words::day(recovery.received_on)),
        reference: recovery.reference.clone(),
        restores_limits: recovery.restores_limits,
        recorded_at: Some(words::timestamp(recovery.recorded_at)),
        recorded_by: Some(actors::actor(&recovery.recorded_by)),
    }
}

/// The letter as a page, when one is asked for.
///
/// # Errors
/// `REQUEST_INVALID` for a form that letters do not have.
pub(crate) async fn letter_document(
    written: &WrittenLetter,
    format: DocumentFormat,
    language: types::Language,
) -> Result<Option<types::Document>, Status> {
    if format == DocumentFormat::Unspecified {
        return Ok(None);
    }
    let language = match language {
        types::Language::Unspecified => written.view.claim.language,
        types::Language::Ja | types::Language::En => actors::language_from(language),
    };
    let form = Form::of(format).map_err(|problem| status(&problem))?;
    let claim = &written.view.claim;
    let name = format!("letter-{}", claim.number);
    let letter = written.letter.clone();
    let dated_on = written.dated_on;
    let content = match form {
        Form::Html => laid_out(move || letter_html(&letter, dated_on, language)).await,
        Form::Pdf => laid_out(move || letter_pdf(&letter, dated_on, language)).await,
        Form::Json => crate::documents::json(&super::mapping::letter(written)),
    };
    as_document((&name, form, language), content).map(Some)
}

//! Recorded decisions as messages and documents.

use sha2::{Digest, Sha256};
use tasuki_app::governing::{DecisionList, Evaluated, Replay, decision_page};
use tasuki_app::paging::PageRequest;
use tasuki_core::decision::{Linked, Outcome, canonical};
use tasuki_core::problem::Problem;
use tasuki_core::text::Language;
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::types::v1 as words_proto;
use tonic::Status;

use super::books;
use crate::explain::Reader;
use crate::status::{not_served_yet, status};
use crate::{actors, explain, fields, words};

/// Which decisions are wanted.
pub(super) fn wanted(
    message: proto::ListDecisionsRequest,
) -> Result<(DecisionList, PageRequest), Problem> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (from, until) = books::period("recorded", message.recorded)?;
    let outcomes = message.outcomes().filter_map(outcome).collect();
    let list = DecisionList {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        kind: explain::kind_from(message.kind()),
        pack: text(&message.pack),
        subject: text(&message.subject),
        outcomes,
        from,
        until,
    };
    Ok((list, fields::page(message.page_size, message.page_token)))
}

fn outcome(outcome: words_proto::Outcome) -> Option<Outcome> {
    match outcome {
        words_proto::Outcome::Unspecified => None,
        words_proto::Outcome::Satisfied => Some(Outcome::Satisfied),
        words_proto::Outcome::NotSatisfied => Some(Outcome::NotSatisfied),
        words_proto::Outcome::Undetermined => Some(Outcome::Undetermined),
    }
}

pub(super) fn decision(reader: Reader, linked: &Linked) -> proto::Decision {
    let Linked { decision, link } = linked;
    proto::Decision {
        explanation: Some(explain::decision(reader, decision)),
        tenant_id: decision.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
        facts_json: canonical(&decision.facts),
        engine_version: decision.engine.clone(),
        environment_version: decision.pack.environment.clone(),
        hash: link.hash.clone(),
        previous_hash: link.previous_hash.clone(),
        sequence: link.sequence,
        recorded_at: Some(words::timestamp(decision.decided_at)),
        requested_by: Some(words::actor(&decision.decided_by)),
    }
}

pub(super) fn evaluated(reader: Reader, answer: &Evaluated) -> words_proto::Explanation {
    match answer {
        Evaluated::Recorded(decision) => explain::decision(reader, decision),
        Evaluated::Given(pack, explanation) => {
            explain::explanation(reader, explanation, Some(pack.identity()))
        }
    }
}

pub(super) fn replay(reader: Reader, replay: &Replay) -> proto::ReplayDecisionResponse {
    proto::ReplayDecisionResponse {
        identical: replay.problem.is_none(),
        recorded: Some(explain::decision(reader, &replay.recorded)),
        replayed: replay
            .replayed
            .as_ref()
            .map(|again| explain::explanation(reader, again, Some(&replay.recorded.pack))),
        problem: replay.problem.clone().unwrap_or_default(),
    }
}

/// A decision as a document.
pub(super) fn rendered(
    (reader, linked): (Reader, &Linked),
    format: words_proto::DocumentFormat,
    language: words_proto::Language,
) -> Result<words_proto::Document, Status> {
    use words_proto::DocumentFormat as Format;
    let language = actors::language_from(language);
    let code = match language {
        Language::Ja => "ja",
        Language::En => "en",
    };
    let (content, ending, media_type) = match format {
        Format::Unspecified | Format::Html => {
            let page = decision_page(linked, language).map_err(|problem| status(&problem))?;
            (page, "html", "text/html; charset=utf-8")
        }
        Format::Json => {
            let decision = reader.shown(linked.decision.clone());
            let json = serde_json::to_value(&decision)
                .map_err(|error| status(&Problem::internal(error.to_string())))?;
            (canonical(&json), "json", "application/json")
        }
        Format::Pdf => {
            return Err(not_served_yet(
                "tasuki.policy.v1.PolicyService/RenderDecision with the format PDF",
            ));
        }
        Format::Csv | Format::JpPint => {
            let text = "decisions come as HTML or JSON";
            return Err(status(&Problem::invalid("format", text)));
        }
    };
    Ok(words_proto::Document {
        file_name: format!("{}-{code}.{ending}", linked.decision.id),
        media_type: media_type.to_owned(),
        hash: format!("sha256:{}", hex::encode(Sha256::digest(content.as_bytes()))),
        content: content.into_bytes(),
        language: actors::language(language).into(),
    })
}

//! Recorded decisions as messages and documents.

use tasuki_app::governing::{DecisionList, Evaluated, Replay};
use tasuki_app::paging::PageRequest;
use tasuki_core::decision::{Linked, Outcome, canonical};
use tasuki_core::problem::Problem;
use tasuki_documents::{decision_html, decision_pdf};
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::types::v1 as words_proto;
use tonic::Status;

use super::books;
use crate::documents::{Form, document, laid_out};
use crate::explain::Reader;
use crate::status::status;
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
            explain::explanation(reader, explanation.as_ref().clone(), Some(pack.identity()))
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
            .map(|again| explain::explanation(reader, again.clone(), Some(&replay.recorded.pack))),
        problem: replay.problem.clone().unwrap_or_default(),
    }
}

/// A decision as a document.
pub(super) async fn rendered(
    (reader, linked): (Reader, Linked),
    format: words_proto::DocumentFormat,
    language: words_proto::Language,
) -> Result<words_proto::Document, Status> {
    let language = actors::language_from(language);
    let form = Form::of(format).map_err(|problem| status(&problem))?;
    let name = linked.decision.id.to_string();
    let content = match form {
        Form::Html => laid_out(move || decision_html(&linked, language)).await,
        Form::Pdf => laid_out(move || decision_pdf(&linked, language)).await,
        Form::Json => {
            let decision = reader.shown(linked.decision);
            let json = serde_json::to_value(&decision);
            json.map(|json| canonical(&json).into_bytes())
                .map_err(|error| Problem::internal(error.to_string()))
        }
    };
    document((&name, form, language), content)
}

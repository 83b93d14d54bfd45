//! Many questions about cover in one call, each answered by itself.

use tasuki_app::call::Call;
use tasuki_app::claiming;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Kind;
use tasuki_proto::cover::v1 as proto;
use tonic::Status;

use super::mapping;
use crate::edge::{self, Asking, Edge};
use crate::explain::Reader;
use crate::status::status;

/// The answers, in the order of the questions.
///
/// # Errors
/// Problems of the server: then the caller asks again, and what was recorded is answered as before.
pub(crate) async fn answers(
    edge: &Edge,
    call: &Call,
    questions: Vec<proto::EvaluateEligibilityRequest>,
) -> Result<Vec<proto::BatchEligibilityResult>, Status> {
    let mut results = Vec::with_capacity(questions.len());
    for question in questions {
        results.push(match answer(edge, call, question).await {
            Ok(answer) => {
                proto::BatchEligibilityResult { answer: Some(answer), ..Default::default() }
            }
            Err(problem) if is_of_the_question(&problem) => proto::BatchEligibilityResult {
                answer: None,
                reason: problem.reason().code().to_owned(),
                message: problem.message().to_owned(),
            },
            Err(problem) => return Err(status(&problem)),
        });
    }
    Ok(results)
}

async fn answer(
    edge: &Edge,
    call: &Call,
    question: proto::EvaluateEligibilityRequest,
) -> Result<proto::EvaluateEligibilityResponse, Problem> {
    let question = edge::row(question)?;
    let asking = Asking::from(question.validate_only);
    let call = edge::call_of_row(call, &question, (&question.request_id, asking))?;
    let asked = mapping::eligibility_question(question)?;
    let answer = claiming::evaluate_eligibility(&edge.ctx, &call, asked).await?;
    Ok(mapping::eligibility(Reader::of(&edge.ctx, &call), answer))
}

/// Whether asking the same again would get the same: then it is the answer to this one question.
const fn is_of_the_question(problem: &Problem) -> bool {
    match problem.kind() {
        Kind::Invalid
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::NotAllowedNow
        | Kind::Forbidden => true,
        Kind::Conflict
        | Kind::Unauthenticated
        | Kind::Exhausted
        | Kind::Unavailable
        | Kind::DeadlineExceeded
        | Kind::Unimplemented
        | Kind::Internal => false,
    }
}

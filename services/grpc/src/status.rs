//! Problems on the wire: one place where a kind becomes a status code.

use std::collections::HashMap;

use tasuki_core::problem::Problem;
use tasuki_core::reason::{Kind, Reason};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The domain of our reasons in `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "tasuki";

/// The status of a kind of problem.
const fn code(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::Conflict => Code::Aborted,
        Kind::NotAllowedNow => Code::FailedPrecondition,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::Forbidden => Code::PermissionDenied,
        Kind::Exhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::DeadlineExceeded => Code::DeadlineExceeded,
        Kind::Unimplemented => Code::Unimplemented,
        Kind::Internal => Code::Internal,
    }
}

/// The status that a caller gets. An internal problem is logged here and hidden from the caller.
pub fn status(problem: &Problem) -> Status {
    let reason = problem.reason();
    let mut metadata: HashMap<String, String> =
        problem.metadata().iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let message = if reason.kind() == Kind::Internal {
        tracing::error!(reason = reason.code(), "internal problem: {}", problem.message());
        metadata.clear();
        "an internal problem; it was logged".to_owned()
    } else {
        problem.message().to_owned()
    };
    let mut details = ErrorDetails::with_error_info(reason.code(), DOMAIN, metadata);
    let violations: Vec<FieldViolation> = problem
        .violations()
        .iter()
        .map(|violation| FieldViolation::new(&violation.field, &violation.description))
        .collect();
    if !violations.is_empty() {
        details.set_bad_request(violations);
    }
    Status::with_error_details(code(reason.kind()), message, details)
}

/// The answer of a call that is part of the contract and not served by this version.
pub fn not_served_yet(call: &str) -> Status {
    let text = format!("`{call}` is part of the contract and not served by this version");
    status(&Problem::new(Reason::NotServedYet, text).with("call", call))
}

//! Why a job did not finish, and what is to be done about it.

use tasuki_core::problem::Problem;
use tasuki_core::reason::Kind;
use tasuki_store::StoreError;

/// Why a job did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobFailure {
    /// It may work later.
    Retry {
        /// What went wrong, for the log and the dead letters.
        error: String,
        /// When to try again, in seconds; none to leave it to the back-off.
        after_seconds: Option<i64>,
    },
    /// Trying again is no use: a person must look.
    Final {
        /// What went wrong.
        error: String,
    },
}

impl JobFailure {
    /// It may work later, when the back-off says.
    pub fn retry(error: impl Into<String>) -> Self {
        Self::Retry { error: error.into(), after_seconds: None }
    }
}

impl From<Problem> for JobFailure {
    fn from(problem: Problem) -> Self {
        let error = problem.to_string();
        match problem.kind() {
            Kind::Conflict
            | Kind::Exhausted
            | Kind::Unavailable
            | Kind::DeadlineExceeded
            | Kind::Internal => Self::Retry { error, after_seconds: None },
            Kind::Invalid
            | Kind::NotFound
            | Kind::AlreadyExists
            | Kind::NotAllowedNow
            | Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::Unimplemented => Self::Final { error },
        }
    }
}

impl From<StoreError> for JobFailure {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

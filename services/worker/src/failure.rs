//! Why a job did not finish, and what is to be done about it.

use tasuki_core::problem::Problem;
use tasuki_core::reason::Kind;
use tasuki_store::StoreError;

use crate::retry;

/// Why a job did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobFailure {
    /// It may work later.
    Retry {
        /// What went wrong, for the log and the dead letters.
        error: String,
        /// What kind of failure it was: how long to wait and how often to try follow from it.
        kind: Kind,
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
        Self::Retry { error: error.into(), kind: Kind::Unavailable }
    }
}

impl From<Problem> for JobFailure {
    fn from(problem: Problem) -> Self {
        let error = problem.to_string();
        let kind = problem.kind();
        match retry::policy(kind) {
            Some(_) => Self::Retry { error, kind },
            None => Self::Final { error },
        }
    }
}

impl From<StoreError> for JobFailure {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

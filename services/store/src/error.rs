//! What can go wrong in the store.

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another transaction changed the same thing first; nothing was done.
    #[error("another call changed the same thing at the same time")]
    LostRace,
    /// A row with the same key exists already.
    #[error("a row with the same key exists: {0}")]
    Duplicate(String),
    /// The database does not answer, or its pool is exhausted.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A row that this version of the program does not understand.
    #[error("a row of `{table}` cannot be read: {cause}")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The same request id came with another body.
    #[error("request id `{0}` was used before with another request")]
    RequestIdReused(String),
    /// The database is behind or ahead of this program.
    #[error("the database's schema is not that of this program: {0}; run `tasuki migrate`")]
    Schema(String),
    /// Anything else.
    #[error("database: {0}")]
    Database(DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(what)) = error.sql_err() {
            return Self::Duplicate(what);
        }
        if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) || is_gone(&error) {
            return Self::Unavailable(error.to_string());
        }
        let text = error.to_string();
        // PostgreSQL's serialization failure and deadlock, SQLite's busy snapshot.
        if ["40001", "40P01", "deadlock detected", "could not serialize", "database is locked"]
            .iter()
            .any(|sign| text.contains(sign))
        {
            return Self::LostRace;
        }
        Self::Database(error)
    }
}

/// PostgreSQL's codes when it stops or starts, and all of the class of lost connections.
const GONE: [&str; 4] = ["57P01", "57P02", "57P03", "08"];

/// Whether the connection broke under a statement, as it does when the server is stopped: nothing is wrong with the
/// statement, and whoever sent it may do so again.
fn is_gone(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    if let sqlx::Error::Database(refusal) = cause.as_ref() {
        let code = refusal.code().unwrap_or_default();
        return GONE.iter().any(|gone| code.starts_with(gone));
    }
    // A protocol error is an answer that ended in its middle.
    matches!(
        cause.as_ref(),
        sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    )
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::LostRace => Self::new(Reason::LostRace, text),
            StoreError::Unavailable(_) => Self::new(Reason::StoreUnavailable, text),
            StoreError::RequestIdReused(id) => {
                Self::new(Reason::RequestIdReused, text).with("request_id", id)
            }
            StoreError::Duplicate(_)
            | StoreError::Row { .. }
            | StoreError::Schema(_)
            | StoreError::Database(_) => Self::internal(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tasuki_core::reason::Kind;

    use super::*;

    #[test]
    fn a_connection_that_broke_under_a_statement_is_worth_another_try() {
        let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        for cause in [sqlx::Error::Io(broken()), sqlx::Error::WorkerCrashed] {
            let error = DbErr::Query(RuntimeErr::SqlxError(Arc::new(cause)));
            assert_eq!(Problem::from(StoreError::from(error)).kind(), Kind::Unavailable);
        }
        let wrong = sqlx::Error::ColumnNotFound("x".to_owned());
        let error = DbErr::Query(RuntimeErr::SqlxError(Arc::new(wrong)));
        assert_eq!(Problem::from(StoreError::from(error)).kind(), Kind::Internal);
    }
}

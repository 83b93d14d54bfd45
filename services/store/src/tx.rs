//! A transaction: all of it or nothing.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Statement, Value};
use tasuki_core::id::TenantId;
use tokio::sync::Notify;

use crate::decisions::{self, Record};
use crate::error::StoreError;
use crate::finished::Finished;
use crate::sealing::Keys;

/// What is heard in this process of the transactions that it commits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub(crate) job_added: Arc<Notify>,
    pub(crate) job_finished: Finished,
    /// How many there were.
    pub(crate) commits: Arc<AtomicU64>,
}

/// An open transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    inner: DatabaseTransaction,
    heard: Heard,
    keys: Keys,
    added: AtomicBool,
    /// Whose jobs it finishes.
    finished: Mutex<Vec<TenantId>>,
    /// Decisions to be recorded at its end.
    decisions: Mutex<Vec<Record>>,
}

impl Tx {
    pub(crate) fn new(inner: DatabaseTransaction, heard: Heard, keys: Keys) -> Self {
        let (added, finished) = (AtomicBool::new(false), Mutex::default());
        let decisions = Mutex::default();
        Self { inner, heard, keys, added, finished, decisions }
    }

    /// By which secrets are sealed.
    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Makes everything that was done in it last, then wakes who waits for its jobs.
    ///
    /// # Errors
    /// [`StoreError::LostRace`] or [`StoreError::Unavailable`]; then nothing was done.
    pub async fn commit(self) -> Result<(), StoreError> {
        let heard = self.heard.clone();
        self.commit_records().await?;
        heard.commits.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// As [`Tx::commit`], for a transaction that only adds records: no picture of what was read shows them.
    pub(crate) async fn commit_records(self) -> Result<(), StoreError> {
        decisions::append_kept(&self).await?;
        self.inner.commit().await?;
        if self.added.load(Ordering::Relaxed) {
            self.heard.job_added.notify_one();
        }
        for tenant in self.finished.into_inner().unwrap_or_else(PoisonError::into_inner) {
            self.heard.job_finished.tell(tenant);
        }
        Ok(())
    }

    pub(crate) fn db(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Keeps a decision until the end of the transaction, or until decisions are read in it: the
    /// lock on a tenant's chain is held as shortly as can be.
    pub(crate) fn keep(&self, record: Record) {
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }

    /// The decisions that were kept so far, to be recorded now.
    pub(crate) fn take_kept(&self) -> Vec<Record> {
        std::mem::take(&mut *self.decisions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn note_job_added(&self) {
        self.added.store(true, Ordering::Relaxed);
    }

    pub(crate) fn note_job_finished(&self, tenant: TenantId) {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).push(tenant);
    }

    /// `FOR UPDATE` where the database has row locks; SQLite has one writer and needs none.
    pub(crate) fn for_update(&self) -> &'static str {
        if self.is_postgres() { " FOR UPDATE" } else { "" }
    }

    /// Whether the database is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        self.inner.get_database_backend() == DbBackend::Postgres
    }

    /// Runs a statement with `$1, $2 …` on either database; tells how many rows it changed.
    pub(crate) async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        let statement = self.statement(sql, values);
        Ok(self.inner.execute_raw(statement).await?.rows_affected())
    }

    /// Reads at most one row.
    pub(crate) async fn one(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Option<QueryResult>, StoreError> {
        Ok(self.inner.query_one_raw(self.statement(sql, values)).await?)
    }

    /// Reads all rows.
    pub(crate) async fn all(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        Ok(self.inner.query_all_raw(self.statement(sql, values)).await?)
    }

    fn statement(&self, sql: &str, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.inner.get_database_backend(), sql, values)
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

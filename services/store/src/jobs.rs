//! Work that is due at a time: timers, retries and what follows a commit.
//!
//! A claim is a lease with a token of its own; finishing is fenced by that token, so that a worker
//! that was slow or frozen past its lease cannot finish what another has taken over. A job of a
//! simulated tenant is due by that tenant's clock.

mod claims;
mod dead_letters;

use std::collections::BTreeSet;

use sea_orm::Value;
use sea_orm::prelude::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_core::id::{JobId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

pub use claims::{Claim, claim_due, claim_within, due_lanes};
pub use dead_letters::{
    DeadFilter, DeadLetter, discard, get_dead, list_dead, purge_done, retry_now,
};

/// The version of the payloads that this program writes and understands.
const SCHEMA_VERSION: i32 = 1;

/// Queues with a concurrency of their own, so that a month end starves nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Alerts, incidents, notices.
    Alerts,
    /// Orders at providers.
    Provisioning,
    /// Month ends, invoices, settlements.
    Billing,
    /// What can wait.
    Low,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Alerts, Self::Provisioning, Self::Billing, Self::Low];

    /// The word in tables and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Provisioning => "provisioning",
            Self::Billing => "billing",
            Self::Low => "low",
        }
    }

    /// The lane of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == word)
    }
}

/// A job to be done at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// Whose work it is; none for work of the scheme, which is due by real time.
    pub tenant: Option<TenantId>,
    /// The queue.
    pub lane: Lane,
    /// Verb and noun, such as `close_month`.
    pub kind: &'static str,
    /// Names the step, never the attempt: `close_month:<tenant>:2021-04`.
    pub key: String,
    /// What the job needs to know.
    pub payload: Json,
    /// When it is due, on the tenant's clock.
    pub run_at: Timestamp,
}

/// A job that this worker holds until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: JobId,
    /// Whose work it is.
    pub tenant: Option<TenantId>,
    /// Verb and noun.
    pub kind: String,
    /// Names the step; good as a key for calls to partners.
    pub key: String,
    /// What the job needs to know.
    payload: Json,
    /// Which try this is; the first is 1.
    pub attempt: u32,
    /// When it was due, on the tenant's clock.
    pub run_at: Timestamp,
    /// What went wrong on the last try; none on the first.
    pub last_error: Option<String>,
    token: Uuid,
}

impl Claimed {
    /// What the job needs to know.
    ///
    /// # Errors
    /// [`StoreError::Row`] if another version of the program wrote it.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        document::from_row("job", self.payload.clone())
    }
}

/// The JSON of a payload.
///
/// # Errors
/// [`StoreError::Row`] if it cannot be JSON.
pub fn payload<T: Serialize>(value: &T) -> Result<Json, StoreError> {
    document::to_row("job", value)
}

/// Adds a job, unless one with its key was ever added; tells whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn enqueue(tx: &Tx, job: &NewJob) -> Result<bool, StoreError> {
    enqueue_for(tx, job, None).await
}

/// As [`enqueue`], for a job that calls the interface of a counterpart: a limit on the jobs that do so
/// at once counts it.
///
/// # Errors
/// [`StoreError`].
pub async fn enqueue_for(
    tx: &Tx,
    job: &NewJob,
    counterpart: Option<Uuid>,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO job (id, tenant_id, lane, kind, job_key, payload, schema_version, \
               state, run_at, attempt, counterpart, first_run_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, 0, $9, $8) \
               ON CONFLICT (job_key) DO NOTHING";
    let values: Vec<Value> = vec![
        job.id.as_uuid().into(),
        job.tenant.map(TenantId::as_uuid).into(),
        job.lane.as_str().into(),
        job.kind.into(),
        job.key.clone().into(),
        job.payload.clone().into(),
        SCHEMA_VERSION.into(),
        instant::to_row(job.run_at).into(),
        counterpart.into(),
    ];
    let added = tx.execute(sql, values).await? == 1;
    if added {
        tx.note_job_added();
    }
    Ok(added)
}

/// Marks a job as done, in the transaction of its effect.
///
/// # Errors
/// [`StoreError::LostRace`] if the lease ended and the job belongs to another by now: then the
/// whole transaction must be dropped.
pub async fn complete(tx: &Tx, job: &Claimed, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'done', finished_at = $3, lease_token = NULL, \
               lease_until = NULL, last_error = NULL \
               WHERE id = $1 AND lease_token = $2 AND state = 'pending'";
    fenced(tx, sql, job, vec![instant::to_row(now).into()]).await
}

/// Gives a job back to be tried again at a time.
///
/// # Errors
/// As [`complete`].
pub async fn retry_at(
    tx: &Tx,
    job: &Claimed,
    run_at: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE job SET run_at = $3, last_error = $4, lease_token = NULL, \
               lease_until = NULL WHERE id = $1 AND lease_token = $2 AND state = 'pending'";
    fenced(tx, sql, job, vec![instant::to_row(run_at).into(), error.into()]).await
}

/// Puts a job among the dead letters with its last error; a person decides what becomes of it.
///
/// # Errors
/// As [`complete`].
pub async fn bury(tx: &Tx, job: &Claimed, now: Timestamp, error: &str) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'dead', finished_at = $3, last_error = $4, \
               lease_token = NULL, lease_until = NULL \
               WHERE id = $1 AND lease_token = $2 AND state = 'pending'";
    fenced(tx, sql, job, vec![instant::to_row(now).into(), error.into()]).await
}

/// When the tenant's next job is due, among those due by `until`; jobs being done included.
///
/// # Errors
/// [`StoreError`].
pub async fn next_due(
    tx: &Tx,
    tenant: TenantId,
    until: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT run_at FROM job WHERE tenant_id = $1 AND state = 'pending' \
               AND run_at <= $2 ORDER BY run_at LIMIT 1";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), instant::to_row(until).into()];
    match tx.one(sql, values).await? {
        Some(row) => instant::from_row("job", row.try_get("", "run_at")?).map(Some),
        None => Ok(None),
    }
}

/// Which of these keys have a job that is not done: one that waits, is being done, or was given up.
///
/// # Errors
/// [`StoreError`].
pub async fn open_keys(tx: &Tx, keys: &[String]) -> Result<BTreeSet<String>, StoreError> {
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let places: Vec<String> = (1..=keys.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "SELECT job_key FROM job WHERE job_key IN ({}) AND state <> 'done'",
        places.join(", ")
    );
    let values: Vec<Value> = keys.iter().map(|key| key.clone().into()).collect();
    let rows = tx.all(&sql, values).await?;
    rows.iter().map(|row| Ok(row.try_get("", "job_key")?)).collect()
}

/// How many jobs are pending, overdue by more than a minute, and dead.
///
/// # Errors
/// [`StoreError`].
pub async fn backlog(tx: &Tx, now: Timestamp) -> Result<Backlog, StoreError> {
    let overdue_since = now.plus_seconds(-60).unwrap_or(now);
    let sql = "SELECT COALESCE(SUM(CASE WHEN j.state = 'pending' THEN 1 ELSE 0 END), 0) AS n_pending, \
               COALESCE(SUM(CASE WHEN j.state = 'pending' AND t.clock_at IS NULL \
                        AND j.run_at < $1 THEN 1 ELSE 0 END), 0) AS n_overdue, \
               COALESCE(SUM(CASE WHEN j.state = 'dead' THEN 1 ELSE 0 END), 0) AS n_dead \
               FROM job j LEFT JOIN tenant t ON t.id = j.tenant_id WHERE j.state <> 'done'";
    let row = tx.one(sql, vec![instant::to_row(overdue_since).into()]).await?;
    let row = row.ok_or_else(|| StoreError::Row { table: "job", cause: "no count".to_owned() })?;
    Ok(Backlog {
        n_pending: row.try_get("", "n_pending")?,
        n_overdue: row.try_get("", "n_overdue")?,
        n_dead: row.try_get("", "n_dead")?,
    })
}

/// What is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Jobs that are not done.
    pub n_pending: i64,
    /// Jobs on real time that should have been taken a minute ago.
    pub n_overdue: i64,
    /// Dead letters.
    pub n_dead: i64,
}

async fn fenced(tx: &Tx, sql: &str, job: &Claimed, more: Vec<Value>) -> Result<(), StoreError> {
    let mut values: Vec<Value> = vec![job.id.as_uuid().into(), job.token.into()];
    values.extend(more);
    if tx.execute(sql, values).await? == 1 {
        if let Some(tenant) = job.tenant {
            tx.note_job_finished(tenant);
        }
        Ok(())
    } else {
        Err(StoreError::LostRace)
    }
}

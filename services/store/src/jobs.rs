//! Work that is due at a time: timers, retries and what follows a commit.
//!
//! A claim is a lease with a token of its own; finishing is fenced by that token, so that a worker
//! that was slow or frozen past its lease cannot finish what another has taken over. A job of a
//! simulated tenant is due by that tenant's clock.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_core::id::{JobId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

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
    let sql = "INSERT INTO job (id, tenant_id, lane, kind, job_key, payload, schema_version, \
               state, run_at, attempt) VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, 0) \
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
    ];
    let added = tx.execute(sql, values).await? == 1;
    if added {
        tx.note_job_added();
    }
    Ok(added)
}

/// The lanes with due jobs, the most urgent first: a look that takes no lock, before the claims
/// that do.
///
/// # Errors
/// [`StoreError`].
pub async fn due_lanes(tx: &Tx, now: Timestamp) -> Result<Vec<Lane>, StoreError> {
    let sql = "SELECT DISTINCT j.lane FROM job j LEFT JOIN tenant t ON t.id = j.tenant_id \
               WHERE j.state = 'pending' AND (j.lease_until IS NULL OR j.lease_until <= $1) \
                 AND j.run_at <= COALESCE(t.clock_at, $1)";
    let rows = tx.all(sql, vec![instant::to_row(now).into()]).await?;
    let due =
        rows.iter().map(|row| row.try_get::<String>("", "lane")).collect::<Result<Vec<_>, _>>()?;
    Ok(Lane::ALL.into_iter().filter(|lane| due.iter().any(|it| it == lane.as_str())).collect())
}

/// Takes up to `limit` due jobs of a lane until `lease_until`.
///
/// # Errors
/// [`StoreError`].
pub async fn claim_due(
    tx: &Tx,
    lane: Lane,
    now: Timestamp,
    lease_until: Timestamp,
    claim: Claim,
) -> Result<Vec<Claimed>, StoreError> {
    let skip = if tx.for_update().is_empty() { "" } else { "FOR UPDATE OF j SKIP LOCKED" };
    let sql = format!(
        "UPDATE job SET lease_token = $1, lease_until = $2, attempt = attempt + 1 \
         WHERE id IN (SELECT j.id FROM job j LEFT JOIN tenant t ON t.id = j.tenant_id \
                      WHERE j.state = 'pending' AND j.lane = $3 \
                        AND (j.lease_until IS NULL OR j.lease_until <= $4) \
                        AND j.run_at <= COALESCE(t.clock_at, $4) \
                      ORDER BY j.run_at, j.job_key LIMIT $5 {skip}) \
           AND state = 'pending' AND (lease_until IS NULL OR lease_until <= $4) \
         RETURNING id, tenant_id, kind, job_key, payload, schema_version, attempt, run_at"
    );
    let values: Vec<Value> = vec![
        claim.token.into(),
        instant::to_row(lease_until).into(),
        lane.as_str().into(),
        instant::to_row(now).into(),
        i64::from(claim.limit).into(),
    ];
    let rows = tx.all(&sql, values).await?;
    let mut claimed =
        rows.iter().map(|row| from_row(row, claim.token)).collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by(|a, b| a.run_at.cmp(&b.run_at).then_with(|| a.key.cmp(&b.key)));
    Ok(claimed)
}

/// One worker's grab into a lane.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Its identity: new for every grab, never a worker's name.
    pub token: Uuid,
    /// At most this many jobs.
    pub limit: u32,
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

fn from_row(row: &QueryResult, token: Uuid) -> Result<Claimed, StoreError> {
    let kind: String = row.try_get("", "kind")?;
    let schema_version: i32 = row.try_get("", "schema_version")?;
    // A payload of a newer program is not touched: its kind becomes unknown here, and the job goes
    // to the dead letters instead of being half understood.
    let kind = if schema_version > SCHEMA_VERSION {
        format!("{kind} (schema {schema_version})")
    } else {
        kind
    };
    Ok(Claimed {
        id: row.try_get::<Uuid>("", "id")?.into(),
        tenant: row.try_get::<Option<Uuid>>("", "tenant_id")?.map(TenantId::from),
        kind,
        key: row.try_get("", "job_key")?,
        payload: row.try_get("", "payload")?,
        attempt: u32::try_from(row.try_get::<i32>("", "attempt")?).unwrap_or(u32::MAX),
        run_at: instant::from_row("job", row.try_get("", "run_at")?)?,
        token,
    })
}

//! Jobs that were given up: read by people, tried again, or dropped.

use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use tasuki_core::id::{JobId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use super::Lane;
use crate::error::StoreError;
use crate::instant;
use crate::query::Query;
use crate::tx::Tx;

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its id.
    pub id: JobId,
    /// Whose work it is; none for work of the scheme.
    pub tenant: Option<TenantId>,
    /// The word of its lane.
    pub lane: String,
    /// Verb and noun.
    pub kind: String,
    /// Names the step.
    pub key: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was due first.
    pub first_run_at: Timestamp,
    /// When it was given up.
    pub died_at: Timestamp,
    /// What went wrong last.
    pub last_error: String,
}

/// Which dead letters are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadFilter {
    /// Only of this tenant.
    pub tenant: Option<TenantId>,
    /// Only of this lane.
    pub lane: Option<Lane>,
    /// Only of this kind; any if empty.
    pub kind: String,
}

const COLUMNS: &str = "SELECT id, tenant_id, lane, kind, job_key, attempt, run_at, first_run_at, \
                       finished_at, last_error FROM job WHERE state = 'dead'";

/// Dead letters, the latest first, after one of them.
///
/// # Errors
/// [`StoreError`].
pub async fn list_dead(
    tx: &Tx,
    filter: &DeadFilter,
    after: Option<(Timestamp, JobId)>,
    limit: u64,
) -> Result<Vec<DeadLetter>, StoreError> {
    let mut query = Query::new(COLUMNS, Vec::new());
    query.and_maybe("tenant_id = ?", filter.tenant.map(|id| id.as_uuid().into()));
    query.and_maybe("lane = ?", filter.lane.map(|lane| lane.as_str().into()));
    let kind = (!filter.kind.is_empty()).then(|| filter.kind.clone().into());
    query.and_maybe("kind = ?", kind);
    if let Some((at, id)) = after {
        let at = Value::from(instant::to_row(at));
        let values = vec![at.clone(), at, id.as_uuid().into()];
        query.and("finished_at < ? OR (finished_at = ? AND id < ?)", values);
    }
    let (sql, values) = query.ordered("finished_at DESC, id DESC", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// One dead letter, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn get_dead(tx: &Tx, id: JobId) -> Result<Option<DeadLetter>, StoreError> {
    let sql = format!("{COLUMNS} AND id = $1{}", tx.for_update());
    let row = tx.one(&sql, vec![id.as_uuid().into()]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Puts a dead letter into its lane again, with new tries; its last error stays until it is done.
///
/// # Errors
/// [`StoreError::LostRace`] if it is none any more.
pub async fn retry_now(tx: &Tx, id: JobId, run_at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'pending', attempt = 0, run_at = $2, finished_at = NULL \
               WHERE id = $1 AND state = 'dead'";
    let values: Vec<Value> = vec![id.as_uuid().into(), instant::to_row(run_at).into()];
    if tx.execute(sql, values).await? != 1 {
        return Err(StoreError::LostRace);
    }
    tx.note_job_added();
    Ok(())
}

/// Drops a dead letter. The step counts as done: its key is never used again.
///
/// # Errors
/// [`StoreError::LostRace`] if it is none any more.
pub async fn discard(tx: &Tx, id: JobId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'done', finished_at = $2 WHERE id = $1 AND state = 'dead'";
    let values: Vec<Value> = vec![id.as_uuid().into(), instant::to_row(at).into()];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// Forgets finished jobs of a kind whose keys never come again, at most `limit` of them; tells how
/// many. Dropped dead letters stay.
///
/// # Errors
/// [`StoreError`].
pub async fn purge_done(
    tx: &Tx,
    kind: &str,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    // What is finished was due before: by lane and time due an index finds the oldest.
    let lanes = Lane::ALL.map(|lane| format!("'{}'", lane.as_str())).join(", ");
    let sql = format!(
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = 'done' AND lane IN ({lanes}) \
         AND run_at < $2 AND kind = $1 AND finished_at < $2 AND last_error IS NULL LIMIT $3)"
    );
    let values: Vec<Value> =
        vec![kind.into(), instant::to_row(before).into(), i64::from(limit).into()];
    tx.execute(&sql, values).await
}

fn from_row(row: &QueryResult) -> Result<DeadLetter, StoreError> {
    let at = |column: &str| -> Result<Option<Timestamp>, StoreError> {
        let at: Option<chrono::DateTime<chrono::Utc>> = row.try_get("", column)?;
        at.map(|at| instant::from_row("job", at)).transpose()
    };
    let run_at = instant::from_row("job", row.try_get("", "run_at")?)?;
    Ok(DeadLetter {
        id: row.try_get::<Uuid>("", "id")?.into(),
        tenant: row.try_get::<Option<Uuid>>("", "tenant_id")?.map(TenantId::from),
        lane: row.try_get("", "lane")?,
        kind: row.try_get("", "kind")?,
        key: row.try_get("", "job_key")?,
        attempts: u32::try_from(row.try_get::<i32>("", "attempt")?).unwrap_or(u32::MAX),
        first_run_at: at("first_run_at")?.unwrap_or(run_at),
        died_at: at("finished_at")?.unwrap_or(run_at),
        last_error: row.try_get::<Option<String>>("", "last_error")?.unwrap_or_default(),
    })
}

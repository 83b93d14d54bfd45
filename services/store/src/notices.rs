//! Notices: what was and will be said to whom. The desk's queue is this table.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{IncidentId, NoticeId, TenantId};
use tasuki_core::notice::{Audience, Channel, Notice};
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A notice with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The notice.
    pub notice: Notice,
    /// What names it, so that the same thing is said once.
    pub key: String,
    /// Grows with every change.
    pub version: i64,
}

/// Which notices a list shows. Empty filters do not filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// About this incident.
    pub incident: Option<IncidentId>,
    /// In one of these states, by their words.
    pub states: Vec<&'static str>,
    /// On this channel.
    pub channel: Option<Channel>,
    /// For this reader.
    pub audience: Option<Audience>,
    /// Asked for at or after this instant.
    pub requested_from: Option<Timestamp>,
    /// Asked for before this instant.
    pub requested_until: Option<Timestamp>,
}

impl Filter {
    /// All notices of a scope.
    pub const fn of(scope: Scope) -> Self {
        Self {
            scope,
            incident: None,
            states: Vec::new(),
            channel: None,
            audience: None,
            requested_from: None,
            requested_until: None,
        }
    }
}

/// Where a notice stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Whom it concerns.
    pub tenant_id: TenantId,
    /// What names it.
    pub key: String,
}

/// Adds a notice, unless one with its key was ever added; tells whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, key: &str, notice: &Notice) -> Result<bool, StoreError> {
    let sql = "INSERT INTO notice (tenant_id, id, incident_id, subject_id, notice_key, channel, \
               audience, state, requested_at, not_before, document, schema_version, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1) \
               ON CONFLICT (tenant_id, notice_key) DO NOTHING";
    let values: Vec<Value> = vec![
        notice.tenant_id.as_uuid().into(),
        notice.id.as_uuid().into(),
        notice.incident_id.map(IncidentId::as_uuid).into(),
        notice.subject_id.clone().into(),
        key.into(),
        notice.channel.as_str().into(),
        notice.audience.as_str().into(),
        notice.state.as_str().into(),
        instant::to_row(notice.requested_at).into(),
        instant::to_row(notice.not_before).into(),
        document::to_row("notice", notice)?.into(),
        SCHEMA_VERSION.into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// A notice by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, tenant: TenantId, id: NoticeId) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT document, notice_key, version FROM notice WHERE tenant_id = $1 AND id = $2";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(sql, values).await?.as_ref().map(from_row).transpose()
}

/// A notice that is to be changed, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, tenant: TenantId, id: NoticeId) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, notice_key, version FROM notice WHERE tenant_id = $1 AND id = $2{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// The notices about an incident that have not gone out yet, locked.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_unsent(
    tx: &Tx,
    tenant: TenantId,
    incident: IncidentId,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, notice_key, version FROM notice WHERE tenant_id = $1 \
         AND incident_id = $2 AND state IN ('waiting', 'due') \
         ORDER BY requested_at, notice_key LIMIT $3{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        incident.as_uuid().into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// Whether the customer was told about an incident.
///
/// # Errors
/// [`StoreError`].
pub async fn was_customer_told(
    tx: &Tx,
    tenant: TenantId,
    incident: IncidentId,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS told FROM notice WHERE tenant_id = $1 AND incident_id = $2 \
               AND audience = 'tenant' AND state = 'sent' LIMIT 1";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), incident.as_uuid().into()];
    Ok(tx.one(sql, values).await?.is_some())
}

/// Writes a changed notice over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, notice: &Notice, read_version: i64) -> Result<(), StoreError> {
    let sql = "UPDATE notice SET state = $4, document = $5, version = version + 1 \
               WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        notice.tenant_id.as_uuid().into(),
        notice.id.as_uuid().into(),
        read_version.into(),
        notice.state.as_str().into(),
        document::to_row("notice", notice)?.into(),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// Notices, the oldest request first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query =
        Query::new("SELECT document, notice_key, version FROM notice WHERE 1 = 1", Vec::new());
    query.within(filter.scope);
    query.and_maybe("incident_id = ?", filter.incident.map(|id| id.as_uuid().into()));
    query.and_one_of("state", filter.states.iter().map(|state| (*state).into()).collect());
    query.and_maybe("channel = ?", filter.channel.map(|channel| channel.as_str().into()));
    query.and_maybe("audience = ?", filter.audience.map(|audience| audience.as_str().into()));
    let instant = |at: Timestamp| instant::to_row(at).into();
    query.and_maybe("requested_at >= ?", filter.requested_from.map(instant));
    query.and_maybe("requested_at < ?", filter.requested_until.map(instant));
    if let Some(after) = after {
        query.and(
            "(requested_at, tenant_id, notice_key) > (?, ?, ?)",
            vec![
                instant(after.requested_at),
                after.tenant_id.as_uuid().into(),
                after.key.as_str().into(),
            ],
        );
    }
    let (sql, values) = query.ordered("requested_at, tenant_id, notice_key", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    Ok(Stored {
        notice: document::from_row("notice", json)?,
        key: row.try_get("", "notice_key")?,
        version: row.try_get("", "version")?,
    })
}

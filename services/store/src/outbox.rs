//! What others are to know, written in the transaction that made it true.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use tasuki_core::id::{EventId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; receivers drop repeats by it.
    pub id: EventId,
    /// Whose it is; none for events of the scheme.
    pub tenant: Option<TenantId>,
    /// Noun and past, such as `quote.issued`.
    pub topic: &'static str,
    /// The id of what it happened to, in its text form.
    pub subject: String,
    /// What a receiver needs to know, as JSON.
    pub payload: Json,
    /// When it happened, on the tenant's clock.
    pub occurred_at: Timestamp,
}

/// An event as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its place among all events; grows, with gaps.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// Noun and past.
    pub topic: String,
    /// The id of what it happened to.
    pub subject: String,
    /// What a receiver needs to know.
    pub payload: Json,
    /// When it happened, on the tenant's clock.
    pub occurred_at: Timestamp,
}

/// Writes an event.
///
/// # Errors
/// [`StoreError`].
pub async fn append(tx: &Tx, event: &Event) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (id, tenant_id, topic, subject, payload, occurred_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values: Vec<Value> = vec![
        event.id.as_uuid().into(),
        event.tenant.map(TenantId::as_uuid).into(),
        event.topic.into(),
        event.subject.clone().into(),
        event.payload.clone().into(),
        instant::to_row(event.occurred_at).into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Events of a tenant after a place, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn of_tenant(
    tx: &Tx,
    tenant: TenantId,
    after_seq: i64,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT seq, id, tenant_id, topic, subject, payload, occurred_at FROM outbox \
               WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), after_seq.into(), signed(limit).into()];
    tx.all(sql, values).await?.iter().map(from_row).collect()
}

/// Events that the relay has not handed on yet, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn unpublished(tx: &Tx, limit: u64) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT seq, id, tenant_id, topic, subject, payload, occurred_at FROM outbox \
               WHERE published_at IS NULL ORDER BY seq LIMIT $1";
    tx.all(sql, vec![signed(limit).into()]).await?.iter().map(from_row).collect()
}

/// Notes that an event was handed on.
///
/// # Errors
/// [`StoreError`].
pub async fn mark_published(tx: &Tx, seq: i64, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET published_at = $2 WHERE seq = $1 AND published_at IS NULL";
    let values: Vec<Value> = vec![seq.into(), instant::to_row(at).into()];
    tx.execute(sql, values).await.map(|_| ())
}

fn signed(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    Ok(Stored {
        seq: row.try_get("", "seq")?,
        id: row.try_get::<Uuid>("", "id")?.into(),
        tenant: row.try_get::<Option<Uuid>>("", "tenant_id")?.map(TenantId::from),
        topic: row.try_get("", "topic")?,
        subject: row.try_get("", "subject")?,
        payload: row.try_get("", "payload")?,
        occurred_at: instant::from_row("outbox", row.try_get("", "occurred_at")?)?,
    })
}

//! What policies were asked and what they gave: inserted once, never changed.

use std::collections::BTreeMap;

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::decision::{Decision, PackKind};
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// Keeps a decision for ever.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, decision: &Decision) -> Result<(), StoreError> {
    let sql = "INSERT INTO decision (id, tenant_id, subject, kind, pack, pack_version, pack_hash, \
               outcome, as_of, decided_at, document, schema_version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let pack = &decision.pack;
    let values: Vec<Value> = vec![
        decision.id.as_uuid().into(),
        decision.tenant_id.map(TenantId::as_uuid).into(),
        decision.subject.clone().into(),
        pack.kind.as_str().into(),
        pack.name.clone().into(),
        pack.version.clone().into(),
        pack.hash.clone().into(),
        decision.outcome().as_str().into(),
        instant::to_row(decision.as_of).into(),
        instant::to_row(decision.decided_at).into(),
        document::to_row("decision", decision)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// A decision by its id, of any tenant: the caller checks whose it is.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: DecisionId) -> Result<Option<Decision>, StoreError> {
    let sql = "SELECT document FROM decision WHERE id = $1";
    tx.one(sql, vec![id.as_uuid().into()]).await?.as_ref().map(from_row).transpose()
}

/// The decisions of those ids, of any tenant: the caller has found the ids in rows it may see.
///
/// # Errors
/// [`StoreError`].
pub async fn by_ids(
    tx: &Tx,
    ids: &[DecisionId],
) -> Result<BTreeMap<DecisionId, Decision>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let places: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!("SELECT document FROM decision WHERE id IN ({})", places.join(", "));
    let values: Vec<Value> = ids.iter().map(|id| id.as_uuid().into()).collect();
    let rows = tx.all(&sql, values).await?;
    rows.iter().map(|row| from_row(row).map(|decision| (decision.id, decision))).collect()
}

/// The decisions about a subject of a tenant, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_subject(
    tx: &Tx,
    tenant: TenantId,
    subject: &str,
) -> Result<Vec<Decision>, StoreError> {
    let sql = "SELECT document FROM decision WHERE tenant_id = $1 AND subject = $2 \
               ORDER BY decided_at, id";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), subject.into()];
    tx.all(sql, values).await?.iter().map(from_row).collect()
}

/// The decisions that packs of a name gave for a span of time, by the time that chose the version:
/// the recorded facts on which a new version is compared.
///
/// # Errors
/// [`StoreError`].
pub async fn of_pack(
    tx: &Tx,
    (kind, pack): (PackKind, &str),
    (from, until): (Timestamp, Timestamp),
    limit: u64,
) -> Result<Vec<Decision>, StoreError> {
    let sql = "SELECT document FROM decision WHERE kind = $1 AND pack = $2 AND as_of >= $3 \
               AND as_of < $4 ORDER BY as_of, id LIMIT $5";
    let values: Vec<Value> = vec![
        kind.as_str().into(),
        pack.into(),
        instant::to_row(from).into(),
        instant::to_row(until).into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    tx.all(sql, values).await?.iter().map(from_row).collect()
}

fn from_row(row: &QueryResult) -> Result<Decision, StoreError> {
    let json: Json = row.try_get("", "document")?;
    document::from_row("decision", json)
}

//! Providers that somebody wants to see answer, and what they answered.

use sea_orm::Value;
use sea_orm::prelude::Json;
use tasuki_core::id::ProviderId;
use tasuki_core::provisioning::ProviderCheck;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// Notes that a provider is to be asked.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    tx: &Tx,
    id: Uuid,
    provider: ProviderId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO provider_check (id, provider_id, asked_at) VALUES ($1, $2, $3)";
    let values: Vec<Value> = vec![id.into(), provider.as_uuid().into(), instant::to_row(at).into()];
    tx.execute(sql, values).await.map(|_| ())
}

/// Keeps what came of it.
///
/// # Errors
/// [`StoreError`].
pub async fn answer(tx: &Tx, id: Uuid, check: &ProviderCheck) -> Result<(), StoreError> {
    let sql = "UPDATE provider_check SET document = $2 WHERE id = $1";
    let values: Vec<Value> = vec![id.into(), document::to_row("provider_check", check)?.into()];
    tx.execute(sql, values).await.map(|_| ())
}

/// What came of it; none as long as nobody has asked.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: Uuid) -> Result<Option<ProviderCheck>, StoreError> {
    let sql = "SELECT document FROM provider_check WHERE id = $1";
    let Some(row) = tx.one(sql, vec![id.into()]).await? else { return Ok(None) };
    let stored: Option<Json> = row.try_get("", "document")?;
    stored.map(|json| document::from_row("provider_check", json)).transpose()
}

/// Forgets those that were asked before an instant.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM provider_check WHERE asked_at < $1";
    tx.execute(sql, vec![instant::to_row(before).into()]).await.map(|_| ())
}

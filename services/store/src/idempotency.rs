//! One effect per request id: a repeat gets the first answer.

use sea_orm::Value;
use sea_orm::prelude::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// What makes two requests the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asked: the subject of the principal. Two callers may use the same request id.
    pub scope: String,
    /// The full name of the request message.
    pub method: String,
    /// What the caller chose.
    pub request_id: String,
    /// SHA-256 of the request, hexadecimal.
    pub body_hash: String,
}

/// Claims the key for this transaction, or gives the answer that it had before.
///
/// A second transaction with the same key waits for the first one to end.
///
/// # Errors
/// [`StoreError::RequestIdReused`] if the key was used with another body.
pub async fn first_answer<T: DeserializeOwned>(
    tx: &Tx,
    key: &RequestKey,
    now: Timestamp,
) -> Result<Option<T>, StoreError> {
    let claim = "INSERT INTO idempotency (scope, method, request_id, body_hash, created_at) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let values: Vec<Value> = vec![
        key.scope.clone().into(),
        key.method.clone().into(),
        key.request_id.clone().into(),
        key.body_hash.clone().into(),
        instant::to_row(now).into(),
    ];
    if tx.execute(claim, values).await? == 1 {
        return Ok(None);
    }
    let read = "SELECT body_hash, answer FROM idempotency \
                WHERE scope = $1 AND method = $2 AND request_id = $3";
    let row = tx.one(read, identity(key)).await?.ok_or(StoreError::LostRace)?;
    if row.try_get::<String>("", "body_hash")? != key.body_hash {
        return Err(StoreError::RequestIdReused(key.request_id.clone()));
    }
    let answer: Option<Json> = row.try_get("", "answer")?;
    document::from_row("idempotency", answer.ok_or(StoreError::LostRace)?).map(Some)
}

/// Keeps the answer for repeats; the last thing before the commit.
///
/// # Errors
/// [`StoreError`].
pub async fn remember<T: Serialize>(
    tx: &Tx,
    key: &RequestKey,
    answer: &T,
) -> Result<(), StoreError> {
    let sql = "UPDATE idempotency SET answer = $4 \
               WHERE scope = $1 AND method = $2 AND request_id = $3";
    let mut values = identity(key);
    values.push(document::to_row("idempotency", answer)?.into());
    tx.execute(sql, values).await.map(|_| ())
}

fn identity(key: &RequestKey) -> Vec<Value> {
    vec![key.scope.clone().into(), key.method.clone().into(), key.request_id.clone().into()]
}

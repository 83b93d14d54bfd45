//! One effect per request id: a repeat gets the first answer.

use std::collections::HashSet;

use sea_orm::Value;
use sea_orm::prelude::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Column, ROWS_A_STATEMENT, rows};
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
    match before(tx, key).await? {
        Some(answer) => document::from_row("idempotency", answer).map(Some),
        None => Err(StoreError::RequestIdReused(key.request_id.clone())),
    }
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
    let mut values = identity(key).to_vec();
    values.push(document::to_row("idempotency", answer)?.into());
    tx.execute(sql, values).await.map(|_| ())
}

/// What became of a key that was claimed together with its answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Claimed {
    /// It is new.
    New,
    /// It was used before with the same body, and got this answer.
    Repeat(Json),
    /// It was used before with another body.
    Other,
}

/// Claims many keys at once, each with the answer that its repeats are told, as JSON text.
pub(crate) async fn claim_all(
    tx: &Tx,
    claims: Vec<(&RequestKey, String, Timestamp)>,
) -> Result<Vec<Claimed>, StoreError> {
    let keys: Vec<&RequestKey> = claims.iter().map(|(key, ..)| *key).collect();
    let mut new = HashSet::with_capacity(keys.len());
    let mut claims = claims.into_iter();
    loop {
        let some: Vec<_> = claims.by_ref().take(ROWS_A_STATEMENT).collect();
        if some.is_empty() {
            break;
        }
        insert(tx, some, &mut new).await?;
    }
    let mut claimed = Vec::with_capacity(keys.len());
    for key in keys {
        let identity = (key.scope.clone(), key.method.clone(), key.request_id.clone());
        // Taken out: of two that came together, one is new.
        claimed.push(if new.remove(&identity) {
            Claimed::New
        } else {
            before(tx, key).await?.map_or(Claimed::Other, Claimed::Repeat)
        });
    }
    Ok(claimed)
}

/// Inserts claims that are not there yet, and adds those that were new.
async fn insert(
    tx: &Tx,
    claims: Vec<(&RequestKey, String, Timestamp)>,
    new: &mut HashSet<(String, String, String)>,
) -> Result<(), StoreError> {
    const COLUMNS: [Column; 6] = {
        let mut columns = [Column::Plain; 6];
        columns[4] = Column::Json;
        columns
    };
    let sql = format!(
        "INSERT INTO idempotency (scope, method, request_id, body_hash, answer, created_at) \
         VALUES {} ON CONFLICT DO NOTHING RETURNING scope, method, request_id",
        rows(tx, claims.len(), &COLUMNS)
    );
    let values = claims.into_iter().flat_map(|(key, answer, at)| {
        let [scope, method, request_id] = identity(key);
        let body_hash = key.body_hash.clone().into();
        [scope, method, request_id, body_hash, answer.into(), instant::to_row(at).into()]
    });
    for row in tx.all(&sql, values.collect()).await? {
        let part = |name| row.try_get::<String>("", name);
        new.insert((part("scope")?, part("method")?, part("request_id")?));
    }
    Ok(())
}

/// The answer that the same request got before; nothing if the key was used with another body.
async fn before(tx: &Tx, key: &RequestKey) -> Result<Option<Json>, StoreError> {
    let read = "SELECT body_hash, answer FROM idempotency \
                WHERE scope = $1 AND method = $2 AND request_id = $3";
    let row = tx.one(read, identity(key).into()).await?.ok_or(StoreError::LostRace)?;
    if row.try_get::<String>("", "body_hash")? != key.body_hash {
        return Ok(None);
    }
    let answer: Option<Json> = row.try_get("", "answer")?;
    answer.map(Some).ok_or(StoreError::LostRace)
}

fn identity(key: &RequestKey) -> [Value; 3] {
    [key.scope.clone().into(), key.method.clone().into(), key.request_id.clone().into()]
}

//! Whose turn it is to do what only one process at a time does.

use sea_orm::Value;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// Takes or keeps the turn of a name until an instant; tells whether it is this token's. A turn that
/// nobody keeps ends by itself.
///
/// # Errors
/// [`StoreError`].
pub async fn take(
    tx: &Tx,
    name: &str,
    token: Uuid,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO turn (name, token, held_until) VALUES ($1, $2, $4) \
               ON CONFLICT (name) DO UPDATE SET token = excluded.token, \
               held_until = excluded.held_until \
               WHERE turn.token = excluded.token OR turn.held_until <= $3";
    let values: Vec<Value> =
        vec![name.into(), token.into(), instant::to_row(now).into(), instant::to_row(until).into()];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Gives a turn back, if it is this token's.
///
/// # Errors
/// [`StoreError`].
pub async fn give_back(tx: &Tx, name: &str, token: Uuid) -> Result<(), StoreError> {
    let sql = "DELETE FROM turn WHERE name = $1 AND token = $2";
    tx.execute(sql, vec![name.into(), token.into()]).await.map(|_| ())
}

//! Events from outside, each taken in once.

use sea_orm::Value;
use tasuki_core::time::Timestamp;

use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// Whether this event of this source is new; if so it is now known.
///
/// # Errors
/// [`StoreError`].
pub async fn is_new(
    tx: &Tx,
    source: &str,
    event_id: &str,
    received_at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO inbox (source, event_id, received_at) VALUES ($1, $2, $3) \
               ON CONFLICT DO NOTHING";
    let values: Vec<Value> =
        vec![source.into(), event_id.into(), instant::to_row(received_at).into()];
    Ok(tx.execute(sql, values).await? == 1)
}

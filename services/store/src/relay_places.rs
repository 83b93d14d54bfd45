//! How far the outbox was handed on to streams that keep what they were given.

use sea_orm::Value;
use tasuki_core::time::Timestamp;

use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// How far a stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The place in the outbox of the last event that the stream confirmed; 0 if there is none.
    pub after_seq: i64,
    /// The number under which the stream has it; 0 if there is none.
    pub stream_seq: i64,
}

/// How far the stream of a name has come.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, name: &str) -> Result<Place, StoreError> {
    let sql = "SELECT after_seq, stream_seq FROM relay_place WHERE name = $1";
    let Some(row) = tx.one(sql, vec![name.into()]).await? else { return Ok(Place::default()) };
    Ok(Place {
        after_seq: row.try_get("", "after_seq")?,
        stream_seq: row.try_get("", "stream_seq")?,
    })
}

/// Moves a place from where it was read to another; tells whether it still was there.
///
/// # Errors
/// [`StoreError`].
pub async fn go(
    tx: &Tx,
    name: &str,
    (from, to): (Place, Place),
    at: Timestamp,
) -> Result<bool, StoreError> {
    let at = instant::to_row(at);
    let changed = if from == Place::default() {
        let sql = "INSERT INTO relay_place (name, after_seq, stream_seq, moved_at) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET \
                   after_seq = excluded.after_seq, stream_seq = excluded.stream_seq, \
                   moved_at = excluded.moved_at \
                   WHERE relay_place.after_seq = 0 AND relay_place.stream_seq = 0";
        let values: Vec<Value> =
            vec![name.into(), to.after_seq.into(), to.stream_seq.into(), at.into()];
        tx.execute(sql, values).await?
    } else {
        let sql = "UPDATE relay_place SET after_seq = $2, stream_seq = $3, moved_at = $4 \
                   WHERE name = $1 AND after_seq = $5 AND stream_seq = $6";
        let values: Vec<Value> = vec![
            name.into(),
            to.after_seq.into(),
            to.stream_seq.into(),
            at.into(),
            from.after_seq.into(),
            from.stream_seq.into(),
        ];
        tx.execute(sql, values).await?
    };
    Ok(changed == 1)
}

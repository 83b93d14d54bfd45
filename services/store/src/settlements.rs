//! Settlements: one for each counterpart and month.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::SettlementId;
use tasuki_core::settlement::{Counterpart, Settlement};
use tasuki_core::time::Month;

use crate::document;
use crate::error::StoreError;
use crate::query::Query;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A settlement with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The settlement.
    pub settlement: Settlement,
    /// Grows with every change.
    pub version: i64,
}

/// Which settlements a list shows. Empty filters do not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of this month.
    pub month: Option<Month>,
    /// With counterparts of this kind.
    pub kind: Option<&'static str>,
    /// With this counterpart, by the text of its id.
    pub counterpart_id: Option<String>,
    /// In one of these states.
    pub states: Vec<&'static str>,
}

/// Where a settlement stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its month.
    pub month: Month,
    /// The kind of its counterpart.
    pub kind: String,
    /// The id of its counterpart as text.
    pub counterpart_id: String,
}

/// Adds a settlement, unless there is one for its counterpart and month; tells whether it did.
///
/// A second transaction that adds the same one waits for the first to end.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, settlement: &Settlement) -> Result<bool, StoreError> {
    let sql = "INSERT INTO settlement (id, month, counterpart_kind, counterpart_id, state, gross, \
               currency, document, schema_version, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) \
               ON CONFLICT (month, counterpart_kind, counterpart_id) DO NOTHING";
    let values: Vec<Value> = vec![
        settlement.id.as_uuid().into(),
        settlement.month.to_string().into(),
        settlement.counterpart.kind().into(),
        settlement.counterpart.id_text().into(),
        settlement.state.as_str().into(),
        settlement.gross.amount().into(),
        settlement.gross.currency().code().into(),
        document::to_row("settlement", settlement)?.into(),
        SCHEMA_VERSION.into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// A settlement by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: SettlementId) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT document, version FROM settlement WHERE id = $1";
    tx.one(sql, vec![id.as_uuid().into()]).await?.as_ref().map(from_row).transpose()
}

/// A settlement that is to be changed, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, id: SettlementId) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT document, version FROM settlement WHERE id = $1{}", tx.for_update());
    tx.one(&sql, vec![id.as_uuid().into()]).await?.as_ref().map(from_row).transpose()
}

/// The settlement of a month with a counterpart.
///
/// # Errors
/// [`StoreError`].
pub async fn of_month(
    tx: &Tx,
    month: Month,
    counterpart: &Counterpart,
) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT document, version FROM settlement \
               WHERE month = $1 AND counterpart_kind = $2 AND counterpart_id = $3";
    let values: Vec<Value> =
        vec![month.to_string().into(), counterpart.kind().into(), counterpart.id_text().into()];
    tx.one(sql, values).await?.as_ref().map(from_row).transpose()
}

/// Writes a changed settlement over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, settlement: &Settlement, read_version: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE settlement SET state = $3, document = $4, version = version + 1 \
               WHERE id = $1 AND version = $2";
    let values: Vec<Value> = vec![
        settlement.id.as_uuid().into(),
        read_version.into(),
        settlement.state.as_str().into(),
        document::to_row("settlement", settlement)?.into(),
    ];
    if tx.execute(sql, values).await? == 1 {
        Ok(read_version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// Settlements by month, the newest first, then by counterpart.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query = Query::new("SELECT document, version FROM settlement WHERE 1 = 1", Vec::new());
    query.and_maybe("month = ?", filter.month.map(|month| month.to_string().into()));
    query.and_maybe("counterpart_kind = ?", filter.kind.map(Value::from));
    query.and_maybe("counterpart_id = ?", filter.counterpart_id.as_deref().map(Value::from));
    if !filter.states.is_empty() {
        let places = vec!["?"; filter.states.len()].join(", ");
        let states = filter.states.iter().map(|state| (*state).into()).collect();
        query.and(&format!("state IN ({places})"), states);
    }
    if let Some(after) = after {
        query.and(
            "month < ? OR (month = ? AND (counterpart_kind, counterpart_id) > (?, ?))",
            vec![
                after.month.to_string().into(),
                after.month.to_string().into(),
                after.kind.as_str().into(),
                after.counterpart_id.as_str().into(),
            ],
        );
    }
    let (sql, values) = query.ordered("month DESC, counterpart_kind, counterpart_id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    Ok(Stored {
        settlement: document::from_row("settlement", json)?,
        version: row.try_get("", "version")?,
    })
}

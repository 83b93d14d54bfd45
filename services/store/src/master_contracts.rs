//! Master contracts: the insurer's contracts with the operators.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{InsurerId, MasterContractId, PartnerId};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::Query;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

const READ: &str = "SELECT document, version FROM master_contract";

/// A contract with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The contract.
    pub contract: MasterContract,
    /// Grows with every change.
    pub version: i64,
}

/// Which contracts a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this insurer.
    pub insurer_id: Option<InsurerId>,
    /// Only held by this operator.
    pub holder_id: Option<PartnerId>,
    /// Only those whose period holds this instant.
    pub in_force_at: Option<Timestamp>,
}

/// Where a contract stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When its period starts.
    pub starts_at: Timestamp,
    /// Its code.
    pub code: String,
}

/// Adds a contract.
///
/// # Errors
/// [`StoreError::Duplicate`] if the code is taken.
pub async fn insert(tx: &Tx, contract: &MasterContract) -> Result<(), StoreError> {
    let sql = "INSERT INTO master_contract (id, code, insurer_id, holder_id, starts_at, ends_at, \
               document, schema_version, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) \
               ON CONFLICT (code) DO NOTHING";
    let values: Vec<Value> = vec![
        contract.id.as_uuid().into(),
        contract.code.clone().into(),
        contract.insurer_id.as_uuid().into(),
        contract.holder_id.as_uuid().into(),
        instant::to_row(contract.in_force.start()).into(),
        instant::to_row(contract.in_force.end()).into(),
        document::to_row("master_contract", contract)?.into(),
        SCHEMA_VERSION.into(),
    ];
    if tx.execute(sql, values).await? == 1 {
        Ok(())
    } else {
        Err(StoreError::Duplicate(format!("master_contract.code `{}`", contract.code)))
    }
}

/// Writes a changed contract over the version that was read; gives the new version.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(
    tx: &Tx,
    contract: &MasterContract,
    read_version: i64,
) -> Result<i64, StoreError> {
    let sql = "UPDATE master_contract SET ends_at = $2, document = $3, version = version + 1 \
               WHERE id = $1 AND version = $4";
    let values: Vec<Value> = vec![
        contract.id.as_uuid().into(),
        instant::to_row(contract.in_force.end()).into(),
        document::to_row("master_contract", contract)?.into(),
        read_version.into(),
    ];
    if tx.execute(sql, values).await? == 1 {
        Ok(read_version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// A contract that is to be changed, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, id: MasterContractId) -> Result<Option<Stored>, StoreError> {
    let sql = format!("{READ} WHERE id = $1{}", tx.for_update());
    tx.one(&sql, vec![id.as_uuid().into()]).await?.as_ref().map(from_row).transpose()
}

/// A contract by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: MasterContractId) -> Result<Option<Stored>, StoreError> {
    let sql = format!("{READ} WHERE id = $1");
    tx.one(&sql, vec![id.as_uuid().into()]).await?.as_ref().map(from_row).transpose()
}

/// A contract by its code.
///
/// # Errors
/// [`StoreError`].
pub async fn by_code(tx: &Tx, code: &str) -> Result<Option<Stored>, StoreError> {
    let sql = format!("{READ} WHERE code = $1");
    tx.one(&sql, vec![code.into()]).await?.as_ref().map(from_row).transpose()
}

/// Contracts, the latest period first, then by code.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query = Query::new(&format!("{READ} WHERE 1 = 1"), Vec::new());
    query.and_maybe("insurer_id = ?", filter.insurer_id.map(|id| id.as_uuid().into()));
    query.and_maybe("holder_id = ?", filter.holder_id.map(|id| id.as_uuid().into()));
    let at = |at: Timestamp| -> Value { instant::to_row(at).into() };
    query.and_maybe("starts_at <= ?", filter.in_force_at.map(at));
    query.and_maybe("ends_at > ?", filter.in_force_at.map(at));
    if let Some(after) = after {
        query.and(
            "starts_at < ? OR (starts_at = ? AND code > ?)",
            vec![at(after.starts_at), at(after.starts_at), after.code.clone().into()],
        );
    }
    let (sql, values) = query.ordered("starts_at DESC, code", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// More contracts of one operator at a time than any scheme has.
const HELD_AT_ONCE: u64 = 16;

/// The contracts of an operator that are in force at a time, the latest period first.
///
/// # Errors
/// [`StoreError`].
pub async fn held(
    tx: &Tx,
    holder: PartnerId,
    in_force_at: Timestamp,
) -> Result<Vec<MasterContract>, StoreError> {
    let filter =
        Filter { insurer_id: None, holder_id: Some(holder), in_force_at: Some(in_force_at) };
    let stored = list(tx, &filter, None, HELD_AT_ONCE).await?;
    Ok(stored.into_iter().map(|stored| stored.contract).collect())
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let contract = document::from_row("master_contract", json)?;
    Ok(Stored { contract, version: row.try_get("", "version")? })
}

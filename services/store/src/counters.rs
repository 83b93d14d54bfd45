//! Running numbers without gaps, unique among everybody who has to tell them apart.

use sea_orm::Value;
use tasuki_core::id::{MasterContractId, PartnerId};
use uuid::Uuid;

use crate::error::StoreError;
use crate::tx::Tx;

/// What is numbered, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// Certificates under one master contract: its insurer knows them by their numbers.
    Certificates(MasterContractId),
    /// Claims of the whole installation: they may be notified before it is clear who covers them.
    Claims,
    /// Invoices of one issuer, for its books.
    Invoices(PartnerId),
    /// Credit notes of one issuer.
    CreditNotes(PartnerId),
}

impl Series {
    const fn key(self) -> (Uuid, &'static str) {
        match self {
            Self::Certificates(contract) => (contract.as_uuid(), "certificate"),
            Self::Claims => (Uuid::nil(), "claim"),
            Self::Invoices(issuer) => (issuer.as_uuid(), "invoice"),
            Self::CreditNotes(issuer) => (issuer.as_uuid(), "credit_note"),
        }
    }
}

/// The next number of a series, starting at 1. A transaction that is not committed uses none.
///
/// Takes the series' row lock until the transaction ends: draw the number last.
///
/// # Errors
/// [`StoreError`].
pub async fn next(tx: &Tx, series: Series) -> Result<i64, StoreError> {
    let sql = "INSERT INTO counter (owner_id, name, used) VALUES ($1, $2, 1) \
               ON CONFLICT (owner_id, name) DO UPDATE SET used = counter.used + 1 \
               RETURNING used";
    let (owner, name) = series.key();
    let values: Vec<Value> = vec![owner.into(), name.into()];
    let row = tx.one(sql, values).await?.ok_or_else(|| StoreError::Row {
        table: "counter",
        cause: "no number was given out".to_owned(),
    })?;
    Ok(row.try_get("", "used")?)
}

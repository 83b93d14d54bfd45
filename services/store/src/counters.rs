//! Running numbers without gaps, one series per tenant and name.

use sea_orm::Value;
use tasuki_core::id::TenantId;

use crate::error::StoreError;
use crate::tx::Tx;

/// The next number of a series, starting at 1. A transaction that is not committed uses none.
///
/// Takes the series' row lock until the transaction ends: draw the number last.
///
/// # Errors
/// [`StoreError`].
pub async fn next(tx: &Tx, tenant: TenantId, name: &str) -> Result<i64, StoreError> {
    let sql = "INSERT INTO counter (tenant_id, name, used) VALUES ($1, $2, 1) \
               ON CONFLICT (tenant_id, name) DO UPDATE SET used = counter.used + 1 \
               RETURNING used";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), name.into()];
    let row = tx.one(sql, values).await?.ok_or_else(|| StoreError::Row {
        table: "counter",
        cause: "no number was given out".to_owned(),
    })?;
    Ok(row.try_get("", "used")?)
}

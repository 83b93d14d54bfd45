//! Invoices, and which months are closed.

use chrono::NaiveDate;
use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{InvoiceId, SubscriptionId, TenantId};
use tasuki_core::invoice::{Invoice, InvoiceState};
use tasuki_core::time::{CivilDate, Month, Timestamp};
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// An invoice with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The invoice.
    pub invoice: Invoice,
    /// Grows with every change.
    pub version: i64,
}

/// Which invoices a list shows. Empty filters do not filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// Of this subscription.
    pub subscription: Option<SubscriptionId>,
    /// Of this payer.
    pub payer: Option<String>,
    /// Of this month or a later one.
    pub from: Option<Month>,
    /// Of this month or an earlier one.
    pub until: Option<Month>,
    /// In one of these states.
    pub states: Vec<&'static str>,
}

impl Filter {
    /// All invoices of a scope.
    pub const fn of(scope: Scope) -> Self {
        Self { scope, subscription: None, payer: None, from: None, until: None, states: Vec::new() }
    }

    /// Of one month.
    #[must_use]
    pub const fn in_month(mut self, month: Month) -> Self {
        (self.from, self.until) = (Some(month), Some(month));
        self
    }
}

/// Where an invoice stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its month.
    pub month: Month,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its number.
    pub number: String,
}

/// Notes that a month of a subscription is closed; tells whether it was not closed before.
///
/// A second transaction that closes the same month waits for the first one to end.
///
/// # Errors
/// [`StoreError`].
pub async fn close(
    tx: &Tx,
    (tenant, subscription): (TenantId, SubscriptionId),
    month: Month,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO closed_month (tenant_id, subscription_id, month, closed_at) \
               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        subscription.as_uuid().into(),
        month.to_string().into(),
        instant::to_row(at).into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Whether a month of a subscription is closed.
///
/// # Errors
/// [`StoreError`].
pub async fn is_closed(
    tx: &Tx,
    (tenant, subscription): (TenantId, SubscriptionId),
    month: Month,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS closed FROM closed_month \
               WHERE tenant_id = $1 AND subscription_id = $2 AND month = $3";
    let values: Vec<Value> =
        vec![tenant.as_uuid().into(), subscription.as_uuid().into(), month.to_string().into()];
    Ok(tx.one(sql, values).await?.is_some())
}

/// The subscriptions whose month is closed.
///
/// # Errors
/// [`StoreError`].
pub async fn closed(tx: &Tx, month: Month) -> Result<Vec<SubscriptionId>, StoreError> {
    let sql = "SELECT subscription_id FROM closed_month WHERE month = $1";
    let rows = tx.all(sql, vec![month.to_string().into()]).await?;
    rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "subscription_id")?.into())).collect()
}

/// Adds a final invoice.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one of the subscription, payer and month;
/// [`StoreError::Row`] for a draft, which is never stored.
pub async fn insert(tx: &Tx, invoice: &Invoice) -> Result<(), StoreError> {
    let issued = invoice.state.issued().ok_or_else(|| StoreError::Row {
        table: "invoice",
        cause: "a draft has no number and is not stored".to_owned(),
    })?;
    let sql = "INSERT INTO invoice (tenant_id, id, subscription_id, payer_code, month, number, \
               state, due_on, gross, due, currency, document, schema_version, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)";
    let values: Vec<Value> = vec![
        invoice.tenant_id.as_uuid().into(),
        invoice.id.as_uuid().into(),
        invoice.subscription_id.as_uuid().into(),
        invoice.content.payer.code.clone().into(),
        invoice.content.month.to_string().into(),
        issued.number.clone().into(),
        invoice.state.as_str().into(),
        day(issued.due_on).into(),
        invoice.content.gross.amount().into(),
        invoice.balance().due().amount().into(),
        invoice.content.gross.currency().code().into(),
        document::to_row("invoice", invoice)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// An invoice by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, tenant: TenantId, id: InvoiceId) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT document, version FROM invoice WHERE tenant_id = $1 AND id = $2";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(sql, values).await?.as_ref().map(from_row).transpose()
}

/// An invoice that is to be changed, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, tenant: TenantId, id: InvoiceId) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM invoice WHERE tenant_id = $1 AND id = $2{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// The invoices of a payer that are still to be paid, the oldest first, locked until the transaction
/// ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_open(
    tx: &Tx,
    tenant: TenantId,
    payer_code: &str,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM invoice WHERE tenant_id = $1 AND payer_code = $2 \
         AND state IN ('final', 'partly_paid', 'past_due') ORDER BY due_on, number LIMIT $3{}",
        tx.for_update()
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: Vec<Value> = vec![tenant.as_uuid().into(), payer_code.into(), limit.into()];
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// Writes a changed invoice over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, invoice: &Invoice, read_version: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE invoice SET state = $4, due = $5, document = $6, version = version + 1 \
               WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        invoice.tenant_id.as_uuid().into(),
        invoice.id.as_uuid().into(),
        read_version.into(),
        invoice.state.as_str().into(),
        invoice.balance().due().amount().into(),
        document::to_row("invoice", invoice)?.into(),
    ];
    if tx.execute(sql, values).await? == 1 {
        Ok(read_version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// Invoices by month, the newest first, then by tenant and number.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query = Query::new("SELECT document, version FROM invoice WHERE 1 = 1", Vec::new());
    query.within(filter.scope);
    query.and_maybe("subscription_id = ?", filter.subscription.map(|id| id.as_uuid().into()));
    query.and_maybe("payer_code = ?", filter.payer.as_deref().map(Into::into));
    query.and_maybe("month >= ?", filter.from.map(|month| month.to_string().into()));
    query.and_maybe("month <= ?", filter.until.map(|month| month.to_string().into()));
    if !filter.states.is_empty() {
        let places = vec!["?"; filter.states.len()].join(", ");
        let states = filter.states.iter().map(|state| (*state).into()).collect();
        query.and(&format!("state IN ({places})"), states);
    }
    if let Some(after) = after {
        query.and(
            "month < ? OR (month = ? AND (tenant_id, number) > (?, ?))",
            vec![
                after.month.to_string().into(),
                after.month.to_string().into(),
                after.tenant.as_uuid().into(),
                after.number.as_str().into(),
            ],
        );
    }
    let (sql, values) = query.ordered("month DESC, tenant_id, number", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let invoice: Invoice = document::from_row("invoice", json)?;
    if matches!(invoice.state, InvoiceState::Draft) {
        let cause = "a draft was stored".to_owned();
        return Err(StoreError::Row { table: "invoice", cause });
    }
    Ok(Stored { invoice, version: row.try_get("", "version")? })
}

/// The row's form of a day.
fn day(day: CivilDate) -> NaiveDate {
    let (month, of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    NaiveDate::from_ymd_opt(day.year().into(), month.into(), of_month.into())
        .unwrap_or(NaiveDate::MAX)
}

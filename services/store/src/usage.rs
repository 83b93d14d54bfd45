//! What providers measured, each measurement taken in once.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{ProviderId, SubscriptionId, TenantId, UsageId};
use tasuki_core::time::{Month, Timestamp};
use tasuki_core::usage::{Meter, UsageRecord};

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A measurement with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The measurement.
    pub record: UsageRecord,
    /// Grows with every change.
    pub version: i64,
}

/// Which measurements of a tenant a list shows. Empty filters do not filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub tenant: TenantId,
    /// Of this subscription.
    pub subscription: Option<SubscriptionId>,
    /// Of this meter.
    pub meter: Option<Meter>,
    /// Whose period ends after this instant.
    pub ends_after: Option<Timestamp>,
    /// Whose period ends at or before this instant.
    pub ends_by: Option<Timestamp>,
}

/// Where a measurement stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where its period ends.
    pub measured_until: Timestamp,
    /// Its meter.
    pub meter: String,
    /// The provider's id of it.
    pub provider_event_id: String,
}

/// Adds a measurement, unless one of the same provider and id was ever added; tells whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, record: &UsageRecord) -> Result<bool, StoreError> {
    let sql = "INSERT INTO usage_record (tenant_id, id, provider_id, provider_event_id, \
               subscription_id, service, meter, kind, quantity, measured_from, measured_until, \
               corrected_by, received_at, document, schema_version, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1) \
               ON CONFLICT (provider_id, provider_event_id) DO NOTHING";
    let report = &record.report;
    let values: Vec<Value> = vec![
        report.tenant_id.as_uuid().into(),
        record.id.as_uuid().into(),
        report.provider_id.as_uuid().into(),
        report.provider_event_id.clone().into(),
        report.subscription_id.as_uuid().into(),
        report.service.as_str().into(),
        report.meter.as_str().into(),
        report.kind.as_str().into(),
        report.quantity.to_string().into(),
        instant::to_row(report.measured.start()).into(),
        instant::to_row(report.measured.end()).into(),
        record.corrected_by.map(UsageId::as_uuid).into(),
        instant::to_row(record.received_at).into(),
        document::to_row("usage_record", record)?.into(),
        SCHEMA_VERSION.into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// A provider's measurement, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_event(
    tx: &Tx,
    provider: ProviderId,
    event_id: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM usage_record \
         WHERE provider_id = $1 AND provider_event_id = $2{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![provider.as_uuid().into(), event_id.into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// Writes a changed measurement over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, record: &UsageRecord, read_version: i64) -> Result<(), StoreError> {
    let sql = "UPDATE usage_record SET corrected_by = $4, document = $5, version = version + 1 \
               WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        record.report.tenant_id.as_uuid().into(),
        record.id.as_uuid().into(),
        read_version.into(),
        record.corrected_by.map(UsageId::as_uuid).into(),
        document::to_row("usage_record", record)?.into(),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// Measurements by the end of their period, then meter, then the provider's id.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query =
        Query::new("SELECT document, version FROM usage_record WHERE 1 = 1", Vec::new());
    query.within(Scope::Tenant(filter.tenant));
    query.and_maybe("subscription_id = ?", filter.subscription.map(|id| id.as_uuid().into()));
    query.and_maybe("meter = ?", filter.meter.as_ref().map(|meter| meter.as_str().into()));
    let instant = |at: Timestamp| instant::to_row(at).into();
    query.and_maybe("measured_until > ?", filter.ends_after.map(instant));
    query.and_maybe("measured_until <= ?", filter.ends_by.map(instant));
    if let Some(after) = after {
        query.and(
            "(measured_until, meter, provider_event_id) > (?, ?, ?)",
            vec![
                instant(after.measured_until),
                after.meter.as_str().into(),
                after.provider_event_id.as_str().into(),
            ],
        );
    }
    let (sql, values) = query.ordered("measured_until, meter, provider_event_id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// What a subscription measures a meter in, by its last measurement; none if it never measured it.
///
/// # Errors
/// [`StoreError`].
pub async fn last_of_meter(
    tx: &Tx,
    (tenant, subscription): (TenantId, SubscriptionId),
    meter: &Meter,
) -> Result<Option<UsageRecord>, StoreError> {
    let sql = "SELECT document, version FROM usage_record WHERE tenant_id = $1 \
               AND subscription_id = $2 AND meter = $3 ORDER BY measured_until DESC LIMIT 1";
    let values: Vec<Value> =
        vec![tenant.as_uuid().into(), subscription.as_uuid().into(), meter.as_str().into()];
    Ok(tx.one(sql, values).await?.as_ref().map(from_row).transpose()?.map(|stored| stored.record))
}

/// Notes that a month of a subscription was measured on after it was invoiced.
///
/// # Errors
/// [`StoreError`].
pub async fn note_late(
    tx: &Tx,
    (tenant, subscription): (TenantId, SubscriptionId),
    month: Month,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO late_usage (tenant_id, subscription_id, month) VALUES ($1, $2, $3) \
               ON CONFLICT (tenant_id, subscription_id, month) DO NOTHING";
    let values: Vec<Value> =
        vec![tenant.as_uuid().into(), subscription.as_uuid().into(), month.to_string().into()];
    tx.execute(sql, values).await.map(|_| ())
}

/// The months before one that were measured on after they were invoiced, and that no later invoice
/// took up.
///
/// # Errors
/// [`StoreError`].
pub async fn late_months(
    tx: &Tx,
    (tenant, subscription): (TenantId, SubscriptionId),
    before: Month,
) -> Result<Vec<Month>, StoreError> {
    let sql = "SELECT month FROM late_usage WHERE tenant_id = $1 AND subscription_id = $2 \
               AND month < $3 ORDER BY month";
    let values: Vec<Value> =
        vec![tenant.as_uuid().into(), subscription.as_uuid().into(), before.to_string().into()];
    let rows = tx.all(sql, values).await?;
    rows.iter()
        .map(|row| {
            let month: String = row.try_get("", "month")?;
            month.parse().map_err(|_| StoreError::Row { table: "late_usage", cause: month })
        })
        .collect()
}

/// Forgets months that an invoice has taken up.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_late(
    tx: &Tx,
    (tenant, subscription): (TenantId, SubscriptionId),
    months: &[Month],
) -> Result<(), StoreError> {
    let sql = "DELETE FROM late_usage WHERE tenant_id = $1 AND subscription_id = $2 AND month = $3";
    for month in months {
        let values: Vec<Value> =
            vec![tenant.as_uuid().into(), subscription.as_uuid().into(), month.to_string().into()];
        tx.execute(sql, values).await?;
    }
    Ok(())
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    Ok(Stored {
        record: document::from_row("usage_record", json)?,
        version: row.try_get("", "version")?,
    })
}

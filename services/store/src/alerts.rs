//! Detections of providers, each taken in once.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::alert::{Alert, AlertKey, AlertKind, Verdict};
use tasuki_core::id::{AlertId, IncidentId, ProviderId, TenantId};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// An alert with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The alert.
    pub alert: Alert,
    /// Grows with every change.
    pub version: i64,
}

/// Which alerts a list shows. Empty filters do not filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// In one of these states, by their words.
    pub states: Vec<&'static str>,
    /// Of this service.
    pub service: Option<Service>,
    /// Of this kind.
    pub kind: Option<AlertKind>,
    /// Of this incident.
    pub incident: Option<IncidentId>,
    /// Detected at or after this instant.
    pub detected_from: Option<Timestamp>,
    /// Detected before this instant.
    pub detected_until: Option<Timestamp>,
}

impl Filter {
    /// All alerts of a scope.
    pub const fn of(scope: Scope) -> Self {
        Self {
            scope,
            states: Vec::new(),
            service: None,
            kind: None,
            incident: None,
            detected_from: None,
            detected_until: None,
        }
    }
}

/// Where an alert stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When we received it.
    pub received_at: Timestamp,
    /// Who reported it.
    pub provider_id: ProviderId,
    /// Its id there.
    pub provider_alert_id: String,
}

/// Adds an alert, unless one with its key was ever added; tells whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, alert: &Alert) -> Result<bool, StoreError> {
    let sql = "INSERT INTO alert (tenant_id, id, provider_id, provider_alert_id, service, kind, \
               state, verdict, incident_id, symptom, n_detections, detected_at, received_at, \
               document, schema_version, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1) \
               ON CONFLICT (provider_id, provider_alert_id) DO NOTHING";
    let report = &alert.report;
    let values: Vec<Value> = vec![
        report.tenant_id.as_uuid().into(),
        alert.id.as_uuid().into(),
        report.key.provider_id.as_uuid().into(),
        report.key.provider_alert_id.as_str().into(),
        report.service.as_str().into(),
        report.detail.kind().as_str().into(),
        alert.state.as_str().into(),
        alert.verdict().map(Verdict::as_str).into(),
        alert.state.incident_id().map(IncidentId::as_uuid).into(),
        report.symptom.as_str().into(),
        i64::from(report.n_detections).into(),
        instant::to_row(report.detected_at).into(),
        instant::to_row(alert.received_at).into(),
        document::to_row("alert", alert)?.into(),
        SCHEMA_VERSION.into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// The alert of a key, of whatever tenant.
///
/// # Errors
/// [`StoreError`].
pub async fn by_key(tx: &Tx, key: &AlertKey) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT document, version FROM alert \
               WHERE provider_id = $1 AND provider_alert_id = $2";
    let values: Vec<Value> =
        vec![key.provider_id.as_uuid().into(), key.provider_alert_id.as_str().into()];
    tx.one(sql, values).await?.as_ref().map(from_row).transpose()
}

/// An alert by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, tenant: TenantId, id: AlertId) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, "").await
}

/// An alert that is to be changed, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, tenant: TenantId, id: AlertId) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, tx.for_update()).await
}

async fn read(
    tx: &Tx,
    tenant: TenantId,
    id: AlertId,
    lock: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT document, version FROM alert WHERE tenant_id = $1 AND id = $2{lock}");
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// Writes a changed alert over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, alert: &Alert, read_version: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE alert SET state = $4, verdict = $5, incident_id = $6, document = $7, \
               version = version + 1 WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        alert.report.tenant_id.as_uuid().into(),
        alert.id.as_uuid().into(),
        read_version.into(),
        alert.state.as_str().into(),
        alert.verdict().map(Verdict::as_str).into(),
        alert.state.incident_id().map(IncidentId::as_uuid).into(),
        document::to_row("alert", alert)?.into(),
    ];
    if tx.execute(sql, values).await? == 1 {
        Ok(read_version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// Alerts, the newest received first, then by provider and the provider's alert id.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query = filtered("SELECT document, version FROM alert WHERE 1 = 1", filter);
    if let Some(after) = after {
        let at = instant::to_row(after.received_at);
        query.and(
            "received_at < ? OR (received_at = ? AND (provider_id, provider_alert_id) > (?, ?))",
            vec![
                at.into(),
                at.into(),
                after.provider_id.as_uuid().into(),
                after.provider_alert_id.as_str().into(),
            ],
        );
    }
    let (sql, values) = query.ordered("received_at DESC, provider_id, provider_alert_id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

fn filtered(sql: &str, filter: &Filter) -> Query {
    let mut query = Query::new(sql, Vec::new());
    query.within(filter.scope);
    query.and_one_of("state", filter.states.iter().map(|state| (*state).into()).collect());
    query.and_maybe("service = ?", filter.service.map(|service| service.as_str().into()));
    query.and_maybe("kind = ?", filter.kind.map(|kind| kind.as_str().into()));
    query.and_maybe("incident_id = ?", filter.incident.map(|id| id.as_uuid().into()));
    let instant = |at: Timestamp| instant::to_row(at).into();
    query.and_maybe("detected_at >= ?", filter.detected_from.map(instant));
    query.and_maybe("detected_at < ?", filter.detected_until.map(instant));
    query
}

/// How many detections of a kind a tenant had after `after` and up to `until`, one alert left out.
///
/// # Errors
/// [`StoreError`].
pub async fn count_detections(
    tx: &Tx,
    tenant: TenantId,
    (kind, left_out): (AlertKind, AlertId),
    (after, until): (Timestamp, Timestamp),
) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(n_detections), 0) AS bigint) AS n FROM alert \
               WHERE tenant_id = $1 AND kind = $2 AND detected_at > $3 AND detected_at <= $4 \
               AND id <> $5";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        kind.as_str().into(),
        instant::to_row(after).into(),
        instant::to_row(until).into(),
        left_out.as_uuid().into(),
    ];
    let row = tx.one(sql, values).await?;
    let row = row.ok_or_else(|| StoreError::Row { table: "alert", cause: "no sum".to_owned() })?;
    Ok(row.try_get("", "n")?)
}

/// The alerts of a kind that still wait for a verdict, the oldest first, locked.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_awaiting(
    tx: &Tx,
    tenant: TenantId,
    kind: AlertKind,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM alert WHERE tenant_id = $1 AND kind = $2 \
         AND state = 'awaiting_verdict' \
         ORDER BY detected_at, provider_id, provider_alert_id LIMIT $3{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        kind.as_str().into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// The alerts of a kind that were detected after an instant, the oldest first, locked.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_since(
    tx: &Tx,
    tenant: TenantId,
    (kind, after): (AlertKind, Timestamp),
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM alert WHERE tenant_id = $1 AND kind = $2 \
         AND detected_at > $3 ORDER BY detected_at, provider_id, provider_alert_id LIMIT $4{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        kind.as_str().into(),
        instant::to_row(after).into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// The ids of an incident's alerts in order of detection.
///
/// # Errors
/// [`StoreError`].
pub async fn of_incident(
    tx: &Tx,
    tenant: TenantId,
    incident: IncidentId,
    limit: u64,
) -> Result<Vec<AlertId>, StoreError> {
    let sql = "SELECT id FROM alert WHERE tenant_id = $1 AND incident_id = $2 \
               ORDER BY detected_at, provider_id, provider_alert_id LIMIT $3";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        incident.as_uuid().into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    let rows = tx.all(sql, values).await?;
    rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect()
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    Ok(Stored { alert: document::from_row("alert", json)?, version: row.try_get("", "version")? })
}

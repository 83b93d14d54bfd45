//! Signs of life: the last one of each device, and all of them as evidence.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::heartbeat::Heartbeat;
use tasuki_core::id::{ItemId, TenantId};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::Query;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A sign of life as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The device or endpoint.
    pub device_id: String,
    /// When it was seen.
    pub seen_at: Timestamp,
    /// Whether a bypass rule was active then; none when the provider could not tell.
    pub bypass_active: Option<bool>,
}

/// Whether somebody looks out for the device's silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Its silence means nothing.
    Unwatched,
    /// A check is pending.
    Checking,
    /// A check found it offline; none is pending until it comes back.
    Offline,
}

impl Watch {
    /// The word in tables.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unwatched => "unwatched",
            Self::Checking => "checking",
            Self::Offline => "offline",
        }
    }
}

/// The last sign of life of a device, and whether it is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The sign of life.
    pub heartbeat: Heartbeat,
    /// Whether it is watched.
    pub watch: Watch,
}

/// Which signs of life count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Of<'a> {
    /// Only of this device or endpoint.
    pub device_id: Option<&'a str>,
    /// Only of this instance of the service.
    pub instance: Option<Instance>,
    /// Only those that were recorded by then.
    pub known_at: Option<Timestamp>,
}

/// One instance of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// The instance.
    pub id: ItemId,
    /// Whether the tenant has no other of the service, so that signs of life that name no instance are its own.
    pub is_only_one: bool,
}

/// Keeps a sign of life as evidence, recorded now; tells whether it was new. A repeat changes nothing: it was
/// known since the first.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Tx, heartbeat: &Heartbeat, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "INSERT INTO heartbeat_seen (tenant_id, service, device_id, seen_at, bypass, \
               recorded_at, instance_id) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let mut values = key(heartbeat.tenant_id, heartbeat.service, &heartbeat.device_id);
    values.push(instant::to_row(heartbeat.last_seen_at).into());
    values.push(bypass_word(heartbeat.bypass_active).into());
    values.push(instant::to_row(now).into());
    values.push(heartbeat.instance_id.map(ItemId::as_uuid).into());
    Ok(tx.execute(sql, values).await? == 1)
}

/// The last sign of life of a device, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(
    tx: &Tx,
    tenant: TenantId,
    service: Service,
    device_id: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, watch FROM heartbeat WHERE tenant_id = $1 AND service = $2 \
         AND device_id = $3{}",
        tx.for_update()
    );
    tx.one(&sql, key(tenant, service, device_id)).await?.as_ref().map(from_row).transpose()
}

/// Makes it the last sign of life of its device, unless a later one is known by now.
///
/// # Errors
/// [`StoreError`].
pub async fn put(tx: &Tx, heartbeat: &Heartbeat, watch: Watch) -> Result<(), StoreError> {
    let sql = "INSERT INTO heartbeat (tenant_id, service, device_id, provider_id, last_seen_at, \
               watch, document, schema_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
               ON CONFLICT (tenant_id, service, device_id) DO UPDATE SET \
               provider_id = excluded.provider_id, last_seen_at = excluded.last_seen_at, \
               watch = excluded.watch, document = excluded.document, \
               schema_version = excluded.schema_version \
               WHERE heartbeat.last_seen_at <= excluded.last_seen_at";
    let mut values = key(heartbeat.tenant_id, heartbeat.service, &heartbeat.device_id);
    values.push(heartbeat.provider_id.as_uuid().into());
    values.push(instant::to_row(heartbeat.last_seen_at).into());
    values.push(watch.as_str().into());
    values.push(document::to_row("heartbeat", heartbeat)?.into());
    values.push(SCHEMA_VERSION.into());
    tx.execute(sql, values).await.map(|_| ())
}

/// The last sign of life of a service at or before an instant: the evidence that it was running when a
/// loss happened.
///
/// # Errors
/// [`StoreError`].
pub async fn last_before(
    tx: &Tx,
    (tenant, service): (TenantId, Service),
    of: Of<'_>,
    at: Timestamp,
) -> Result<Option<Seen>, StoreError> {
    let sql = "SELECT device_id, seen_at, bypass FROM heartbeat_seen WHERE tenant_id = $1 \
               AND service = $2 AND seen_at <= $3";
    let values: Vec<Value> =
        vec![tenant.as_uuid().into(), service.as_str().into(), instant::to_row(at).into()];
    let mut query = Query::new(sql, values);
    query.and_maybe("device_id = ?", of.device_id.map(Into::into));
    if let Some(Instance { id, is_only_one }) = of.instance {
        let own =
            if is_only_one { "instance_id IS NULL OR instance_id = ?" } else { "instance_id = ?" };
        query.and(own, vec![id.as_uuid().into()]);
    }
    // What was recorded before the time of the record was kept counts as known when it was seen.
    let known_at = of.known_at.map(|at| instant::to_row(at).into());
    query.and_maybe("COALESCE(recorded_at, seen_at) <= ?", known_at);
    let (sql, values) = query.ordered("seen_at DESC, device_id", 1);
    tx.one(&sql, values).await?.as_ref().map(seen_from_row).transpose()
}

/// How many devices of a service have shown a sign of life within a span, the end excluded.
///
/// # Errors
/// [`StoreError`].
pub async fn count_devices(
    tx: &Tx,
    tenant: TenantId,
    service: Service,
    (from, until): (Timestamp, Timestamp),
) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(DISTINCT device_id) AS n FROM heartbeat_seen WHERE tenant_id = $1 \
               AND service = $2 AND seen_at >= $3 AND seen_at < $4";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        service.as_str().into(),
        instant::to_row(from).into(),
        instant::to_row(until).into(),
    ];
    let row = tx.one(sql, values).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get("", "n")?))
}

fn key(tenant: TenantId, service: Service, device_id: &str) -> Vec<Value> {
    vec![tenant.as_uuid().into(), service.as_str().into(), device_id.into()]
}

const fn bypass_word(active: Option<bool>) -> &'static str {
    match active {
        Some(true) => "on",
        Some(false) => "off",
        None => "unknown",
    }
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let watch: String = row.try_get("", "watch")?;
    let watch = [Watch::Unwatched, Watch::Checking, Watch::Offline]
        .into_iter()
        .find(|known| known.as_str() == watch)
        .ok_or_else(|| StoreError::Row { table: "heartbeat", cause: format!("watch `{watch}`") })?;
    Ok(Stored { heartbeat: document::from_row("heartbeat", json)?, watch })
}

fn seen_from_row(row: &QueryResult) -> Result<Seen, StoreError> {
    let bypass: String = row.try_get("", "bypass")?;
    Ok(Seen {
        device_id: row.try_get("", "device_id")?,
        seen_at: instant::from_row("heartbeat_seen", row.try_get("", "seen_at")?)?,
        bypass_active: match bypass.as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        },
    })
}

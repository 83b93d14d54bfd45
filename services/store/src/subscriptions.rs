//! Subscriptions.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::subscription::Subscription;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A subscription with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The subscription.
    pub subscription: Subscription,
    /// Grows with every change.
    pub version: i64,
}

/// Which subscriptions a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// In one of these states; any if empty.
    pub states: Vec<&'static str>,
}

/// Adds a subscription.
///
/// # Errors
/// [`StoreError::Duplicate`] if its quote became one already.
pub async fn insert(tx: &Tx, subscription: &Subscription) -> Result<(), StoreError> {
    let sql = "INSERT INTO subscription (tenant_id, id, partner_id, quote_id, state, document, \
               schema_version, version, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)";
    let values: Vec<Value> = vec![
        subscription.tenant_id.as_uuid().into(),
        subscription.id.as_uuid().into(),
        subscription.partner_id.as_uuid().into(),
        subscription.quote_id.as_uuid().into(),
        subscription.state().as_str().into(),
        document::to_row("subscription", subscription)?.into(),
        SCHEMA_VERSION.into(),
        instant::to_row(subscription.created_at).into(),
    ];
    tx.execute(sql, values).await?;
    keep(tx, subscription, (1, subscription.created_at)).await
}

/// A subscription by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(
    tx: &Tx,
    tenant: TenantId,
    id: SubscriptionId,
) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, "").await
}

/// A subscription by its id, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(
    tx: &Tx,
    tenant: TenantId,
    id: SubscriptionId,
) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, tx.for_update()).await
}

/// Writes a changed subscription over the version that was read, and keeps the revision with the time
/// at which it is recorded, by the tenant's clock.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(
    tx: &Tx,
    subscription: &Subscription,
    read_version: i64,
    recorded_at: Timestamp,
) -> Result<i64, StoreError> {
    let next = read_version.saturating_add(1);
    keep_what_stood(tx, subscription).await?;
    let sql = "UPDATE subscription SET state = $4, document = $5, version = $6 \
               WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        subscription.tenant_id.as_uuid().into(),
        subscription.id.as_uuid().into(),
        read_version.into(),
        subscription.state().as_str().into(),
        document::to_row("subscription", subscription)?.into(),
        next.into(),
    ];
    if tx.execute(sql, values).await? != 1 {
        return Err(StoreError::LostRace);
    }
    keep(tx, subscription, (next, recorded_at)).await?;
    Ok(next)
}

/// A subscription as it was known at a time: the last revision that was recorded by then; none before
/// it was made.
///
/// # Errors
/// [`StoreError`].
pub async fn as_known(
    tx: &Tx,
    tenant: TenantId,
    id: SubscriptionId,
    known_at: Timestamp,
) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT document, version, stood_before FROM subscription_revision \
               WHERE tenant_id = $1 AND subscription_id = $2 AND recorded_at <= $3 \
               ORDER BY version DESC LIMIT 1";
    let values: Vec<Value> =
        vec![tenant.as_uuid().into(), id.as_uuid().into(), instant::to_row(known_at).into()];
    if let Some(row) = tx.one(sql, values).await? {
        let stored = from_row(&row)?;
        let stood_before: i32 = row.try_get("", "stood_before")?;
        return Ok(Some(if stood_before == 1 { rewound(&stored, known_at) } else { stored }));
    }
    // It has not been changed since revisions are kept.
    let kept = "SELECT 1 AS one FROM subscription_revision \
                WHERE tenant_id = $1 AND subscription_id = $2 LIMIT 1";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    if tx.one(kept, values).await?.is_some() {
        return Ok(None);
    }
    let stored = get(tx, tenant, id).await?;
    let made = stored.filter(|stored| stored.subscription.created_at <= known_at);
    Ok(made.map(|stored| rewound(&stored, known_at)))
}

fn rewound(stored: &Stored, known_at: Timestamp) -> Stored {
    let subscription = stored.subscription.rewound(known_at);
    Stored { subscription, version: stored.version }
}

async fn keep(
    tx: &Tx,
    subscription: &Subscription,
    (version, recorded_at): (i64, Timestamp),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO subscription_revision (tenant_id, subscription_id, version, recorded_at, \
               stood_before, document, schema_version) VALUES ($1, $2, $3, $4, 0, $5, $6)";
    let values: Vec<Value> = vec![
        subscription.tenant_id.as_uuid().into(),
        subscription.id.as_uuid().into(),
        version.into(),
        instant::to_row(recorded_at).into(),
        document::to_row("subscription_revision", subscription)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Keeps what a row held before the first revision of it was kept, as known since it was made.
async fn keep_what_stood(tx: &Tx, subscription: &Subscription) -> Result<(), StoreError> {
    let sql = "INSERT INTO subscription_revision (tenant_id, subscription_id, version, recorded_at, \
               stood_before, document, schema_version) \
               SELECT s.tenant_id, s.id, s.version, s.created_at, 1, s.document, s.schema_version \
               FROM subscription s WHERE s.tenant_id = $1 AND s.id = $2 AND NOT EXISTS \
               (SELECT 1 FROM subscription_revision r \
                WHERE r.tenant_id = s.tenant_id AND r.subscription_id = s.id)";
    let values: Vec<Value> =
        vec![subscription.tenant_id.as_uuid().into(), subscription.id.as_uuid().into()];
    tx.execute(sql, values).await.map(|_| ())
}

/// How many subscriptions there are in a scope that have not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn count_running(tx: &Tx, scope: Scope) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM subscription WHERE state <> 'cancelled'";
    let mut query = Query::new(sql, Vec::new());
    query.within(scope);
    let (sql, values) = query.finished();
    let row = tx.one(&sql, values).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get("", "n")?))
}

/// Subscriptions in the order in which they were made, after one id.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<SubscriptionId>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query =
        Query::new("SELECT document, version FROM subscription WHERE 1 = 1", Vec::new());
    query.within(filter.scope);
    if !filter.states.is_empty() {
        let places = vec!["?"; filter.states.len()].join(", ");
        let values = filter.states.iter().map(|state| (*state).into()).collect();
        query.and(&format!("state IN ({places})"), values);
    }
    query.and_maybe("id > ?", after.map(|id| id.as_uuid().into()));
    let (sql, values) = query.ordered("id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// Subscriptions from the newest to the oldest; those made before one.
///
/// # Errors
/// [`StoreError`].
pub async fn list_newest(
    tx: &Tx,
    scope: Scope,
    before: Option<SubscriptionId>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query =
        Query::new("SELECT document, version FROM subscription WHERE 1 = 1", Vec::new());
    query.within(scope);
    // Ids begin with the time at which they were made.
    query.and_maybe("id < ?", before.map(|id| id.as_uuid().into()));
    let (sql, values) = query.ordered("id DESC", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// Whose subscription it is: callers name subscriptions by id alone.
///
/// # Errors
/// [`StoreError`].
pub async fn tenant_of(tx: &Tx, id: SubscriptionId) -> Result<Option<TenantId>, StoreError> {
    let sql = "SELECT tenant_id FROM subscription WHERE id = $1";
    let row = tx.one(sql, vec![id.as_uuid().into()]).await?;
    row.map(|row| Ok(row.try_get::<Uuid>("", "tenant_id")?.into())).transpose()
}

async fn read(
    tx: &Tx,
    tenant: TenantId,
    id: SubscriptionId,
    lock: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM subscription WHERE tenant_id = $1 AND id = $2{lock}"
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let subscription = document::from_row("subscription", json)?;
    Ok(Stored { subscription, version: row.try_get("", "version")? })
}

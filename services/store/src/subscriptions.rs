//! Subscriptions.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::subscription::Subscription;
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
    tx.execute(sql, values).await.map(|_| ())
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

/// Writes a changed subscription over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(
    tx: &Tx,
    subscription: &Subscription,
    read_version: i64,
) -> Result<i64, StoreError> {
    let next = read_version.saturating_add(1);
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
    if tx.execute(sql, values).await? == 1 { Ok(next) } else { Err(StoreError::LostRace) }
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

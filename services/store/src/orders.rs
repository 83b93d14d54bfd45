//! Provisioning orders, their items, and every change of state of an item.

use std::collections::BTreeMap;

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{ItemId, OrderId, PartnerId, ProviderId, SubscriptionId, TenantId};
use tasuki_core::provisioning::funnel::Application;
use tasuki_core::provisioning::order::Order;
use tasuki_core::provisioning::{Item, ItemOutcome, Transition};
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

/// An order with its items, and the versions of their rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The order.
    pub order: Order,
    /// Grows with every change of the order itself.
    pub version: i64,
    /// Its items by number, each with the version of its row.
    pub items: Vec<StoredItem>,
}

/// An item with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredItem {
    /// The item.
    pub item: Item,
    /// Grows with every change.
    pub version: i64,
}

impl Stored {
    /// The items alone.
    pub fn items(&self) -> Vec<Item> {
        self.items.iter().map(|stored| stored.item.clone()).collect()
    }

    /// One of the items.
    pub fn item(&self, id: ItemId) -> Option<&StoredItem> {
        self.items.iter().find(|stored| stored.item.id == id)
    }
}

/// A change of state and its place in the order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransition {
    /// Its place in the history of the order, from 1.
    pub seq: i64,
    /// The item that changed.
    pub item_id: ItemId,
    /// What changed.
    pub transition: Transition,
}

/// Which orders a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// Of this subscription.
    pub subscription: Option<SubscriptionId>,
}

/// An item that may have to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderWay {
    /// Whose.
    pub tenant: TenantId,
    /// Of which order.
    pub order: OrderId,
    /// The item.
    pub item: ItemId,
    /// The version of its row.
    pub version: i64,
}

/// Items that are not at rest, by id, after one of them.
///
/// # Errors
/// [`StoreError`].
pub async fn under_way(
    tx: &Tx,
    after: Option<ItemId>,
    limit: u32,
) -> Result<Vec<UnderWay>, StoreError> {
    // States of rest are named, so that a new one is looked at until somebody says that it rests.
    let sql = "SELECT tenant_id, order_id, id, version FROM provisioning_item \
               WHERE state NOT IN ('refused', 'failed_final', 'cleaned', 'cleanup_stuck', \
               'suspended', 'deprovisioned', 'done', 'cancelled') AND id > $1 ORDER BY id LIMIT $2";
    let after = after.map_or_else(Uuid::nil, ItemId::as_uuid);
    let rows = tx.all(sql, vec![after.into(), i64::from(limit).into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(UnderWay {
                tenant: row.try_get::<Uuid>("", "tenant_id")?.into(),
                order: row.try_get::<Uuid>("", "order_id")?.into(),
                item: row.try_get::<Uuid>("", "id")?.into(),
                version: row.try_get("", "version")?,
            })
        })
        .collect()
}

/// Adds an order with its items and the first line of the history of each.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    tx: &Tx,
    order: &Order,
    items: &[(Item, Transition)],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO provisioning_order (tenant_id, id, subscription_id, partner_id, \
               external_reference, document, schema_version, version, ordered_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)";
    let values: Vec<Value> = vec![
        order.tenant_id.as_uuid().into(),
        order.id.as_uuid().into(),
        order.subscription_id.map(SubscriptionId::as_uuid).into(),
        order.partner_id.as_uuid().into(),
        order.external_reference.clone().into(),
        document::to_row("provisioning_order", order)?.into(),
        SCHEMA_VERSION.into(),
        instant::to_row(order.ordered_at).into(),
    ];
    tx.execute(sql, values).await?;
    for (item, transition) in items {
        insert_item(tx, order, item).await?;
        append(tx, (order.tenant_id, order.id), item.id, transition).await?;
    }
    Ok(())
}

/// An order with its items.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, tenant: TenantId, id: OrderId) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, "").await
}

/// An order with its items. The order's row is locked until the transaction ends, and with it
/// everything that belongs to it: changes of one order follow each other.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, tenant: TenantId, id: OrderId) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, tx.for_update()).await
}

/// Which tenant and order an item belongs to: providers name instances by item alone.
///
/// # Errors
/// [`StoreError`].
pub async fn of_item(tx: &Tx, item: ItemId) -> Result<Option<(TenantId, OrderId)>, StoreError> {
    let sql = "SELECT tenant_id, order_id FROM provisioning_item WHERE id = $1";
    let row = tx.one(sql, vec![item.as_uuid().into()]).await?;
    row.map(|row| {
        let tenant = row.try_get::<Uuid>("", "tenant_id")?.into();
        Ok((tenant, row.try_get::<Uuid>("", "order_id")?.into()))
    })
    .transpose()
}

/// Who sets up and runs each item of a tenant.
///
/// # Errors
/// [`StoreError`].
pub async fn providers_of(
    tx: &Tx,
    tenant: TenantId,
) -> Result<BTreeMap<ItemId, ProviderId>, StoreError> {
    let sql = "SELECT id, provider_id FROM provisioning_item WHERE tenant_id = $1";
    let rows = tx.all(sql, vec![tenant.as_uuid().into()]).await?;
    let pair = |row: &QueryResult| -> Result<(ItemId, ProviderId), StoreError> {
        let id = row.try_get::<Uuid>("", "id")?.into();
        Ok((id, row.try_get::<Uuid>("", "provider_id")?.into()))
    };
    rows.iter().map(pair).collect()
}

/// Writes a changed order over the version that was read; its items are saved one by one.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, order: &Order, read_version: i64) -> Result<i64, StoreError> {
    let next = read_version.saturating_add(1);
    let sql = "UPDATE provisioning_order SET document = $4, version = $5 \
               WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        order.tenant_id.as_uuid().into(),
        order.id.as_uuid().into(),
        read_version.into(),
        document::to_row("provisioning_order", order)?.into(),
        next.into(),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(next) } else { Err(StoreError::LostRace) }
}

/// Writes an item's next state over the version that was read, and the line for its history, if
/// its state changed.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save_item(
    tx: &Tx,
    (tenant, order): (TenantId, OrderId),
    item: &Item,
    read_version: i64,
    transition: Option<&Transition>,
) -> Result<i64, StoreError> {
    let next = read_version.saturating_add(1);
    let sql = "UPDATE provisioning_item SET state = $5, outcome = $6, reason = $7, \
               document = $8, version = $9, quantity = $10 \
               WHERE tenant_id = $1 AND order_id = $2 AND id = $3 AND version = $4";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        order.as_uuid().into(),
        item.id.as_uuid().into(),
        read_version.into(),
        item.state.as_str().into(),
        outcome_word(item.outcome()).into(),
        reason_word(item).into(),
        document::to_row("provisioning_item", item)?.into(),
        next.into(),
        i64::from(item.spec.quantity).into(),
    ];
    if tx.execute(sql, values).await? != 1 {
        return Err(StoreError::LostRace);
    }
    if let Some(transition) = transition {
        append(tx, (tenant, order), item.id, transition).await?;
    }
    Ok(next)
}

/// Orders in the order in which they were made, after one id.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<OrderId>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT tenant_id, id, document, version FROM provisioning_order WHERE 1 = 1";
    let mut query = Query::new(sql, Vec::new());
    query.within(filter.scope);
    query.and_maybe("subscription_id = ?", filter.subscription.map(|id| id.as_uuid().into()));
    query.and_maybe("id > ?", after.map(|id| id.as_uuid().into()));
    let (sql, values) = query.ordered("id", limit);
    let mut all = Vec::new();
    for row in tx.all(&sql, values).await? {
        let tenant = row.try_get::<Uuid>("", "tenant_id")?.into();
        let id = row.try_get::<Uuid>("", "id")?.into();
        let items = items_of(tx, tenant, id).await?;
        all.push(from_row(&row, items)?);
    }
    Ok(all)
}

/// The history of an order after a place in it, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn history(
    tx: &Tx,
    (tenant, order): (TenantId, OrderId),
    after_seq: i64,
) -> Result<Vec<StoredTransition>, StoreError> {
    let sql = "SELECT seq, item_id, document FROM provisioning_transition \
               WHERE tenant_id = $1 AND order_id = $2 AND seq > $3 ORDER BY seq";
    let values: Vec<Value> =
        vec![tenant.as_uuid().into(), order.as_uuid().into(), after_seq.into()];
    let rows = tx.all(sql, values).await?;
    rows.iter()
        .map(|row| {
            let json: Json = row.try_get("", "document")?;
            Ok(StoredTransition {
                seq: row.try_get("", "seq")?,
                item_id: row.try_get::<Uuid>("", "item_id")?.into(),
                transition: document::from_row("provisioning_transition", json)?,
            })
        })
        .collect()
}

/// A row of the funnel, before counting: a service, its component, and who ordered.
pub type FunnelKey = (Service, String, PartnerId);

/// Every application of a scope that was ordered from an instant on and before another, by service, component and
/// partner.
///
/// # Errors
/// [`StoreError`].
pub async fn applications(
    tx: &Tx,
    scope: Scope,
    (ordered_from, ordered_before): (Option<Timestamp>, Option<Timestamp>),
) -> Result<BTreeMap<FunnelKey, Vec<Application>>, StoreError> {
    // The tenant of the item stands first, so that the scope's condition finds its column.
    let sql = "SELECT tenant_id, service, component, outcome, reason, quantity, \
               (SELECT o.partner_id FROM provisioning_order o \
                WHERE o.tenant_id = provisioning_item.tenant_id \
                  AND o.id = provisioning_item.order_id) AS partner_id \
               FROM provisioning_item WHERE 1 = 1";
    let mut query = Query::new(sql, Vec::new());
    query.within(scope);
    let ordered_at = "(SELECT o.ordered_at FROM provisioning_order o \
                       WHERE o.tenant_id = provisioning_item.tenant_id \
                         AND o.id = provisioning_item.order_id)";
    let instant = |at: Option<Timestamp>| at.map(|at| Value::from(instant::to_row(at)));
    query.and_maybe(&format!("{ordered_at} >= ?"), instant(ordered_from));
    query.and_maybe(&format!("{ordered_at} < ?"), instant(ordered_before));
    let (sql, values) = query.ordered("service, component, tenant_id, order_id, number", u64::MAX);
    let mut all: BTreeMap<FunnelKey, Vec<Application>> = BTreeMap::new();
    for row in tx.all(&sql, values).await? {
        let (key, application) = application(&row)?;
        all.entry(key).or_default().push(application);
    }
    Ok(all)
}

/// The items that a provider should have, or is to have: for sweeps in both directions.
///
/// # Errors
/// [`StoreError`].
pub async fn of_provider(
    tx: &Tx,
    provider: ProviderId,
) -> Result<Vec<(TenantId, OrderId, ItemId)>, StoreError> {
    let sql = "SELECT tenant_id, order_id, id FROM provisioning_item WHERE provider_id = $1 \
               ORDER BY id";
    let rows = tx.all(sql, vec![provider.as_uuid().into()]).await?;
    rows.iter()
        .map(|row| {
            let tenant = row.try_get::<Uuid>("", "tenant_id")?.into();
            let order = row.try_get::<Uuid>("", "order_id")?.into();
            Ok((tenant, order, row.try_get::<Uuid>("", "id")?.into()))
        })
        .collect()
}

async fn insert_item(tx: &Tx, order: &Order, item: &Item) -> Result<(), StoreError> {
    let sql = "INSERT INTO provisioning_item (tenant_id, id, order_id, number, provider_id, \
               service, component, quantity, state, outcome, reason, document, schema_version, \
               version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)";
    let values: Vec<Value> = vec![
        order.tenant_id.as_uuid().into(),
        item.id.as_uuid().into(),
        order.id.as_uuid().into(),
        i32::try_from(item.number).unwrap_or(i32::MAX).into(),
        item.provider_id.as_uuid().into(),
        item.service().as_str().into(),
        item.spec.component.clone().into(),
        i64::from(item.spec.quantity).into(),
        item.state.as_str().into(),
        outcome_word(item.outcome()).into(),
        reason_word(item).into(),
        document::to_row("provisioning_item", item)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Adds a line to the order's history. The order's lock keeps the numbers apart; the primary key
/// would refuse what slipped past it.
async fn append(
    tx: &Tx,
    (tenant, order): (TenantId, OrderId),
    item: ItemId,
    transition: &Transition,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO provisioning_transition (tenant_id, order_id, seq, item_id, \
               changed_at, document) SELECT $1, $2, COALESCE(MAX(seq), 0) + 1, $3, $4, $5 \
               FROM provisioning_transition WHERE tenant_id = $1 AND order_id = $2";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        order.as_uuid().into(),
        item.as_uuid().into(),
        instant::to_row(transition.changed_at).into(),
        document::to_row("provisioning_transition", transition)?.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

async fn read(
    tx: &Tx,
    tenant: TenantId,
    id: OrderId,
    lock: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM provisioning_order WHERE tenant_id = $1 AND id = $2{lock}"
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    let Some(row) = tx.one(&sql, values).await? else { return Ok(None) };
    let items = items_of(tx, tenant, id).await?;
    from_row(&row, items).map(Some)
}

async fn items_of(
    tx: &Tx,
    tenant: TenantId,
    order: OrderId,
) -> Result<Vec<StoredItem>, StoreError> {
    let sql = "SELECT document, version FROM provisioning_item \
               WHERE tenant_id = $1 AND order_id = $2 ORDER BY number";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), order.as_uuid().into()];
    let rows = tx.all(sql, values).await?;
    rows.iter()
        .map(|row| {
            let json: Json = row.try_get("", "document")?;
            let item = document::from_row("provisioning_item", json)?;
            Ok(StoredItem { item, version: row.try_get("", "version")? })
        })
        .collect()
}

fn from_row(row: &QueryResult, items: Vec<StoredItem>) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let order = document::from_row("provisioning_order", json)?;
    Ok(Stored { order, version: row.try_get("", "version")?, items })
}

fn application(row: &QueryResult) -> Result<(FunnelKey, Application), StoreError> {
    let table = "provisioning_item";
    let broken = |cause: String| StoreError::Row { table, cause };
    let service: String = row.try_get("", "service")?;
    let service: Service = service
        .parse()
        .map_err(|error: tasuki_core::service::ParseServiceError| broken(error.to_string()))?;
    let outcome: String = row.try_get("", "outcome")?;
    let outcome = outcome_of(&outcome).ok_or_else(|| broken(format!("outcome `{outcome}`")))?;
    let reason: Option<String> = row.try_get("", "reason")?;
    let reason = reason
        .map(|text| text.parse().map_err(|_| broken(format!("reason `{text}`"))))
        .transpose()?;
    let quantity: i64 = row.try_get("", "quantity")?;
    let partner: Uuid = row.try_get("", "partner_id")?;
    let key = (service, row.try_get("", "component")?, PartnerId::from(partner));
    let application = Application {
        tenant_id: row.try_get::<Uuid>("", "tenant_id")?.into(),
        outcome,
        reason,
        quantity: u32::try_from(quantity).unwrap_or(u32::MAX),
    };
    Ok((key, application))
}

const OUTCOMES: [ItemOutcome; 6] = [
    ItemOutcome::InProgress,
    ItemOutcome::Refused,
    ItemOutcome::NeverInstalled,
    ItemOutcome::Removed,
    ItemOutcome::Active,
    ItemOutcome::Ended,
];

const fn outcome_word(outcome: ItemOutcome) -> &'static str {
    match outcome {
        ItemOutcome::InProgress => "in_progress",
        ItemOutcome::Refused => "refused",
        ItemOutcome::NeverInstalled => "never_installed",
        ItemOutcome::Removed => "removed",
        ItemOutcome::Active => "active",
        ItemOutcome::Ended => "ended",
    }
}

fn outcome_of(word: &str) -> Option<ItemOutcome> {
    OUTCOMES.into_iter().find(|outcome| outcome_word(*outcome) == word)
}

fn reason_word(item: &Item) -> Option<&'static str> {
    item.state.cause().map(|cause| cause.code.as_str())
}

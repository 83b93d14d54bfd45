//! Quotes.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{QuoteId, SubscriptionId, TenantId};
use tasuki_core::quote::{Quote, QuoteState};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A quote with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The quote.
    pub quote: Quote,
    /// Grows with every change.
    pub version: i64,
}

/// Which quotes a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// In one of these states; any if empty.
    pub states: Vec<&'static str>,
    /// Only those issued from here on.
    pub issued_from: Option<Timestamp>,
    /// Only those issued before.
    pub issued_before: Option<Timestamp>,
}

/// Adds a quote.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, quote: &Quote) -> Result<(), StoreError> {
    let sql = "INSERT INTO quote (tenant_id, id, state, valid_until, document, schema_version, \
               version, issued_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)";
    let values: Vec<Value> = vec![
        quote.tenant_id.as_uuid().into(),
        quote.id.as_uuid().into(),
        quote.state.as_str().into(),
        instant::to_row(quote.valid_until).into(),
        document::to_row("quote", quote)?.into(),
        SCHEMA_VERSION.into(),
        instant::to_row(quote.issued_at).into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// A quote by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, tenant: TenantId, id: QuoteId) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, "").await
}

/// A quote by its id, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, tenant: TenantId, id: QuoteId) -> Result<Option<Stored>, StoreError> {
    read(tx, tenant, id, tx.for_update()).await
}

/// Writes a quote's next state over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, quote: &Quote, read_version: i64) -> Result<i64, StoreError> {
    let next = read_version.saturating_add(1);
    let subscription = match &quote.state {
        QuoteState::Accepted { subscription_id, .. } => Some(*subscription_id),
        QuoteState::Issued | QuoteState::Expired { .. } | QuoteState::Withdrawn { .. } => None,
    };
    let sql = "UPDATE quote SET state = $4, subscription_id = $5, document = $6, version = $7 \
               WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        quote.tenant_id.as_uuid().into(),
        quote.id.as_uuid().into(),
        read_version.into(),
        quote.state.as_str().into(),
        subscription.map(SubscriptionId::as_uuid).into(),
        document::to_row("quote", quote)?.into(),
        next.into(),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(next) } else { Err(StoreError::LostRace) }
}

/// Quotes in the order in which they were made, after one id.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<QuoteId>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query = Query::new("SELECT document, version FROM quote WHERE 1 = 1", Vec::new());
    query.within(filter.scope);
    if !filter.states.is_empty() {
        let places = vec!["?"; filter.states.len()].join(", ");
        let values = filter.states.iter().map(|state| (*state).into()).collect();
        query.and(&format!("state IN ({places})"), values);
    }
    let instant = |at: Option<Timestamp>| at.map(|at| Value::from(instant::to_row(at)));
    query.and_maybe("issued_at >= ?", instant(filter.issued_from));
    query.and_maybe("issued_at < ?", instant(filter.issued_before));
    query.and_maybe("id > ?", after.map(|id| id.as_uuid().into()));
    let (sql, values) = query.ordered("id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// Whose quote it is: callers name quotes by id alone.
///
/// # Errors
/// [`StoreError`].
pub async fn tenant_of(tx: &Tx, id: QuoteId) -> Result<Option<TenantId>, StoreError> {
    let sql = "SELECT tenant_id FROM quote WHERE id = $1";
    let row = tx.one(sql, vec![id.as_uuid().into()]).await?;
    row.map(|row| Ok(row.try_get::<Uuid>("", "tenant_id")?.into())).transpose()
}

async fn read(
    tx: &Tx,
    tenant: TenantId,
    id: QuoteId,
    lock: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT document, version FROM quote WHERE tenant_id = $1 AND id = $2{lock}");
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let quote = document::from_row("quote", json)?;
    Ok(Stored { quote, version: row.try_get("", "version")? })
}

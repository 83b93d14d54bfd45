//! Work for providers without a server: offered, leased, reported, ended.
//!
//! A lease has a token of its own; reports are fenced by it. It ends by real time, whatever clock the
//! tenant has.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::id::{ItemId, OrderId, ProviderId, TenantId, WorkId};
use tasuki_core::provisioning::work::Work;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// A piece of work and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Whose.
    pub tenant: TenantId,
    /// Who is to do it.
    pub provider: ProviderId,
    /// Of which order.
    pub order: OrderId,
    /// On which item.
    pub item: ItemId,
    /// The work itself.
    pub work: Work,
    /// How often it was leased.
    pub n_leases: u32,
    /// The present lease, over or not; none when it never was leased or was given back.
    pub lease: Option<Lease>,
    /// For how long it was leased last.
    pub lease_seconds: i64,
}

/// A lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Whoever knows it may report.
    pub token: Uuid,
    /// Until when it holds, by real time.
    pub until: Timestamp,
}

/// Work as it is offered.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Whose.
    pub tenant: TenantId,
    /// Who is to do it.
    pub provider: ProviderId,
    /// Of which order.
    pub order: OrderId,
    /// On which item.
    pub item: ItemId,
    /// Of which service.
    pub service: Service,
}

/// Offers work, or offers again what ended.
///
/// # Errors
/// [`StoreError`].
pub async fn offer(tx: &Tx, place: &Place, work: &Work, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO work (tenant_id, id, provider_id, order_id, item_id, generation, kind, \
               service, state, offered_at, n_leases, lease_seconds, document) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, 0, 0, $10) \
               ON CONFLICT (item_id, generation, kind) DO UPDATE SET state = 'open', \
               offered_at = excluded.offered_at, lease_token = NULL, lease_until = NULL, \
               document = excluded.document WHERE work.state = 'done'";
    let values: Vec<Value> = vec![
        place.tenant.as_uuid().into(),
        work.id.as_uuid().into(),
        place.provider.as_uuid().into(),
        place.order.as_uuid().into(),
        place.item.as_uuid().into(),
        i64::from(work.generation).into(),
        work.kind.as_str().into(),
        place.service.as_str().into(),
        instant::to_row(at).into(),
        document::to_row("work", work)?.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

const COLUMNS: &str = "id, tenant_id, provider_id, order_id, item_id, n_leases, lease_token, \
                       lease_until, lease_seconds, document";

/// All work ever offered on an item, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_item(tx: &Tx, tenant: TenantId, item: ItemId) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM work WHERE tenant_id = $1 AND item_id = $2 \
         ORDER BY generation, offered_at, id"
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), item.as_uuid().into()];
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// What a caller wants to do.
#[derive(Debug, Clone)]
pub struct Grab {
    /// Who does it.
    pub provider: ProviderId,
    /// Only of these services; any if empty.
    pub services: Vec<Service>,
    /// The new token.
    pub token: Uuid,
    /// At most so many pieces.
    pub limit: u32,
    /// For how long.
    pub seconds: i64,
}

/// Leases offered work until an instant. Work that a newer generation has overtaken is never leased
/// again, and of one item nothing is leased while somebody is at it.
///
/// # Errors
/// [`StoreError`].
pub async fn lease(
    tx: &Tx,
    grab: &Grab,
    (now, until): (Timestamp, Timestamp),
) -> Result<Vec<Stored>, StoreError> {
    let skip = if tx.for_update().is_empty() { "" } else { "FOR UPDATE OF w SKIP LOCKED" };
    let mut values: Vec<Value> = vec![
        grab.token.into(),
        instant::to_row(until).into(),
        grab.seconds.into(),
        grab.provider.as_uuid().into(),
        instant::to_row(now).into(),
        i64::from(grab.limit).into(),
    ];
    let places: Vec<String> = (7..).take(grab.services.len()).map(|at| format!("${at}")).collect();
    let only = if places.is_empty() {
        String::new()
    } else {
        format!("AND w.service IN ({})", places.join(", "))
    };
    values.extend(grab.services.iter().map(|service| Value::from(service.as_str())));
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT w.id FROM work w JOIN tenant t ON t.id = w.tenant_id \
             WHERE w.provider_id = $4 AND w.state = 'open' \
               AND (w.lease_until IS NULL OR w.lease_until <= $5) \
               AND w.offered_at <= COALESCE(t.clock_at, $5) {only} \
               AND NOT EXISTS (SELECT 1 FROM work o WHERE o.item_id = w.item_id \
                   AND o.id <> w.id AND (o.generation > w.generation \
                       OR (o.state = 'open' AND o.lease_until > $5))) \
             ORDER BY w.offered_at, w.id LIMIT $6 {skip}) \
         UPDATE work SET lease_token = $1, lease_until = $2, lease_seconds = $3, \
                n_leases = n_leases + 1 \
         WHERE id IN (SELECT id FROM due) \
           AND state = 'open' AND (lease_until IS NULL OR lease_until <= $5) \
         RETURNING {COLUMNS}"
    );
    let mut leased: Vec<Stored> =
        tx.all(&sql, values).await?.iter().map(from_row).collect::<Result<_, _>>()?;
    leased.sort_by(|a, b| {
        a.work.requested_at.cmp(&b.work.requested_at).then_with(|| a.work.id.cmp(&b.work.id))
    });
    Ok(leased)
}

/// Takes back what was offered on an item and never leased.
///
/// # Errors
/// [`StoreError::LostRace`] if somebody has leased some of it.
pub async fn withdraw(tx: &Tx, tenant: TenantId, item: ItemId) -> Result<(), StoreError> {
    let key = || -> Vec<Value> { vec![tenant.as_uuid().into(), item.as_uuid().into()] };
    let sql = "UPDATE work SET state = 'done' \
               WHERE tenant_id = $1 AND item_id = $2 AND state = 'open' AND n_leases = 0";
    tx.execute(sql, key()).await?;
    let leased = "SELECT 1 AS one FROM work WHERE tenant_id = $1 AND item_id = $2 AND n_leases > 0";
    if tx.one(leased, key()).await?.is_some() { Err(StoreError::LostRace) } else { Ok(()) }
}

/// A piece of work and whether it is still open.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: WorkId) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM work WHERE id = $1{}", tx.for_update());
    let row = tx.one(&sql, vec![id.as_uuid().into()]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Whose work it is, before anything is locked.
///
/// # Errors
/// [`StoreError`].
pub async fn place_of(
    tx: &Tx,
    id: WorkId,
) -> Result<Option<(TenantId, ProviderId, OrderId)>, StoreError> {
    let sql = "SELECT tenant_id, provider_id, order_id FROM work WHERE id = $1";
    let row = tx.one(sql, vec![id.as_uuid().into()]).await?;
    row.map(|row| {
        Ok((
            row.try_get::<Uuid>("", "tenant_id")?.into(),
            row.try_get::<Uuid>("", "provider_id")?.into(),
            row.try_get::<Uuid>("", "order_id")?.into(),
        ))
    })
    .transpose()
}

/// Writes a report and extends the lease.
///
/// # Errors
/// [`StoreError::LostRace`] if the token is not the one of the present lease.
pub async fn report(tx: &Tx, stored: &Stored, lease: Lease) -> Result<(), StoreError> {
    let sql = "UPDATE work SET document = $3, lease_until = $4 \
               WHERE id = $1 AND lease_token = $2 AND state = 'open'";
    let values: Vec<Value> = vec![
        stored.work.id.as_uuid().into(),
        lease.token.into(),
        document::to_row("work", &stored.work)?.into(),
        instant::to_row(lease.until).into(),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// What becomes of work that is off a worker's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It is over.
    Done,
    /// It is offered again at an instant of the tenant's clock.
    OfferedAgain(Timestamp),
}

/// Ends a lease with what came of the work.
///
/// # Errors
/// [`StoreError::LostRace`] if the token is not the one of the present lease.
pub async fn end(tx: &Tx, stored: &Stored, token: Uuid, after: After) -> Result<(), StoreError> {
    let (state, offered_at) = match after {
        After::Done => ("done", stored.work.requested_at),
        After::OfferedAgain(at) => ("open", at),
    };
    let sql = "UPDATE work SET document = $3, state = $4, offered_at = $5, lease_token = NULL, \
               lease_until = NULL WHERE id = $1 AND lease_token = $2 AND state = 'open'";
    let values: Vec<Value> = vec![
        stored.work.id.as_uuid().into(),
        token.into(),
        document::to_row("work", &stored.work)?.into(),
        state.into(),
        instant::to_row(offered_at).into(),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let token: Option<Uuid> = row.try_get("", "lease_token")?;
    let work: Work = document::from_row("work", json)?;
    // Work that is offered again keeps the id it had.
    let work = Work { id: row.try_get::<Uuid>("", "id")?.into(), ..work };
    let until: Option<chrono::DateTime<chrono::Utc>> = row.try_get("", "lease_until")?;
    let until = until.map(|at| instant::from_row("work", at)).transpose()?;
    Ok(Stored {
        tenant: row.try_get::<Uuid>("", "tenant_id")?.into(),
        provider: row.try_get::<Uuid>("", "provider_id")?.into(),
        order: row.try_get::<Uuid>("", "order_id")?.into(),
        item: row.try_get::<Uuid>("", "item_id")?.into(),
        work,
        n_leases: u32::try_from(row.try_get::<i32>("", "n_leases")?).unwrap_or(u32::MAX),
        lease: token.zip(until).map(|(token, until)| Lease { token, until }),
        lease_seconds: row.try_get("", "lease_seconds")?,
    })
}

//! What a provider has that it should not have, as sweeps have found it.

use sea_orm::Value;
use tasuki_core::id::{ItemId, OrderId, ProviderId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// Why an instance should not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is none of ours.
    Unknown,
    /// It is of an item that is over.
    LeftOver,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::LeftOver => "left_over",
        }
    }
}

/// An item of a provider, as far as a sweep has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// Whose.
    pub tenant: TenantId,
    /// Of which order.
    pub order: OrderId,
    /// The item.
    pub item: ItemId,
    /// The word of its state.
    pub state: String,
}

/// The items of a provider, of tenants in real time. Those of simulated tenants live in another time
/// than the sweep, and are left alone.
///
/// # Errors
/// [`StoreError`].
pub async fn items_of(tx: &Tx, provider: ProviderId) -> Result<Vec<Ours>, StoreError> {
    let sql = "SELECT i.tenant_id, i.order_id, i.id, i.state FROM provisioning_item i \
               JOIN tenant t ON t.id = i.tenant_id \
               WHERE i.provider_id = $1 AND t.clock_at IS NULL ORDER BY i.id";
    let rows = tx.all(sql, vec![provider.as_uuid().into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Ours {
                tenant: row.try_get::<Uuid>("", "tenant_id")?.into(),
                order: row.try_get::<Uuid>("", "order_id")?.into(),
                item: row.try_get::<Uuid>("", "id")?.into(),
                state: row.try_get("", "state")?,
            })
        })
        .collect()
}

/// Notes that a sweep has found an instance; tells how often and since when it was found.
///
/// # Errors
/// [`StoreError`].
pub async fn found(
    tx: &Tx,
    provider: ProviderId,
    (instance, kind): (&str, Kind),
    now: Timestamp,
) -> Result<(i32, Timestamp), StoreError> {
    let sql = "INSERT INTO stray (provider_id, instance_id, kind, first_seen_at, last_seen_at, n_seen) \
               VALUES ($1, $2, $3, $4, $4, 1) \
               ON CONFLICT (provider_id, instance_id) DO UPDATE SET kind = excluded.kind, \
               last_seen_at = excluded.last_seen_at, n_seen = stray.n_seen + 1 \
               RETURNING n_seen, first_seen_at";
    let values: Vec<Value> = vec![
        provider.as_uuid().into(),
        instance.into(),
        kind.as_str().into(),
        instant::to_row(now).into(),
    ];
    let row = tx.one(sql, values).await?.ok_or(StoreError::LostRace)?;
    let first = instant::from_row("stray", row.try_get("", "first_seen_at")?)?;
    Ok((row.try_get("", "n_seen")?, first))
}

/// Forgets what the sweep at that instant has not found.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_others(
    tx: &Tx,
    provider: ProviderId,
    swept_at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM stray WHERE provider_id = $1 AND last_seen_at < $2";
    let values: Vec<Value> = vec![provider.as_uuid().into(), instant::to_row(swept_at).into()];
    tx.execute(sql, values).await.map(|_| ())
}

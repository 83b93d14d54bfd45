//! The latest event of each kind that a provider sent about an item.

use sea_orm::Value;
use tasuki_core::id::{ItemId, ProviderId, TenantId};

use crate::error::StoreError;
use crate::tx::Tx;

/// Where an event stands among those of its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The item.
    pub item_id: ItemId,
    /// What kind of event.
    pub kind: &'static str,
    /// The generation of the instance.
    pub generation: u32,
    /// The number within the generation.
    pub sequence: i64,
}

/// Whether an event is newer than every one of its kind before; if so it now is the latest.
///
/// # Errors
/// [`StoreError`].
pub async fn is_latest(
    tx: &Tx,
    (tenant, provider): (TenantId, ProviderId),
    place: &Place,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO provider_event (tenant_id, item_id, kind, provider_id, generation, \
               sequence) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (tenant_id, item_id, kind) DO UPDATE \
               SET generation = excluded.generation, sequence = excluded.sequence \
               WHERE provider_event.generation < excluded.generation \
                  OR (provider_event.generation = excluded.generation \
                      AND provider_event.sequence < excluded.sequence)";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        place.item_id.as_uuid().into(),
        place.kind.into(),
        provider.as_uuid().into(),
        i64::from(place.generation).into(),
        place.sequence.into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

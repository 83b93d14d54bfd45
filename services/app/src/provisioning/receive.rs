//! Takes in what a provider reports by itself. Its word changes nothing: it makes us look now.

use tasuki_core::id::{ItemId, ProviderId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::{inbox, orders};

use super::attention::{enter, plan_look};
use crate::call::Call;
use crate::context::Context;

/// One event of a provider.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The provider, as it calls itself; the caller's own when it is one.
    pub provider_id: Option<ProviderId>,
    /// The provider's id of the event; a repeat is dropped by it.
    pub event_id: String,
    /// The instance, which is our item.
    pub item_id: ItemId,
    /// The generation of the instance that it is about.
    pub generation: u32,
}

/// Whether an event was taken in or had been before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is new.
    Now,
    /// It came before.
    Before,
    /// It is about an older generation of the instance, and so about nothing that still is.
    Outdated,
}

/// Takes in an event: once per provider and event id, and never about somebody else's instance.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `ITEM_NOT_FOUND` for an instance that is not the caller's, or not yet known:
/// a provider that is early sends it again.
pub async fn receive_provider_event(
    ctx: &Context,
    call: &Call,
    event: &Reported,
) -> Result<Taken, Problem> {
    call.require(Permission::Report)?;
    let unknown = || Problem::not_found(Reason::ItemNotFound, event.item_id);
    let caller = match call.principal.role {
        Role::Provider => call.principal.provider_id,
        Role::Operator
        | Role::System
        | Role::Soc
        | Role::Partner
        | Role::HelpDesk
        | Role::Insurer
        | Role::Tenant => event.provider_id,
    };
    let provider = caller.ok_or_else(unknown)?;
    let tx = ctx.store.begin().await?;
    let (tenant, order) = orders::of_item(&tx, event.item_id).await?.ok_or_else(unknown)?;
    let entered = enter(ctx, &tx, tenant).await?;
    let read = orders::lock(&tx, tenant, order).await?.ok_or_else(unknown)?;
    let stored = read
        .item(event.item_id)
        .filter(|stored| stored.item.provider_id == provider)
        .ok_or_else(unknown)?;
    if !inbox::is_new(&tx, &provider.to_string(), &event.event_id, entered.now).await? {
        return Ok(Taken::Before);
    }
    if event.generation < stored.item.generation {
        tx.commit().await?;
        return Ok(Taken::Outdated);
    }

    // A new version of the item retires the look that was planned for later.
    let key = (tenant, order);
    let version = orders::save_item(&tx, key, &stored.item, stored.version, None).await?;
    plan_look(ctx, &tx, &entered, (order, &stored.item, version), Some(entered.now)).await?;

    tx.commit().await?;
    Ok(Taken::Now)
}

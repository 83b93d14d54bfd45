//! What preflight says of a company that is no customer yet: for sales, before anybody is on record.

use tasuki_core::id::{OrderId, PartnerId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::Order;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_store::orders::{Stored, StoredItem};
use uuid::Uuid;

use super::create_order::{CreateOrder, check_dependencies, check_providers, kept};
use super::read_orders::OrderView;
use crate::access::Entered;
use crate::call::Call;
use crate::context::Context;

/// The order as it would be. Nothing is stored, and nobody is asked.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`, `COMPONENT_NOT_OFFERED`; `REQUEST_INVALID` for a subscription, and for
/// numbers that name no item or go round in a circle; `PREFLIGHT_REFUSED` when an item is refused and the order is to
/// be refused then.
pub async fn ask_preflight(
    ctx: &Context,
    call: &Call,
    command: CreateOrder,
) -> Result<OrderView, Problem> {
    call.require(ctx, Permission::Sell)?;
    if command.subscription_id.is_some() {
        return Err(Problem::invalid("subscription_id", "belongs to a tenant: name it, too"));
    }
    check_dependencies(&command.items)?;
    check_providers(&ctx.store.begin_read().await?, &command.items).await?;

    let now = ctx.clock.now();
    let partner_id = call.principal.partner_id.unwrap_or_else(|| PartnerId::from(Uuid::nil()));
    let nobody = Entered { tenant: nobody(partner_id, now)?, tenant_version: 0, now };
    let order = Order {
        id: OrderId::from(Uuid::nil()),
        tenant_id: nobody.tenant.id,
        subscription_id: None,
        partner_id,
        external_reference: command.external_reference,
        completion: command.completion,
        ordered_at: now,
        cancellation: None,
    };
    let items = kept(ctx, &nobody, (command.items, &command.survey, command.on_refusal))?;
    let items = items.into_iter().map(|it| StoredItem { item: it.item, version: 0 }).collect();
    let zone = nobody.tenant.zone;
    Ok(OrderView { stored: Stored { order, version: 0, items }, history: Vec::new(), now, zone })
}

/// A company of which nothing is known but what is supposed, in the present.
fn nobody(partner_id: PartnerId, now: Timestamp) -> Result<Tenant, Problem> {
    Ok(Tenant {
        id: TenantId::from(Uuid::nil()),
        partner_id,
        partner_reference: String::new(),
        name: String::new(),
        name_en: String::new(),
        zone: Zone::named(Zone::TOKYO)?,
        profile: tasuki_core::catalog::CompanyProfile::default(),
        clock_at: None,
        created_at: now,
        updated_at: now,
    })
}

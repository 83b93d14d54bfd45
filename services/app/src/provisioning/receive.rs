//! Takes in what a provider reports by itself. Its word changes nothing: it makes us look, and only
//! when it tells more than we know. A late event must not make us look at another time than planned,
//! or the story of a simulated tenant would depend on the network.

use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, ProviderId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{CustomerActionKind, Item, ItemState, Said};
use tasuki_core::reason::Reason;
use tasuki_store::provider_events::{self, Place};
use tasuki_store::{inbox, orders};

use super::attention::enter;
use super::following::{Change, apply};
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
    /// Its number within instance and generation.
    pub sequence: i64,
    /// What happened.
    pub news: News,
}

/// What happened, as far as it can tell more than we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The provider works on it.
    Working,
    /// The provider waits for the customer.
    AwaitingCustomer(CustomerActionKind),
    /// The provider is done.
    Succeeded,
    /// The provider has failed or given up.
    Failed,
    /// A customer did a step, or declined it.
    CustomerActed(CustomerActionKind),
    /// It works.
    Works,
    /// It does not work or is gone.
    Broken,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is new.
    Now,
    /// It came before.
    Before,
    /// It is older than what came before, or about an older generation of the instance.
    Outdated,
    /// A call about the instance is under way: its answer tells at least as much.
    Early,
}

/// Takes in an event: once per provider and event id, and never about somebody else's instance.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `ITEM_NOT_FOUND` for an instance that is not the caller's. An item is stored
/// before its provider is first asked, so none can be unknown for being early.
pub async fn receive_provider_event(
    ctx: &Context,
    call: &Call,
    event: &Reported,
) -> Result<Taken, Problem> {
    call.require(Permission::Report)?;
    let unknown = || Problem::not_found(Reason::ItemNotFound, event.item_id);
    let provider = reporting(call, event).ok_or_else(unknown)?;
    let tx = ctx.store.begin().await?;
    let (tenant, order) = orders::of_item(&tx, event.item_id).await?.ok_or_else(unknown)?;
    let entered = enter(ctx, &tx, tenant).await?;
    let read = orders::lock(&tx, tenant, order).await?.ok_or_else(unknown)?;
    let item = read
        .item(event.item_id)
        .filter(|stored| stored.item.provider_id == provider)
        .map(|stored| stored.item.clone())
        .ok_or_else(unknown)?;

    if !inbox::is_new(&tx, &provider.to_string(), &event.event_id, entered.now).await? {
        return Ok(Taken::Before);
    }
    let place = Place {
        item_id: event.item_id,
        kind: event.news.kind(),
        generation: event.generation,
        sequence: event.sequence,
    };
    let latest = provider_events::is_latest(&tx, (tenant, provider), &place).await?;
    let taken = if !latest || event.generation < item.generation {
        Taken::Outdated
    } else if matches!(item.state, ItemState::Requested { .. }) {
        Taken::Early
    } else {
        if tells_more(&item, event.news) {
            let look = Change { look_at: Some(entered.now), ..Change::of(item.id) };
            apply(ctx, &tx, &entered, read, (look, &Actor::from(&call.principal))).await?;
        }
        Taken::Now
    };

    tx.commit().await?;
    Ok(taken)
}

fn reporting(call: &Call, event: &Reported) -> Option<ProviderId> {
    match call.principal.role {
        Role::Provider => call.principal.provider_id,
        Role::Operator
        | Role::System
        | Role::Soc
        | Role::Partner
        | Role::HelpDesk
        | Role::Insurer
        | Role::Tenant => event.provider_id,
    }
}

impl News {
    const fn kind(self) -> &'static str {
        match self {
            Self::Working | Self::AwaitingCustomer(_) | Self::Succeeded | Self::Failed => {
                "operation_changed"
            }
            Self::CustomerActed(_) => "customer_action_done",
            Self::Works | Self::Broken => "instance_health",
        }
    }
}

/// Whether an event tells more than we know: only then is it worth a look.
fn tells_more(item: &Item, news: News) -> bool {
    let state = &item.state;
    let waits_for = |kind: CustomerActionKind| {
        state.customer_step().is_some_and(|step| step.request.kind == kind)
    };
    let customer_says = matches!(state, ItemState::Verifying { said: Said::Customer { .. }, .. });
    let awaiting = matches!(state, ItemState::AwaitingCustomer { .. });
    let set_up = awaiting || customer_says || matches!(state, ItemState::Accepted { .. });
    let verifying = matches!(state, ItemState::Verifying { .. });
    match news {
        News::Working => awaiting,
        News::AwaitingCustomer(kind) => set_up && !waits_for(kind),
        News::Succeeded => set_up,
        News::Failed => set_up || verifying || state.is_live(),
        News::CustomerActed(kind) => waits_for(kind),
        News::Works => verifying,
        News::Broken => matches!(state, ItemState::Active { .. }),
    }
}

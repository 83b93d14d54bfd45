//! Takes in what a provider reports by itself. Its word changes nothing: it makes us look, and only
//! when it tells more than we know. A late event must not make us look at another time than planned,
//! or the story of a simulated tenant would depend on the network.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, ProviderId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{CustomerActionKind, Item, ItemState, Said};
use tasuki_core::reason::Reason;
use tasuki_core::time::Period;
use tasuki_store::jobs::{self, Claimed, Lane, NewJob};
use tasuki_store::provider_events::{self, Place};
use tasuki_store::{StoreError, Tx, inbox, orders};

use super::attention::{enter, system};
use super::following::{Change, apply};
use crate::access::Entered;
use crate::call::Call;
use crate::context::Context;

/// The kind of job that hears an event again which came before its request was answered.
pub const HEAR_EVENT: &str = "hear_event";

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
    /// The date that the provider agreed on with the customer.
    pub visit: Option<Period>,
}

/// What happened, as far as it can tell more than we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The call that sets the instance up is under way: kept until its answer is known.
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
    call.require(ctx, Permission::Report)?;
    let unknown = || Problem::not_found(Reason::ItemNotFound, event.item_id);
    let provider = reporting(call, event.provider_id).ok_or_else(unknown)?;
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
    } else if matches!(item.state, ItemState::Requested { .. } | ItemState::Updating { .. }) {
        keep(ctx, &tx, &entered, (order, provider), event).await?;
        Taken::Early
    } else {
        if tells_more(&item, event.news) {
            let by = Actor::from(&call.principal);
            look(ctx, &tx, &entered, read, ((item.id, event.visit), &by)).await?;
        }
        Taken::Now
    };

    tx.commit().await?;
    Ok(taken)
}

/// An event that waits for an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Heard {
    tenant_id: TenantId,
    order_id: OrderId,
    item_id: ItemId,
    generation: u32,
    news: News,
    #[serde(default)]
    visit: Option<Period>,
}

/// Looks at the item now. The date of a visit is the provider's to give: it is noted as it is.
async fn look(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    mut read: orders::Stored,
    ((id, visit), by): ((ItemId, Option<Period>), &Actor),
) -> Result<(), Problem> {
    if let Some(stored) = read.items.iter_mut().find(|stored| stored.item.id == id) {
        stored.item.visit = visit.or(stored.item.visit);
    }
    let look = Change { look_at: Some(entered.now), ..Change::of(id) };
    apply(ctx, tx, entered, read, (look, by)).await?;
    Ok(())
}

/// Keeps an event until the answer of the call is known: that answer may be older than the event,
/// and may name a time to ask again that is days away.
async fn keep(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (order_id, provider): (OrderId, ProviderId),
    event: &Reported,
) -> Result<(), Problem> {
    // No answer tells less than this.
    if event.news == News::Working {
        return Ok(());
    }
    let heard = Heard {
        tenant_id: entered.tenant.id,
        order_id,
        item_id: event.item_id,
        generation: event.generation,
        news: event.news,
        visit: event.visit,
    };
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(entered.tenant.id),
        lane: Lane::Provisioning,
        kind: HEAR_EVENT,
        key: format!("{HEAR_EVENT}:{provider}:{}", event.event_id),
        payload: jobs::payload(&heard)?,
        run_at: entered.now,
    };
    jobs::enqueue(tx, &job).await?;
    Ok(())
}

/// Hears an event again that was early.
///
/// # Errors
/// `STORE_UNAVAILABLE`; `LOST_RACE` also while the call is still under way: the job is tried again.
pub async fn hear_event(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let heard: Heard = job.payload()?;
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, heard.tenant_id).await?;
    let read = orders::lock(&tx, heard.tenant_id, heard.order_id).await?;
    let item = read
        .as_ref()
        .and_then(|read| read.item(heard.item_id))
        .filter(|stored| stored.item.generation == heard.generation)
        .map(|stored| stored.item.clone());

    if let (Some(read), Some(item)) = (read, item) {
        if matches!(item.state, ItemState::Requested { .. }) {
            return Err(StoreError::LostRace.into());
        }
        if tells_more(&item, heard.news) {
            look(ctx, &tx, &entered, read, ((item.id, heard.visit), &system())).await?;
        }
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}

/// Who reports: a provider itself, whomever it names.
pub(super) fn reporting(call: &Call, named: Option<ProviderId>) -> Option<ProviderId> {
    match call.principal.role {
        Role::Provider => call.principal.provider_id,
        Role::Operator
        | Role::System
        | Role::Soc
        | Role::Partner
        | Role::HelpDesk
        | Role::Insurer
        | Role::Tenant => named,
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
        News::Succeeded => set_up || matches!(state, ItemState::Updating { .. }),
        News::Failed => set_up || verifying || state.is_live(),
        News::CustomerActed(kind) => waits_for(kind),
        News::Works => verifying,
        News::Broken => matches!(state, ItemState::Active { .. }),
    }
}

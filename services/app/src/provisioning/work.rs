//! Work for providers without a server, such as a field engineer: leased, reported, completed, under
//! the same guarantees as calls to a server. A lease has a token and an end; reports are fenced by it.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, ProviderId, TenantId, WorkId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    Answer, Cause, CustomerRequest, Item, ItemState, Question, Work, WorkBook, WorkKind,
    WorkResult, WorkSeen,
};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::{Period, Timestamp};
use tasuki_store::work::{After, Grab, Lease, Place};
use tasuki_store::{Tx, orders, providers, work};
use uuid::Uuid;

use super::attention::{Attend, enter};
use super::commanding::view;
use super::following::{Change, apply};
use super::read_orders::{OrderView, order_after};
use crate::access::Entered;
use crate::call::Call;
use crate::context::{Context, News};

/// A lease when the caller does not say: an hour.
const USUAL_LEASE_SECONDS: i64 = 3_600;

/// What a caller wants to do.
#[derive(Debug, Clone)]
pub struct LeaseWork {
    /// Who does it.
    pub provider: ProviderId,
    /// Only of these services; any if empty.
    pub services: Vec<Service>,
    /// At most so many pieces.
    pub max: u32,
    /// For how long, in seconds of real time; 0 for an hour.
    pub seconds: i64,
}

/// A piece of work under lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leased {
    /// The work.
    pub work: Work,
    /// On which item.
    pub item_id: ItemId,
    /// The token of the lease.
    pub token: Uuid,
    /// Until when it holds, by real time.
    pub until: Timestamp,
    /// How often it was leased, this time included.
    pub n_leases: u32,
    /// The date agreed for a visit.
    pub visit: Option<Period>,
    /// Where to go, by reference into the partner's records; empty when nowhere.
    pub site_reference: String,
}

/// A report on work under way.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Which work.
    pub work_id: WorkId,
    /// The token of the lease.
    pub token: Uuid,
    /// How far it is, in percent.
    pub percent: u32,
    /// What the customer has to do before it can go on; none when nothing.
    pub customer_request: Option<CustomerRequest>,
    /// What is there by now; none when nobody looked.
    pub seen: Option<WorkSeen>,
    /// What happened.
    pub note: String,
    /// How long the lease shall hold from now on; 0 for as long as at first.
    pub extend_seconds: i64,
    /// When it was so; now if none.
    pub occurred_at: Option<Timestamp>,
}

/// How work ended, as it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkEnd {
    /// Done.
    Succeeded,
    /// Not done, and for good.
    Failed(Cause),
    /// Not done now: offered again after so many seconds by the tenant's clock.
    Retry(i64),
}

/// The end of a piece of work.
#[derive(Debug, Clone)]
pub struct CompleteWork {
    /// Which work.
    pub work_id: WorkId,
    /// The token of the lease.
    pub token: Uuid,
    /// How it ended.
    pub end: WorkEnd,
    /// What is there now.
    pub seen: Option<WorkSeen>,
    /// What was found and done.
    pub note: String,
    /// When it ended; now if none.
    pub occurred_at: Option<Timestamp>,
}

/// Leases work to a provider without a server. Nothing is kept of a call that finds none.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`, `PROVIDER_HAS_SERVER`.
pub async fn lease_work(
    ctx: &Context,
    call: &Call,
    command: &LeaseWork,
) -> Result<Vec<Leased>, Problem> {
    call.require(ctx, Permission::Report)?;
    check_provider(call, command.provider)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer::<Vec<Leased>>(&tx, now).await? {
        return Ok(first);
    }
    let provider = providers::get(&tx, command.provider).await?;
    let unknown = || Problem::not_found(Reason::ProviderNotFound, command.provider);
    if !provider.ok_or_else(unknown)?.endpoint.is_empty() {
        let text = "the provider is registered with an endpoint and is called there";
        return Err(Problem::new(Reason::ProviderHasServer, text));
    }

    let seconds = if command.seconds == 0 { USUAL_LEASE_SECONDS } else { command.seconds };
    let grab = Grab {
        provider: command.provider,
        services: command.services.clone(),
        token: ctx.ids.next_uuid(),
        limit: command.max,
        seconds,
    };
    let leased = work::lease(&tx, &grab, (now, now.plus_seconds(seconds)?)).await?;
    if leased.is_empty() {
        return Ok(Vec::new());
    }
    let mut answer = Vec::with_capacity(leased.len());
    for stored in leased {
        let read = orders::get(&tx, stored.tenant, stored.order).await?;
        let item = read.as_ref().and_then(|read| read.item(stored.item)).map(|it| &it.item);
        answer.extend(item.and_then(|item| under_lease(&stored, item)));
    }
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

/// Takes in how far work is, and extends its lease. Tells, too, whether it is wanted no longer.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WORK_NOT_FOUND`; `LEASE_ENDED` when the token is not the one of the present lease.
pub async fn report_progress(
    ctx: &Context,
    call: &Call,
    report: Progress,
) -> Result<(Leased, bool), Problem> {
    let opened = match open::<(Leased, bool)>(ctx, call, (report.work_id, report.token)).await? {
        Opening::Repeat(first) => return Ok(first),
        Opening::Work(opened) => *opened,
    };

    let Opened { tx, entered, read, mut stored, item } = opened;
    let at = report.occurred_at.unwrap_or(entered.now).min(entered.now);
    let asks = report.customer_request != stored.work.customer_request;
    stored.work.progress_percent = stored.work.progress_percent.max(report.percent.min(100));
    stored.work.customer_request = report.customer_request;
    stored.work.note = report.note;
    if let Some(seen) = report.seen {
        stored.work.seen = Some(WorkSeen { observed_at: at, ..seen });
    }
    let seconds =
        if report.extend_seconds == 0 { stored.lease_seconds } else { report.extend_seconds };
    let until = ctx.clock.now().plus_seconds(seconds)?;
    let lease = Lease { token: report.token, until };
    work::report(&tx, &stored, lease).await?;
    stored.lease = Some(lease);
    let wanted = is_wanted(&item, &stored.work);
    if asks && wanted {
        let look = Change { look_at: Some(entered.now), ..Change::of(item.id) };
        let by = Actor::from(&call.principal);
        Box::pin(apply(ctx, &tx, &entered, read, (look, &by))).await?;
    }
    let leased = under_lease(&stored, &item).ok_or_else(ended)?;
    let answer = (leased, !wanted);
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

/// Takes in how work ended. The item follows by itself.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WORK_NOT_FOUND`; `LEASE_ENDED` when the token is not the one of the present lease;
/// `REQUEST_INVALID` without what was seen, where the end rests on it.
pub async fn complete_work(
    ctx: &Context,
    call: &Call,
    report: CompleteWork,
) -> Result<(OrderView, ItemId), Problem> {
    let key = (report.work_id, report.token);
    let opened = match open::<(TenantId, OrderId, ItemId)>(ctx, call, key).await? {
        Opening::Repeat((tenant, order, item)) => {
            let view = order_after(ctx, &Call::system(), (tenant, order), 0).await?;
            return Ok((view, item));
        }
        Opening::Work(opened) => *opened,
    };

    let Opened { tx, entered, read, mut stored, item } = opened;
    check_seen(stored.work.kind, &report)?;
    let at = report.occurred_at.unwrap_or(entered.now).min(entered.now);
    if let Some(seen) = report.seen {
        stored.work.seen = Some(WorkSeen { observed_at: at, ..seen });
    }
    stored.work.note = report.note;
    stored.work.customer_request = None;
    let after = match report.end {
        WorkEnd::Succeeded => {
            stored.work.progress_percent = 100;
            stored.work.ended = Some((WorkResult::Succeeded, at));
            After::Done
        }
        WorkEnd::Failed(cause) => {
            stored.work.ended = Some((WorkResult::Failed(cause), at));
            After::Done
        }
        WorkEnd::Retry(seconds) => After::OfferedAgain(entered.now.plus_seconds(seconds)?),
    };
    work::end(&tx, &stored, report.token, after).await?;
    let read = if after == After::Done && is_wanted(&item, &stored.work) {
        let look = Change { look_at: Some(entered.now), ..Change::of(item.id) };
        let by = Actor::from(&call.principal);
        Box::pin(apply(ctx, &tx, &entered, read, (look, &by))).await?
    } else {
        read
    };
    call.remember(&tx, &(entered.tenant.id, read.order.id, item.id)).await?;
    let view = view(&tx, &entered, read).await?;

    tx.commit().await?;
    Ok((view, item.id))
}

/// The answer to a question about an item of a provider without a server; offers what has to be done
/// for it.
pub(super) async fn pulled(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (attend, item, question): (&Attend, &Item, &Question),
) -> Result<Answer, Problem> {
    let all = work::of_item(tx, attend.tenant_id, item.id).await?;
    let begun = all.iter().any(|stored| stored.n_leases > 0);
    let pieces: Vec<Work> = all.into_iter().map(|stored| stored.work).collect();
    let pulled = WorkBook { pieces: &pieces, begun }.answer(item, question, entered.now);
    if *question == Question::Remove && !begun {
        // Nobody must set out for what is not wanted any more.
        work::withdraw(tx, attend.tenant_id, item.id).await?;
    }
    if let Some(kind) = pulled.offer {
        let piece = new_work(ctx, entered, item, kind);
        let place = Place {
            tenant: attend.tenant_id,
            provider: item.provider_id,
            order: attend.order_id,
            item: item.id,
            service: item.service(),
        };
        work::offer(tx, &place, &piece, entered.now).await?;
        let payload = json!({
            "provider_id": item.provider_id,
            "service": item.service(),
            "kind": kind,
            "item_id": item.id,
        });
        ctx.tell(tx, entered.when(), News::new("work.offered", piece.id, payload)).await?;
    }
    Ok(pulled.answer)
}

fn new_work(ctx: &Context, entered: &Entered, item: &Item, kind: WorkKind) -> Work {
    Work {
        id: ctx.ids.next(),
        kind,
        generation: item.generation,
        spec: item.spec.clone(),
        reason: item.state.cause().map(|cause| cause.code),
        requested_at: entered.now,
        progress_percent: 0,
        customer_request: None,
        seen: None,
        note: String::new(),
        ended: None,
    }
}

/// A provider can only name itself; who watches over the scheme can name any.
fn check_provider(call: &Call, provider: ProviderId) -> Result<(), Problem> {
    let own = call.principal.provider_id;
    let foreign = call.principal.role == Role::Provider && own != Some(provider);
    if foreign { Err(Problem::not_found(Reason::ProviderNotFound, provider)) } else { Ok(()) }
}

/// What an end rests on has to be told with it.
fn check_seen(kind: WorkKind, report: &CompleteWork) -> Result<(), Problem> {
    let required = |text: &str| Err(Problem::invalid("observation", text));
    match (&report.end, kind, &report.seen) {
        (WorkEnd::Succeeded, WorkKind::Put | WorkKind::Observe, None) => {
            required("is required: say what is there now, with the evidence")
        }
        (WorkEnd::Succeeded, WorkKind::Put, Some(seen)) if !seen.exists => {
            required("says that nothing is there; complete the work as failed instead")
        }
        (WorkEnd::Succeeded, WorkKind::Delete, Some(seen)) if seen.exists => {
            required("says that it is still there; complete the work as failed instead")
        }
        (WorkEnd::Succeeded | WorkEnd::Failed(_) | WorkEnd::Retry(_), _, _) => Ok(()),
    }
}

/// Whether the item still waits for this work.
fn is_wanted(item: &Item, work: &Work) -> bool {
    let removal =
        matches!(item.state, ItemState::Cleaning { .. } | ItemState::Deprovisioning { .. });
    item.generation == work.generation
        && item.state.ended_at().is_none()
        && removal == (work.kind == WorkKind::Delete)
}

fn under_lease(stored: &work::Stored, item: &Item) -> Option<Leased> {
    let lease = stored.lease?;
    let site = item.spec.parameters.get("site_reference").unwrap_or(&item.spec.tenant_reference);
    Some(Leased {
        work: stored.work.clone(),
        item_id: stored.item,
        token: lease.token,
        until: lease.until,
        n_leases: stored.n_leases,
        visit: item.visit,
        site_reference: site.clone(),
    })
}

struct Opened {
    tx: Tx,
    entered: Entered,
    read: orders::Stored,
    stored: work::Stored,
    item: Item,
}

enum Opening<T> {
    Repeat(T),
    Work(Box<Opened>),
}

fn ended() -> Problem {
    let text = "the lease has ended and the work belongs to another lease, or is over";
    Problem::new(Reason::LeaseEnded, text)
}

/// Locks the order first, as every change of an item does, and then the work.
async fn open<T: serde::de::DeserializeOwned>(
    ctx: &Context,
    call: &Call,
    (id, token): (WorkId, Uuid),
) -> Result<Opening<T>, Problem> {
    call.require(ctx, Permission::Report)?;
    let unknown = || Problem::not_found(Reason::WorkNotFound, id);
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer::<T>(&tx, ctx.clock.now()).await? {
        return Ok(Opening::Repeat(first));
    }
    let (tenant, provider, order) = work::place_of(&tx, id).await?.ok_or_else(unknown)?;
    check_provider(call, provider).map_err(|_| unknown())?;
    let entered = enter(ctx, &tx, tenant).await?;
    let read = orders::lock(&tx, tenant, order).await?.ok_or_else(unknown)?;
    let stored = work::get(&tx, id).await?.ok_or_else(unknown)?;
    let item = read.item(stored.item).map(|it| it.item.clone()).ok_or_else(unknown)?;
    let present = stored.lease.filter(|lease| lease.token == token);
    if present.is_none() || stored.work.ended.is_some() {
        return Err(ended());
    }
    Ok(Opening::Work(Box::new(Opened { tx, entered, read, stored, item })))
}

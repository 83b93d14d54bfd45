//! Reads subscriptions, for a time and as they were known at a time.

use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::{ScheduledChange, SubscriptionState};
use tasuki_core::tenant::Tenant;
use tasuki_store::subscriptions::{self, Stored};
use tasuki_store::{Scope, Tx, tenants};

use super::view::{AsOf, SubscriptionView, view};
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Rows read at once when only some of them are shown.
const AT_ONCE: u64 = 200;

/// Rows looked at for one page at most: a page that is not full yet goes on with the next.
const MOST_LOOKED_AT: u64 = 10_000;

/// What is true of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// Accepted, but no service is in use yet.
    Pending,
    /// At least one service is in use.
    Active,
    /// In its free trial.
    OnTrial,
    /// Its certificate is in force.
    OnRisk,
    /// An invoice is past its due day.
    PastDue,
    /// Stopped for a time, as a whole.
    Suspended,
    /// A change waits for its day.
    ChangeScheduled,
    /// Cancelled with effect on a later day.
    CancelPending,
    /// Ended.
    Cancelled,
    /// Something waits for a person.
    NeedsAttention,
}

/// Which subscriptions are listed.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionList {
    /// Only of this tenant; of all that the caller may see if none.
    pub tenant_id: Option<TenantId>,
    /// Only those of which all of this is true.
    pub flags: Vec<Flag>,
    /// For which time.
    pub at: AsOf,
    /// The page.
    pub page: PageRequest,
}

impl SubscriptionView {
    /// Everything that is true of it at the time that the view is for.
    pub fn flags(&self) -> Vec<Flag> {
        let standing = &self.subscription.standing;
        let mut flags = match standing.state {
            SubscriptionState::Pending => vec![Flag::Pending],
            SubscriptionState::Trialing { .. } => vec![Flag::Active, Flag::OnTrial],
            SubscriptionState::Active => vec![Flag::Active],
            SubscriptionState::Suspended { trial_until: None, .. } => vec![Flag::Suspended],
            SubscriptionState::Suspended { trial_until: Some(_), .. } => {
                vec![Flag::OnTrial, Flag::Suspended]
            }
            SubscriptionState::Cancelled { .. } => vec![Flag::Cancelled],
        };
        let conversion = matches!(
            standing.state,
            SubscriptionState::Trialing { .. }
                | SubscriptionState::Suspended { trial_until: Some(_), .. }
        ) && self.subscription.has_paid_phase();
        let waits = conversion || self.subscription.scheduled.iter().any(ScheduledChange::is_open);
        let more = [
            (self.is_on_risk, Flag::OnRisk),
            (standing.flags.past_due_since.is_some(), Flag::PastDue),
            (waits || standing.flags.cancel_on.is_some(), Flag::ChangeScheduled),
            (standing.flags.cancel_on.is_some(), Flag::CancelPending),
            (self.needs_attention, Flag::NeedsAttention),
        ];
        flags.extend(more.into_iter().filter(|(holds, _)| *holds).map(|(_, flag)| flag));
        flags.sort_unstable();
        flags
    }
}

/// A subscription of a tenant, for a time and as it was known at a time.
///
/// # Errors
/// `TENANT_NOT_FOUND`; `SUBSCRIPTION_NOT_FOUND` also for a time before it was made, or known.
pub async fn get_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    (id, at): (SubscriptionId, AsOf),
) -> Result<SubscriptionView, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let stored = subscriptions::get(&tx, tenant, id).await?;
    let missing = || Problem::not_found(Reason::SubscriptionNotFound, id);
    let stored = stored.ok_or_else(missing)?;
    seen(ctx, &tx, &entered.tenant, (stored, at)).await?.ok_or_else(missing)
}

/// The view of a stored subscription for a time; none if it was not there, or not known, then.
async fn seen(
    ctx: &Context,
    tx: &Tx,
    tenant: &Tenant,
    (stored, at): (Stored, AsOf),
) -> Result<Option<SubscriptionView>, Problem> {
    let now = tenant.clock_at.unwrap_or_else(|| ctx.clock.now());
    let known_at = at.known_at.unwrap_or(now).min(now);
    let as_of = at.as_of.unwrap_or(now);
    let present = stored.version;
    let known = match at.known_at {
        None => Some(stored),
        Some(at) => subscriptions::as_known(tx, tenant.id, stored.subscription.id, at).await?,
    };
    let Some(known) = known else { return Ok(None) };
    let subscription = match at.as_of {
        None if at.known_at.is_none() => Some(known.subscription),
        Some(_) | None => known.subscription.seen_on(as_of.day_in(&tenant.zone), &tenant.zone),
    };
    let Some(subscription) = subscription else { return Ok(None) };
    let stored = Stored { subscription, version: present };
    view(ctx, tx, (stored, &tenant.zone), (as_of, known_at)).await.map(Some)
}

/// Subscriptions, the newest first: of one tenant, or of all that the caller may see.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_subscriptions(
    ctx: &Context,
    call: &Call,
    list: &SubscriptionList,
) -> Result<Page<SubscriptionView>, Problem> {
    let mut after = list.page.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
    })?;
    let tx = ctx.store.begin_read().await?;
    let scope = match list.tenant_id.or(call.principal.tenant_id) {
        Some(tenant) => {
            access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
            Scope::Tenant(tenant)
        }
        None => everybody(ctx, call)?,
    };
    let size = usize::try_from(list.page.size()).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    let mut n_looked_at = 0_u64;
    loop {
        let read = subscriptions::list_newest(&tx, scope, after, AT_ONCE).await?;
        if read.is_empty() {
            return Ok(Page { rows, next: None });
        }
        for stored in read {
            let id = stored.subscription.id;
            if rows.len() == size || n_looked_at == MOST_LOOKED_AT {
                return Ok(Page { rows, next: after.map(|id: SubscriptionId| id.to_string()) });
            }
            n_looked_at = n_looked_at.saturating_add(1);
            after = Some(id);
            let tenant = tenants::get(&tx, stored.subscription.tenant_id).await?;
            let Some(tenant) = tenant.map(|stored| stored.tenant) else { continue };
            let found = seen(ctx, &tx, &tenant, (stored, list.at)).await?;
            let all = |view: &SubscriptionView| {
                let flags = view.flags();
                list.flags.iter().all(|flag| flags.contains(flag))
            };
            rows.extend(found.filter(all));
        }
    }
}

/// All that the caller may see.
pub(super) fn everybody(ctx: &Context, call: &Call) -> Result<Scope, Problem> {
    call.require(ctx, Permission::Read)?;
    match call.principal.role {
        Role::Operator | Role::System | Role::Soc | Role::HelpDesk | Role::Insurer => {
            Ok(Scope::All)
        }
        Role::Partner | Role::Provider | Role::Tenant => call
            .principal
            .partner_id
            .map(Scope::Partner)
            .ok_or_else(|| call.forbidden(Permission::Read)),
    }
}

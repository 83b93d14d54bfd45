//! Takes back a change that waits for its day.

use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::{PhaseKind, SubscriptionCommand};

use super::deciding::{Changed, Decided, Scene, Wanted, run};
use crate::call::Call;
use crate::context::Context;

/// The id of a cancellation that waits for its day.
pub const CANCELLATION: &str = "cancel";

/// The id of an ordered conversion that waits for the end of the trial.
pub const CONVERSION: &str = "convert";

/// Takes back a change that waits.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `ETAG_MISMATCH`; `SUBSCRIPTION_STATE` when no change
/// of that id waits.
pub async fn withdraw_scheduled_change(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    change_id: &str,
) -> Result<Changed, Problem> {
    run(ctx, call, tenant, wanted, |scene| withdraw(scene, change_id)).await
}

fn withdraw(scene: &Scene<'_>, change_id: &str) -> Result<Decided, Problem> {
    let subscription = scene.subscription;
    let reason = String::new();
    if change_id == CANCELLATION {
        let until = subscription.standing.flags.cancel_on.unwrap_or(scene.today);
        let next = subscription.step(&SubscriptionCommand::WithdrawCancellation, scene.now())?.0;
        return Ok(Decided { next, on: until, until, reason });
    }
    let refused = |text: String| {
        Problem::new(Reason::SubscriptionState, text)
            .with("state", subscription.state().as_str())
            .with("command", "withdraw scheduled change")
    };
    if change_id == CONVERSION {
        let mut paid = subscription.phases.iter().filter(|phase| phase.kind == PhaseKind::Paid);
        let on = paid.find_map(|phase| phase.from).unwrap_or(scene.today).max(scene.today);
        let withdrawn = subscription.clone().with_conversion_withdrawn(scene.today, scene.now());
        let next = withdrawn.map_err(|_| {
            let text = "no conversion that was ordered waits: what follows the trial by the quote ends \
                        with a cancellation";
            refused(text.to_owned())
        })?;
        let until = next.trial_until().unwrap_or(on);
        return Ok(Decided { next, on, until, reason });
    }
    let found = subscription.waiting().into_iter().find(|change| change.id() == change_id);
    let Some(found) = found.map(|found| (found.number, found.effective_on)) else {
        return Err(refused(format!("no change `{change_id}` waits: see `scheduled_changes`")));
    };
    let next = subscription.clone().with_withdrawn(found.0, scene.today, scene.now());
    let next = next.ok_or_else(|| refused(format!("the change `{change_id}` was made")))?;
    Ok(Decided { next, on: found.1, until: found.1, reason })
}

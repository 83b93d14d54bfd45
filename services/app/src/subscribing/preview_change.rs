//! Says what a change would mean, without making it: the same decision, never stored.

use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_store::partners;

use super::change_standing::{Suspension, cancel, reinstate, resume, suspend};
use super::change_subscription::{AskedChange, decide};
use super::convert_trial::{ConvertTrial, convert, paid_from};
use super::deciding::{Changed, Wanted, When, run};
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::quoting::Intent;

/// What kind of change is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Services, plans, quantities or prices.
    Change,
    /// The trial becomes a paid subscription.
    Convert,
    /// It is stopped for a time.
    Suspend,
    /// It goes on.
    Resume,
    /// It ends.
    Cancel,
    /// It comes back.
    Reinstate,
}

/// Says what a change would mean in yen.
///
/// # Errors
/// As the change itself.
pub async fn preview_change(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    subscription_id: SubscriptionId,
    (kind, change, when): (ChangeKind, AskedChange, When),
) -> Result<Changed, Problem> {
    let wanted = Wanted { subscription_id, etag: None, intent: Intent::OnlyAsk };
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let sold_by = partners::get(&tx, entered.tenant.partner_id).await?.map(|it| it.code);
    drop(tx);
    run(ctx, call, tenant, &wanted, |scene| match kind {
        ChangeKind::Change => decide(scene, change, when),
        ChangeKind::Convert => {
            let paid_from = paid_from(scene, when)?;
            convert(scene, ConvertTrial { paid_from, change, sold_by })
        }
        ChangeKind::Suspend => {
            let (services, reason) = (Vec::new(), String::new());
            suspend(scene, Suspension { services, when, reason, resume_on: None })
        }
        ChangeKind::Resume => resume(scene, &[], when),
        ChangeKind::Cancel => cancel(scene, when, String::new()),
        ChangeKind::Reinstate => reinstate(scene, when),
    })
    .await
}

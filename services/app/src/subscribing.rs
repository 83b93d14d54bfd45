//! Subscriptions: what is taken when, and what it means in yen.
//!
//! See `subscribing/README.md` for what this folder owns and its invariants.

mod change_standing;
mod change_subscription;
mod convert_trial;
mod covering;
mod deciding;
mod effect;
mod fees;
mod migrate;
mod preview_change;
mod progress;
mod read_subscriptions;
mod turn;
mod view;
mod withdraw_change;

pub use change_standing::{
    Suspension, cancel_subscription, reinstate_subscription, resume_subscription,
    suspend_subscription,
};
pub use change_subscription::{AskedChange, change_subscription};
pub use convert_trial::{ConvertTrial, convert_trial};
pub(crate) use deciding::pinned;
pub use deciding::{Changed, Wanted, When};
pub use effect::{EffectLine, MoneyEffect};
pub use migrate::{
    MigrationAsk, MigrationPage, MigrationResult, MigrationRow, Move, migrate_subscriptions,
    migration_page, migration_size,
};
pub use preview_change::{ChangeKind, preview_change};
pub use progress::{ActiveItem, GoneItem};
pub(crate) use progress::{item_active, item_gone};
pub use read_subscriptions::{Flag, SubscriptionList, get_subscription, list_subscriptions};
pub use tasuki_store::subscriptions::Stored;
pub(crate) use turn::plan_fit;
pub use turn::{
    FIT_ITEM, FitItem, REMOVE_ITEM, RemoveItem, TURN_SUBSCRIPTION, Turn, turn_subscription,
};
pub use view::{AsOf, ItemView, SubscriptionView};
pub use withdraw_change::{CANCELLATION, CONVERSION, withdraw_scheduled_change};

use tasuki_core::id::SubscriptionId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::{Tx, subscriptions};

use crate::access::Entered;

/// A subscription of the tenant, locked.
pub(crate) async fn lock(
    tx: &Tx,
    entered: &Entered,
    id: SubscriptionId,
) -> Result<Stored, Problem> {
    subscriptions::lock(tx, entered.tenant.id, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::SubscriptionNotFound, id))
}

/// The text that a caller sends back to show which version it has read.
pub fn etag(version: i64) -> String {
    format!("v{version}")
}

/// Refuses a change of something that was changed since the caller read it.
fn check_etag(sent: &str, stored: &Stored) -> Result<(), Problem> {
    let current = etag(stored.version);
    if sent == current {
        return Ok(());
    }
    let text = format!("the subscription was changed since it was read: its etag is `{current}`");
    Err(Problem::new(Reason::EtagMismatch, text).with("etag", current))
}

//! Subscriptions: reads them, turns trials into paid plans, stops and ends them, and follows the
//! set-up of their services.

mod change_standing;
mod convert_trial;
mod progress;
mod read_subscriptions;
mod turn;

pub use change_standing::{
    CancelAt, StandingChange, cancel_subscription, resume_subscription, suspend_subscription,
};
pub use convert_trial::{ConvertTrial, convert_trial};
pub use progress::{ActiveItem, GoneItem};
pub(crate) use progress::{item_active, item_gone};
pub use read_subscriptions::{get_subscription, list_subscriptions};
pub use tasuki_store::subscriptions::Stored;
pub use turn::{REMOVE_ITEM, RemoveItem, TURN_SUBSCRIPTION, Turn, turn_subscription};

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

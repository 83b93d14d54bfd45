//! How notices leave: mail, calls, webhooks.
//!
//! The one adapter so far is [`DeskQueue`]: the desk reads what is to be said from the list of
//! notices and says it. Mail over SMTP and telephony are further adapters of the same trait.

use std::fmt;
use std::sync::Mutex;

use async_trait::async_trait;
use tasuki_core::id::NoticeId;
use tasuki_core::notice::{Audience, Channel, Notice};

/// Why a notice did not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It may work later.
    #[error("cannot deliver now: {0}")]
    NotNow(String),
    /// It will never work: there is no such address or channel.
    #[error("cannot be delivered: {0}")]
    Never(String),
}

/// Hands notices to whoever delivers them. A repeat of the same notice id is dropped there.
#[async_trait]
pub trait Deliver: Send + Sync + fmt::Debug {
    /// Takes a notice that is due; returns when it is safe with the receiver.
    ///
    /// # Errors
    /// [`DeliveryError`].
    async fn deliver(&self, notice: &Notice) -> Result<(), DeliveryError>;
}

/// The desk's own queue.
///
/// The table of notices is the queue, and a notice that is due stands in it: nothing has to travel.
/// Delivery writes one log line for the desk's screen and never fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeskQueue;

#[async_trait]
impl Deliver for DeskQueue {
    async fn deliver(&self, notice: &Notice) -> Result<(), DeliveryError> {
        tracing::info!(
            notice.id = %notice.id,
            tenant.id = %notice.tenant_id,
            notice.channel = notice.channel.as_str(),
            notice.audience = notice.audience.as_str(),
            "notice `{}` is in the desk's queue",
            notice.id
        );
        Ok(())
    }
}

/// What a fake receiver got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The notice.
    pub id: NoticeId,
    /// How it came.
    pub channel: Channel,
    /// For whom it was.
    pub audience: Audience,
}

/// A receiver for tests: fails a number of times, then takes everything and drops repeats.
#[derive(Debug, Default)]
pub struct FakeReceiver {
    state: Mutex<FakeState>,
}

#[derive(Debug, Default)]
struct FakeState {
    failures: Vec<DeliveryError>,
    delivered: Vec<Delivered>,
}

impl FakeReceiver {
    /// A receiver that answers the first tries with these failures.
    pub fn failing(mut failures: Vec<DeliveryError>) -> Self {
        failures.reverse();
        Self { state: Mutex::new(FakeState { failures, delivered: Vec::new() }) }
    }

    /// What it got, in order, repeats dropped.
    pub fn delivered(&self) -> Vec<Delivered> {
        self.state.lock().map(|state| state.delivered.clone()).unwrap_or_default()
    }
}

#[async_trait]
impl Deliver for FakeReceiver {
    async fn deliver(&self, notice: &Notice) -> Result<(), DeliveryError> {
        let mut state =
            self.state.lock().map_err(|error| DeliveryError::NotNow(error.to_string()))?;
        if let Some(failure) = state.failures.pop() {
            return Err(failure);
        }
        if state.delivered.iter().all(|known| known.id != notice.id) {
            state.delivered.push(Delivered {
                id: notice.id,
                channel: notice.channel,
                audience: notice.audience,
            });
        }
        Ok(())
    }
}

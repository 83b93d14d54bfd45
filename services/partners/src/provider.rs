//! Providers of security services, asked over the provider contract.
//!
//! One question, one answer, in domain words. What the status of a call means is decided in the
//! domain ([`AnswerCode`](tasuki_core::provisioning::AnswerCode)); a call carries a key that names
//! the step and never the try, and a time limit.

mod client;
mod fake;
mod mapping;

use std::fmt;

use async_trait::async_trait;
use tasuki_core::provisioning::{Answer, Capabilities, Item, ProviderFailure, Question};
use tasuki_core::time::Timestamp;

pub use client::GrpcProviders;
pub use fake::{Behaviour, FakeProviders};

/// Asks providers.
#[async_trait]
pub trait Providers: Send + Sync + fmt::Debug {
    /// Asks the provider at an address a question about an item, at the tenant's present.
    ///
    /// Whatever goes wrong is an answer too: [`Answer::Failed`] says what follows from it.
    async fn ask(&self, endpoint: &str, item: &Item, question: &Question, now: Timestamp)
    -> Answer;

    /// The ids of everything that the provider at an address has; none when it does not list.
    ///
    /// # Errors
    /// What follows from the failure.
    async fn list(
        &self,
        _endpoint: &str,
        _now: Timestamp,
    ) -> Result<Option<Vec<String>>, Box<ProviderFailure>> {
        Ok(None)
    }

    /// What the provider at an address says it can do. Nothing changes there.
    ///
    /// # Errors
    /// What follows from the failure.
    async fn capabilities(&self, endpoint: &str) -> Result<Capabilities, Box<ProviderFailure>>;
}

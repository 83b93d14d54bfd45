//! Stands between the worker and the provider's client: notes what is asked, holds an answer back,
//! or lets whoever asked die.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tasuki_core::provisioning::{Answer, Capabilities, Item, ProviderFailure, Question};
use tasuki_core::time::Timestamp;
use tasuki_partners::provider::{GrpcProviders, Providers};
use tokio::sync::{Notify, Semaphore};

/// Asks the provider; the first answer to one kind of question can be held back.
#[derive(Debug)]
pub(crate) struct Switchboard {
    client: GrpcProviders,
    asked: Mutex<Vec<Question>>,
    held: Mutex<Option<Question>>,
    /// Told when a question is on its way.
    pub(crate) asking: Notify,
    /// Told when an answer is there and held back.
    pub(crate) holding: Notify,
    released: Semaphore,
}

impl Switchboard {
    /// Holds nothing back.
    pub(crate) fn open() -> Arc<Self> {
        Self::of(None)
    }

    /// Holds the first answer to this question back until it is released: the provider has acted by
    /// then.
    pub(crate) fn holding_back(question: Question) -> Arc<Self> {
        Self::of(Some(question))
    }

    fn of(held: Option<Question>) -> Arc<Self> {
        Arc::new(Self {
            client: GrpcProviders::new(),
            asked: Mutex::default(),
            held: Mutex::new(held),
            asking: Notify::new(),
            holding: Notify::new(),
            released: Semaphore::new(0),
        })
    }

    /// Lets the answer go that is held back.
    pub(crate) fn release(&self) {
        self.released.add_permits(1);
    }

    /// Everything that was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often the provider was asked.
    pub(crate) fn n_asked(&self) -> usize {
        self.asked().len()
    }

    fn takes(&self, question: &Question) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.take_if(|held| held == question).is_some()
    }
}

#[async_trait]
impl Providers for Switchboard {
    async fn ask(
        &self,
        endpoint: &str,
        item: &Item,
        question: &Question,
        now: Timestamp,
    ) -> Answer {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(question.clone());
        let held = self.takes(question);
        self.asking.notify_one();
        let answer = self.client.ask(endpoint, item, question, now).await;
        if held {
            self.holding.notify_one();
            self.released.acquire().await.unwrap().forget();
        }
        answer
    }

    async fn capabilities(&self, endpoint: &str) -> Result<Capabilities, Box<ProviderFailure>> {
        self.client.capabilities(endpoint).await
    }
}

//! What every use case works with.

use std::sync::Arc;

use tasuki_core::event::undocumented;
use tasuki_core::id::{EventId, IdSource, TenantId};
use tasuki_core::time::{Clock, Timestamp};
use tasuki_policies::PackSet;
use tasuki_pricing::cards::Cards;
use tasuki_store::outbox::{self, Event};
use tasuki_store::{Store, StoreError, Tx};

use crate::library::Library;

/// The store, the clock, the ids, and the rate cards and policy packs in use.
#[derive(Debug, Clone)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// Real time; a simulated tenant has its own, see [`access::enter`](crate::access::enter).
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Rate cards and policy packs.
    pub library: Arc<Library>,
}

impl Context {
    /// The policy packs in use.
    pub fn packs(&self) -> Arc<PackSet> {
        self.library.packs.packs()
    }

    /// The rate cards in use.
    pub fn cards(&self) -> Arc<Cards> {
        self.library.cards.cards()
    }

    /// Tells others, in this transaction, what happened to a tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tell(
        &self,
        tx: &Tx,
        when: (TenantId, Timestamp),
        news: News,
    ) -> Result<(), StoreError> {
        let (tenant, occurred_at) = when;
        self.append(tx, (Some(tenant), occurred_at), news).await
    }

    /// Tells others, in this transaction, what happened to the scheme as a whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tell_scheme(
        &self,
        tx: &Tx,
        occurred_at: Timestamp,
        news: News,
    ) -> Result<(), StoreError> {
        self.append(tx, (None, occurred_at), news).await
    }

    async fn append(
        &self,
        tx: &Tx,
        (tenant, occurred_at): (Option<TenantId>, Timestamp),
        news: News,
    ) -> Result<(), StoreError> {
        let id: EventId = self.ids.next();
        let News { topic, subject, payload } = news;
        debug_assert_eq!(
            undocumented(topic, &payload),
            None,
            "what is told is listed in core/src/event/topics.rs"
        );
        let event = Event { id, tenant, topic, subject, payload, occurred_at };
        outbox::append(tx, &event).await
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub struct News {
    topic: &'static str,
    subject: String,
    payload: serde_json::Value,
}

impl News {
    /// The topic is a noun and a past form, such as `quote.issued`; the subject is the id of what it
    /// happened to; the payload is what a receiver needs to know, without names and addresses.
    pub fn new(
        topic: &'static str,
        subject: impl std::fmt::Display,
        payload: serde_json::Value,
    ) -> Self {
        Self { topic, subject: subject.to_string(), payload }
    }
}

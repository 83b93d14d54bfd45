//! SeaORM on SQLite and PostgreSQL: repositories, outbox, inbox and jobs.
//!
//! Everything happens in a [`Tx`]; repositories are free functions that take one, with domain types
//! in and out. Rows and SQL stay in the file of their table family. Every query of tenant data takes
//! the tenant.

pub mod alerts;
pub mod certificates;
pub mod claims;
pub mod counters;
pub mod decision_log;
pub mod decisions;
pub mod evidence;
pub mod heartbeats;
pub mod idempotency;
pub mod inbox;
pub mod incidents;
pub mod invoices;
pub mod jobs;
pub mod limits;
pub mod master_contracts;
pub mod notices;
pub mod orders;
pub mod outbox;
pub mod partners;
pub mod payments;
pub mod policies;
pub mod provider_checks;
pub mod provider_events;
pub mod providers;
pub mod quotes;
pub mod rate_cards;
pub mod relay_places;
pub mod settlements;
pub mod strays;
pub mod subscriptions;
pub mod tenants;
pub mod turns;
pub mod usage;
pub mod webhooks;
pub mod work;

#[cfg(feature = "testing")]
pub mod testing;

mod connect;
mod document;
mod error;
mod finished;
mod instant;
mod migrations;
pub mod query;
pub mod recent;
mod sealing;
mod tx;

pub use connect::{Options, Store};
pub use error::StoreError;
pub use finished::FinishedJobs;
pub use query::Scope;
pub use sealing::{Keys, SealingKey};
pub use tx::Tx;

//! Does due work: claims jobs by lease, runs them, hands the outbox on, and watches the backlog.
//!
//! A job runs outside any transaction and finishes in one, together with its effect. What a partner
//! answers enters through a use case like everyone else's command.

pub mod relay;
pub mod streams;
pub mod webhooks;

mod backlog;
mod failure;
mod jobs;
mod retry;
mod run_jobs;
mod upkeep;
mod watch_packs;
mod worker;

pub use backlog::watch_backlog;
pub use failure::JobFailure;
pub use run_jobs::{Hands, run_due_jobs, run_jobs, run_jobs_with};
pub use upkeep::keep_up;
pub use watch_packs::watch_packs;
pub use worker::Worker;

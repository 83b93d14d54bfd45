//! The use cases: load, decide, commit.
//!
//! A use case takes the [`Context`](context::Context), the [`Call`](call::Call) that says who acts,
//! and a command of domain types. It never calls a partner and never calls another use case; what
//! others must do afterwards is a job or an event in the same transaction.

pub mod access;
pub mod billing;
pub mod call;
pub mod catalog;
pub mod claiming;
pub mod context;
pub mod governing;
pub mod library;
pub mod monitoring;
pub mod paging;
pub mod provisioning;
pub mod quoting;
pub mod subscribing;
pub mod webhooks;

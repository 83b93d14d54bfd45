//! The edge: messages become commands, domain types become messages, problems become statuses.
//!
//! No rule lives here. A handler opens the request ([`edge::Edge`]), maps it, calls one use case and
//! maps the answer.

pub mod auth;
pub mod edge;
pub mod status;

mod actors;
mod alerts;
mod billing;
mod catalog;
mod claims;
mod covers;
mod documents;
mod explain;
mod fields;
mod incidents;
mod partners;
mod policies;
mod prices;
mod profiles;
mod provisioning;
mod quotes;
mod routes;
mod selections;
mod settlements;
mod subscriptions;
mod tenants;
mod usage;
mod webhooks;
mod words;

pub use routes::routes;

//! Calls to the outside: one file per counterpart.

pub mod dns;
pub mod nats;
pub mod notices;
pub mod provider;
pub mod webhooks;

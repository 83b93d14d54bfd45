//! Webhooks from the outbox to a real receiver: in order, at least once, signed, and to nobody inside a network.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test")]

mod addresses;
mod delivering;
mod failing;
mod processes;
mod receiver;
mod scene;
mod secrets;

//! Events from the outbox to a real NATS server: each once, in order, whatever dies in between.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

mod nats_server;
mod publishing;
mod scene;
mod trouble;

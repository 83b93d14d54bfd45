//! Subscriptions on both databases: changes and their money, reads for a time, moves of prices.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

mod changes;
mod giving_back;
mod migrations;
mod promises;
mod reads;
mod scene;

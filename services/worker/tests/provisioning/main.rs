//! Orders on their way to the reference provider, which runs as a process of its own and is asked
//! over gRPC; on both databases, by the tenants' clocks.
#![expect(clippy::unwrap_used, reason = "test")]

mod callbacks;
mod changes;
mod customers;
mod deaths;
mod failures;
mod live;
mod orders;
mod pilot;
mod reference_provider;
mod removals;
#[path = "../../../app/tests/quoting/scene.rs"]
#[expect(dead_code, reason = "the scene of quotes has more than orders need")]
mod scene;
mod stage;
mod switchboard;
mod unknown;

//! Orders on their way to the reference provider, which runs as a process of its own and is asked
//! over gRPC; on both databases, by the tenants' clocks.
#![expect(clippy::unwrap_used, reason = "test")]

mod callbacks;
mod changes;
mod checks;
mod customers;
mod deaths;
mod dns;
mod failures;
mod live;
#[path = "../../../partners/tests/dns/name_server.rs"]
mod name_server;
mod orders;
mod pilot;
mod pulled;
mod reference_provider;
mod removals;
#[path = "../../../app/tests/quoting/scene.rs"]
#[expect(dead_code, reason = "the scene of quotes has more than orders need")]
mod scene;
mod stage;
mod sweeps;
mod switchboard;
mod unknown;

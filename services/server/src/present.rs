//! The one place that asks the machine for the time, for random ids and for its name.

use tasuki_core::id::IdSource;
use tasuki_core::time::{Clock, Timestamp};
use uuid::Uuid;

/// Real time.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::new(jiff::Timestamp::now())
    }
}

/// UUIDs of version 7: they grow with time, which keeps indexes compact.
#[derive(Debug)]
pub(crate) struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids")]
    fn next_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A name for this process among the replicas of the server.
pub(crate) fn replica() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "replica" } else { host };
    format!("{host}-{}", std::process::id())
}

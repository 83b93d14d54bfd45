//! Bad behaviour on demand, so that whoever calls a provider can be tried out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};

/// The switches.
#[derive(Debug, Clone)]
pub struct Faults {
    /// Each answer takes so much longer.
    pub slow: Duration,
    /// So many of a hundred calls fail; which ones depends on the call alone, so that a run repeats.
    pub fail_percent: u8,
    /// With which code they fail.
    pub fail_with: Code,
    /// Only these calls fail, such as `PutInstance`. Empty: all.
    pub fail_calls: Vec<String>,
    /// The customer never does a step, whatever the scenario says.
    pub customer_never_acts: bool,
    /// Every event is sent twice.
    pub duplicate_callbacks: bool,
    /// The first request of each change takes effect and is answered with `DEADLINE_EXCEEDED`.
    pub time_out_after_effect: bool,
    /// Promises of the contract that are broken, so that the kit that verifies them can be tried out.
    pub breaches: Vec<Breach>,
}

/// A promise of the contract that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Breach {
    /// To ask whether something could be set up sets it up.
    ValidateSetsUp,
    /// A repeat of a request is refused.
    RepeatRefused,
    /// The same generation takes another spec.
    OtherSpecTaken,
    /// An older generation is taken.
    OlderGenerationTaken,
    /// What is not offered is set up.
    AnythingOffered,
    /// What is not there is an error.
    AbsentIsError,
    /// An operation that never was is answered with an internal error.
    UnknownOperationBreaks,
    /// The hash of the spec is forgotten.
    SpecHashLost,
    /// What is there is not listed.
    ListEmpty,
    /// Pages end where the next one begins.
    PagesOverlap,
    /// What is taken away stays.
    DeleteKeeps,
    /// To take away what never was is an error.
    UnknownDeleteFails,
    /// A creation that its removal has overtaken is set up.
    NoTombstones,
    /// A suspended instance says that it runs.
    SuspensionHidden,
}

impl Faults {
    /// Whether this promise is broken.
    pub(crate) fn breaks(&self, breach: Breach) -> bool {
        self.breaches.contains(&breach)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            slow: Duration::ZERO,
            fail_percent: 0,
            fail_with: Code::Unavailable,
            fail_calls: Vec::new(),
            customer_never_acts: false,
            duplicate_callbacks: false,
            time_out_after_effect: false,
            breaches: Vec::new(),
        }
    }
}

/// Keys remembered for the random-looking failures; beyond it they begin anew.
const MOST_KEYS: usize = 100_000;

/// Counts the calls of each key, so that the next try of a failed call may succeed.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<HashMap<String, u32>>);

impl Faults {
    /// Waits, and fails if it is this call's turn.
    pub(crate) async fn before(&self, tries: &Tries, call: &str, key: &str) -> Result<(), Status> {
        if !self.slow.is_zero() {
            tokio::time::sleep(self.slow).await;
        }
        let concerned =
            self.fail_calls.is_empty() || self.fail_calls.iter().any(|name| name == call);
        if self.fail_percent == 0 || !concerned {
            return Ok(());
        }
        let turn = tries.next(call, key);
        let digest = Sha256::digest(format!("{call}:{key}:{turn}"));
        let drawn = digest.iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
        if drawn % 100 < u32::from(self.fail_percent) {
            return Err(Status::new(self.fail_with, "the provider was told to fail"));
        }
        Ok(())
    }
}

impl Tries {
    fn next(&self, call: &str, key: &str) -> u32 {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MOST_KEYS {
            tries.clear();
        }
        let turn = tries.entry(format!("{call}:{key}")).or_insert(0);
        *turn = turn.saturating_add(1);
        *turn
    }
}

/// A code by its name in the gRPC specification.
///
/// # Errors
/// The name is not one of them.
pub fn code(name: &str) -> Result<Code, String> {
    let code = match name {
        "CANCELLED" => Code::Cancelled,
        "UNKNOWN" => Code::Unknown,
        "INVALID_ARGUMENT" => Code::InvalidArgument,
        "DEADLINE_EXCEEDED" => Code::DeadlineExceeded,
        "NOT_FOUND" => Code::NotFound,
        "ALREADY_EXISTS" => Code::AlreadyExists,
        "PERMISSION_DENIED" => Code::PermissionDenied,
        "RESOURCE_EXHAUSTED" => Code::ResourceExhausted,
        "FAILED_PRECONDITION" => Code::FailedPrecondition,
        "ABORTED" => Code::Aborted,
        "OUT_OF_RANGE" => Code::OutOfRange,
        "UNIMPLEMENTED" => Code::Unimplemented,
        "INTERNAL" => Code::Internal,
        "UNAVAILABLE" => Code::Unavailable,
        "DATA_LOSS" => Code::DataLoss,
        "UNAUTHENTICATED" => Code::Unauthenticated,
        _others => return Err(format!("`{name}` is not a gRPC code such as `UNAVAILABLE`")),
    };
    Ok(code)
}

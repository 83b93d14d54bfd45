//! How long to wait before a job is tried again, and how often: by what went wrong.

use tasuki_core::reason::Kind;

/// Claims of a job at most. Only one whose worker dies every time gets so far: failures that are told
/// end sooner, by their policy.
pub(crate) const MOST_CLAIMS: u32 = 100;

/// How long to wait and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The first wait.
    first_seconds: i64,
    /// No wait is longer.
    longest_seconds: i64,
    /// Tries before the job goes to the dead letters.
    pub(crate) most_tries: u32,
}

/// The policy after a failure of a kind; none when trying again is no use.
pub(crate) const fn policy(kind: Kind) -> Option<Policy> {
    match kind {
        // Whoever won is done soon.
        Kind::Conflict => Some(Policy { first_seconds: 1, longest_seconds: 60, most_tries: 90 }),
        Kind::Exhausted => {
            Some(Policy { first_seconds: 15, longest_seconds: 3_600, most_tries: 60 })
        }
        // A counterpart that is back is noticed within the hour; given up after about two days.
        Kind::Unavailable | Kind::DeadlineExceeded => {
            Some(Policy { first_seconds: 1, longest_seconds: 3_600, most_tries: 60 })
        }
        // A mistake of ours: after an hour of it a person has to look.
        Kind::Internal => Some(Policy { first_seconds: 1, longest_seconds: 1_800, most_tries: 12 }),
        Kind::Invalid
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::NotAllowedNow
        | Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::Unimplemented => None,
    }
}

impl Policy {
    /// Seconds to wait after the attempt of that number (the first is 1): doubling, with a bound.
    ///
    /// `jitter` between 0 and 1000 adds up to a quarter, so that jobs that failed together do not come
    /// back together; a simulated tenant gets none, so that its story is always the same.
    pub(crate) fn seconds_after(self, attempt: u32, jitter: u16) -> i64 {
        let doublings = attempt.saturating_sub(1).min(20);
        let wait = self.first_seconds.saturating_mul(1 << doublings).min(self.longest_seconds);
        wait + wait * i64::from(jitter.min(1_000)) / 4_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let policy = policy(Kind::Unavailable).unwrap();
        let waits: Vec<i64> = (1..=14).map(|attempt| policy.seconds_after(attempt, 0)).collect();
        let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600];
        assert_eq!(waits, expected);
    }

    #[test]
    fn jitter_adds_at_most_a_quarter() {
        let policy = policy(Kind::Unavailable).unwrap();
        assert_eq!(policy.seconds_after(13, 1_000), 4_500);
        assert_eq!(policy.seconds_after(13, 60_000), 4_500);
    }

    #[test]
    fn each_kind_of_failure_has_its_own_patience() {
        let total = |kind: Kind| -> Option<i64> {
            let policy = policy(kind)?;
            Some((1..policy.most_tries).map(|attempt| policy.seconds_after(attempt, 0)).sum())
        };
        let hours = |kind| total(kind).map(|seconds| seconds / 3_600);
        assert_eq!(hours(Kind::Conflict), Some(1), "a race is over soon");
        assert_eq!(hours(Kind::Exhausted), Some(52));
        assert_eq!(hours(Kind::Unavailable), Some(48), "a weekend of a counterpart");
        assert_eq!(total(Kind::Internal), Some(2_047), "a mistake of ours is told within the hour");
        for never in [Kind::Invalid, Kind::NotFound, Kind::NotAllowedNow, Kind::Forbidden] {
            assert_eq!(total(never), None, "{never:?}");
        }
    }
}

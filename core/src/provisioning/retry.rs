//! When something is tried again: one policy per class of reason, pure and without a clock.

use crate::provisioning::reason_code::ReasonCode;

/// Why something is tried again; each class has its own patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryClass {
    /// The provider asked to slow down, or somebody else was changing the same instance.
    Throttled,
    /// The provider could not be reached; nothing was sent.
    Unreachable,
    /// The outcome of a call is unknown: look what is there.
    Observe,
    /// An operation is under way: ask how far it is.
    Poll,
    /// The customer has a step to do: look whether it was done.
    CustomerStep,
    /// Something has to be taken away.
    Removal,
}

/// How often and after how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Wait before the second try, in seconds.
    pub first_seconds: i64,
    /// No wait is longer, except when the provider asks for it.
    pub longest_seconds: i64,
    /// The wait doubles each time, so many times at most.
    pub most_tries: u32,
}

/// A provider may ask for a longer pause, up to this: thirty days, the bound of the contract.
const LONGEST_ASKED_SECONDS: i64 = 30 * 86_400;

/// Jitter is given in thousandths of a quarter of the wait.
const JITTER_WHOLE: i64 = 4_000;

impl RetryClass {
    /// Every class.
    pub const ALL: [Self; 6] = [
        Self::Throttled,
        Self::Unreachable,
        Self::Observe,
        Self::Poll,
        Self::CustomerStep,
        Self::Removal,
    ];

    /// Why an item ends whose tries of this class are used up, when nobody names a reason.
    pub const fn reason_when_used_up(self) -> ReasonCode {
        match self {
            Self::Unreachable => ReasonCode::ProviderUnreachable,
            Self::Throttled | Self::Observe | Self::Poll | Self::CustomerStep | Self::Removal => {
                ReasonCode::ProviderFailed
            }
        }
    }

    /// Its policy. Tries that only look are bounded by the deadline of what they look at instead.
    pub const fn policy(self) -> RetryPolicy {
        match self {
            // About four hours of a busy provider.
            Self::Throttled => {
                RetryPolicy { first_seconds: 30, longest_seconds: 3_600, most_tries: 12 }
            }
            // About a day of an absent provider: a weekend needs a person.
            Self::Unreachable => {
                RetryPolicy { first_seconds: 10, longest_seconds: 7_200, most_tries: 20 }
            }
            Self::Observe => {
                RetryPolicy { first_seconds: 10, longest_seconds: 1_800, most_tries: 12 }
            }
            Self::Poll => {
                RetryPolicy { first_seconds: 60, longest_seconds: 21_600, most_tries: u32::MAX }
            }
            Self::CustomerStep => {
                RetryPolicy { first_seconds: 3_600, longest_seconds: 86_400, most_tries: u32::MAX }
            }
            // Something that costs money and carries a name is left behind: be patient, then tell.
            Self::Removal => {
                RetryPolicy { first_seconds: 30, longest_seconds: 21_600, most_tries: 16 }
            }
        }
    }

    /// Seconds until the next try after `failed` tries, or none when they are used up.
    ///
    /// The provider's own wish is kept when it is longer. `jitter` is 0 to 999 and adds up to a
    /// quarter; 0 for simulated tenants, whose runs must repeat exactly.
    pub fn delay_seconds(self, failed: u32, asked: Option<i64>, jitter: u16) -> Option<i64> {
        let policy = self.policy();
        if failed >= policy.most_tries {
            return None;
        }
        let doubled = failed.saturating_sub(1).min(30);
        let wait =
            policy.first_seconds.saturating_mul(1_i64 << doubled).min(policy.longest_seconds);
        let spread = wait.saturating_mul(i64::from(jitter.min(999))) / JITTER_WHOLE;
        let asked = asked.unwrap_or(0).clamp(0, LONGEST_ASKED_SECONDS);
        Some(wait.saturating_add(spread).max(asked))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let wait = |failed| RetryClass::Throttled.delay_seconds(failed, None, 0);
        let waits: Vec<_> = (1..12).filter_map(wait).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600]);
        assert_eq!(wait(12), None);
    }

    #[test]
    fn a_longer_wish_of_the_provider_is_kept() {
        assert_eq!(RetryClass::Poll.delay_seconds(1, Some(345_600), 999), Some(345_600));
        assert_eq!(RetryClass::Poll.delay_seconds(1, Some(-5), 0), Some(60));
    }

    proptest! {
        #[test]
        fn a_wait_is_never_shorter_than_the_first_and_never_longer_than_asked_or_allowed(
            failed in 0_u32..100, asked in proptest::option::of(0_i64..10_000_000), jitter in 0_u16..2_000,
            class in 0_usize..6,
        ) {
            let class = RetryClass::ALL[class];
            if let Some(wait) = class.delay_seconds(failed, asked, jitter) {
                let policy = class.policy();
                prop_assert!(wait >= policy.first_seconds);
                let most = policy.longest_seconds + policy.longest_seconds / 4;
                prop_assert!(wait <= most.max(asked.unwrap_or(0).min(LONGEST_ASKED_SECONDS)));
            } else {
                prop_assert!(failed >= class.policy().most_tries);
            }
        }
    }
}

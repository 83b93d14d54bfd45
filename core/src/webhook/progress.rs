//! How far the deliveries to an endpoint have come, and when the next try is.

use serde::{Deserialize, Serialize};

use super::DisabledBecause;
use crate::time::Timestamp;

/// Seconds to wait after each failed try of an event: the schedule that Standard Webhooks recommends, a little more
/// than three days in all.
pub const SCHEDULE_SECONDS: [i64; 9] =
    [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// A receiver that asks for a pause gets this long at most.
const LONGEST_PAUSE_SECONDS: i64 = 3_600;

/// How far the deliveries to an endpoint have come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Every event up to this place was taken, or was none for it.
    pub after_seq: i64,
    /// Failed tries of the next event so far.
    pub n_failures: u32,
    /// When the first of them was.
    pub failing_since: Option<Timestamp>,
    /// Nothing is tried before this.
    pub next_attempt_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered {
        /// Its status, from 200 to 299.
        status: u16,
    },
    /// The receiver may or may not have it.
    Failed {
        /// Its status, if it answered.
        status: Option<u16>,
        /// What went wrong, without what was in the answer.
        error: String,
        /// How long it wants to be left alone, if it said so.
        pause_seconds: Option<i64>,
    },
    /// The receiver wants nothing any more (410).
    Gone,
}

/// What follows from a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The next event, at once.
    GoOn,
    /// The same event, later.
    Wait,
    /// Nothing any more.
    Disable(DisabledBecause),
}

impl Progress {
    /// At a place, with nothing tried.
    pub const fn at(after_seq: i64) -> Self {
        let (failing_since, next_attempt_at, last_error) = (None, None, None);
        Self { after_seq, n_failures: 0, failing_since, next_attempt_at, last_error }
    }

    /// Whether something may be tried.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next_attempt_at.is_none_or(|at| at <= now)
    }

    /// The progress after a try of the event at a place.
    ///
    /// `spread` is any number that differs from event to event: up to a tenth is added to each wait by it, so that
    /// receivers that failed together are not all tried again together.
    #[must_use]
    pub fn after(
        &self,
        outcome: &Outcome,
        (seq, spread): (i64, u64),
        now: Timestamp,
    ) -> (Self, Verdict) {
        let (error, pause) = match outcome {
            Outcome::Delivered { .. } => return (Self::at(seq), Verdict::GoOn),
            Outcome::Gone => {
                let error = "the receiver answered 410: it wants nothing any more";
                return (self.failed(error, now), Verdict::Disable(DisabledBecause::Gone));
            }
            Outcome::Failed { error, pause_seconds, .. } => (error, pause_seconds.unwrap_or(0)),
        };
        let failed = self.failed(error, now);
        let tried = usize::try_from(self.n_failures).unwrap_or(usize::MAX);
        let Some(wait) = SCHEDULE_SECONDS.get(tried) else {
            return (failed, Verdict::Disable(DisabledBecause::Unreachable));
        };
        let tenth = u64::try_from(wait / 10).unwrap_or(0).saturating_add(1);
        let wait = wait.saturating_add(i64::try_from(spread % tenth).unwrap_or(0));
        let wait = wait.max(pause.min(LONGEST_PAUSE_SECONDS));
        let next_attempt_at = Some(now.plus_seconds(wait).unwrap_or(now));
        (Self { next_attempt_at, ..failed }, Verdict::Wait)
    }

    fn failed(&self, error: &str, now: Timestamp) -> Self {
        Self {
            after_seq: self.after_seq,
            n_failures: self.n_failures.saturating_add(1),
            failing_since: self.failing_since.or(Some(now)),
            next_attempt_at: None,
            last_error: Some(error.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2021-04-01T12:00:00Z".parse().unwrap()
    }

    fn failure(pause_seconds: Option<i64>) -> Outcome {
        Outcome::Failed { status: Some(500), error: "status 500".to_owned(), pause_seconds }
    }

    #[test]
    fn an_endpoint_that_takes_nothing_is_tried_ten_times_in_three_days_and_disabled() {
        let (mut progress, mut now) = (Progress::at(7), noon());
        let mut waits = Vec::new();
        loop {
            let (next, verdict) = progress.after(&failure(None), (8, 0), now);
            progress = next;
            assert_eq!((progress.after_seq, progress.failing_since), (7, Some(noon())));
            match verdict {
                Verdict::Wait => {
                    let at = progress.next_attempt_at.unwrap();
                    assert!(!progress.is_due(now) && progress.is_due(at));
                    waits.push(at.seconds_since(now));
                    now = at;
                }
                Verdict::Disable(reason) => {
                    assert_eq!(reason, DisabledBecause::Unreachable);
                    break;
                }
                Verdict::GoOn => panic!("it failed"),
            }
        }
        assert_eq!(waits, SCHEDULE_SECONDS);
        assert_eq!(progress.n_failures, 10);
        assert_eq!(now.seconds_since(noon()) / 3_600, 75, "75 hours and a half");
    }

    #[test]
    fn what_is_delivered_is_behind_us() {
        let (failing, _) = Progress::at(7).after(&failure(None), (8, 0), noon());
        let (next, verdict) = failing.after(&Outcome::Delivered { status: 204 }, (8, 0), noon());
        assert_eq!((next, verdict), (Progress::at(8), Verdict::GoOn));
    }

    #[test]
    fn a_receiver_that_is_gone_is_believed_at_once() {
        let (progress, verdict) = Progress::at(7).after(&Outcome::Gone, (8, 0), noon());
        assert_eq!(verdict, Verdict::Disable(DisabledBecause::Gone));
        assert_eq!(progress.after_seq, 7, "should it come back, it gets what it has missed");
    }

    #[test]
    fn a_receiver_may_ask_for_a_pause_of_an_hour_at_most() {
        for (asked, waited) in [(1, 5), (60, 60), (1_000_000, 3_600), (-5, 5)] {
            let (progress, _) = Progress::at(7).after(&failure(Some(asked)), (8, 0), noon());
            assert_eq!(progress.next_attempt_at.unwrap().seconds_since(noon()), waited, "{asked}");
        }
    }

    #[test]
    fn waits_are_spread_by_a_tenth_at_most() {
        let (once, _) = Progress::at(7).after(&failure(None), (8, 0), noon());
        for spread in [0, 1, 17, u64::MAX] {
            let (twice, _) = once.after(&failure(None), (8, spread), noon());
            let wait = twice.next_attempt_at.unwrap().seconds_since(noon());
            assert!((300..=330).contains(&wait), "{spread}: {wait}");
        }
    }
}

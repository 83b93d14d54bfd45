//! How long to wait before a job is tried again.

/// Tries before a job goes to the dead letters: with the waits below, about two days.
pub(crate) const MOST_ATTEMPTS: u32 = 60;

/// The first wait.
const FIRST_SECONDS: i64 = 1;

/// The longest wait: a partner that is back is noticed within the hour.
const LONGEST_SECONDS: i64 = 3_600;

/// Seconds to wait after the attempt of that number (the first is 1): doubling, with a bound.
///
/// `jitter` between 0 and 1000 adds up to a quarter, so that jobs that failed together do not come
/// back together; a simulated tenant gets none, so that its story is always the same.
pub(crate) fn seconds_after(attempt: u32, jitter: u16) -> i64 {
    let doublings = attempt.saturating_sub(1).min(12);
    let wait = (FIRST_SECONDS << doublings).min(LONGEST_SECONDS);
    wait + wait * i64::from(jitter.min(1_000)) / 4_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let waits: Vec<i64> = (1..=14).map(|attempt| seconds_after(attempt, 0)).collect();
        let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600];
        assert_eq!(waits, expected);
    }

    #[test]
    fn jitter_adds_at_most_a_quarter() {
        assert_eq!(seconds_after(13, 1_000), 4_500);
        assert_eq!(seconds_after(13, 60_000), 4_500);
    }
}

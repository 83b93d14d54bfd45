//! The periods in which the versions of one pack decide.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::problem::Problem;
use crate::reason::Reason;
use crate::time::Timestamp;

/// A period in which one version decides: the start belongs to it, the end does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The version.
    pub version: String,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after; none until another version takes over.
    pub until: Option<Timestamp>,
    /// Since when it is public that the version decides then; never after `from`.
    pub published_at: Timestamp,
    /// Who put it in force.
    pub activated_by: Actor,
    /// Why, when an older version came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Period {
    /// Whether an instant belongs to it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The periods of one pack in the order of time. No two overlap, and none is followed by a gap
/// before the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    periods: Vec<Period>,
}

impl Timeline {
    /// A timeline of stored periods, in any order.
    pub fn of(mut periods: Vec<Period>) -> Self {
        periods.sort_by_key(|period| period.from);
        Self { periods }
    }

    /// The periods, in the order of time.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The period that an instant belongs to.
    pub fn at(&self, at: Timestamp) -> Option<&Period> {
        self.periods.iter().find(|period| period.contains(at))
    }

    /// Puts a version in force: the one that decides at its start ends there.
    ///
    /// # Errors
    /// `PACK_PERIOD_OVERLAP` when a version that is due later would be cut off, `PACK_PERIOD_GAP`
    /// when nothing would decide between two periods, `REQUEST_INVALID` for an end that is not after
    /// the start.
    pub fn activated(mut self, new: Period) -> Result<Self, Problem> {
        if new.until.is_some_and(|until| until <= new.from) {
            return Err(Problem::invalid("effective_until", "lies after `effective_from`"));
        }
        let next = self.periods.iter().find(|period| period.from >= new.from);
        if let Some(next) = next {
            match new.until {
                Some(until) if until == next.from && next.from > new.from => {}
                Some(until) if until < next.from => {
                    let text = format!(
                        "nothing would decide from {until} until version `{}` does on {}: end the \
                         new version then",
                        next.version, next.from
                    );
                    return Err(Problem::new(Reason::PackPeriodGap, text)
                        .with("gap_from", until)
                        .with("gap_until", next.from));
                }
                Some(_) | None => {
                    let text = format!(
                        "version `{}` takes effect on {}: end the new version by then, or roll the \
                         other one back first",
                        next.version, next.from
                    );
                    return Err(Problem::new(Reason::PackPeriodOverlap, text)
                        .with("version", &next.version)
                        .with("from", next.from));
                }
            }
        }
        let before = self.periods.iter_mut().rev().find(|period| period.from < new.from);
        if let Some(before) = before {
            if let Some(end) = before.until.filter(|end| *end < new.from) {
                let text = format!(
                    "nothing decides from {end}, when version `{}` ends, until {}: start on {end}",
                    before.version, new.from
                );
                return Err(Problem::new(Reason::PackPeriodGap, text)
                    .with("gap_from", end)
                    .with("gap_until", new.from));
            }
            before.until = Some(new.from);
        }
        self.periods.push(new);
        Ok(Self::of(self.periods))
    }

    /// Lets an older version decide again from a time on: whatever was due later is called off.
    ///
    /// # Errors
    /// `PACK_PERIOD_GAP` when nothing decides right before that time.
    pub fn rolled_back(mut self, old: Period) -> Result<Self, Problem> {
        self.periods.retain(|period| period.from < old.from);
        self.activated(Period { until: None, ..old })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::{Principal, Role};

    fn day(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn period(version: &str, from: &str, until: Option<&str>) -> Period {
        Period {
            version: version.to_owned(),
            from: day(from),
            until: until.map(day),
            published_at: day("2026-01-01"),
            activated_by: Actor::from(&Principal::of("ben", Role::Operator)),
            reason: None,
        }
    }

    fn shown(timeline: &Timeline) -> Vec<String> {
        let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
        let shown = |period: &Period| {
            let until = period.until.map(day).unwrap_or_default();
            format!("{} {}..{until}", period.version, day(period.from))
        };
        timeline.periods().iter().map(shown).collect()
    }

    #[test]
    fn the_next_version_takes_over_at_its_start() {
        let timeline = Timeline::of(vec![period("1", "2026-01-01", None)]);
        let timeline = timeline.activated(period("2", "2026-04-01", None)).unwrap();
        assert_eq!(shown(&timeline), ["1 2026-01-01..2026-04-01", "2 2026-04-01.."]);
        assert_eq!(timeline.at(day("2026-03-31")).unwrap().version, "1");
        assert_eq!(timeline.at(day("2026-04-01")).unwrap().version, "2");
        assert_eq!(timeline.at(day("2025-12-31")), None);
    }

    #[test]
    fn overlaps_and_gaps_are_refused() {
        let timeline = Timeline::of(vec![
            period("1", "2026-01-01", Some("2026-04-01")),
            period("2", "2026-04-01", None),
        ]);
        let reason = |new| timeline.clone().activated(new).unwrap_err().reason();
        assert_eq!(reason(period("3", "2026-02-01", None)), Reason::PackPeriodOverlap);
        let late = period("3", "2026-02-01", Some("2026-05-01"));
        assert_eq!(reason(late), Reason::PackPeriodOverlap);
        assert_eq!(reason(period("3", "2026-04-01", None)), Reason::PackPeriodOverlap);
        let early = period("3", "2026-02-01", Some("2026-03-01"));
        assert_eq!(reason(early), Reason::PackPeriodGap);
        let backwards = period("3", "2026-05-01", Some("2026-05-01"));
        assert_eq!(reason(backwards), Reason::RequestInvalid);
        let fitting = period("3", "2026-02-01", Some("2026-04-01"));
        let fitted = timeline.clone().activated(fitting).unwrap();
        assert_eq!(
            shown(&fitted),
            ["1 2026-01-01..2026-02-01", "3 2026-02-01..2026-04-01", "2 2026-04-01.."]
        );

        let ended = Timeline::of(vec![period("1", "2026-01-01", Some("2026-04-01"))]);
        let late = ended.clone().activated(period("2", "2026-05-01", None)).unwrap_err();
        assert_eq!(late.reason(), Reason::PackPeriodGap);
        assert!(ended.activated(period("2", "2026-04-01", None)).is_ok());
    }

    #[test]
    fn rolling_back_calls_off_what_is_due_and_ends_what_decides() {
        let timeline = Timeline::of(vec![
            period("1", "2026-01-01", Some("2026-04-01")),
            period("2", "2026-04-01", Some("2026-09-01")),
            period("3", "2026-09-01", None),
        ]);
        let back = timeline.rolled_back(period("1", "2026-06-01", None)).unwrap();
        assert_eq!(
            shown(&back),
            ["1 2026-01-01..2026-04-01", "2 2026-04-01..2026-06-01", "1 2026-06-01.."]
        );
    }
}

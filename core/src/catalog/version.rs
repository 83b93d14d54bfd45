//! Versions of rate cards and the days on which new subscriptions get each.
//!
//! A version is drafted, checked and stored for good; it comes into force from a day on, by somebody
//! else than its author. The days of a card neither overlap nor leave a gap between them.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::problem::{Problem, Refused};
use crate::reason::Reason;
use crate::time::{CivilDate, Timestamp};

/// Where a version is in its life. Whether new subscriptions get an active one today, its days say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// Checked and stored; never in force so far.
    Draft,
    /// In force on some days: past, present or to come.
    Active,
}

impl CardState {
    /// The word in tables and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
        }
    }
}

/// A stored version of a rate card. Its text never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCardVersion {
    /// The card's code, such as `okinawa`.
    pub code: String,
    /// The version as its author named it.
    pub version: String,
    /// The hash of its content.
    pub hash: String,
    /// Where it is in its life.
    pub state: CardState,
    /// The name of its file.
    pub file: String,
    /// What stands in it.
    pub text: String,
    /// Who made it.
    pub author: Actor,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Who put it in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<Actor>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
}

impl RateCardVersion {
    /// The version put in force by somebody.
    ///
    /// # Errors
    /// [`Reason::SecondPersonNeeded`] when the author does it, [`Reason::RateCardState`] for a version
    /// that is no draft.
    pub fn activated(self, by: Actor, at: Timestamp) -> Result<Self, Refused> {
        let refused = |reason| Refused {
            subject: "rate card",
            command: "activate",
            state: self.state.as_str(),
            reason,
        };
        match self.state {
            CardState::Active => return Err(refused(Reason::RateCardState)),
            CardState::Draft if by.is_same_subject(&self.author) => {
                return Err(refused(Reason::SecondPersonNeeded));
            }
            CardState::Draft => {}
        }
        Ok(Self {
            state: CardState::Active,
            activated_by: Some(by),
            activated_at: Some(at),
            ..self
        })
    }
}

/// The days on which new subscriptions get a version: the first day belongs to it, the end does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPeriod {
    /// The version.
    pub version: String,
    /// The first day.
    pub from: CivilDate,
    /// The first day after; none until another version takes over.
    pub until: Option<CivilDate>,
}

/// The days of one card's versions, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardTimeline {
    periods: Vec<CardPeriod>,
}

impl CardTimeline {
    /// A timeline of stored periods, in any order.
    pub fn of(mut periods: Vec<CardPeriod>) -> Self {
        periods.sort_by_key(|period| period.from);
        Self { periods }
    }

    /// The periods, in the order of time.
    pub fn periods(&self) -> &[CardPeriod] {
        &self.periods
    }

    /// Puts a version in force: the one before ends on its first day.
    ///
    /// # Errors
    /// `RATE_CARD_PERIOD_OVERLAP` when a version that is due later would be cut off,
    /// `RATE_CARD_PERIOD_GAP` when nothing would be in force between two versions,
    /// `REQUEST_INVALID` for an end that is not after the first day.
    pub fn activated(mut self, new: CardPeriod) -> Result<Self, Problem> {
        if let Some(until) = new.until.filter(|until| *until <= new.from) {
            let text = format!("must be before {until}, on which the card's own days end");
            return Err(Problem::invalid("effective_on", text));
        }
        if let Some(next) = self.periods.iter().find(|period| period.from >= new.from) {
            match new.until {
                Some(until) if until == next.from && next.from > new.from => {}
                Some(until) if until < next.from => {
                    return Err(gap(
                        until,
                        next.from,
                        &format!(
                            "end the new version on {}: `effective: {{ to: {} }}`",
                            next.from, next.from
                        ),
                    ));
                }
                Some(_) | None => {
                    let text = format!(
                        "version `{}` is in force from {} on: start after that day, or end the new \
                         version then with `effective: {{ to: {} }}`",
                        next.version, next.from, next.from
                    );
                    return Err(Problem::new(Reason::RateCardPeriodOverlap, text)
                        .with("version", &next.version)
                        .with("from", next.from));
                }
            }
        }
        if let Some(before) = self.periods.iter_mut().rev().find(|period| period.from < new.from) {
            if let Some(end) = before.until.filter(|end| *end < new.from) {
                return Err(gap(end, new.from, &format!("start on {end}")));
            }
            before.until = Some(new.from);
        }
        self.periods.push(new);
        Ok(Self::of(self.periods))
    }
}

fn gap(from: CivilDate, until: CivilDate, remedy: &str) -> Problem {
    let text = format!("no version would be in force from {from} until {until}: {remedy}");
    Problem::new(Reason::RateCardPeriodGap, text).with("gap_from", from).with("gap_until", until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::{Principal, Role};

    fn period(version: &str, from: &str, until: Option<&str>) -> CardPeriod {
        CardPeriod {
            version: version.to_owned(),
            from: from.parse().unwrap(),
            until: until.map(|day| day.parse().unwrap()),
        }
    }

    fn shown(timeline: &CardTimeline) -> Vec<String> {
        let end = |of: &CardPeriod| of.until.map(|day| day.to_string()).unwrap_or_default();
        let shown = |of: &CardPeriod| format!("{} {}..{}", of.version, of.from, end(of));
        timeline.periods().iter().map(shown).collect()
    }

    #[test]
    fn the_version_before_ends_on_the_first_day_of_the_next() {
        let timeline = CardTimeline::of(vec![period("1", "2021-01-26", None)]);
        let timeline = timeline.activated(period("2", "2022-04-01", None)).unwrap();
        assert_eq!(shown(&timeline), ["1 2021-01-26..2022-04-01", "2 2022-04-01.."]);
    }

    #[test]
    fn gaps_and_overlaps_are_refused() {
        let timeline = CardTimeline::of(vec![
            period("1", "2021-01-01", Some("2022-01-01")),
            period("2", "2022-01-01", None),
        ]);
        let reason = |new| timeline.clone().activated(new).unwrap_err().reason();
        assert_eq!(reason(period("3", "2021-06-01", None)), Reason::RateCardPeriodOverlap);
        assert_eq!(reason(period("3", "2022-01-01", None)), Reason::RateCardPeriodOverlap);
        let early = period("3", "2021-06-01", Some("2021-07-01"));
        assert_eq!(reason(early), Reason::RateCardPeriodGap);
        let backwards = period("3", "2022-06-01", Some("2022-06-01"));
        assert_eq!(reason(backwards), Reason::RequestInvalid);
        let between = period("3", "2021-06-01", Some("2022-01-01"));
        let fitted = timeline.clone().activated(between).unwrap();
        assert_eq!(
            shown(&fitted),
            ["1 2021-01-01..2021-06-01", "3 2021-06-01..2022-01-01", "2 2022-01-01.."]
        );
        let ended = CardTimeline::of(vec![period("1", "2021-01-01", Some("2022-01-01"))]);
        let late = ended.clone().activated(period("2", "2022-02-01", None)).unwrap_err();
        assert_eq!(late.reason(), Reason::RateCardPeriodGap);
        assert!(ended.activated(period("2", "2022-01-01", None)).is_ok());
    }

    #[test]
    fn an_author_does_not_activate_and_nobody_does_it_twice() {
        let actor = |name| Actor::from(&Principal::of(name, Role::Operator));
        let at = "2021-01-01T00:00:00Z".parse().unwrap();
        let draft = RateCardVersion {
            code: "okinawa".to_owned(),
            version: "2022-04".to_owned(),
            hash: "sha256:00".to_owned(),
            state: CardState::Draft,
            file: "card.yaml".to_owned(),
            text: String::new(),
            author: actor("ana"),
            created_at: at,
            activated_by: None,
            activated_at: None,
        };
        let own = draft.clone().activated(actor("ana"), at).unwrap_err();
        assert_eq!(own.reason, Reason::SecondPersonNeeded);
        let active = draft.activated(actor("ben"), at).unwrap();
        let again = active.activated(actor("cem"), at).unwrap_err();
        assert_eq!(again.reason, Reason::RateCardState);
    }
}

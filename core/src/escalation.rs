//! The ladder that an incident climbs until somebody says "I have it".
//!
//! L1 help desk → L2 remote support → L3 on-site response → L4 recovery, forensics and the insurer
//! (ESC-06). Each rung has a patience, counted in the open hours of its own calendar: a night or a
//! holiday does not send an engineer. An acknowledgement ends the climb; work that did not help, a
//! symptom that comes back (ESC-10) or a person takes it further.

mod known;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::known::{KUMAMOTO, LADDER_NAMES, OKINAWA, ladder_named};
use crate::calendar::{self, CalendarError};
use crate::notice::Audience;
use crate::problem::{Problem, Refused};
use crate::reason::Reason;
use crate::text::Text;
use crate::time::Timestamp;

/// The longest patience of a rung: thirty days of open hours.
const MAX_PATIENCE_SECONDS: u32 = 30 * 86_400;

/// One step of the ladder; a later one is higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// L1: the help desk, on the telephone.
    HelpDesk,
    /// L2: an engineer connects remotely.
    Remote,
    /// L3: an engineer comes to the site (駆け付け対応).
    OnSiteResponse,
    /// L4: data recovery, forensics, the insurer.
    Recovery,
}

/// Why an incident went up the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationCause {
    /// Nobody acknowledged it in time.
    NotAcknowledged,
    /// The same symptom came back too often.
    Recurrence,
    /// A person decided so, or the work of a person did not help.
    Person,
    /// The escalation pack starts this kind of incident there.
    Policy,
}

/// How one rung of a ladder works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungPlan {
    /// The rung.
    pub rung: Rung,
    /// How long somebody has to acknowledge, in open seconds of the calendar.
    pub patience_seconds: u32,
    /// The service calendar of the people on it.
    pub calendar: String,
}

/// The rungs that an incident may climb, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    name: String,
    rungs: Vec<RungPlan>,
}

/// Why rungs are not a ladder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LadderError {
    /// No ladder of that name.
    #[error("there is no ladder `{0}`")]
    Unknown(String),
    /// It has no rung.
    #[error("the ladder `{0}` has no rung")]
    Empty(String),
    /// The rungs are not in rising order.
    #[error("the rungs of the ladder `{0}` do not rise")]
    NotRising(String),
    /// A patience of nothing or of more than thirty days.
    #[error(
        "the ladder `{name}` has a patience of {seconds} seconds, not 1 to {MAX_PATIENCE_SECONDS}"
    )]
    Patience {
        /// The ladder.
        name: String,
        /// What was given.
        seconds: u32,
    },
    /// A calendar that is not known.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl From<LadderError> for Problem {
    fn from(error: LadderError) -> Self {
        let text = error.to_string();
        match error {
            LadderError::Calendar(error) => error.into(),
            LadderError::Unknown(_)
            | LadderError::Empty(_)
            | LadderError::NotRising(_)
            | LadderError::Patience { .. } => Self::internal(text),
        }
    }
}

/// Where an incident stands on its ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "climb", rename_all = "snake_case")]
pub enum Climb {
    /// Nobody has it yet; it climbs when the patience of the rung ends.
    Waiting {
        /// Where it stands.
        rung: Rung,
        /// Since when; patience is counted from here.
        since: Timestamp,
    },
    /// Nobody on the top rung has taken it in time; it cannot climb further.
    Unanswered {
        /// The top rung.
        rung: Rung,
    },
    /// Somebody has it.
    Acknowledged {
        /// On which rung.
        rung: Rung,
    },
    /// The incident is solved. Final.
    Ended {
        /// Where it stood.
        rung: Rung,
    },
}

/// What is asked of the climb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClimbCommand {
    /// The patience of this rung has ended. Of another rung than the present one it is stale.
    TimeOut {
        /// The rung whose timer it is.
        rung: Rung,
    },
    /// "I have it."
    Acknowledge,
    /// A person decided that it must go up.
    Escalate {
        /// To a rung above the present one.
        to: Rung,
    },
    /// The same symptom came back, or work did not help: one rung up.
    Recur,
    /// The incident is solved.
    End,
}

/// What happened on the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ClimbEvent {
    /// It went up.
    Escalated {
        /// From this rung.
        from: Rung,
        /// To this rung.
        to: Rung,
    },
    /// Nobody on the top rung has taken it.
    Unanswered {
        /// The top rung.
        rung: Rung,
    },
    /// Somebody has it.
    Acknowledged {
        /// On which rung.
        rung: Rung,
    },
    /// It is solved.
    Ended,
}

impl Rung {
    /// Every rung, the lowest first.
    pub const ALL: [Self; 4] = [Self::HelpDesk, Self::Remote, Self::OnSiteResponse, Self::Recovery];

    /// The word in tables, policies and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HelpDesk => "help_desk",
            Self::Remote => "remote",
            Self::OnSiteResponse => "on_site_response",
            Self::Recovery => "recovery",
        }
    }

    /// The rung of that word.
    pub fn from_word(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rung| rung.as_str() == text)
    }

    /// What people call it.
    pub fn label(self) -> Text {
        match self {
            Self::HelpDesk => Text::new("相談窓口", "Help desk"),
            Self::Remote => Text::new("遠隔サポート", "Remote support"),
            Self::OnSiteResponse => Text::new("駆け付け対応", "On-site response"),
            Self::Recovery => {
                Text::new("復旧・調査・保険会社", "Recovery, forensics and the insurer")
            }
        }
    }

    /// Who is told when an incident arrives on it.
    pub const fn audience(self) -> Audience {
        match self {
            Self::HelpDesk => Audience::HelpDesk,
            Self::Remote | Self::OnSiteResponse => Audience::Engineers,
            Self::Recovery => Audience::Insurer,
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EscalationCause {
    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAcknowledged => "not_acknowledged",
            Self::Recurrence => "recurrence",
            Self::Person => "person",
            Self::Policy => "policy",
        }
    }
}

impl Ladder {
    /// A ladder.
    ///
    /// # Errors
    /// [`LadderError`] when it is empty, does not rise, or names an impossible patience or an
    /// unknown calendar.
    pub fn new(name: impl Into<String>, rungs: Vec<RungPlan>) -> Result<Self, LadderError> {
        let name = name.into();
        if rungs.is_empty() {
            return Err(LadderError::Empty(name));
        }
        if !rungs.is_sorted_by(|lower, upper| lower.rung < upper.rung) {
            return Err(LadderError::NotRising(name));
        }
        for plan in &rungs {
            let seconds = plan.patience_seconds;
            if seconds == 0 || seconds > MAX_PATIENCE_SECONDS {
                return Err(LadderError::Patience { name, seconds });
            }
            calendar::named(&plan.calendar)?;
        }
        Ok(Self { name, rungs })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rungs, the lowest first.
    pub fn rungs(&self) -> &[RungPlan] {
        &self.rungs
    }

    /// How a rung works; none when the ladder does not have it.
    pub fn plan(&self, rung: Rung) -> Option<&RungPlan> {
        self.rungs.iter().find(|plan| plan.rung == rung)
    }

    /// The lowest rung that is not below the one asked for; the top one when all are.
    pub fn from_rung(&self, rung: Rung) -> Rung {
        self.rungs
            .iter()
            .map(|plan| plan.rung)
            .find(|own| *own >= rung)
            .unwrap_or_else(|| self.top())
    }

    /// The next rung above; none on the top.
    pub fn above(&self, rung: Rung) -> Option<Rung> {
        self.rungs.iter().map(|plan| plan.rung).find(|own| *own > rung)
    }

    /// The highest rung.
    pub fn top(&self) -> Rung {
        self.rungs.last().map_or(Rung::Recovery, |plan| plan.rung)
    }

    /// The same ladder without the rungs above this one; never empty.
    #[must_use]
    pub fn up_to(mut self, top: Rung) -> Self {
        let keep = self.rungs.iter().filter(|plan| plan.rung <= top).count().max(1);
        self.rungs.truncate(keep);
        self
    }

    /// The same ladder with another patience on one rung; at least one second, at most thirty days.
    #[must_use]
    pub fn with_patience(mut self, rung: Rung, seconds: u32) -> Self {
        if let Some(plan) = self.rungs.iter_mut().find(|plan| plan.rung == rung) {
            plan.patience_seconds = seconds.clamp(1, MAX_PATIENCE_SECONDS);
        }
        self
    }

    /// When the patience of a rung ends that was reached at `since`.
    ///
    /// # Errors
    /// [`CalendarError`] of the rung's calendar.
    pub fn deadline(&self, rung: Rung, since: Timestamp) -> Result<Timestamp, CalendarError> {
        let plan = self.plan(rung).or_else(|| self.rungs.last());
        let Some(plan) = plan else {
            return Ok(since);
        };
        let calendar = calendar::named(&plan.calendar)?;
        calendar.plus_open_seconds(since, i64::from(plan.patience_seconds))
    }
}

impl Climb {
    /// At the foot of its climb.
    pub const fn start(rung: Rung, since: Timestamp) -> Self {
        Self::Waiting { rung, since }
    }

    /// The word in tables and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Unanswered { .. } => "unanswered",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Ended { .. } => "ended",
        }
    }

    /// Where it stands.
    pub const fn rung(&self) -> Rung {
        match self {
            Self::Waiting { rung, .. }
            | Self::Unanswered { rung }
            | Self::Acknowledged { rung }
            | Self::Ended { rung } => *rung,
        }
    }

    /// When it climbs unless somebody acknowledges; none when it does not climb by itself.
    ///
    /// # Errors
    /// [`CalendarError`] of the rung's calendar.
    pub fn deadline(&self, ladder: &Ladder) -> Result<Option<Timestamp>, CalendarError> {
        match self {
            Self::Waiting { rung, since } => ladder.deadline(*rung, *since).map(Some),
            Self::Unanswered { .. } | Self::Acknowledged { .. } | Self::Ended { .. } => Ok(None),
        }
    }

    /// The next state and what happened.
    ///
    /// # Errors
    /// [`Refused`] with [`Reason::IncidentState`], or with [`Reason::LadderTop`] when the ladder has
    /// no such rung above.
    pub fn step(
        &self,
        command: ClimbCommand,
        ladder: &Ladder,
        now: Timestamp,
    ) -> Result<(Self, ClimbEvent), Refused> {
        use ClimbCommand as C;
        match *self {
            Self::Waiting { rung, .. } => match command {
                C::TimeOut { rung: timer } if timer == rung => match ladder.above(rung) {
                    Some(to) => Ok(up(rung, to, now)),
                    None => Ok((Self::Unanswered { rung }, ClimbEvent::Unanswered { rung })),
                },
                C::TimeOut { .. } => Err(self.refuse(command, Reason::IncidentState)),
                C::Acknowledge => Ok(acknowledged(rung)),
                C::Escalate { to } => self.escalate(command, ladder, (to, now)),
                C::Recur => self.one_up(command, ladder, now),
                C::End => Ok((Self::Ended { rung }, ClimbEvent::Ended)),
            },
            Self::Unanswered { rung } => match command {
                C::Acknowledge => Ok(acknowledged(rung)),
                C::End => Ok((Self::Ended { rung }, ClimbEvent::Ended)),
                C::TimeOut { .. } => Err(self.refuse(command, Reason::IncidentState)),
                C::Escalate { .. } | C::Recur => Err(self.refuse(command, Reason::LadderTop)),
            },
            Self::Acknowledged { rung } => match command {
                C::Escalate { to } => self.escalate(command, ladder, (to, now)),
                C::Recur => self.one_up(command, ladder, now),
                C::End => Ok((Self::Ended { rung }, ClimbEvent::Ended)),
                C::TimeOut { .. } | C::Acknowledge => {
                    Err(self.refuse(command, Reason::IncidentState))
                }
            },
            Self::Ended { .. } => match command {
                C::TimeOut { .. } | C::Acknowledge | C::Escalate { .. } | C::Recur | C::End => {
                    Err(self.refuse(command, Reason::IncidentState))
                }
            },
        }
    }

    fn one_up(
        &self,
        command: ClimbCommand,
        ladder: &Ladder,
        now: Timestamp,
    ) -> Result<(Self, ClimbEvent), Refused> {
        match ladder.above(self.rung()) {
            Some(to) => Ok(up(self.rung(), to, now)),
            None => Err(self.refuse(command, Reason::LadderTop)),
        }
    }

    fn escalate(
        &self,
        command: ClimbCommand,
        ladder: &Ladder,
        (to, now): (Rung, Timestamp),
    ) -> Result<(Self, ClimbEvent), Refused> {
        if to > self.rung() && ladder.plan(to).is_some() {
            Ok(up(self.rung(), to, now))
        } else {
            Err(self.refuse(command, Reason::LadderTop))
        }
    }

    const fn refuse(&self, command: ClimbCommand, reason: Reason) -> Refused {
        Refused { reason, subject: "climb", state: self.as_str(), command: command.as_str() }
    }
}

const fn up(from: Rung, to: Rung, now: Timestamp) -> (Climb, ClimbEvent) {
    (Climb::Waiting { rung: to, since: now }, ClimbEvent::Escalated { from, to })
}

const fn acknowledged(rung: Rung) -> (Climb, ClimbEvent) {
    (Climb::Acknowledged { rung }, ClimbEvent::Acknowledged { rung })
}

impl ClimbCommand {
    /// The word in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TimeOut { .. } => "time_out",
            Self::Acknowledge => "acknowledge",
            Self::Escalate { .. } => "escalate",
            Self::Recur => "recur",
            Self::End => "end",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_command_in_every_state() {
        let ladder = ladder_named(OKINAWA).unwrap();
        let now = at("2020-11-02T00:00:00Z");
        let states = [
            Climb::Waiting { rung: Rung::HelpDesk, since: now },
            Climb::Waiting { rung: Rung::Recovery, since: now },
            Climb::Unanswered { rung: Rung::Recovery },
            Climb::Acknowledged { rung: Rung::HelpDesk },
            Climb::Acknowledged { rung: Rung::Recovery },
            Climb::Ended { rung: Rung::Remote },
        ];
        let commands = [
            ClimbCommand::TimeOut { rung: Rung::HelpDesk },
            ClimbCommand::TimeOut { rung: Rung::Recovery },
            ClimbCommand::Acknowledge,
            ClimbCommand::Escalate { to: Rung::HelpDesk },
            ClimbCommand::Escalate { to: Rung::OnSiteResponse },
            ClimbCommand::Recur,
            ClimbCommand::End,
        ];
        let mut table = String::new();
        for state in states {
            for command in commands {
                let asked = match command {
                    ClimbCommand::TimeOut { rung } => format!("time_out {rung}"),
                    ClimbCommand::Escalate { to } => format!("escalate {to}"),
                    ClimbCommand::Acknowledge | ClimbCommand::Recur | ClimbCommand::End => {
                        command.as_str().to_owned()
                    }
                };
                let next = match state.step(command, &ladder, now) {
                    Ok((next, _)) => format!("{} {}", next.as_str(), next.rung()),
                    Err(refused) => format!("refused {}", refused.reason.code()),
                };
                let from = format!("{} {}", state.as_str(), state.rung());
                writeln!(table, "{from:>22} {asked:>25} -> {next}").unwrap();
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn the_climb_waits_for_the_office_to_open() {
        let ladder = ladder_named(OKINAWA).unwrap();
        // Friday 30 October 2020, 16:50 in Okinawa: ten minutes before the desk closes for the
        // weekend. Thirty minutes of open time end on Monday at 9:20.
        let opened = at("2020-10-30T07:50:00Z");
        let monday = ladder.deadline(Rung::HelpDesk, opened).unwrap();
        assert_eq!(monday, at("2020-11-02T00:20:00Z"));
    }

    #[test]
    fn a_timer_of_a_rung_that_was_left_is_stale() {
        let ladder = ladder_named(KUMAMOTO).unwrap();
        let now = at("2020-11-02T00:00:00Z");
        let climb = Climb::start(Rung::HelpDesk, now);
        let (climb, _) =
            climb.step(ClimbCommand::Escalate { to: Rung::Remote }, &ladder, now).unwrap();
        assert!(climb.step(ClimbCommand::TimeOut { rung: Rung::HelpDesk }, &ladder, now).is_err());
        assert_eq!(climb.rung(), Rung::Remote);
    }

    #[test]
    fn a_shorter_ladder_ends_earlier() {
        let ladder = ladder_named(OKINAWA).unwrap().up_to(Rung::Remote);
        assert_eq!(ladder.top(), Rung::Remote);
        assert_eq!(ladder.above(Rung::Remote), None);
        assert_eq!(ladder.from_rung(Rung::Recovery), Rung::Remote);
        assert_eq!(ladder.up_to(Rung::HelpDesk).rungs().len(), 1);
    }

    #[test]
    fn rungs_that_do_not_rise_are_no_ladder() {
        let plan =
            |rung| RungPlan { rung, patience_seconds: 60, calendar: calendar::ALWAYS.to_owned() };
        assert!(matches!(Ladder::new("x", vec![]), Err(LadderError::Empty(_))));
        assert!(matches!(
            Ladder::new("x", vec![plan(Rung::Remote), plan(Rung::HelpDesk)]),
            Err(LadderError::NotRising(_))
        ));
        let hasty = RungPlan { patience_seconds: 0, ..plan(Rung::Remote) };
        assert!(matches!(Ladder::new("x", vec![hasty]), Err(LadderError::Patience { .. })));
    }
}

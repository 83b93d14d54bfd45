//! The state machine of a subscription.

use serde::{Deserialize, Serialize};

use crate::problem::Refused;
use crate::reason::Reason;
use crate::subscription::event::SubscriptionEvent;
use crate::time::CivilDate;

/// Where a subscription is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SubscriptionState {
    /// Its services are being set up.
    Pending,
    /// In use and free.
    Trialing {
        /// The first day after the trial.
        until: CivilDate,
    },
    /// In use and charged.
    Active,
    /// Not in use for a while; its term goes on.
    Suspended {
        /// The first day of it.
        from: CivilDate,
        /// The trial it goes back to, if it was on trial.
        trial_until: Option<CivilDate>,
    },
    /// Over. Final, unless it is reinstated.
    Cancelled {
        /// The first day on which it is no longer in use.
        on: CivilDate,
        /// Why.
        because: Because,
    },
}

/// What holds beside the state; several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flags {
    /// A payment is late since this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_due_since: Option<CivilDate>,
    /// It will be cancelled on this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_on: Option<CivilDate>,
}

/// Why a subscription is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The customer wanted it.
    CustomerWish,
    /// The trial ended and was not converted.
    TrialEnded,
    /// None of its services could be set up.
    NothingProvided,
    /// Payments stayed away.
    NotPaid,
}

impl Because {
    /// Whether a subscription that ended for it can come back.
    pub const fn may_come_back(self) -> bool {
        match self {
            Self::CustomerWish | Self::NotPaid => true,
            // There is nothing to come back to: a new quote is needed.
            Self::TrialEnded | Self::NothingProvided => false,
        }
    }

    /// The word in tables and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerWish => "customer_wish",
            Self::TrialEnded => "trial_ended",
            Self::NothingProvided => "nothing_provided",
            Self::NotPaid => "not_paid",
        }
    }
}

/// State and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: SubscriptionState,
    /// The flags.
    pub flags: Flags,
}

/// What can be done with a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionCommand {
    /// Everything that could be set up is in use.
    Activate {
        /// The first day.
        on: CivilDate,
        /// The first day after the trial it begins with, if it begins with one.
        trial_until: Option<CivilDate>,
    },
    /// The trial ended and the paid phase begins.
    Convert {
        /// The first paid day.
        on: CivilDate,
    },
    /// Stop for a while.
    Suspend {
        /// The first day without use.
        on: CivilDate,
    },
    /// Go on.
    Resume {
        /// The first day of use again.
        on: CivilDate,
    },
    /// A payment is late.
    MarkPastDue {
        /// Since this day.
        since: CivilDate,
    },
    /// Nothing is late any more.
    ClearPastDue,
    /// End it on a day to come.
    ScheduleCancellation {
        /// The first day without use.
        on: CivilDate,
    },
    /// Do not end it after all.
    WithdrawCancellation,
    /// End it.
    Cancel {
        /// The first day without use.
        on: CivilDate,
        /// Why.
        because: Because,
    },
    /// Let it come back after it ended.
    Reinstate {
        /// The first day.
        on: CivilDate,
    },
}

impl SubscriptionState {
    /// The word in tables and messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Trialing { .. } => "trialing",
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

impl SubscriptionCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Activate { .. } => "activate",
            Self::Convert { .. } => "convert",
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::MarkPastDue { .. } => "mark past due",
            Self::ClearPastDue => "clear past due",
            Self::ScheduleCancellation { .. } => "schedule cancellation",
            Self::WithdrawCancellation => "withdraw cancellation",
            Self::Cancel { .. } => "cancel",
            Self::Reinstate { .. } => "reinstate",
        }
    }
}

use SubscriptionCommand as C;
use SubscriptionEvent as E;
use SubscriptionState as S;

impl Standing {
    /// The standing of a new subscription.
    pub const fn pending() -> Self {
        Self { state: S::Pending, flags: Flags { past_due_since: None, cancel_on: None } }
    }

    /// The first day without use, once it is over.
    pub const fn ended_on(&self) -> Option<CivilDate> {
        match self.state {
            S::Cancelled { on, .. } => Some(on),
            S::Pending | S::Trialing { .. } | S::Active | S::Suspended { .. } => None,
        }
    }

    /// The next standing and what happened.
    ///
    /// # Errors
    /// [`Reason::SubscriptionState`] when the state or the flags do not allow the command, or when
    /// a resumption lies before the suspension.
    pub fn step(
        &self,
        command: &SubscriptionCommand,
    ) -> Result<(Self, SubscriptionEvent), Refused> {
        match self.state {
            S::Pending => self.step_pending(command),
            S::Trialing { until } => self.step_running(Some(until), command),
            S::Active => self.step_running(None, command),
            S::Suspended { from, trial_until } => self.step_suspended(from, trial_until, command),
            S::Cancelled { on: ended, because } => match command {
                C::Reinstate { on } if because.may_come_back() && *on >= ended => {
                    Ok((self.in_state(S::Active), E::Reinstated { on: *on }))
                }
                // Money owed outlives the plan.
                C::MarkPastDue { .. } | C::ClearPastDue => self.step_flags(command),
                C::Activate { .. }
                | C::Convert { .. }
                | C::Suspend { .. }
                | C::Resume { .. }
                | C::ScheduleCancellation { .. }
                | C::WithdrawCancellation
                | C::Cancel { .. }
                | C::Reinstate { .. } => Err(self.refuse(command)),
            },
        }
    }

    fn step_pending(&self, command: &C) -> Result<(Self, E), Refused> {
        match *command {
            C::Activate { on, trial_until } => {
                let state = match trial_until {
                    Some(until) => S::Trialing { until },
                    None => S::Active,
                };
                Ok((self.in_state(state), E::Activated { on, trial_until }))
            }
            C::Cancel { on, because } => Ok(self.cancelled(on, because)),
            C::Convert { .. }
            | C::Suspend { .. }
            | C::Resume { .. }
            | C::MarkPastDue { .. }
            | C::ClearPastDue
            | C::ScheduleCancellation { .. }
            | C::WithdrawCancellation
            | C::Reinstate { .. } => Err(self.refuse(command)),
        }
    }

    fn step_running(
        &self,
        trial_until: Option<CivilDate>,
        command: &C,
    ) -> Result<(Self, E), Refused> {
        match *command {
            C::Convert { on } if trial_until.is_some() => {
                Ok((self.in_state(S::Active), E::Converted { on }))
            }
            C::Suspend { on } => {
                Ok((self.in_state(S::Suspended { from: on, trial_until }), E::Suspended { on }))
            }
            C::Cancel { on, because } => Ok(self.cancelled(on, because)),
            C::MarkPastDue { .. }
            | C::ClearPastDue
            | C::ScheduleCancellation { .. }
            | C::WithdrawCancellation => self.step_flags(command),
            C::Activate { .. } | C::Convert { .. } | C::Resume { .. } | C::Reinstate { .. } => {
                Err(self.refuse(command))
            }
        }
    }

    fn step_suspended(
        &self,
        from: CivilDate,
        trial_until: Option<CivilDate>,
        command: &C,
    ) -> Result<(Self, E), Refused> {
        match *command {
            C::Resume { on } if on >= from => {
                let state = match trial_until {
                    Some(until) => S::Trialing { until },
                    None => S::Active,
                };
                Ok((self.in_state(state), E::Resumed { on }))
            }
            // The trial ends on its day whether or not it is used.
            C::Convert { on } if trial_until.is_some() => {
                Ok((self.in_state(S::Suspended { from, trial_until: None }), E::Converted { on }))
            }
            C::Cancel { on, because } => Ok(self.cancelled(on, because)),
            C::MarkPastDue { .. }
            | C::ClearPastDue
            | C::ScheduleCancellation { .. }
            | C::WithdrawCancellation => self.step_flags(command),
            C::Activate { .. }
            | C::Convert { .. }
            | C::Suspend { .. }
            | C::Resume { .. }
            | C::Reinstate { .. } => Err(self.refuse(command)),
        }
    }

    /// The commands that change flags and no state.
    fn step_flags(&self, command: &C) -> Result<(Self, E), Refused> {
        let Flags { past_due_since, cancel_on } = self.flags;
        let flagged = |flags, event| Ok((Self { flags, ..*self }, event));
        match *command {
            C::MarkPastDue { since } if past_due_since.is_none() => flagged(
                Flags { past_due_since: Some(since), cancel_on },
                E::MarkedPastDue { since },
            ),
            C::ClearPastDue if past_due_since.is_some() => {
                flagged(Flags { past_due_since: None, cancel_on }, E::PastDueCleared)
            }
            C::ScheduleCancellation { on } => flagged(
                Flags { past_due_since, cancel_on: Some(on) },
                E::CancellationScheduled { on },
            ),
            C::WithdrawCancellation if cancel_on.is_some() => {
                flagged(Flags { past_due_since, cancel_on: None }, E::CancellationWithdrawn)
            }
            C::MarkPastDue { .. }
            | C::ClearPastDue
            | C::WithdrawCancellation
            | C::Activate { .. }
            | C::Convert { .. }
            | C::Suspend { .. }
            | C::Resume { .. }
            | C::Cancel { .. }
            | C::Reinstate { .. } => Err(self.refuse(command)),
        }
    }

    /// The standing after something happened: what [`Standing::step`] gave when it did.
    #[must_use]
    pub fn after(&self, event: &SubscriptionEvent) -> Self {
        let running =
            |trial: Option<CivilDate>| trial.map_or(S::Active, |until| S::Trialing { until });
        let trial = match self.state {
            S::Trialing { until } => Some(until),
            S::Suspended { trial_until, .. } => trial_until,
            S::Pending | S::Active | S::Cancelled { .. } => None,
        };
        let flags = self.flags;
        match *event {
            E::Activated { trial_until, .. } => self.in_state(running(trial_until)),
            E::Converted { .. } => self.with_trial(None),
            E::ConversionOrdered { on, .. } => self.with_trial(trial.map(|_| on)),
            E::ConversionWithdrawn { until } => self.with_trial(trial.map(|_| until)),
            E::Suspended { on } => self.in_state(S::Suspended { from: on, trial_until: trial }),
            E::Resumed { .. } => self.in_state(running(trial)),
            E::MarkedPastDue { since } => {
                Self { flags: Flags { past_due_since: Some(since), ..flags }, ..*self }
            }
            E::PastDueCleared => Self { flags: Flags { past_due_since: None, ..flags }, ..*self },
            E::CancellationScheduled { on } => {
                Self { flags: Flags { cancel_on: Some(on), ..flags }, ..*self }
            }
            E::CancellationWithdrawn => Self { flags: Flags { cancel_on: None, ..flags }, ..*self },
            E::Cancelled { on, because } => self.cancelled(on, because).0,
            E::Reinstated { .. } => self.in_state(S::Active),
            E::Changed { .. }
            | E::ServicesSuspended { .. }
            | E::ServicesResumed { .. }
            | E::ChangeScheduled { .. }
            | E::ChangeWithdrawn { .. }
            | E::ChangeLapsed { .. } => *self,
        }
    }

    /// The standing with another end of its trial, or with none.
    #[must_use]
    pub(super) const fn with_trial(&self, until: Option<CivilDate>) -> Self {
        let state = match (self.state, until) {
            (S::Trialing { .. }, Some(until)) => S::Trialing { until },
            (S::Trialing { .. }, None) => S::Active,
            (S::Suspended { from, .. }, trial_until) => S::Suspended { from, trial_until },
            (state @ (S::Pending | S::Active | S::Cancelled { .. }), _) => state,
        };
        self.in_state(state)
    }

    const fn in_state(&self, state: S) -> Self {
        Self { state, flags: self.flags }
    }

    fn cancelled(&self, on: CivilDate, because: Because) -> (Self, E) {
        let flags = Flags { cancel_on: None, ..self.flags };
        (Self { state: S::Cancelled { on, because }, flags }, E::Cancelled { on, because })
    }

    fn refuse(&self, command: &C) -> Refused {
        Refused {
            reason: Reason::SubscriptionState,
            subject: "subscription",
            state: self.state.as_str(),
            command: command.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use jiff::civil::date;

    use super::*;

    fn standings() -> Vec<(&'static str, Standing)> {
        let day = date(2021, 2, 1);
        let plain = |state| Standing { state, ..Standing::pending() };
        let flagged = |state| Standing {
            state,
            flags: Flags { past_due_since: Some(day), cancel_on: Some(day) },
        };
        vec![
            ("pending", Standing::pending()),
            ("trialing", plain(S::Trialing { until: day })),
            ("active", plain(S::Active)),
            ("active, past due, to be cancelled", flagged(S::Active)),
            ("suspended", plain(S::Suspended { from: day, trial_until: None })),
            ("suspended trial", plain(S::Suspended { from: day, trial_until: Some(day) })),
            ("cancelled", plain(S::Cancelled { on: day, because: Because::CustomerWish })),
            ("cancelled, past due", flagged(S::Cancelled { on: day, because: Because::NotPaid })),
        ]
    }

    fn commands() -> Vec<C> {
        let on = date(2021, 3, 1);
        vec![
            C::Activate { on, trial_until: None },
            C::Activate { on, trial_until: Some(on) },
            C::Convert { on },
            C::Suspend { on },
            C::Resume { on },
            C::Resume { on: date(2021, 1, 1) },
            C::MarkPastDue { since: on },
            C::ClearPastDue,
            C::ScheduleCancellation { on },
            C::WithdrawCancellation,
            C::Cancel { on, because: Because::CustomerWish },
            C::Reinstate { on },
            C::Reinstate { on: date(2021, 1, 1) },
        ]
    }

    #[test]
    fn every_standing_answers_every_command() {
        let mut table = String::new();
        for (name, standing) in standings() {
            for command in commands() {
                let answer = match standing.step(&command) {
                    Ok((next, event)) => {
                        assert_eq!(standing.after(&event), next, "the history tells the same");
                        let flags = [
                            next.flags.past_due_since.map(|_| " past_due"),
                            next.flags.cancel_on.map(|_| " cancel_pending"),
                        ];
                        let flags: String = flags.into_iter().flatten().collect();
                        format!("{}{flags} + {}", next.state.as_str(), event.topic())
                    }
                    Err(refused) => refused.reason.code().to_owned(),
                };
                writeln!(table, "{name:<33} | {:<21} | {answer}", command.as_str()).unwrap();
            }
        }
        insta::assert_snapshot!(table);
    }
}

//! What a subscription does by itself when its days come: trials end, changes take effect.
//!
//! One pure function, [`Subscription::turned`]: the worker runs it on the day, previews and month ends
//! run it ahead, so that what was said is what happens, and a job that is late changes no invoice.

use super::{
    Because, Outcome, ScheduledChange, Subscription, SubscriptionCommand, SubscriptionEvent,
    SubscriptionState,
};
use crate::problem::Refused;
use crate::time::{CivilDate, Timestamp};

/// More turns than a subscription can have due: each closes something that waited.
const MOST_TURNS: usize = 10_000;

/// What is due first.
enum Due {
    TrialEnd(CivilDate),
    Change(Box<ScheduledChange>),
    Cancellation(CivilDate),
}

impl Subscription {
    /// The days to come on which it does something by itself.
    pub fn turning_days(&self) -> Vec<CivilDate> {
        let waiting = self.scheduled.iter().filter(|change| change.is_open());
        let mut days: Vec<_> = waiting.map(|change| change.effective_on).collect();
        days.extend(self.trial_ends());
        days.extend(self.standing.flags.cancel_on);
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The subscription after everything that is due by a day, that day included.
    #[must_use]
    pub fn turned(&self, day: CivilDate, now: Timestamp) -> Self {
        let mut next = self.clone();
        for _ in 0..MOST_TURNS {
            let Some(due) = next.due_by(day) else { break };
            match next.turned_once(&due, now) {
                Ok(turned) => next = turned,
                Err(_) => return next,
            }
        }
        next
    }

    fn trial_ends(&self) -> Option<CivilDate> {
        match self.state() {
            SubscriptionState::Trialing { until } => Some(*until),
            SubscriptionState::Suspended { trial_until, .. } => *trial_until,
            SubscriptionState::Pending
            | SubscriptionState::Active
            | SubscriptionState::Cancelled { .. } => None,
        }
    }

    /// What is due first: by day; on one day the end of the trial, changes as they were asked for,
    /// and a cancellation last.
    fn due_by(&self, day: CivilDate) -> Option<Due> {
        let trial = self.trial_ends().map(|on| ((on, 0, 0), Due::TrialEnd(on)));
        let changes = self.scheduled.iter().filter(|change| change.is_open()).map(|change| {
            ((change.effective_on, 1, change.number), Due::Change(Box::new(change.clone())))
        });
        let end = self.standing.flags.cancel_on.map(|on| ((on, 2, 0), Due::Cancellation(on)));
        let all = trial.into_iter().chain(changes).chain(end);
        let due = all.filter(|((on, _, _), _)| *on <= day);
        due.min_by_key(|(place, _)| *place).map(|(_, due)| due)
    }

    fn turned_once(&self, due: &Due, now: Timestamp) -> Result<Self, Refused> {
        match due {
            Due::TrialEnd(on) if self.has_paid_phase() => {
                Ok(self.step(&SubscriptionCommand::Convert { on: *on }, now)?.0)
            }
            Due::TrialEnd(on) => {
                let because = Because::TrialEnded;
                Ok(self.step(&SubscriptionCommand::Cancel { on: *on, because }, now)?.0)
            }
            Due::Cancellation(on) => {
                let because = Because::CustomerWish;
                Ok(self.step(&SubscriptionCommand::Cancel { on: *on, because }, now)?.0)
            }
            Due::Change(change) => {
                let (number, on) = (change.number, change.effective_on);
                let made = self.changed(&change.change, on, now);
                let outcome = if made.is_ok() { Outcome::Done } else { Outcome::Lapsed };
                let mut next = made.unwrap_or_else(|_| {
                    // What it was about is no longer there: nothing is half done.
                    let mut same = self.clone();
                    same.record(SubscriptionEvent::ChangeLapsed { number, on }, now);
                    same
                });
                for it in next.scheduled.iter_mut().filter(|it| it.number == number) {
                    it.close(outcome, on);
                }
                Ok(next)
            }
        }
    }
}

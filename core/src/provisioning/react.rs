//! What to ask a provider next, and what follows from its answer. Pure: an item and an answer in, a
//! command and the next time to look out.

mod dns;
mod looks;

pub use dns::DnsSeen;

use crate::provisioning::answer::Meaning;
use crate::provisioning::command::ItemCommand;
use crate::provisioning::item::Item;
use crate::provisioning::operation::{
    FollowUp, OperationFailure, OperationSeen, OperationStep, ProviderFailure,
};
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::provisioning::retry::RetryClass;
use crate::provisioning::spec::Observation;
use crate::provisioning::state::{ItemState, Said};
use crate::provisioning::steps::is_one_off;
use crate::service::Service;
use crate::time::{TimeError, Timestamp, Zone};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// An operation without a deadline of its own counts as lost after this: the longest that the pilot
/// waited for anything.
const OPERATION_SECONDS: i64 = 60 * DAY;

/// How long an outcome may stay unknown, and how long a service may take to show life.
const DOUBT_SECONDS: i64 = 3 * DAY;

/// What runs is looked at after a day, two days, four … and then every thirty days.
const LOOK_AT_LIVE: (i64, i64) = (DAY, 30 * DAY);

/// Questions about a one-off service are answered for so long; then it is done. Assumed: the report
/// includes them and names no time (DIA-02).
const QUESTION_SECONDS: i64 = 14 * DAY;

/// Between two looks whether something is gone: a creation on its way would have arrived.
const GONE_AGAIN_SECONDS: i64 = 60;

/// What to ask the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Set it up; the same key over all tries.
    Put,
    /// How far is the operation?
    Operation(String),
    /// What is there?
    Observe,
    /// Take it away, then say what is there.
    Remove,
    /// Stop it for a while.
    Suspend,
    /// Let it run again.
    Resume,
    /// Nothing is to be asked: time alone decides.
    Wait,
}

/// What came of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The operation as it is.
    Operation(OperationSeen),
    /// What is there, and the operation that it names, if that could be asked for.
    Seen(Box<Observation>, Option<OperationSeen>),
    /// No such answer.
    Failed(ProviderFailure),
    /// Nothing was asked.
    Nothing,
}

/// What follows: at most one command, and when to look next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// What is to be done to the item.
    pub command: Option<ItemCommand>,
    /// When to look again; none when there is nothing to look for.
    pub look_at: Option<Timestamp>,
    /// The provider's error, to be kept with the item.
    pub error: Option<String>,
}

/// Where the item lives.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The tenant's present.
    pub now: Timestamp,
    /// The tenant's zone.
    pub zone: &'a Zone,
    /// 0 to 999; spreads retries. 0 for simulated tenants.
    pub jitter: u16,
}

type Outcome = Result<Reaction, TimeError>;

impl Surroundings<'_> {
    fn after(&self, seconds: i64) -> Result<Timestamp, TimeError> {
        self.now.plus_seconds(seconds)
    }

    /// As long again as since then, within bounds: doubles from look to look without a counter.
    fn again(&self, since: Timestamp, (least, most): (i64, i64)) -> i64 {
        self.now.seconds_since(since).clamp(least, most)
    }

    fn command(&self, command: ItemCommand, seconds: i64) -> Outcome {
        let look_at = Some(self.after(seconds)?);
        Ok(Reaction { command: Some(command), look_at, error: None })
    }

    const fn end(command: ItemCommand) -> Reaction {
        Reaction { command: Some(command), look_at: None, error: None }
    }

    fn look(&self, seconds: i64) -> Outcome {
        Ok(Reaction { command: None, look_at: Some(self.after(seconds)?), error: None })
    }

    const fn nothing() -> Reaction {
        Reaction { command: None, look_at: None, error: None }
    }
}

impl Item {
    /// What to ask the provider when its time to look has come.
    pub fn question(&self) -> Question {
        match &self.state {
            ItemState::Requested { .. } => Question::Put,
            ItemState::Accepted { operation_id, .. }
            | ItemState::AwaitingCustomer { operation_id, .. }
            | ItemState::Verifying { operation_id, said: Said::Customer { .. }, .. } => {
                Question::Operation(operation_id.clone())
            }
            ItemState::Unknown { .. }
            | ItemState::Verifying { said: Said::Provider { .. }, .. } => Question::Observe,
            ItemState::Active { .. } => {
                if is_one_off(self.service()) {
                    Question::Wait
                } else {
                    Question::Observe
                }
            }
            ItemState::Cleaning { removal } | ItemState::Deprovisioning { removal } => {
                if removal.n_gone == 0 { Question::Remove } else { Question::Observe }
            }
            ItemState::Updating { operation_id, .. } => {
                if operation_id.is_empty() {
                    Question::Put
                } else {
                    Question::Operation(operation_id.clone())
                }
            }
            ItemState::Suspending { .. } => Question::Suspend,
            ItemState::Resuming { .. } => Question::Resume,
            ItemState::Refused { .. }
            | ItemState::Planned { .. }
            | ItemState::FailedRetryable { .. }
            | ItemState::FailedFinal { .. }
            | ItemState::Cleaned { .. }
            | ItemState::CleanupStuck { .. }
            | ItemState::Suspended { .. }
            | ItemState::Deprovisioned { .. }
            | ItemState::Done { .. }
            | ItemState::Cancelled { .. } => Question::Wait,
        }
    }

    /// What to ask at an instant: a roll-out is looked at before its time is up, since one endpoint
    /// that reports is a service.
    pub fn question_at(&self, now: Timestamp) -> Question {
        if self.is_looked_at_before_expiry(now) { Question::Observe } else { self.question() }
    }

    /// Whether the time of the customer's step is up and a look has to decide what that means.
    pub fn is_looked_at_before_expiry(&self, now: Timestamp) -> bool {
        let ItemState::AwaitingCustomer { step, .. } = &self.state else { return false };
        self.service() == Service::Edr && step.expires_at <= now
    }

    /// What follows from an answer.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn react(&self, answer: &Answer, around: &Surroundings<'_>) -> Outcome {
        let mut reaction = self.reaction(answer, around)?;
        let after = reaction.command.as_ref().map(|command| self.state.step(command, around.now));
        if let Some(Ok((state, _))) = after
            && state.ended_at().is_some()
        {
            reaction.look_at = None;
        }
        Ok(reaction)
    }

    fn reaction(&self, answer: &Answer, around: &Surroundings<'_>) -> Outcome {
        match &self.state {
            ItemState::Requested { .. } => self.after_put(answer, around),
            ItemState::Accepted { accepted_at, deadline_at, .. } => {
                self.after_operation(answer, around, (*accepted_at, Some(*deadline_at)))
            }
            ItemState::AwaitingCustomer { step, .. }
                if !matches!(answer, Answer::Operation(_))
                    && self.is_looked_at_before_expiry(around.now) =>
            {
                self.after_last_look(answer, around, step.expires_at)
            }
            ItemState::AwaitingCustomer { step, .. } => {
                self.after_operation(answer, around, (step.asked_at, None))
            }
            ItemState::Verifying { said, since, .. } => match said {
                Said::Customer { .. } => self.after_operation(answer, around, (*since, None)),
                Said::Provider { installed_at } => {
                    self.after_verification(answer, around, (*since, *installed_at))
                }
            },
            ItemState::Unknown { since, .. } => self.after_doubt(answer, around, *since),
            ItemState::Active { service } => self.after_look(answer, around, service.active_at),
            ItemState::Cleaning { removal } | ItemState::Deprovisioning { removal } => {
                Self::after_removal(answer, around, removal.attempt)
            }
            ItemState::Updating { service, since, .. } => {
                self.after_update(answer, around, (service, *since))
            }
            ItemState::Suspending { since, .. } => {
                Self::after_change(answer, around, *since, ItemCommand::ConfirmSuspension)
            }
            ItemState::Resuming { since, .. } => {
                Self::after_change(answer, around, *since, ItemCommand::ConfirmResumption)
            }
            // Looked at before its time: the time stays.
            ItemState::FailedRetryable { next_at, .. } => {
                Ok(Reaction { command: None, look_at: Some(*next_at), error: None })
            }
            ItemState::Refused { .. }
            | ItemState::Planned { .. }
            | ItemState::FailedFinal { .. }
            | ItemState::Cleaned { .. }
            | ItemState::CleanupStuck { .. }
            | ItemState::Suspended { .. }
            | ItemState::Deprovisioned { .. }
            | ItemState::Done { .. }
            | ItemState::Cancelled { .. } => Ok(Surroundings::nothing()),
        }
    }

    fn after_put(&self, answer: &Answer, around: &Surroundings<'_>) -> Outcome {
        match answer {
            Answer::Operation(seen) => self.begun(seen, around),
            Answer::Failed(failure) => {
                let mut reaction = self.put_failed(failure, around)?;
                reaction.error = Some(failure.text.clone());
                Ok(reaction)
            }
            Answer::Seen(..) | Answer::Nothing => around.look(0),
        }
    }

    fn put_failed(&self, failure: &ProviderFailure, around: &Surroundings<'_>) -> Outcome {
        // Over, and what an earlier try may have left is taken away.
        let over = |code: ReasonCode| {
            let cause = Cause::new(failure.reason.unwrap_or(code), failure.text.clone());
            if self.in_doubt {
                around.command(ItemCommand::Fail { cause }, 0)
            } else {
                Ok(Surroundings::end(ItemCommand::Refuse { cause }))
            }
        };
        match failure.meaning {
            Meaning::Final(code) => over(code),
            Meaning::Retry(class) => {
                match class.delay_seconds(self.n_attempts, None, around.jitter) {
                    Some(wait) => {
                        let next_at = around.after(wait)?;
                        around.command(ItemCommand::RetryLater { next_at }, wait)
                    }
                    None => over(class.reason_when_used_up()),
                }
            }
            Meaning::Unknown | Meaning::Absent => {
                let wait = RetryClass::Observe
                    .delay_seconds(self.n_attempts, None, around.jitter)
                    .unwrap_or(HOUR);
                let observe_at = around.after(wait)?;
                around.command(ItemCommand::LoseTrack { observe_at }, wait)
            }
        }
    }

    // The operation of an item that is being set up; it was asked for or has been asked about.
    fn begun(&self, seen: &OperationSeen, around: &Surroundings<'_>) -> Outcome {
        let operation_id = seen.operation_id.clone();
        match &seen.step {
            OperationStep::Working => {
                let usual = around.after(OPERATION_SECONDS)?;
                let deadline_at = seen.deadline_at.unwrap_or(usual);
                let wait = poll_seconds(seen, around, RetryClass::Poll, 0);
                around.command(ItemCommand::Accept { operation_id, deadline_at }, wait)
            }
            OperationStep::AwaitingCustomer(request) => {
                let request = request.as_ref().clone();
                let ask = ItemCommand::ask(operation_id, request, around.now, around.zone)?;
                let wait = poll_seconds(seen, around, RetryClass::CustomerStep, 0);
                around.command(ask, wait)
            }
            OperationStep::Succeeded(instance) => {
                let since = instance.as_ref().and_then(|instance| instance.activated_at);
                let installed_at = since.unwrap_or(around.now).min(around.now);
                around.command(ItemCommand::Succeed { operation_id, installed_at }, 0)
            }
            OperationStep::Failed(failure) => self.operation_failed(failure, around),
            OperationStep::Cancelled => {
                let cause = Cause::from(ReasonCode::ProviderFailed);
                around.command(ItemCommand::Fail { cause }, 0)
            }
        }
    }

    fn operation_failed(&self, failure: &OperationFailure, around: &Surroundings<'_>) -> Outcome {
        let cause = failure.cause.clone();
        let verifying = matches!(self.state, ItemState::Verifying { .. });
        match failure.follow_up {
            FollowUp::TryAgain if !verifying => {
                let wait =
                    RetryClass::Unreachable.delay_seconds(self.n_attempts, None, around.jitter);
                match wait {
                    Some(wait) => {
                        let next_at = around.after(wait)?;
                        around.command(ItemCommand::RetryLater { next_at }, wait)
                    }
                    None => Ok(Surroundings::end(ItemCommand::Refuse { cause })),
                }
            }
            FollowUp::Nothing if !verifying => Ok(Surroundings::end(ItemCommand::Refuse { cause })),
            FollowUp::CleanUp | FollowUp::TryAgain | FollowUp::Nothing => {
                around.command(ItemCommand::Fail { cause }, 0)
            }
        }
    }

    // Accepted, awaiting the customer, or the customer says that the step was done.
    fn after_operation(
        &self,
        answer: &Answer,
        around: &Surroundings<'_>,
        (since, deadline_at): (Timestamp, Option<Timestamp>),
    ) -> Outcome {
        let seen = match answer {
            Answer::Operation(seen) => seen,
            Answer::Failed(failure) => return self.lookup_failed(failure, around, since),
            Answer::Seen(..) | Answer::Nothing => return around.look(0),
        };
        let waited = around.now.seconds_since(since);
        match (&seen.step, &self.state) {
            (OperationStep::Working, ItemState::Accepted { .. }) => {
                if deadline_at.is_some_and(|deadline| deadline <= around.now) {
                    let cause = Cause::from(ReasonCode::ProviderTimedOut);
                    return around.command(ItemCommand::Fail { cause }, 0);
                }
                around.look(poll_seconds(seen, around, RetryClass::Poll, waited))
            }
            (
                OperationStep::AwaitingCustomer(request),
                ItemState::AwaitingCustomer { step, .. },
            ) if step.request.kind == request.kind => {
                around.look(poll_seconds(seen, around, RetryClass::CustomerStep, waited))
            }
            (
                OperationStep::AwaitingCustomer(request),
                ItemState::Verifying { said: Said::Customer { step }, .. },
            ) if step.request.kind == request.kind => {
                let wait = poll_seconds(seen, around, RetryClass::CustomerStep, waited);
                around.command(ItemCommand::Doubt, wait)
            }
            _changed => self.begun(seen, around),
        }
    }

    fn lookup_failed(
        &self,
        failure: &ProviderFailure,
        around: &Surroundings<'_>,
        since: Timestamp,
    ) -> Outcome {
        let waited = around.now.seconds_since(since);
        let mut reaction = match (failure.meaning, &self.state) {
            // The provider does not know its own operation: what is there counts.
            (Meaning::Absent, ItemState::Accepted { .. }) => {
                let observe_at = around.now;
                around.command(ItemCommand::LoseTrack { observe_at }, 0)?
            }
            // Nobody answers any more: what may be there is taken away, and a person is asked if
            // that does not work either. A customer's step has a deadline of its own.
            (_later, ItemState::Accepted { deadline_at, .. }) if *deadline_at <= around.now => {
                let cause = Cause::new(ReasonCode::ProviderTimedOut, failure.text.clone());
                around.command(ItemCommand::Fail { cause }, 0)?
            }
            (_later, ItemState::Verifying { .. }) if waited >= DOUBT_SECONDS => {
                let cause = Cause::new(ReasonCode::VerificationFailed, failure.text.clone());
                around.command(ItemCommand::Fail { cause }, 0)?
            }
            _later => around.look(around.again(since, (60, 6 * HOUR)))?,
        };
        reaction.error = Some(failure.text.clone());
        Ok(reaction)
    }
}

impl Answer {
    /// The same after a try whose answer nobody has written down: its worker died, and may have asked.
    /// That this try set nothing up does not say that nothing is there.
    #[must_use]
    pub fn after_lost_try(self) -> Self {
        match self {
            Self::Failed(failure) if matches!(failure.meaning, Meaning::Retry(_)) => {
                Self::Failed(ProviderFailure { meaning: Meaning::Unknown, ..failure })
            }
            Self::Operation(_) | Self::Seen(..) | Self::Failed(_) | Self::Nothing => self,
        }
    }

    fn error(&self) -> Option<String> {
        match self {
            Self::Failed(failure) => Some(failure.text.clone()),
            Self::Operation(_) | Self::Seen(..) | Self::Nothing => None,
        }
    }

    /// What was observed, with the roll-out, the device and the evidence.
    pub const fn observation(&self) -> Option<&Observation> {
        match self {
            Self::Seen(seen, _) => Some(seen),
            Self::Operation(_) | Self::Failed(_) | Self::Nothing => None,
        }
    }
}

// As long again as since the beginning, within the bounds of the class; longer when the provider
// asks for it.
fn poll_seconds(
    seen: &OperationSeen,
    around: &Surroundings<'_>,
    class: RetryClass,
    waited: i64,
) -> i64 {
    let policy = class.policy();
    let usual = waited.clamp(policy.first_seconds, policy.longest_seconds);
    let spread = usual.saturating_mul(i64::from(around.jitter.min(999))) / 4_000;
    // A simulated provider knows when it will have something to tell; a real one says how soon it
    // wants to be asked again. Either way its word counts.
    seen.retry_after_seconds.unwrap_or_else(|| usual.saturating_add(spread))
}

#[cfg(test)]
mod tests;

//! What follows from having looked: whether it runs, whether it still does, whether it is gone.

use super::{
    DAY, DOUBT_SECONDS, GONE_AGAIN_SECONDS, HOUR, LOOK_AT_LIVE, OPERATION_SECONDS, Outcome,
    QUESTION_SECONDS, Surroundings, poll_seconds,
};
use crate::provisioning::answer::Meaning;
use crate::provisioning::command::ItemCommand;
use crate::provisioning::item::{DriftPolicy, Item};
use crate::provisioning::operation::{OperationSeen, OperationStep};
use crate::provisioning::react::{Answer, Question, Reaction};
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::provisioning::retry::RetryClass;
use crate::provisioning::spec::{Observation, Seen};
use crate::provisioning::state::InService;
use crate::provisioning::steps::is_one_off;
use crate::time::Timestamp;

impl Item {
    // The provider says that it is installed: we look whether it runs.
    pub(super) fn after_verification(
        &self,
        answer: &Answer,
        around: &Surroundings<'_>,
        (since, installed_at): (Timestamp, Timestamp),
    ) -> Outcome {
        let give_up = around.now.seconds_since(since) >= DOUBT_SECONDS;
        let fail = || {
            let cause = Cause::from(ReasonCode::VerificationFailed);
            around.command(ItemCommand::Fail { cause }, 0)
        };
        let mut reaction = match answer {
            Answer::Seen(seen, _) => match self.means(seen) {
                Seen::Live => self.activated(seen, around, installed_at)?,
                Seen::NotLive if !give_up => around.look(around.again(since, (60, 6 * HOUR)))?,
                Seen::NotLive | Seen::Other | Seen::Gone => fail()?,
            },
            Answer::Failed(_) if !give_up => around.look(around.again(since, (60, 6 * HOUR)))?,
            Answer::Failed(_) => fail()?,
            Answer::Operation(_) | Answer::Nothing => around.look(0)?,
        };
        reaction.error = answer.error();
        Ok(reaction)
    }

    fn activated(
        &self,
        seen: &Observation,
        around: &Surroundings<'_>,
        installed_at: Timestamp,
    ) -> Outcome {
        let evidence = self.evidence_of(seen);
        let wait = if is_one_off(self.service()) { QUESTION_SECONDS } else { LOOK_AT_LIVE.0 };
        around.command(ItemCommand::Verify { evidence, installed_at }, wait)
    }

    // The time of a roll-out is up. A provider that does not answer now is given a few days more.
    pub(super) fn after_last_look(
        &self,
        answer: &Answer,
        around: &Surroundings<'_>,
        expires_at: Timestamp,
    ) -> Outcome {
        let give_up = around.now.seconds_since(expires_at) >= DOUBT_SECONDS;
        let mut looked = self.clone();
        let mut reaction = match answer {
            Answer::Seen(seen, _) => {
                looked.observed(seen);
                around.command(looked.on_expiry(), 0)?
            }
            Answer::Failed(_) if !give_up => {
                around.look(around.again(expires_at, (60, 6 * HOUR)))?
            }
            Answer::Failed(_) | Answer::Operation(_) | Answer::Nothing => {
                around.command(self.on_expiry(), 0)?
            }
        };
        reaction.error = answer.error();
        Ok(reaction)
    }

    // It is not known what the provider did: whatever is there, our id and key make it safe to ask
    // again, and only something else than what was ordered has to be cleaned.
    pub(super) fn after_doubt(
        &self,
        answer: &Answer,
        around: &Surroundings<'_>,
        since: Timestamp,
    ) -> Outcome {
        let cause = Cause::from(ReasonCode::ProviderTimedOut);
        let used_up = RetryClass::Observe.delay_seconds(self.n_attempts, None, 0).is_none();
        let mut reaction = match answer {
            Answer::Seen(seen, _) => match self.means(seen) {
                Seen::Other => around.command(ItemCommand::Fail { cause }, 0)?,
                // Its answers never arrive; what runs as ordered is ours all the same.
                Seen::Live if used_up => {
                    self.activated(seen, around, seen.activated_at.unwrap_or(around.now))?
                }
                Seen::NotLive | Seen::Gone if used_up => {
                    around.command(ItemCommand::Fail { cause }, 0)?
                }
                Seen::Live | Seen::NotLive | Seen::Gone => {
                    around.command(ItemCommand::Request, 0)?
                }
            },
            Answer::Failed(_) if around.now.seconds_since(since) >= DOUBT_SECONDS => {
                around.command(ItemCommand::Fail { cause }, 0)?
            }
            Answer::Failed(_) => around.look(around.again(since, (10, HOUR / 2)))?,
            Answer::Operation(_) | Answer::Nothing => around.look(0)?,
        };
        reaction.error = answer.error();
        Ok(reaction)
    }

    // It runs: now and then we look whether it still does.
    pub(super) fn after_look(
        &self,
        answer: &Answer,
        around: &Surroundings<'_>,
        active_at: Timestamp,
    ) -> Outcome {
        if is_one_off(self.service()) {
            return if around.now.seconds_since(active_at) >= QUESTION_SECONDS {
                Ok(Surroundings::end(ItemCommand::Finish))
            } else {
                Ok(Reaction {
                    command: None,
                    look_at: Some(active_at.plus_seconds(QUESTION_SECONDS)?),
                    error: None,
                })
            };
        }
        let Answer::Seen(seen, operation) = answer else {
            let mut reaction = around.look(HOUR)?;
            reaction.error = answer.error();
            return Ok(reaction);
        };
        let stopped_at = seen.changed_at.unwrap_or(around.now).min(around.now);
        match self.means(seen) {
            // Whatever is there instead, it still runs; it is kept with the item and told.
            Seen::Other if self.drift_policy == DriftPolicy::Repair => {
                around.command(ItemCommand::Request, 0)
            }
            Seen::Live | Seen::Other => around.look(around.again(active_at, LOOK_AT_LIVE)),
            Seen::Gone => {
                let cause = Cause::from(ReasonCode::DisappearedAtProvider);
                around.command(ItemCommand::End { cause, stopped_at }, 0)
            }
            Seen::NotLive => match operation.as_ref().map(|operation| &operation.step) {
                Some(OperationStep::Failed(failure)) => {
                    let cause = failure.cause.clone();
                    around.command(ItemCommand::End { cause, stopped_at }, 0)
                }
                Some(_) | None => around.look(HOUR),
            },
        }
    }

    // It runs and is to be something else. Whatever comes of that, it runs on as it was.
    pub(super) fn after_update(
        &self,
        answer: &Answer,
        around: &Surroundings<'_>,
        (service, since): (&InService, Timestamp),
    ) -> Outcome {
        let waited = around.now.seconds_since(since);
        let give_up = || around.command(ItemCommand::Doubt, LOOK_AT_LIVE.0);
        let mut reaction = match answer {
            Answer::Operation(seen) => match &seen.step {
                OperationStep::Succeeded(_) => {
                    let (evidence, installed_at) = (service.evidence.clone(), service.installed_at);
                    around.command(ItemCommand::Verify { evidence, installed_at }, HOUR)?
                }
                OperationStep::Working | OperationStep::AwaitingCustomer(_) => {
                    let wait = poll_seconds(seen, around, RetryClass::Poll, waited);
                    if self.question() == Question::Put {
                        let operation_id = seen.operation_id.clone();
                        let deadline_at = seen.deadline_at.unwrap_or(around.now);
                        around.command(ItemCommand::Accept { operation_id, deadline_at }, wait)?
                    } else if waited >= OPERATION_SECONDS {
                        give_up()?
                    } else {
                        around.look(wait)?
                    }
                }
                OperationStep::Failed(_) | OperationStep::Cancelled => give_up()?,
            },
            Answer::Failed(failure) => match failure.meaning {
                Meaning::Final(_) | Meaning::Absent => give_up()?,
                Meaning::Retry(_) | Meaning::Unknown if waited >= DOUBT_SECONDS => give_up()?,
                // The same key again: what took effect is not done twice.
                Meaning::Retry(_) | Meaning::Unknown => {
                    around.look(around.again(since, (30, HOUR)))?
                }
            },
            Answer::Seen(..) | Answer::Nothing => around.look(HOUR)?,
        };
        reaction.error = match answer {
            Answer::Operation(OperationSeen { step: OperationStep::Failed(failure), .. }) => {
                Some(format!("{}: {}", failure.cause.code, failure.cause.note))
            }
            Answer::Operation(_) | Answer::Seen(..) | Answer::Failed(_) | Answer::Nothing => {
                answer.error()
            }
        };
        Ok(reaction)
    }

    pub(super) fn after_removal(
        answer: &Answer,
        around: &Surroundings<'_>,
        attempt: u32,
    ) -> Outcome {
        let mut reaction = match answer {
            Answer::Seen(seen, _) if !seen.exists => {
                around.command(ItemCommand::ConfirmGone, GONE_AGAIN_SECONDS)?
            }
            // Somebody is on the way to take it away: that is no failed try.
            Answer::Operation(OperationSeen { step: OperationStep::Working, .. }) => {
                around.look(DAY)?
            }
            Answer::Seen(..) | Answer::Failed(_) | Answer::Operation(_) => {
                let failed = attempt.saturating_add(1);
                match RetryClass::Removal.delay_seconds(failed, None, around.jitter) {
                    Some(wait) => around.command(ItemCommand::RetryRemoval, wait)?,
                    None => Surroundings::end(ItemCommand::GiveUpRemoval),
                }
            }
            Answer::Nothing => around.look(0)?,
        };
        reaction.error = answer.error();
        Ok(reaction)
    }

    pub(super) fn after_change(
        answer: &Answer,
        around: &Surroundings<'_>,
        since: Timestamp,
        confirm: ItemCommand,
    ) -> Outcome {
        let done = matches!(
            answer,
            Answer::Operation(OperationSeen { step: OperationStep::Succeeded(_), .. })
        );
        if done {
            return if confirm == ItemCommand::ConfirmResumption {
                around.command(confirm, LOOK_AT_LIVE.0)
            } else {
                Ok(Surroundings::end(confirm))
            };
        }
        // Who does it by hand says when to look again.
        let asked = match answer {
            Answer::Operation(seen) => seen.retry_after_seconds,
            Answer::Seen(..) | Answer::Failed(_) | Answer::Nothing => None,
        };
        let usual = around.again(since, (30, HOUR));
        let mut reaction = around.look(asked.unwrap_or(usual))?;
        reaction.error = answer.error();
        Ok(reaction)
    }
}

//! The one function from a claim's state and a command to its next state and event.

use crate::actor::Actor;
use crate::claim::state::{
    ClaimCommand as C, ClaimEvent as E, ClaimOutcome, ClaimState as S, Consent, Ruling,
};
use crate::money::Money;
use crate::problem::Refused;
use crate::reason::Reason;
use crate::time::Timestamp;

type Answer = Result<(S, E), Reason>;

const NO: Answer = Err(Reason::ClaimState);

impl S {
    /// The next state and what happened, or why not.
    ///
    /// Final: [`Withdrawn`](S::Withdrawn). A decision that needs two persons first becomes a
    /// proposal; the second one has to be somebody else and to say the same, anything else is a new
    /// proposal. An appeal is decided by nobody who took part in the denial.
    ///
    /// # Errors
    /// [`Reason::ClaimState`] if the state does not allow the command;
    /// [`Reason::SecondPersonNeeded`] if the person must not decide;
    /// [`Reason::LimitExceeded`] if more is paid than was approved.
    pub fn step(&self, command: &C, now: Timestamp) -> Result<(Self, E), Refused> {
        let refused = |reason| Refused {
            reason,
            subject: "claim",
            state: self.phase().as_str(),
            command: command.as_str(),
        };
        self.answer(command, now).map_err(refused)
    }

    fn answer(&self, command: &C, now: Timestamp) -> Answer {
        match self {
            Self::Draft => match command {
                C::Submit => Ok((Self::Notified { notified_at: now }, E::Notified)),
                C::Withdraw => Ok(withdrawn(now)),
                C::Assess
                | C::AskForInformation { .. }
                | C::ReceiveInformation
                | C::Conclude { .. }
                | C::Decide { .. }
                | C::Appeal { .. }
                | C::RecordPayment { .. }
                | C::Close
                | C::Expire
                | C::Reopen => NO,
            },
            Self::Notified { .. } => match command {
                C::Assess => Ok(under_assessment(E::AssessmentStarted, now)),
                C::AskForInformation { wanted } => Ok(information_wanted(wanted, now)),
                C::Withdraw => Ok(withdrawn(now)),
                C::Submit
                | C::ReceiveInformation
                | C::Conclude { .. }
                | C::Decide { .. }
                | C::Appeal { .. }
                | C::RecordPayment { .. }
                | C::Close
                | C::Expire
                | C::Reopen => NO,
            },
            Self::UnderAssessment { .. } => under_assessment_step(command, now),
            Self::InformationWanted { .. } => information_wanted_step(command, now),
            Self::Decided { .. } => match command {
                C::Decide { ruling, by, consent } => Ok(ruled(ruling, by, (*consent, &[]), now)),
                C::Submit
                | C::Assess
                | C::AskForInformation { .. }
                | C::ReceiveInformation
                | C::Conclude { .. }
                | C::Appeal { .. }
                | C::RecordPayment { .. }
                | C::Close
                | C::Expire
                | C::Reopen
                | C::Withdraw => look_again(command, now),
            },
            Self::Proposed { ruling, proposed_by, barred, .. } => {
                proposed_step((ruling, proposed_by, barred), command, now)
            }
            Self::Approved { .. } => self.approved_step(command, now),
            Self::Denied { denied_by, .. } => denied_step(denied_by, command, now),
            Self::UnderAppeal { denied_by, .. } => appeal_step(denied_by, command, now),
            Self::Paid { .. } => done_step(command, now),
            Self::Closed { .. } => closed_step(command, now),
            Self::Withdrawn { .. } => withdrawn_step(command),
        }
    }

    fn approved_step(&self, command: &C, now: Timestamp) -> Answer {
        let Self::Approved { payable, paid: before, approved_by, approved_at } = self else {
            return NO;
        };
        match command {
            C::RecordPayment { paid } => {
                let sum = before.plus(*paid).map_err(|_| Reason::LimitExceeded)?;
                if sum > *payable || paid.amount() <= 0 {
                    return Err(Reason::LimitExceeded);
                }
                if sum == *payable {
                    return Ok((Self::Paid { paid: sum, paid_at: now }, E::Paid { paid: sum }));
                }
                let next = Self::Approved {
                    payable: *payable,
                    paid: sum,
                    approved_by: approved_by.clone(),
                    approved_at: *approved_at,
                };
                Ok((next, E::PaidInPart { paid: *paid }))
            }
            C::Withdraw if before.is_zero() => Ok(withdrawn(now)),
            C::Expire => Ok((S::Closed { closed_at: now }, E::Expired)),
            C::Submit
            | C::Assess
            | C::AskForInformation { .. }
            | C::ReceiveInformation
            | C::Conclude { .. }
            | C::Decide { .. }
            | C::Appeal { .. }
            | C::Close
            | C::Reopen
            | C::Withdraw => NO,
        }
    }
}

fn withdrawn(now: Timestamp) -> (S, E) {
    (S::Withdrawn { withdrawn_at: now }, E::Withdrawn)
}

fn under_assessment(event: E, now: Timestamp) -> (S, E) {
    (S::UnderAssessment { since: now }, event)
}

fn information_wanted(wanted: &[String], now: Timestamp) -> (S, E) {
    let wanted = wanted.to_vec();
    (S::InformationWanted { since: now, wanted: wanted.clone() }, E::InformationWanted { wanted })
}

/// A first person's word: it holds, or it waits for a second one.
fn ruled(
    ruling: &Ruling,
    by: &Actor,
    (consent, barred): (Consent, &[Actor]),
    now: Timestamp,
) -> (S, E) {
    match (ruling, consent) {
        (Ruling::Refer, _) | (_, Consent::OnePerson) => holds(ruling, vec![by.clone()], now),
        (Ruling::Approve { .. } | Ruling::Deny { .. }, Consent::TwoPersons) => (
            S::Proposed {
                ruling: ruling.clone(),
                proposed_by: by.clone(),
                barred: barred.to_vec(),
                proposed_at: now,
            },
            E::DecisionProposed { ruling: ruling.clone() },
        ),
    }
}

/// A decision that holds.
fn holds(ruling: &Ruling, by: Vec<Actor>, now: Timestamp) -> (S, E) {
    match ruling {
        Ruling::Approve { payable } => {
            let payable = *payable;
            let paid = Money::ZERO_JPY;
            (
                S::Approved { payable, paid, approved_by: by, approved_at: now },
                E::Approved { payable },
            )
        }
        Ruling::Deny { clauses } => {
            let clauses = clauses.clone();
            (
                S::Denied { denied_by: by, clauses: clauses.clone(), denied_at: now },
                E::Denied { clauses },
            )
        }
        Ruling::Refer => {
            (S::Decided { outcome: ClaimOutcome::Referred, decided_at: now }, E::Referred)
        }
    }
}

fn is_among(by: &Actor, others: &[Actor]) -> bool {
    others.iter().any(|other| other.is_same_subject(by))
}

/// What a decided claim allows beside decisions.
fn look_again(command: &C, now: Timestamp) -> Answer {
    match command {
        C::Assess => Ok(under_assessment(E::AssessmentStarted, now)),
        C::AskForInformation { wanted } => Ok(information_wanted(wanted, now)),
        C::Withdraw => Ok(withdrawn(now)),
        C::Submit
        | C::ReceiveInformation
        | C::Conclude { .. }
        | C::Decide { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Reopen => NO,
    }
}

fn under_assessment_step(command: &C, now: Timestamp) -> Answer {
    match command {
        C::Conclude { outcome } => {
            let outcome = *outcome;
            Ok((S::Decided { outcome, decided_at: now }, E::Decided { outcome }))
        }
        C::AskForInformation { wanted } => Ok(information_wanted(wanted, now)),
        C::Withdraw => Ok(withdrawn(now)),
        C::Submit
        | C::Assess
        | C::ReceiveInformation
        | C::Decide { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Reopen => NO,
    }
}

fn information_wanted_step(command: &C, now: Timestamp) -> Answer {
    match command {
        C::ReceiveInformation => Ok(under_assessment(E::InformationReceived, now)),
        C::AskForInformation { wanted } => Ok(information_wanted(wanted, now)),
        C::Withdraw => Ok(withdrawn(now)),
        C::Submit
        | C::Assess
        | C::Conclude { .. }
        | C::Decide { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Reopen => NO,
    }
}

fn proposed_step(
    (first, proposed_by, barred): (&Ruling, &Actor, &[Actor]),
    command: &C,
    now: Timestamp,
) -> Answer {
    match command {
        C::Decide { ruling, by, consent } => {
            if by.is_same_subject(proposed_by) || is_among(by, barred) {
                Err(Reason::SecondPersonNeeded)
            } else if ruling == first {
                Ok(holds(first, vec![proposed_by.clone(), by.clone()], now))
            } else if barred.is_empty() || *ruling != Ruling::Refer {
                Ok(ruled(ruling, by, (*consent, barred), now))
            } else {
                NO
            }
        }
        // Looking again would let those decide on the appeal who denied the claim.
        C::Assess | C::AskForInformation { .. } if !barred.is_empty() => NO,
        C::Submit
        | C::Assess
        | C::AskForInformation { .. }
        | C::ReceiveInformation
        | C::Conclude { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Reopen
        | C::Withdraw => look_again(command, now),
    }
}

fn denied_step(denied_by: &[Actor], command: &C, now: Timestamp) -> Answer {
    match command {
        C::Appeal { grounds } => Ok((
            S::UnderAppeal {
                denied_by: denied_by.to_vec(),
                grounds: grounds.clone(),
                appealed_at: now,
            },
            E::Appealed { grounds: grounds.clone() },
        )),
        C::Submit
        | C::Assess
        | C::AskForInformation { .. }
        | C::ReceiveInformation
        | C::Conclude { .. }
        | C::Decide { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Reopen
        | C::Withdraw => done_step(command, now),
    }
}

fn appeal_step(denied_by: &[Actor], command: &C, now: Timestamp) -> Answer {
    match command {
        C::Decide { by, .. } if is_among(by, denied_by) => Err(Reason::SecondPersonNeeded),
        C::Decide { ruling, by, consent } if *ruling != Ruling::Refer => {
            Ok(ruled(ruling, by, (*consent, denied_by), now))
        }
        C::Withdraw => Ok(withdrawn(now)),
        C::Submit
        | C::Assess
        | C::AskForInformation { .. }
        | C::ReceiveInformation
        | C::Conclude { .. }
        | C::Decide { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Reopen => NO,
    }
}

/// What a claim that was denied or paid allows.
fn done_step(command: &C, now: Timestamp) -> Answer {
    match command {
        C::Close => Ok((S::Closed { closed_at: now }, E::Closed)),
        C::Reopen => Ok(under_assessment(E::Reopened, now)),
        C::Submit
        | C::Assess
        | C::AskForInformation { .. }
        | C::ReceiveInformation
        | C::Conclude { .. }
        | C::Decide { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Expire
        | C::Withdraw => NO,
    }
}

fn closed_step(command: &C, now: Timestamp) -> Answer {
    match command {
        C::Reopen => Ok(under_assessment(E::Reopened, now)),
        C::Submit
        | C::Assess
        | C::AskForInformation { .. }
        | C::ReceiveInformation
        | C::Conclude { .. }
        | C::Decide { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Withdraw => NO,
    }
}

fn withdrawn_step(command: &C) -> Answer {
    match command {
        C::Submit
        | C::Assess
        | C::AskForInformation { .. }
        | C::ReceiveInformation
        | C::Conclude { .. }
        | C::Decide { .. }
        | C::Appeal { .. }
        | C::RecordPayment { .. }
        | C::Close
        | C::Expire
        | C::Reopen
        | C::Withdraw => NO,
    }
}

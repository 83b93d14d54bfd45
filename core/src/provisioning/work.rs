//! Work for providers without a server: what an engineer is asked to do, what came of it, and how
//! that answers the questions that a provider's server would be asked.

use serde::{Deserialize, Serialize};

use crate::id::WorkId;
use crate::provisioning::customer::CustomerRequest;
use crate::provisioning::item::Item;
use crate::provisioning::operation::{
    FollowUp, OperationFailure, OperationSeen, OperationStep, ProviderFailure,
};
use crate::provisioning::react::{Answer, Question};
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::provisioning::retry::RetryClass;
use crate::provisioning::spec::{Device, EndpointCounts, Health, Observation};
use crate::provisioning::state::ItemState;
use crate::provisioning::{Meaning, Spec};
use crate::time::Timestamp;

/// The end of a piece of work wakes the item by itself; this look is for what was missed.
const LOOK_AGAIN_SECONDS: i64 = 86_400;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// Set an instance up, or change it.
    Put,
    /// Suspend it.
    Suspend,
    /// Resume it.
    Resume,
    /// Take it away.
    Delete,
    /// Look what is there.
    Observe,
}

impl WorkKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Put, Self::Suspend, Self::Resume, Self::Delete, Self::Observe];

    /// The word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Delete => "delete",
            Self::Observe => "observe",
        }
    }
}

/// What is there, as whoever did the work saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkSeen {
    /// Whether the instance exists.
    pub exists: bool,
    /// The unit that was installed or found.
    pub device: Option<Device>,
    /// How far a roll-out has come.
    pub endpoints: Option<EndpointCounts>,
    /// Id of the evidence; empty when there is none.
    pub evidence_id: String,
    /// When it was last seen to work.
    pub last_seen_at: Option<Timestamp>,
    /// When it was looked at, by the tenant's clock.
    pub observed_at: Timestamp,
}

/// How a piece of work ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkResult {
    /// Done.
    Succeeded,
    /// Not done, and for good.
    Failed(Cause),
}

/// A piece of work: the same over all leases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Its id; a key for whatever is done.
    pub id: WorkId,
    /// What is to be done.
    pub kind: WorkKind,
    /// The generation of the instance that it makes or looks at.
    pub generation: u32,
    /// What shall be there.
    pub spec: Spec,
    /// Why it is suspended or taken away.
    pub reason: Option<ReasonCode>,
    /// When it was offered first, by the tenant's clock.
    pub requested_at: Timestamp,
    /// How far it is, in percent.
    pub progress_percent: u32,
    /// What the customer has to do before it can go on.
    pub customer_request: Option<CustomerRequest>,
    /// What is there by now, as last reported.
    pub seen: Option<WorkSeen>,
    /// What was said last; empty when nothing.
    pub note: String,
    /// How it ended, and when.
    pub ended: Option<(WorkResult, Timestamp)>,
}

/// What is known of the work on an item.
#[derive(Debug, Clone, Copy)]
pub struct WorkBook<'a> {
    /// All that was ever offered for it, oldest first.
    pub pieces: &'a [Work],
    /// Whether any of it was ever leased: before that nothing can be there.
    pub begun: bool,
}

/// What follows from a question to a provider without a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The answer, in the words of a provider.
    pub answer: Answer,
    /// What has to be offered for it; one that ended is offered again.
    pub offer: Option<WorkKind>,
}

impl WorkBook<'_> {
    fn piece(&self, kind: WorkKind, generation: u32) -> Option<&Work> {
        self.pieces.iter().rev().find(|it| it.kind == kind && it.generation == generation)
    }

    fn last_seen(&self) -> Option<&WorkSeen> {
        self.pieces.iter().filter_map(|it| it.seen.as_ref()).max_by_key(|seen| seen.observed_at)
    }

    /// Answers a question about an item as its provider's server would.
    pub fn answer(&self, item: &Item, question: &Question, now: Timestamp) -> Pulled {
        match question {
            Question::Put | Question::Operation(_) => self.under_way(item, WorkKind::Put),
            Question::Suspend => self.under_way(item, WorkKind::Suspend),
            Question::Resume => self.under_way(item, WorkKind::Resume),
            Question::Observe => self.looked_at(item, now),
            Question::Remove => self.removed(item, now),
            Question::Wait => Pulled { answer: Answer::Nothing, offer: None },
        }
    }

    fn under_way(&self, item: &Item, kind: WorkKind) -> Pulled {
        let Some(work) = self.piece(kind, item.generation) else {
            let id = format!("{}-{}-{}", kind.as_str(), item.id, item.generation);
            return Pulled { answer: working(id), offer: Some(kind) };
        };
        let step = match &work.ended {
            None => match &work.customer_request {
                Some(request) => OperationStep::AwaitingCustomer(Box::new(request.clone())),
                None => OperationStep::Working,
            },
            Some((WorkResult::Succeeded, at)) => {
                let seen = work.seen.as_ref().map(|seen| Box::new(observed(item, seen, *at)));
                OperationStep::Succeeded(seen)
            }
            Some((WorkResult::Failed(cause), _)) => {
                // Only who has looked and found nothing says that nothing is left.
                let clean = work.seen.as_ref().is_some_and(|seen| !seen.exists);
                let follow_up = if clean { FollowUp::Nothing } else { FollowUp::CleanUp };
                OperationStep::Failed(OperationFailure { cause: cause.clone(), follow_up })
            }
        };
        let retry = work.ended.is_none().then_some(LOOK_AGAIN_SECONDS);
        let operation_id = work.id.to_string();
        let seen =
            OperationSeen { operation_id, step, retry_after_seconds: retry, deadline_at: None };
        Pulled { answer: Answer::Operation(seen), offer: None }
    }

    fn looked_at(&self, item: &Item, now: Timestamp) -> Pulled {
        let seen = self.last_seen();
        let there =
            seen.map_or_else(|| nothing(now), |seen| observed(item, seen, seen.observed_at));
        let verifying = matches!(item.state, ItemState::Verifying { .. });
        // Somebody has to go and look: what was reported shows no life.
        let offer = (verifying && there.health != Health::Ok).then_some(WorkKind::Observe);
        let there = Observation { observed_at: now, ..there };
        Pulled { answer: Answer::Seen(Box::new(there), None), offer }
    }

    fn removed(&self, item: &Item, now: Timestamp) -> Pulled {
        if !self.begun {
            return Pulled { answer: Answer::Seen(Box::new(nothing(now)), None), offer: None };
        }
        let Some(work) = self.piece(WorkKind::Delete, item.generation) else {
            return Pulled { answer: working(item.delete_key()), offer: Some(WorkKind::Delete) };
        };
        match &work.ended {
            None => Pulled { answer: working(work.id.to_string()), offer: None },
            Some((WorkResult::Succeeded, _)) => {
                Pulled { answer: Answer::Seen(Box::new(nothing(now)), None), offer: None }
            }
            Some((WorkResult::Failed(cause), _)) => {
                let failure = ProviderFailure {
                    meaning: Meaning::Retry(RetryClass::Removal),
                    reason: Some(cause.code),
                    text: cause.note.clone(),
                };
                Pulled { answer: Answer::Failed(failure), offer: Some(WorkKind::Delete) }
            }
        }
    }
}

fn working(operation_id: String) -> Answer {
    Answer::Operation(OperationSeen {
        operation_id,
        step: OperationStep::Working,
        retry_after_seconds: Some(LOOK_AGAIN_SECONDS),
        deadline_at: None,
    })
}

/// It works when there is evidence: somebody's word alone starts neither billing nor cover.
fn observed(item: &Item, seen: &WorkSeen, since: Timestamp) -> Observation {
    let shown = seen.exists && (!seen.evidence_id.is_empty() || seen.last_seen_at.is_some());
    Observation {
        exists: seen.exists,
        generation: if seen.exists { item.generation } else { 0 },
        spec_hash: if seen.exists { item.spec.hash() } else { String::new() },
        health: if shown { Health::Ok } else { Health::Unknown },
        activated_at: shown.then_some(since),
        device: seen.device.clone(),
        endpoints: seen.endpoints,
        changed_at: Some(seen.observed_at),
        operation_id: String::new(),
        evidence_id: seen.evidence_id.clone(),
        observed_at: seen.observed_at,
    }
}

fn nothing(now: Timestamp) -> Observation {
    Observation {
        exists: false,
        generation: 0,
        spec_hash: String::new(),
        health: Health::Unknown,
        activated_at: None,
        device: None,
        endpoints: None,
        changed_at: None,
        operation_id: String::new(),
        evidence_id: String::new(),
        observed_at: now,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::provisioning::item::tests::item;
    use crate::service::Service;

    fn now() -> Timestamp {
        "2020-10-05T00:00:00Z".parse().unwrap()
    }

    fn piece(kind: WorkKind) -> Work {
        let utm = item(1, Service::Utm);
        Work {
            id: WorkId::from(Uuid::from_u128(9)),
            kind,
            generation: 1,
            spec: utm.spec,
            reason: None,
            requested_at: now(),
            progress_percent: 0,
            customer_request: None,
            seen: None,
            note: String::new(),
            ended: None,
        }
    }

    fn seen(exists: bool, evidence_id: &str) -> WorkSeen {
        let evidence_id = evidence_id.to_owned();
        let (device, endpoints, last_seen_at) = (None, None, None);
        WorkSeen { exists, device, endpoints, evidence_id, last_seen_at, observed_at: now() }
    }

    fn ask(pieces: &[Work], question: &Question) -> Pulled {
        WorkBook { pieces, begun: !pieces.is_empty() }.answer(
            &item(1, Service::Utm),
            question,
            now(),
        )
    }

    fn step(pulled: Pulled) -> OperationStep {
        let Answer::Operation(seen) = pulled.answer else { panic!("{pulled:?}") };
        seen.step
    }

    #[test]
    fn work_is_offered_once_and_then_waited_for() {
        let first = ask(&[], &Question::Put);
        assert_eq!(first.offer, Some(WorkKind::Put));
        assert_eq!(step(first), OperationStep::Working);
        assert_eq!(ask(&[piece(WorkKind::Put)], &Question::Put).offer, None);
    }

    #[test]
    fn a_failure_leaves_something_behind_unless_somebody_looked() {
        let cause = Cause::from(ReasonCode::ExistingUtmFoundOnSite);
        let ended = Some((WorkResult::Failed(cause), now()));
        let follow = |seen| {
            let work = Work { ended: ended.clone(), seen, ..piece(WorkKind::Put) };
            let OperationStep::Failed(failure) = step(ask(&[work], &Question::Put)) else {
                panic!("it failed")
            };
            failure.follow_up
        };
        assert_eq!(follow(None), FollowUp::CleanUp);
        assert_eq!(follow(Some(seen(true, ""))), FollowUp::CleanUp);
        assert_eq!(follow(Some(seen(false, ""))), FollowUp::Nothing);
    }

    #[test]
    fn a_word_without_evidence_shows_no_life() {
        let done = |evidence: &str| Work {
            ended: Some((WorkResult::Succeeded, now())),
            seen: Some(seen(true, evidence)),
            ..piece(WorkKind::Put)
        };
        let health = |work: Work| {
            let Answer::Seen(seen, _) = ask(&[work], &Question::Observe).answer else {
                panic!("an observation")
            };
            seen.health
        };
        assert_eq!(health(done("")), Health::Unknown);
        assert_eq!(health(done("report-17")), Health::Ok);
    }

    #[test]
    fn what_nobody_ever_took_up_is_gone_at_once() {
        let book = WorkBook { pieces: &[piece(WorkKind::Put)], begun: false };
        let pulled = book.answer(&item(1, Service::Utm), &Question::Remove, now());
        assert!(matches!(pulled.answer, Answer::Seen(seen, None) if !seen.exists));
        assert_eq!(pulled.offer, None);
        let begun = WorkBook { begun: true, ..book };
        let pulled = begun.answer(&item(1, Service::Utm), &Question::Remove, now());
        assert_eq!(pulled.offer, Some(WorkKind::Delete));
    }
}

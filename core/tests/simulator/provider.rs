//! A provider that keeps the contract and nothing beyond it, and a network that keeps nothing.

use std::collections::BTreeMap;

use tasuki_core::provisioning::answer::{AnswerCode, Asked, Meaning, Sent};
use tasuki_core::provisioning::customer::{CustomerActionKind, CustomerRequest, VerifyMethod};
use tasuki_core::provisioning::operation::FollowUp;
use tasuki_core::provisioning::{
    Answer, Cause, EndpointCounts, Health, Item, Observation, OperationFailure, OperationSeen,
    OperationStep, ProviderFailure, Question, ReasonCode,
};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use crate::bugs::Bug;
use crate::random::Random;

/// What happens to an instance, drawn when it is first asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    /// Seconds until it is live.
    work_seconds: i64,
    /// The customer has to do something first.
    step: Option<CustomerActionKind>,
    /// It is never done: by the customer, or by the provider.
    never: bool,
    /// Says that it is done before it is.
    hasty: bool,
    /// Fails instead of going live.
    fails: Option<FollowUp>,
    /// Stops by itself so many seconds after it went live.
    lost_after: Option<i64>,
    /// Answers with the finished instance at once.
    at_once: bool,
}

/// A change as it travels.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    item: String,
    key: String,
    generation: u32,
    kind: Kind,
    spec_hash: String,
    service: Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Put,
    Delete,
    Suspend,
    Resume,
}

#[derive(Debug, Clone)]
struct Instance {
    generation: u32,
    put_generation: u32,
    spec_hash: String,
    service: Service,
    started_at: Timestamp,
    /// When it ran first; a change of what runs does not stop it.
    live_before: Option<Timestamp>,
    course: Course,
    gone: bool,
    keys: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Provider {
    instances: BTreeMap<String, Instance>,
    courses: BTreeMap<String, Course>,
    /// How often a generation was set up anew.
    set_ups: BTreeMap<(String, u32), u32>,
    late: Vec<Change>,
    /// The step of the story.
    pub(crate) tick: u64,
    /// What was changed, told when a rule is broken.
    pub(crate) trace: Vec<String>,
    /// Calls of ours that were refused as out of date.
    pub(crate) n_outdated: u32,
    pub(crate) calm: bool,
    /// Refuses every removal until a person has come.
    pub(crate) stubborn: bool,
}

impl Provider {
    pub(crate) fn draw(&mut self, item: &Item, random: &mut Random) {
        let steps = [CustomerActionKind::DnsChange, CustomerActionKind::AgentInstall];
        let course = Course {
            work_seconds: random.seconds(6 * 86_400),
            step: random.chance(35).then(|| steps[random.index(2)]),
            never: random.chance(12),
            hasty: random.chance(20),
            fails: random.chance(15).then(|| {
                [FollowUp::TryAgain, FollowUp::CleanUp, FollowUp::Nothing][random.index(3)]
            }),
            lost_after: random.chance(15).then(|| 3_600 + random.seconds(40 * 86_400)),
            at_once: random.chance(15),
        };
        self.courses.insert(item.id.to_string(), course);
    }

    /// The ids of what is there: what failed and left nothing is not.
    pub(crate) fn present(&self, now: Timestamp) -> Vec<String> {
        let there = |it: &Instance| {
            !it.gone
                && !matches!(it.step(now), OperationStep::Failed(OperationFailure { follow_up, .. })
                    if follow_up != FollowUp::CleanUp)
        };
        self.instances.iter().filter(|(_, it)| there(it)).map(|(id, _)| id.clone()).collect()
    }

    /// A key that had its effect twice, if there is one.
    pub(crate) fn doubled(&self) -> Option<String> {
        let twice = self.set_ups.iter().find(|(_, n)| **n > 1);
        twice
            .map(|((id, generation), n)| format!("`{id}` generation {generation} set up {n} times"))
    }

    /// Since when it runs, if it does.
    pub(crate) fn live_since(&self, id: &str, now: Timestamp) -> Option<Timestamp> {
        let instance = self.instances.get(id).filter(|it| !it.gone)?;
        instance.live_at().filter(|at| *at <= now)
    }

    /// When it stopped by itself.
    pub(crate) fn lost_at(&self, id: &str) -> Option<Timestamp> {
        self.instances.get(id)?.lost_at()
    }

    /// A request that was under way for long arrives at last.
    pub(crate) fn deliver_late(&mut self, random: &mut Random, now: Timestamp) {
        if !self.late.is_empty() {
            let at = random.index(self.late.len());
            let change = self.late.swap_remove(at);
            // Whoever sent it listens no longer.
            let _nobody = self.apply(&change, now);
        }
    }

    /// Asks as our client does: one question, one answer in domain words.
    pub(crate) fn ask(
        &mut self,
        (item, question): (&Item, &Question),
        random: &mut Random,
        (now, bug): (Timestamp, Option<Bug>),
    ) -> Answer {
        let (kind, key, asked) = match question {
            Question::Put => (Kind::Put, item.put_key(), Asked::Create),
            Question::Remove => (Kind::Delete, item.delete_key(), Asked::Remove),
            Question::Suspend => (Kind::Suspend, item.suspend_key(), Asked::Look),
            Question::Resume => (Kind::Resume, item.resume_key(), Asked::Look),
            Question::Operation(id) => return self.operation_of(item, id, random, now),
            Question::Observe => return self.look(item, random, now),
            Question::Wait => return Answer::Nothing,
        };
        let key = if bug == Some(Bug::KeyPerTry) {
            format!("{key}-{}", random.below(1_000_000))
        } else {
            key
        };
        let change = Change {
            item: item.id.to_string(),
            key,
            generation: item.generation,
            kind,
            spec_hash: item.spec.hash(),
            service: item.service(),
        };
        match self.send(&change, random, now) {
            Ok(operation) if kind == Kind::Delete => {
                drop(operation);
                self.look(item, random, now)
            }
            Ok(operation) => Answer::Operation(operation),
            Err((code, sent)) => failed(code.means(asked, sent), code),
        }
    }

    fn send(
        &mut self,
        change: &Change,
        random: &mut Random,
        now: Timestamp,
    ) -> Result<OperationSeen, (AnswerCode, Sent)> {
        let fate = if self.calm { 100 } else { random.below(100) };
        match fate {
            0..=4 => Err((AnswerCode::Unavailable, Sent::No)),
            5..=8 => Err((AnswerCode::ResourceExhausted, Sent::Perhaps)),
            9..=12 => Err((AnswerCode::DeadlineExceeded, Sent::Perhaps)),
            // It took effect and the answer was lost.
            13..=20 => {
                let _lost = self.apply(change, now);
                Err((AnswerCode::DeadlineExceeded, Sent::Perhaps))
            }
            // It will arrive when nobody waits for it any more.
            21..=25 => {
                self.late.push(change.clone());
                Err((AnswerCode::Unavailable, Sent::Perhaps))
            }
            // It arrives twice, the second time later.
            26..=31 => {
                self.late.push(change.clone());
                self.apply_ours(change, now)
            }
            32..=35 => {
                let _first = self.apply(change, now);
                self.apply_ours(change, now)
            }
            _ => self.apply_ours(change, now),
        }
    }

    fn apply_ours(
        &mut self,
        change: &Change,
        now: Timestamp,
    ) -> Result<OperationSeen, (AnswerCode, Sent)> {
        let answer = self.apply(change, now);
        if answer == Err(AnswerCode::FailedPrecondition) && self.calm && !self.stubborn {
            self.n_outdated += 1;
        }
        answer.map_err(|code| (code, Sent::Perhaps))
    }

    fn apply(&mut self, change: &Change, now: Timestamp) -> Result<OperationSeen, AnswerCode> {
        if self.stubborn && change.kind == Kind::Delete {
            return Err(AnswerCode::FailedPrecondition);
        }
        let course = self.courses.get(&change.item).cloned().unwrap_or_default();
        let known = self.instances.get(&change.item).cloned();
        if let Some(instance) = &known
            && instance.keys.contains(&change.key)
        {
            return Ok(Self::operation(change, instance, now));
        }
        if known.as_ref().is_some_and(|instance| {
            let same = change.generation == instance.generation && change.kind == Kind::Put;
            change.generation < instance.generation
                || (change.generation == instance.generation && !same)
                || (instance.gone && change.generation <= instance.generation)
        }) {
            return Err(AnswerCode::FailedPrecondition);
        }
        let keys = known.as_ref().map(|it| it.keys.clone()).unwrap_or_default();
        let mut next = match (change.kind, known) {
            (Kind::Put, known) => {
                *self.set_ups.entry((change.item.clone(), change.generation)).or_insert(0) += 1;
                let running =
                    known.filter(|it| !it.gone && it.live_at().is_some_and(|at| at <= now));
                Instance {
                    generation: change.generation,
                    put_generation: change.generation,
                    spec_hash: change.spec_hash.clone(),
                    service: change.service,
                    started_at: now,
                    live_before: running.as_ref().and_then(Instance::live_at),
                    course: running.map_or(course, |it| Course { fails: None, ..it.course }),
                    gone: false,
                    keys,
                }
            }
            (Kind::Delete | Kind::Suspend | Kind::Resume, Some(known)) => {
                let gone = known.gone || change.kind == Kind::Delete;
                Instance { generation: change.generation, gone, ..known }
            }
            (Kind::Delete, None) => Instance {
                generation: change.generation,
                put_generation: 0,
                spec_hash: String::new(),
                service: change.service,
                started_at: now,
                live_before: None,
                course,
                gone: true,
                keys,
            },
            (Kind::Suspend | Kind::Resume, None) => return Err(AnswerCode::NotFound),
        };
        next.keys.push(change.key.clone());
        self.instances.insert(change.item.clone(), next.clone());
        let (tick, kind, item) = (self.tick, change.kind, &change.item);
        let generation = change.generation;
        self.trace
            .push(format!("{tick:05} {now} provider: {kind:?} {item} generation {generation}"));
        Ok(Self::operation(change, &next, now))
    }

    fn operation(change: &Change, instance: &Instance, now: Timestamp) -> OperationSeen {
        let id = format!("op-{}-{}", change.item, instance.put_generation);
        let step = match change.kind {
            Kind::Put => instance.step(now),
            Kind::Delete | Kind::Suspend | Kind::Resume => OperationStep::Succeeded(None),
        };
        OperationSeen { operation_id: id, step, retry_after_seconds: None, deadline_at: None }
    }

    fn operation_of(
        &mut self,
        item: &Item,
        id: &str,
        random: &mut Random,
        now: Timestamp,
    ) -> Answer {
        if let Some(failure) = self.trouble(random) {
            return failure;
        }
        let instance = self.instances.get(&item.id.to_string());
        let found = instance.filter(|it| id == format!("op-{}-{}", item.id, it.put_generation));
        let Some(instance) = found else {
            return failed(Meaning::Absent, AnswerCode::NotFound);
        };
        let step = if instance.gone { OperationStep::Cancelled } else { instance.step(now) };
        Answer::Operation(OperationSeen {
            operation_id: id.to_owned(),
            step,
            retry_after_seconds: None,
            deadline_at: None,
        })
    }

    fn look(&mut self, item: &Item, random: &mut Random, now: Timestamp) -> Answer {
        if let Some(failure) = self.trouble(random) {
            return failure;
        }
        let instance = self.instances.get(&item.id.to_string()).filter(|it| !it.gone);
        let lost = instance.and_then(Instance::lost_at).filter(|at| *at <= now);
        let live = instance.and_then(Instance::live_at).filter(|at| *at <= now && lost.is_none());
        let present = self.present(now).contains(&item.id.to_string());
        let there = instance.filter(|_| lost.is_none() && present);
        let endpoints = there.filter(|it| it.service == Service::Edr).map(|_| EndpointCounts {
            reporting: u32::from(live.is_some()),
            ..EndpointCounts::default()
        });
        let seen = Observation {
            exists: there.is_some(),
            generation: there.map_or(0, |it| it.generation),
            spec_hash: there.map(|it| it.spec_hash.clone()).unwrap_or_default(),
            health: if live.is_some() { Health::Ok } else { Health::Unknown },
            activated_at: live,
            device: None,
            endpoints,
            changed_at: lost.or(live),
            operation_id: String::new(),
            evidence_id: "obs".to_owned(),
            observed_at: now,
        };
        Answer::Seen(Box::new(seen), None)
    }

    fn trouble(&self, random: &mut Random) -> Option<Answer> {
        let trouble = !self.calm && random.chance(15);
        trouble.then(|| {
            let code = AnswerCode::Unavailable;
            failed(code.means(Asked::Look, Sent::Perhaps), code)
        })
    }
}

impl Instance {
    fn live_at(&self) -> Option<Timestamp> {
        if self.live_before.is_some() {
            return self.live_before;
        }
        if self.course.never || self.course.fails.is_some() {
            return None;
        }
        let wait = if self.course.at_once { 0 } else { self.course.work_seconds };
        let hasty = if self.course.hasty { 7_200 } else { 0 };
        self.started_at.plus_seconds(wait + hasty).ok()
    }

    fn lost_at(&self) -> Option<Timestamp> {
        let after = self.course.lost_after?;
        self.live_at()?.plus_seconds(after).ok()
    }

    fn step(&self, now: Timestamp) -> OperationStep {
        let waited = now.seconds_since(self.started_at);
        let done = self.course.at_once || waited >= self.course.work_seconds;
        if self.live_before.is_some() && done {
            return OperationStep::Succeeded(None);
        }
        match self.course.fails {
            Some(follow_up) if done => {
                let cause = Cause::from(ReasonCode::ExistingUtmFoundOnSite);
                return OperationStep::Failed(OperationFailure { cause, follow_up });
            }
            Some(_) | None => {}
        }
        if done && !self.course.never {
            return OperationStep::Succeeded(None);
        }
        match self.course.step {
            Some(kind) => OperationStep::AwaitingCustomer(Box::new(CustomerRequest {
                kind,
                instructions: kind.label(),
                expected_records: Vec::new(),
                verify: VerifyMethod::ProviderObserves,
                url: String::new(),
                possible_from: None,
                possible_until: None,
            })),
            None => OperationStep::Working,
        }
    }
}

fn failed(meaning: Meaning, code: AnswerCode) -> Answer {
    Answer::Failed(ProviderFailure { meaning, reason: None, text: format!("{code:?}") })
}

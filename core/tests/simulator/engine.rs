//! The queue, the workers and the transactions around the machine, in memory: what app, store and
//! worker do, step by step, so that a story can interrupt it anywhere.

use tasuki_core::actor::Actor;
use tasuki_core::party::Principal;
use tasuki_core::provisioning::{
    Answer, Cause, CompletionPolicy, Evidence, Item, ItemCommand, ItemState, Order, Question,
    ReasonCode, Surroundings, VerifyMethod,
};
use tasuki_core::time::{Timestamp, Zone};

use crate::bugs::Bug;
use crate::rules::{Broken, Rule};

/// A lease ends after so many steps of the story.
const LEASE: u64 = 25;

/// After so many failures at one instant whoever still asks does not wait between them.
const MOST_FAILED_AT_ONCE: u32 = 6;

#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) item: usize,
    pub(crate) version: u32,
    pub(crate) run_at: Timestamp,
    lease: Option<(u64, u64)>,
    attempt: u32,
    pub(crate) done: bool,
}

/// Where a worker is with its job.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Claimed,
    Ask(Box<Item>, Question),
    Record(Box<Item>, Box<Answer>),
    /// A planted mistake only: the job is finished and its effect is not.
    Effect(Box<Item>, Box<Answer>),
}

#[derive(Debug, Clone)]
pub(crate) struct Hand {
    job: usize,
    token: u64,
    pub(crate) stage: Stage,
}

pub(crate) struct Engine {
    pub(crate) order: Order,
    pub(crate) items: Vec<Item>,
    pub(crate) versions: Vec<u32>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) now: Timestamp,
    /// Real time, in steps of the story.
    pub(crate) tick: u64,
    pub(crate) bug: Option<Bug>,
    pub(crate) broken: Option<Broken>,
    pub(crate) states: Vec<&'static str>,
    /// What happened, told when a rule is broken.
    pub(crate) trace: Vec<String>,
    next_token: u64,
    failed: (String, Timestamp, u32),
    zone: Zone,
    by: Actor,
}

impl Engine {
    pub(crate) fn of(order: Order, items: Vec<Item>, bug: Option<Bug>) -> Self {
        let now = order.ordered_at;
        let mut engine = Self {
            versions: vec![1; items.len()],
            order,
            items,
            jobs: Vec::new(),
            now,
            tick: 0,
            bug,
            broken: None,
            states: vec!["planned"],
            trace: Vec::new(),
            next_token: 1,
            failed: (String::new(), now, 0),
            zone: Zone::named(Zone::TOKYO).unwrap(),
            by: Actor::from(&Principal::system()),
        };
        engine.wake_due();
        engine
    }

    pub(crate) fn breaks(&mut self, rule: Rule, how: impl Into<String>) {
        if self.broken.is_none() {
            self.broken = Some(Broken::new(rule, how));
        }
    }

    fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn plan(&mut self, item: usize, look_at: Option<Timestamp>) {
        let Some(run_at) = self.items[item].next_look(look_at, self.now) else { return };
        let stale = u32::from(self.is(Bug::LookOfOldVersion));
        let version = self.versions[item] - stale;
        if !self.jobs.iter().any(|job| (job.item, job.version) == (item, version)) {
            self.jobs.push(Job { item, version, run_at, lease: None, attempt: 0, done: false });
        }
    }

    fn wake_due(&mut self) {
        let due: Vec<usize> = self
            .order
            .due_items(&self.items)
            .into_iter()
            .filter_map(|due| self.items.iter().position(|item| item.id == due.id))
            .collect();
        for item in due {
            self.plan(item, Some(self.now));
        }
    }

    /// Takes a due job that nobody holds.
    pub(crate) fn claim(&mut self) -> Option<Hand> {
        let free = |job: &Job, tick: u64| job.lease.is_none_or(|(_, until)| until <= tick);
        let job = self
            .jobs
            .iter()
            .position(|job| !job.done && job.run_at <= self.now && free(job, self.tick))?;
        let token = self.next_token;
        self.next_token += 1;
        self.jobs[job].attempt += 1;
        self.jobs[job].lease = Some((token, self.tick + LEASE));
        Some(Hand { job, token, stage: Stage::Claimed })
    }

    /// Finishes a job, if this hand still holds it.
    fn complete(&mut self, hand: &Hand) -> bool {
        let job = &mut self.jobs[hand.job];
        let holds = job.lease.is_some_and(|(token, _)| token == hand.token) && !job.done;
        if holds {
            job.done = true;
        }
        holds
    }

    /// One transaction of a hand, or the way to the provider and back; none when it is free again.
    pub(crate) fn go_on(
        &mut self,
        hand: &Hand,
        ask: &mut dyn FnMut(&Item, &Question, Timestamp) -> Answer,
    ) -> Option<Hand> {
        match hand.stage.clone() {
            Stage::Claimed => self.begin(hand),
            Stage::Ask(item, question) => {
                let answer = ask(&item, &question, self.now);
                self.note(&item, &answer);
                Some(Hand { stage: Stage::Record(item, Box::new(answer)), ..hand.clone() })
            }
            Stage::Record(item, answer) => self.record(hand, *item, *answer),
            Stage::Effect(item, answer) => {
                self.effect(hand, &item, &answer);
                None
            }
        }
    }

    fn note(&mut self, item: &Item, answer: &Answer) {
        if !matches!(answer, Answer::Failed(_)) {
            return;
        }
        let id = item.id.to_string();
        let again = self.failed.0 == id && self.failed.1 == self.now;
        let n = if again { self.failed.2 + 1 } else { 1 };
        self.failed = (id, self.now, n);
        if n > MOST_FAILED_AT_ONCE {
            self.breaks(Rule::NoHammering, format!("asked in vain {n} times at {}", self.now));
        }
    }

    fn begin(&mut self, hand: &Hand) -> Option<Hand> {
        let Job { item, version, .. } = self.jobs[hand.job].clone();
        if self.versions[item] != version {
            self.complete(hand);
            return None;
        }
        let present = self.items[item].clone();
        let expires = matches!(&present.state, ItemState::AwaitingCustomer { step, .. } if step.expires_at <= self.now);
        let due = self.order.due_command(&present, &self.items, self.now);
        let due = due.filter(|_| !(expires && self.is(Bug::NoExpiry)));
        if let Some(command) = due {
            if self.complete(hand) {
                self.change(item, Some(&command), Some(self.now));
            }
            return None;
        }
        let question = present.question_at(self.now);
        Some(Hand { stage: Stage::Ask(Box::new(present), question), ..hand.clone() })
    }

    fn record(&mut self, hand: &Hand, item: Item, answer: Answer) -> Option<Hand> {
        if self.is(Bug::JobDoneFirst) {
            return self.complete(hand).then(|| Hand {
                stage: Stage::Effect(Box::new(item), Box::new(answer)),
                ..hand.clone()
            });
        }
        if self.complete(hand) || self.is(Bug::Unfenced) {
            self.effect(hand, &item, &answer);
        }
        None
    }

    fn effect(&mut self, hand: &Hand, asked: &Item, answer: &Answer) {
        let Job { item, version, .. } = self.jobs[hand.job].clone();
        if self.versions[item] != version && !self.is(Bug::Unfenced) {
            return;
        }
        let around = Surroundings { now: self.now, zone: &self.zone, jitter: 0 };
        let lost_try = self.jobs[hand.job].attempt > 1
            && matches!(asked.state, ItemState::Requested { .. })
            && !self.is(Bug::ForgetsLostTries);
        let answer = if lost_try { &answer.clone().after_lost_try() } else { answer };
        let mut reaction = asked.react(answer, &around).unwrap();
        if let Some(command) = &mut reaction.command {
            self.spoil(asked, command);
        }
        if self.is(Bug::NoDeadline)
            && matches!(reaction.command, Some(ItemCommand::Fail { .. }))
            && matches!(asked.state, ItemState::Accepted { .. })
        {
            reaction.command = None;
            reaction.look_at = self.now.plus_seconds(86_400).ok();
        }
        if self.is(Bug::LooksAtOnce) && matches!(answer, Answer::Failed(_)) {
            reaction.look_at = reaction.look_at.map(|_| self.now);
        }
        if self.is(Bug::Unfenced) && asked.state != self.items[item].state {
            let (is, was) = (self.items[item].state.as_str(), asked.state.as_str());
            if reaction.command.is_some() {
                self.breaks(Rule::History, format!("from `{was}` although it is `{is}`"));
            }
        }
        if let Some(seen) = answer.observation() {
            self.items[item].observed(seen);
        }
        self.change(item, reaction.command.as_ref(), reaction.look_at);
    }

    /// Turns what follows into the planted mistake.
    fn spoil(&self, item: &Item, command: &mut ItemCommand) {
        let cause = || Cause::from(ReasonCode::ProviderFailed);
        let spoilt = match (self.bug, &*command) {
            (Some(Bug::UnknownIsRefused), ItemCommand::LoseTrack { .. })
                if matches!(item.state, ItemState::Requested { .. }) =>
            {
                ItemCommand::Refuse { cause: cause() }
            }
            (Some(Bug::FailureIsNotCleaned), ItemCommand::Fail { .. })
                if matches!(item.state, ItemState::Accepted { .. }) =>
            {
                ItemCommand::Refuse { cause: cause() }
            }
            (Some(Bug::StopsWhenNoticed), ItemCommand::End { cause, .. }) => {
                ItemCommand::End { cause: cause.clone(), stopped_at: self.now }
            }
            (_, other) => other.clone(),
        };
        *command = spoilt;
    }

    /// Changes an item and everything that follows, as one transaction.
    pub(crate) fn change(
        &mut self,
        item: usize,
        command: Option<&ItemCommand>,
        look_at: Option<Timestamp>,
    ) {
        self.change_one(item, command, look_at);
        for _ in 0..50 {
            if self.is(Bug::RollBackForgets) && self.order.cancellation.is_none() {
                break;
            }
            let Some((id, command)) =
                self.order.following(&self.items, self.now).map(|(it, command)| (it.id, command))
            else {
                break;
            };
            let at = self.items.iter().position(|it| it.id == id).unwrap();
            self.change_one(at, Some(&command), Some(self.now));
        }
        self.wake_due();
    }

    fn change_one(
        &mut self,
        item: usize,
        command: Option<&ItemCommand>,
        look_at: Option<Timestamp>,
    ) {
        let before = self.items[item].clone();
        let mut after = before.clone();
        if let Some(command) = command {
            match before.step(command, &self.by, self.now) {
                Ok((next, _, line)) => {
                    if line.from != before.state.as_str() || line.to != next.state.as_str() {
                        self.breaks(Rule::History, format!("{line:?}"));
                    }
                    after = next;
                }
                // Refused: nothing changes. A call that is refused leaves nothing behind.
                Err(_) if self.is(Bug::CancelsInMidCall) || self.is(Bug::EndsTwice) => {
                    after.state = self.forced(&before, command);
                }
                Err(_) => return,
            }
        }
        self.misstep(&before, &mut after);
        self.check(&before, &after, command);
        self.states.push(after.state.as_str());
        if before.state != after.state {
            let (from, to) = (before.state.as_str(), after.state.as_str());
            let command = command.map_or("nothing", ItemCommand::as_str);
            let generation = after.generation;
            let (tick, now) = (self.tick, self.now);
            self.trace.push(format!(
                "{tick:05} {now} item {item}: {command}: {from} -> {to} (generation {generation})"
            ));
        }
        self.items[item] = after;
        self.versions[item] += 1;
        self.plan(item, look_at);
    }

    /// The state that a careless machine would go to.
    fn forced(&self, before: &Item, command: &ItemCommand) -> ItemState {
        let ItemCommand::Cancel { cause } = command else { return before.state.clone() };
        let mid_call = matches!(before.state, ItemState::Requested { .. });
        let over = before.state.ended_at().is_some();
        if (mid_call && self.is(Bug::CancelsInMidCall)) || (over && self.is(Bug::EndsTwice)) {
            ItemState::Cancelled { cause: cause.clone(), cancelled_at: self.now }
        } else {
            before.state.clone()
        }
    }

    /// Planted mistakes in the step itself.
    fn misstep(&self, before: &Item, after: &mut Item) {
        if self.is(Bug::ForgetsLostTries) {
            after.in_doubt = false;
            let late = matches!(before.state, ItemState::FailedRetryable { .. });
            if let (true, ItemState::Cleaning { removal }) = (late, &after.state) {
                let (cause, failed_at) = (removal.cause.clone(), self.now);
                after.state = ItemState::FailedFinal { cause, failed_at };
            }
        }
        let removes =
            matches!(after.state, ItemState::Cleaning { .. } | ItemState::Deprovisioning { .. });
        if self.is(Bug::RemovalKeepsGeneration) && removes {
            after.generation = before.generation;
        }
        let anew = before.state.ended_at().is_some() && after.state == ItemState::PLANNED;
        if self.is(Bug::ReopensOldGeneration) && anew {
            after.generation = before.generation;
        }
        let said = matches!(after.state, ItemState::Verifying { .. });
        if self.is(Bug::ActiveOnWord) && said {
            let evidence = Evidence {
                id: "word".to_owned(),
                method: VerifyMethod::Declaration,
                observed_at: self.now,
            };
            let verify = ItemCommand::Verify { evidence, installed_at: self.now };
            if let Ok((state, _)) = after.state.step(&verify, self.now) {
                after.state = state;
            }
        }
    }

    fn check(&mut self, before: &Item, after: &Item, command: Option<&ItemCommand>) {
        if after.generation < before.generation {
            self.breaks(Rule::Generations, "a generation went down");
        }
        let changes = |state: &ItemState| {
            matches!(
                state,
                ItemState::Cleaning { .. }
                    | ItemState::Deprovisioning { .. }
                    | ItemState::Suspending { .. }
                    | ItemState::Resuming { .. }
            )
        };
        let stuck = matches!(before.state, ItemState::CleanupStuck { .. });
        let begins = changes(&after.state) && !changes(&before.state) && !stuck;
        let over = before.state.ended_at().is_some();
        let anew = over && after.state == ItemState::PLANNED;
        if (begins || anew) && after.generation == before.generation {
            let (from, to) = (before.state.as_str(), after.state.as_str());
            self.breaks(Rule::Generations, format!("none of its own from `{from}` to `{to}`"));
        }
        if over && after.state != before.state && command != Some(&ItemCommand::Reopen) {
            let (from, to) = (before.state.as_str(), after.state.as_str());
            self.breaks(Rule::Final, format!("from `{from}` to `{to}`"));
        }
        if let (Some(service), Some(stopped_at)) = (after.state.service(), after.state.stopped_at())
            && stopped_at < service.active_at
        {
            self.breaks(Rule::StopsWhenItStopped, "it stopped before it began");
        }
        if let Some(asked_twice) = self.jobs.len().checked_sub(4_000) {
            self.breaks(Rule::NoHammering, format!("{asked_twice} jobs too many"));
        }
    }

    /// Whatever is under way has a job for its present version.
    pub(crate) fn check_jobs(&mut self, hands: &[Option<Hand>]) {
        let due = self.order.due_items(&self.items);
        let mut forgotten = None;
        for (at, item) in self.items.iter().enumerate() {
            let waits = item.is_watched() || due.iter().any(|due| due.id == item.id);
            let version = self.versions[at];
            let has =
                self.jobs.iter().any(|job| job.item == at && job.version == version && !job.done);
            let held = hands.iter().flatten().any(|hand| {
                matches!(hand.stage, Stage::Effect(..)) && self.jobs[hand.job].item == at
            });
            if waits && !has && !held {
                forgotten = Some(format!("item {at} is `{}`", item.state.as_str()));
            }
        }
        if let Some(how) = forgotten {
            self.breaks(Rule::NothingForgotten, how);
        }
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.jobs.iter().filter(|job| !job.done).map(|job| job.run_at).min()
    }

    pub(crate) fn all_or_nothing(&self) -> bool {
        self.order.completion == CompletionPolicy::All
    }
}

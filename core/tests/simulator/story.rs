//! One story: an order, bad weather for a while, then calm, and what must be true at its end.

use std::collections::BTreeSet;

use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, PartnerId, ProviderId, TenantId};
use tasuki_core::party::Principal;
use tasuki_core::provisioning::{
    Cancellation, Cause, CompletionPolicy, DriftPolicy, Item, ItemCommand, ItemState, Order,
    OrderState, ReasonCode, Spec,
};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::bugs::Bug;
use crate::engine::{Engine, Hand};
use crate::provider::Provider;
use crate::random::Random;
use crate::rules::{Broken, Rule};

/// Steps of bad weather.
const STORM: u64 = 160;

/// Steps after which a calm story that does not end never will.
const CALM: u64 = 20_000;

/// Days after which a calm story has to be over: the longest operation, and its removal.
const LONGEST_DAYS: i64 = 240;

/// What a story came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) states: BTreeSet<&'static str>,
    pub(crate) order: &'static str,
    pub(crate) n_jobs: usize,
}

struct Story {
    engine: Engine,
    provider: Provider,
    random: Random,
    hands: Vec<Option<Hand>>,
    bug: Option<Bug>,
    /// What became active before the provider had it running.
    active: Vec<bool>,
}

/// Plays the story of a seed; one that breaks a rule is told as it happened.
pub(crate) fn play(seed: u64, bug: Option<Bug>) -> Result<Told, Broken> {
    let mut story = Story::of(seed, bug);
    let told = story.play();
    told.map_err(|broken| {
        let mut lines = story.engine.trace.clone();
        lines.extend(story.provider.trace.clone());
        lines.sort();
        Broken { how: format!("{}\n{}", broken.how, lines.join("\n")), ..broken }
    })
}

impl Story {
    fn play(&mut self) -> Result<Told, Broken> {
        let story = self;
        for _ in 0..STORM {
            story.step();
            if let Some(broken) = story.engine.broken.take() {
                return Err(broken);
            }
        }
        story.calm_down()?;
        story.judge()?;
        if story.random.chance(60) {
            story.end_everything();
            story.calm_down()?;
            story.judge()?;
        }
        let engine = &story.engine;
        Ok(Told {
            states: engine.states.iter().copied().collect(),
            order: engine.order.state(&engine.items).as_str(),
            n_jobs: engine.jobs.len(),
        })
    }
}

impl Story {
    fn of(seed: u64, bug: Option<Bug>) -> Self {
        let mut random = Random::of(seed);
        let completion =
            [CompletionPolicy::All, CompletionPolicy::CoreThenRest, CompletionPolicy::Any]
                [random.index(3)];
        let order = Order {
            id: OrderId::from(Uuid::from_u128(1)),
            tenant_id: TenantId::from(Uuid::from_u128(2)),
            subscription_id: None,
            partner_id: PartnerId::of_code("ogs"),
            external_reference: String::new(),
            completion,
            ordered_at: "2020-10-01T00:00:00Z".parse().unwrap(),
            cancellation: None,
        };
        let n = 1 + random.below(3);
        let mut provider = Provider::default();
        let services =
            [Service::Utm, Service::CloudWaf, Service::Edr, Service::Diagnosis, Service::HelpDesk];
        let items: Vec<Item> = (1..=n)
            .map(|number| {
                let service = services[random.index(services.len())];
                let spec = Spec::of(service, Spec::default_component(service));
                let id = ItemId::from(Uuid::from_u128(u128::from(number) + 10));
                let number = u32::try_from(number).unwrap();
                let policies = [DriftPolicy::Report, DriftPolicy::Repair, DriftPolicy::Accept];
                let item = Item {
                    core: number == 1 || random.chance(50),
                    depends_on: if number > 1 && random.chance(25) { vec![1] } else { Vec::new() },
                    drift_policy: policies[random.index(3)],
                    ..Item::planned(id, number, ProviderId::of_code("reference"), spec)
                };
                provider.draw(&item, &mut random);
                item
            })
            .collect();
        provider.stubborn = random.chance(4);
        let active = vec![false; items.len()];
        let engine = Engine::of(order, items, bug);
        Self { engine, provider, random, hands: vec![None; 3], bug, active }
    }

    fn step(&mut self) {
        self.engine.tick += 1;
        self.provider.tick = self.engine.tick;
        match self.random.below(100) {
            0..=59 => self.work(),
            // A worker dies.
            60..=63 => {
                let at = self.random.index(self.hands.len());
                self.hands[at] = None;
            }
            64..=69 => self.provider.deliver_late(&mut self.random, self.engine.now),
            70..=76 => self.somebody_says(),
            // An event of the provider, early, doubled or late: it makes us look.
            77..=80 => {
                let at = self.random.index(self.engine.items.len());
                let state = &self.engine.items[at].state;
                if self.engine.items[at].is_watched()
                    && !matches!(state, ItemState::Requested { .. })
                {
                    self.engine.change(at, None, Some(self.engine.now));
                }
            }
            // The clock jumps.
            81..=84 => {
                let seconds = 1 + self.random.seconds(10 * 86_400);
                self.pass(seconds);
            }
            _ => self.pass_to_next(),
        }
        self.watch();
    }

    fn pass(&mut self, seconds: i64) {
        self.engine.now = self.engine.now.plus_seconds(seconds).unwrap();
    }

    fn pass_to_next(&mut self) {
        if let Some(next) = self.engine.next_due() {
            self.engine.now = self.engine.now.max(next);
        }
    }

    fn work(&mut self) {
        let at = self.random.index(self.hands.len());
        self.work_with(at);
    }

    fn work_with(&mut self, at: usize) {
        let Some(hand) = self.hands[at].take() else {
            self.hands[at] = self.engine.claim();
            return;
        };
        let (provider, random, bug) = (&mut self.provider, &mut self.random, self.bug);
        let mut ask = |item: &Item, question: &_, now: Timestamp| {
            provider.ask((item, question), random, (now, bug))
        };
        self.hands[at] = self.engine.go_on(&hand, &mut ask);
    }

    /// A customer, a partner, an operator, or the subscription.
    fn somebody_says(&mut self) {
        let at = self.random.index(self.engine.items.len());
        let now = self.engine.now;
        let state = self.engine.items[at].state.clone();
        let cause = || Cause::from(ReasonCode::CancelledByCustomer);
        let live = matches!(state, ItemState::Active { .. });
        let command = match self.random.below(9) {
            0 => {
                self.cancel();
                return;
            }
            1 if state.is_live() => ItemCommand::End { cause: cause(), stopped_at: now },
            2 if live => ItemCommand::Suspend { cause: cause() },
            3 => ItemCommand::Resume,
            4 => ItemCommand::ConfirmStep,
            5 if self.engine.order.cancellation.is_none() => ItemCommand::Reopen,
            6 => ItemCommand::Cancel { cause: cause() },
            7 if live => {
                // Another quantity.
                self.engine.items[at].spec.quantity += 1;
                ItemCommand::Request
            }
            8 => ItemCommand::RetryRemoval,
            _ => return,
        };
        // What the machine refuses, the caller is told: nothing changes.
        if state.step(&command, now).is_ok() || self.bug == Some(Bug::EndsTwice) {
            self.engine.change(at, Some(&command), Some(now));
        }
    }

    fn cancel(&mut self) {
        let state = self.engine.order.state(&self.engine.items);
        if state.is_final() || self.engine.order.cancellation.is_some() {
            return;
        }
        self.engine.order.cancellation = Some(Cancellation {
            requested_at: self.engine.now,
            requested_by: Actor::from(&Principal::system()),
            cause: Cause::from(ReasonCode::CancelledByCustomer),
        });
        self.mid_call_cancellations();
        let items = self.engine.items.clone();
        if let Some((item, command)) = self.engine.order.following(&items, self.engine.now) {
            let at = items.iter().position(|it| it.id == item.id).unwrap();
            self.engine.change(at, Some(&command), Some(self.engine.now));
        }
    }

    /// Only a careless machine cancels what is being asked for.
    fn mid_call_cancellations(&mut self) {
        if self.bug == Some(Bug::CancelsInMidCall) {
            let cancel =
                ItemCommand::Cancel { cause: Cause::from(ReasonCode::CancelledByCustomer) };
            for at in 0..self.engine.items.len() {
                if matches!(self.engine.items[at].state, ItemState::Requested { .. }) {
                    self.engine.change(at, Some(&cancel), None);
                }
            }
        }
    }

    /// The rules that hold at every instant.
    fn watch(&mut self) {
        self.engine.check_jobs(&self.hands);
        if let Some(how) = self.provider.doubled() {
            self.engine.breaks(Rule::OneEffect, how);
        }
        for at in 0..self.engine.items.len() {
            let item = self.engine.items[at].clone();
            let id = item.id.to_string();
            let service = item.state.service();
            let began = service.is_some() && !self.active[at];
            self.active[at] = service.is_some();
            if let (true, Some(service)) = (began, service) {
                let seen_at = service.evidence.observed_at;
                if self.provider.live_since(&id, seen_at).is_none() {
                    let how = format!("item {at} was not running at {seen_at}");
                    self.engine.breaks(Rule::EvidenceFirst, how);
                }
            }
            let why = item.state.cause().map(|cause| cause.code);
            let stopped_at = item.state.stopped_at();
            if why == Some(ReasonCode::DisappearedAtProvider)
                && let (Some(service), Some(stopped_at), Some(lost_at)) =
                    (service, stopped_at, self.provider.lost_at(&id))
                && stopped_at > lost_at.max(service.active_at)
            {
                let how = format!("item {at} was lost at {lost_at} and stopped at {stopped_at}");
                self.engine.breaks(Rule::StopsWhenItStopped, how);
            }
        }
    }

    /// The network heals, every request arrives, workers live, and time passes until nothing moves.
    fn calm_down(&mut self) -> Result<(), Broken> {
        self.provider.calm = true;
        for _ in 0..60 {
            self.provider.deliver_late(&mut self.random, self.engine.now);
        }
        self.provider.n_outdated = 0;
        // Whoever is in the middle of something finishes it first.
        for _ in 0..12 {
            self.work();
            self.watch();
        }
        self.provider.n_outdated = 0;
        let until = self.engine.now.plus_seconds(LONGEST_DAYS * 86_400).unwrap();
        for _ in 0..CALM {
            self.engine.tick += 1;
            self.provider.tick = self.engine.tick;
            let idle = self.hands.iter().all(Option::is_none);
            let due = self.engine.next_due().is_some_and(|at| at <= self.engine.now);
            if idle && !due {
                if self.is_over() {
                    break;
                }
                self.pass_to_next();
            }
            if self.engine.now > until {
                break;
            }
            let busy = self.hands.iter().position(Option::is_some);
            self.work_with(busy.unwrap_or(0));
            self.watch();
            if let Some(broken) = self.engine.broken.take() {
                return Err(broken);
            }
        }
        if self.is_over() { Ok(()) } else { Err(self.never_ends()) }
    }

    fn is_over(&self) -> bool {
        let moves = |item: &Item| {
            (item.state.is_moving() && !matches!(item.state, ItemState::CleanupStuck { .. }))
                || matches!(
                    item.state,
                    ItemState::Deprovisioning { .. }
                        | ItemState::Suspending { .. }
                        | ItemState::Resuming { .. }
                        | ItemState::Updating { .. }
                )
        };
        // What can never begin waits for whoever ordered it: the order says that it is not over.
        let due = self.engine.order.due_items(&self.engine.items);
        let waits = |item: &Item| {
            matches!(item.state, ItemState::Planned { .. })
                && !due.iter().any(|it| it.id == item.id)
        };
        self.engine.items.iter().all(|item| !moves(item) || waits(item))
    }

    fn never_ends(&self) -> Broken {
        let states: Vec<_> = self.engine.items.iter().map(|item| item.state.as_str()).collect();
        Broken::new(Rule::Ends, format!("after {LONGEST_DAYS} days: {states:?}"))
    }

    fn end_everything(&mut self) {
        let now = self.engine.now;
        let cause = Cause::from(ReasonCode::SubscriptionEnded);
        for at in 0..self.engine.items.len() {
            let command = self.engine.items[at].taken_back(&cause, now);
            if let Some(command) = command {
                self.engine.change(at, Some(&command), Some(now));
            }
        }
    }

    /// What must be true when nothing moves any more.
    fn judge(&mut self) -> Result<(), Broken> {
        let engine = &self.engine;
        let present = self.provider.present(engine.now);
        for (at, item) in engine.items.iter().enumerate() {
            let state = item.state.as_str();
            let is_there = present.contains(&item.id.to_string());
            let stuck = matches!(item.state, ItemState::CleanupStuck { .. });
            if is_there && item.state.ended_at().is_some() && state != "done" {
                return Err(Broken::new(Rule::NothingLeft, format!("item {at} is `{state}`")));
            }
            if stuck && !self.provider.stubborn && !self.was_stuck_in_the_storm(at) {
                return Err(Broken::new(Rule::PersonOnlyInNeed, format!("item {at}")));
            }
        }
        if self.provider.n_outdated > 0 {
            let n = self.provider.n_outdated;
            return Err(Broken::new(Rule::UpToDate, format!("{n} calls were out of date")));
        }
        let state = engine.order.state(&engine.items);
        // What was rendered once is not taken back.
        let rendered = |item: &Item| matches!(item.state, ItemState::Done { .. });
        let live = engine.items.iter().filter(|it| it.state.is_live() && !rendered(it)).count();
        let failed = engine
            .items
            .iter()
            .any(|item| item.state.ended_at().is_some() && item.state.service().is_none());
        if engine.all_or_nothing() && failed && live > 0 {
            return Err(Broken::new(Rule::AllOrNothing, format!("{live} live, order {state:?}")));
        }
        if engine.order.cancellation.is_some() && state == OrderState::InProgress {
            return Err(Broken::new(Rule::Ends, "a cancelled order is in progress"));
        }
        Ok(())
    }

    /// A removal whose tries were used up while the network was bad waits for a person all the same.
    fn was_stuck_in_the_storm(&self, at: usize) -> bool {
        let ItemState::CleanupStuck { removal, .. } = &self.engine.items[at].state else {
            return false;
        };
        removal.attempt > 0
    }
}

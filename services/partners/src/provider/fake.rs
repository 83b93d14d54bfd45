//! A provider in memory, for tests: keeps the promises of the contract and can be told to behave
//! badly. It passes the same suite as the client against a real provider.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tasuki_core::provisioning::operation::FollowUp;
use tasuki_core::provisioning::{
    Answer, Capabilities, Cause, CustomerActionKind, CustomerRequest, EndpointCounts, Health, Item,
    Meaning, Observation, OperationFailure, OperationSeen, OperationStep, ProviderFailure,
    Question, ReasonCode, RetryClass, VerifyMethod,
};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use super::Providers;

/// How the fake behaves towards an item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Behaviour {
    /// Seconds of the tenant's time until it is live.
    pub work_seconds: i64,
    /// Waits for the customer's step, for ever or until it is live.
    pub step: Option<CustomerActionKind>,
    /// The customer never does it.
    pub never: bool,
    /// The first request takes effect and its answer is lost.
    pub lose_first_answer: bool,
    /// So many requests are refused for the moment, nothing set up.
    pub n_busy: u32,
    /// Fails with this instead of going live, and leaves something behind.
    pub fails_with: Option<ReasonCode>,
}

#[derive(Debug, Clone)]
struct Instance {
    generation: u32,
    spec_hash: String,
    started_at: Timestamp,
    gone: bool,
    n_puts: u32,
}

/// Providers in memory.
#[derive(Debug, Default)]
pub struct FakeProviders {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    behaviours: HashMap<Service, Behaviour>,
    instances: HashMap<String, Instance>,
    n_refused: HashMap<String, u32>,
    n_set_up: u32,
    asked: Vec<Question>,
}

impl FakeProviders {
    /// Everything is live at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Behaves so towards every item of a service.
    #[must_use]
    pub fn with(self, service: Service, behaviour: Behaviour) -> Self {
        self.lock().behaviours.insert(service, behaviour);
        self
    }

    /// How many instances were set up, repeats not counted: what must never be doubled.
    pub fn n_set_up(&self) -> u32 {
        self.lock().n_set_up
    }

    /// How many instances are there now.
    pub fn n_present(&self) -> usize {
        self.lock().instances.values().filter(|instance| !instance.gone).count()
    }

    /// Everything that was asked, in order.
    pub fn asked(&self) -> Vec<Question> {
        self.lock().asked.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Providers for FakeProviders {
    async fn ask(
        &self,
        _endpoint: &str,
        item: &Item,
        question: &Question,
        now: Timestamp,
    ) -> Answer {
        let mut state = self.lock();
        state.asked.push(question.clone());
        match question {
            Question::Put => state.put(item, now),
            Question::Operation(_) => state.operation(item, now),
            Question::Observe => Answer::Seen(Box::new(state.observe(item, now)), None),
            Question::Remove => {
                state.remove(item, now);
                Answer::Seen(Box::new(state.observe(item, now)), None)
            }
            Question::Suspend | Question::Resume => state.change(item),
            Question::Wait => Answer::Nothing,
        }
    }

    async fn capabilities(&self, _endpoint: &str) -> Result<Capabilities, Box<ProviderFailure>> {
        Ok(Capabilities {
            contract_version: "1.0".to_owned(),
            services: Service::ALL.to_vec(),
            lists_instances: false,
            sends_events: false,
        })
    }
}

fn refused(meaning: Meaning, text: &str) -> Answer {
    Answer::Failed(ProviderFailure { meaning, reason: None, text: text.to_owned() })
}

impl State {
    fn behaviour(&self, item: &Item) -> Behaviour {
        self.behaviours.get(&item.service()).cloned().unwrap_or_default()
    }

    fn put(&mut self, item: &Item, now: Timestamp) -> Answer {
        let behaviour = self.behaviour(item);
        let id = item.id.to_string();
        let n_refused = self.n_refused.entry(id.clone()).or_default();
        if *n_refused < behaviour.n_busy {
            *n_refused += 1;
            return refused(Meaning::Retry(RetryClass::Throttled), "busy");
        }
        if let Some(known) = self.instances.get_mut(&id) {
            let overtaken = known.gone && item.generation <= known.generation;
            let other = known.generation == item.generation && known.spec_hash != item.spec.hash();
            if overtaken || other || item.generation < known.generation {
                let meaning = Meaning::Final(ReasonCode::ProviderRefused);
                return refused(meaning, "an older generation, or another spec");
            }
            if known.generation == item.generation {
                known.n_puts += 1;
                return self.operation(item, now);
            }
        }
        let instance = Instance {
            generation: item.generation,
            spec_hash: item.spec.hash(),
            started_at: now,
            gone: false,
            n_puts: 1,
        };
        self.instances.insert(id, instance);
        self.n_set_up += 1;
        if behaviour.lose_first_answer {
            return refused(Meaning::Unknown, "the answer was lost");
        }
        self.operation(item, now)
    }

    fn is_due(&self, item: &Item, now: Timestamp) -> bool {
        let behaviour = self.behaviour(item);
        let started = self.instances.get(&item.id.to_string()).map(|known| known.started_at);
        let waited = started.map_or(0, |started| now.seconds_since(started));
        !behaviour.never && waited >= behaviour.work_seconds
    }

    fn operation(&self, item: &Item, now: Timestamp) -> Answer {
        let behaviour = self.behaviour(item);
        if !self.instances.contains_key(&item.id.to_string()) {
            return refused(Meaning::Absent, "no such operation");
        }
        let step = if !self.is_due(item, now) {
            match behaviour.step {
                Some(kind) => OperationStep::AwaitingCustomer(Box::new(request(kind))),
                None => OperationStep::Working,
            }
        } else if let Some(code) = behaviour.fails_with {
            OperationStep::Failed(OperationFailure {
                cause: Cause::from(code),
                follow_up: FollowUp::CleanUp,
            })
        } else {
            OperationStep::Succeeded(Some(Box::new(self.observe(item, now))))
        };
        Answer::Operation(OperationSeen {
            operation_id: format!("op-{}", item.id),
            step,
            retry_after_seconds: None,
            deadline_at: None,
        })
    }

    fn observe(&self, item: &Item, now: Timestamp) -> Observation {
        let known = self.instances.get(&item.id.to_string()).filter(|known| !known.gone);
        let works = self.is_due(item, now) && self.behaviour(item).fails_with.is_none();
        let live = known.filter(|_| works);
        let endpoints = (item.service() == Service::Edr && known.is_some()).then(|| {
            let reporting = if live.is_some() { item.spec.quantity } else { 0 };
            EndpointCounts { reporting, ..EndpointCounts::default() }
        });
        Observation {
            exists: known.is_some(),
            generation: known.map_or(0, |known| known.generation),
            spec_hash: known.map(|known| known.spec_hash.clone()).unwrap_or_default(),
            health: if live.is_some() { Health::Ok } else { Health::Unknown },
            activated_at: live
                .and_then(|it| it.started_at.plus_seconds(self.behaviour(item).work_seconds).ok()),
            device: None,
            endpoints,
            changed_at: None,
            operation_id: String::new(),
            evidence_id: format!("fake-{}-{}", item.id, now.as_microseconds()),
            observed_at: now,
        }
    }

    fn remove(&mut self, item: &Item, now: Timestamp) {
        let known = self.instances.entry(item.id.to_string()).or_insert_with(|| Instance {
            generation: item.generation,
            spec_hash: String::new(),
            started_at: now,
            gone: true,
            n_puts: 0,
        });
        known.gone = true;
        known.generation = known.generation.max(item.generation);
    }

    fn change(&mut self, item: &Item) -> Answer {
        match self.instances.get_mut(&item.id.to_string()) {
            Some(known) if !known.gone => known.generation = item.generation,
            Some(_) | None => return refused(Meaning::Absent, "no such instance"),
        }
        Answer::Operation(OperationSeen {
            operation_id: format!("op-change-{}", item.id),
            step: OperationStep::Succeeded(None),
            retry_after_seconds: None,
            deadline_at: None,
        })
    }
}

fn request(kind: CustomerActionKind) -> CustomerRequest {
    CustomerRequest {
        kind,
        instructions: kind.label(),
        expected_records: Vec::new(),
        verify: VerifyMethod::ProviderObserves,
        url: String::new(),
        possible_from: None,
        possible_until: None,
    }
}

//! The instances, and what each call does to them. Every change is written down before it is
//! answered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provisioning::v1::InstanceSpec;
use tonic::Status;

use crate::faults::{Breach, Faults};
use crate::journal::{Journal, Line, Memory, QueuedEvent};
use crate::record::{Record, instant, operation_id};
use crate::scenario::{Behaviour, Course, Scenario};
use crate::timeline;

/// The instances of one provider.
#[derive(Debug)]
pub(crate) struct Registry {
    journal: Journal,
    memory: Memory,
    scenario: Scenario,
    faults: Faults,
    work_seconds: i64,
    sends_events: bool,
}

/// What a put asks for, after it was checked.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) instance_id: String,
    pub(crate) generation: i64,
    pub(crate) request_id: String,
    pub(crate) spec: InstanceSpec,
    pub(crate) spec_hash: String,
    pub(crate) at: Timestamp,
}

/// Another change.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) instance_id: String,
    pub(crate) generation: i64,
    pub(crate) request_id: String,
    pub(crate) at: Timestamp,
}

type Answer<T> = Result<T, Status>;

fn broken(error: &anyhow::Error) -> Status {
    tracing::error!("the state file cannot be written: {error:#}");
    Status::unavailable("the provider cannot write its state")
}

fn encoded(message: &impl prost::Message) -> String {
    hex::encode(message.encode_to_vec())
}

impl Registry {
    pub(crate) fn new(
        (journal, memory): (Journal, Memory),
        scenario: Scenario,
        faults: Faults,
        work_seconds: i64,
        sends_events: bool,
    ) -> Self {
        Self { journal, memory, scenario, faults, work_seconds, sends_events }
    }

    /// Sets an instance up. The flag says whether the same request was answered before.
    pub(crate) fn put(&mut self, put: &Put) -> Answer<(proto::Operation, bool)> {
        if let Some(known) = self.memory.instances.get(&put.instance_id) {
            let older = put.generation < known.put_generation
                && !self.faults.breaks(Breach::OlderGenerationTaken);
            let overtaken =
                known.is_overtaken(put.generation) && !self.faults.breaks(Breach::NoTombstones);
            if older || overtaken {
                return Err(Status::failed_precondition(format!(
                    "generation {} of `{}` is older than {}",
                    put.generation, put.instance_id, known.generation
                )));
            }
            if put.generation == known.put_generation {
                return self.again(known, put);
            }
        }
        let course = self.course(&put.spec);
        if course.behaviour == Behaviour::FailsOnce {
            self.fail_once(
                "aborted",
                &put.request_id,
                Status::aborted("busy with the same tenant"),
            )?;
        }
        let record = self.record(put, &course);
        let operation =
            record.put_operation(put.at).ok_or_else(|| Status::internal("no course"))?;
        self.save(record, put.at)?;
        let unknown =
            self.faults.time_out_after_effect || course.behaviour == Behaviour::OutcomeUnknownOnce;
        if unknown {
            let lost = Status::deadline_exceeded("the answer was lost on its way");
            self.fail_once("lost", &put.request_id, lost)?;
        }
        Ok((operation, false))
    }

    fn again(&self, known: &Record, put: &Put) -> Answer<(proto::Operation, bool)> {
        if self.faults.breaks(Breach::RepeatRefused) {
            return Err(Status::already_exists("it was asked for before"));
        }
        if known.spec_hash != put.spec_hash && !self.faults.breaks(Breach::OtherSpecTaken) {
            return Err(Status::already_exists(format!(
                "generation {} of `{}` has another spec",
                put.generation, put.instance_id
            )));
        }
        let operation = known.operation(&known.put_operation_id(), put.at);
        Ok((operation.ok_or_else(|| Status::internal("no course"))?, true))
    }

    fn course(&self, spec: &InstanceSpec) -> Course {
        let mut course = self.scenario.course(&spec.tenant_reference, &spec.component).clone();
        if self.faults.customer_never_acts {
            course.behaviour = Behaviour::CustomerNeverActs;
        }
        course
    }

    fn record(&self, put: &Put, course: &Course) -> Record {
        let former = self
            .memory
            .instances
            .get(&put.instance_id)
            .map(|known| known.closed(put.at))
            .unwrap_or_default();
        Record {
            instance_id: put.instance_id.clone(),
            component: put.spec.component.clone(),
            tenant_reference: put.spec.tenant_reference.clone(),
            quantity: put.spec.quantity,
            parameters: put.spec.parameters.clone().into_iter().collect(),
            plan: put.spec.plan.clone(),
            generation: put.generation,
            put_generation: put.generation,
            spec_hash: put.spec_hash.clone(),
            started_at: put.at,
            stages: timeline::stages(&put.spec.component, course, self.work_seconds),
            installed: course.installed,
            reporting: course.reporting,
            twice: course.behaviour == Behaviour::DuplicateCallback,
            suspended: false,
            cancelled_at: None,
            deleted_at: None,
            updated_at: put.at,
            announced: 0,
            former,
        }
    }

    /// The operation of that id.
    pub(crate) fn operation(&mut self, id: &str, at: Timestamp) -> Answer<proto::Operation> {
        let known = crate::record::instance_of(id)
            .and_then(|instance| self.memory.instances.get(instance))
            .cloned();
        let operation =
            known.as_ref().and_then(|record| record.operation(id, at)).ok_or_else(|| {
                if self.faults.breaks(Breach::UnknownOperationBreaks) {
                    Status::internal("no such operation")
                } else {
                    Status::not_found(format!("`{id}` does not exist"))
                }
            })?;
        if let Some(record) = known {
            self.announce(record, at)?;
        }
        Ok(operation)
    }

    /// What is there.
    pub(crate) fn observe(&mut self, id: &str, at: Timestamp) -> Answer<proto::Instance> {
        let Some(record) = self.memory.instances.get(id).cloned() else {
            if self.faults.breaks(Breach::AbsentIsError) {
                return Err(Status::not_found(format!("`{id}` does not exist")));
            }
            return Ok(proto::Instance {
                instance_id: id.to_owned(),
                evidence_id: format!("obs-{id}-none-{}", at.as_second()),
                ..proto::Instance::default()
            });
        };
        let mut instance = record.instance(at);
        if self.faults.breaks(Breach::SpecHashLost) {
            instance.spec_hash.clear();
        }
        instance.suspended &= !self.faults.breaks(Breach::SuspensionHidden);
        self.announce(record, at)?;
        Ok(instance)
    }

    /// Up to `limit` instances after a text, by id.
    pub(crate) fn list(
        &self,
        after: &str,
        updated_after: Option<Timestamp>,
        limit: usize,
        at: Timestamp,
    ) -> Vec<proto::Instance> {
        if self.faults.breaks(Breach::ListEmpty) {
            return Vec::new();
        }
        // An inclusive bound gives the last of a page once more.
        let after = if self.faults.breaks(Breach::PagesOverlap) {
            std::ops::Bound::Included(after)
        } else {
            std::ops::Bound::Excluded(after)
        };
        let wanted = |record: &&Record| match updated_after {
            Some(since) => record.updated_at > since,
            None => record.exists_at(at),
        };
        self.memory
            .instances
            .range::<str, _>((after, std::ops::Bound::Unbounded))
            .map(|(_, record)| record)
            .filter(wanted)
            .take(limit)
            .map(|record| record.instance(at))
            .collect()
    }

    /// Takes an instance away. The flag says whether there was one.
    pub(crate) fn delete(&mut self, change: &Change) -> Answer<(proto::Operation, bool)> {
        let known = self.memory.instances.get(&change.instance_id).cloned();
        let existed = known.as_ref().is_some_and(Record::exists);
        if known.is_none() && self.faults.breaks(Breach::UnknownDeleteFails) {
            let text = format!("`{}` does not exist", change.instance_id);
            return Err(Status::not_found(text));
        }
        let mut record = known.unwrap_or_else(|| never_put(change));
        let operation = Self::finished(&mut record, proto::OperationKind::Delete, change);
        if (existed || record.deleted_at.is_none()) && !self.faults.breaks(Breach::DeleteKeeps) {
            record.deleted_at = Some(change.at);
        }
        self.save(record, change.at)?;
        if self.faults.time_out_after_effect {
            let lost = Status::deadline_exceeded("the answer was lost on its way");
            self.fail_once("lost", &change.request_id, lost)?;
        }
        Ok((operation, existed))
    }

    /// Suspends or resumes an instance.
    pub(crate) fn suspend(
        &mut self,
        kind: proto::OperationKind,
        change: &Change,
    ) -> Answer<proto::Operation> {
        let known = self.memory.instances.get(&change.instance_id).filter(|known| known.exists());
        let Some(mut record) = known.cloned() else {
            let text = format!("`{}` does not exist", change.instance_id);
            return Err(Status::not_found(text));
        };
        if change.generation < record.generation {
            return Err(Status::failed_precondition("the generation is older than the present"));
        }
        let operation = Self::finished(&mut record, kind, change);
        record.suspended = kind == proto::OperationKind::Suspend;
        self.save(record, change.at)?;
        Ok(operation)
    }

    /// Stops the operation that sets an instance up, if that is not over.
    pub(crate) fn cancel(&mut self, id: &str, at: Timestamp) -> Answer<proto::Operation> {
        let operation = self.operation(id, at)?;
        let is_over = matches!(
            operation.state(),
            proto::OperationState::Succeeded
                | proto::OperationState::Failed
                | proto::OperationState::Cancelled
        );
        let record = self.memory.instances.get(&operation.instance_id).cloned();
        let Some(mut record) = record.filter(|record| !is_over && record.put_operation_id() == id)
        else {
            return Ok(operation);
        };
        record.cancelled_at = Some(at);
        let operation = record.put_operation(at).ok_or_else(|| Status::internal("no course"))?;
        self.save(record, at)?;
        Ok(operation)
    }

    // A change that is over at once, kept so that it can be asked for.
    fn finished(
        record: &mut Record,
        kind: proto::OperationKind,
        change: &Change,
    ) -> proto::Operation {
        let word = match kind {
            proto::OperationKind::Suspend => "suspend",
            proto::OperationKind::Resume => "resume",
            proto::OperationKind::Delete => "delete",
            proto::OperationKind::Put | proto::OperationKind::Unspecified => "put",
        };
        let former = record.closed(change.at);
        record.former = former;
        record.generation = record.generation.max(change.generation);
        record.updated_at = change.at;
        let id = operation_id(word, &change.instance_id, change.generation);
        let mut operation = record.blank(id.clone(), kind);
        operation.generation = change.generation;
        operation.set_state(proto::OperationState::Succeeded);
        operation.progress_percent = 100;
        record.former.insert(id, encoded(&operation));
        operation
    }

    fn save(&mut self, record: Record, at: Timestamp) -> Answer<()> {
        let (record, mut lines) = self.with_events(record, at);
        lines.push(Line::Instance(Box::new(record)));
        self.commit(lines)
    }

    fn announce(&mut self, record: Record, at: Timestamp) -> Answer<()> {
        let (record, mut lines) = self.with_events(record, at);
        if lines.is_empty() {
            return Ok(());
        }
        lines.push(Line::Instance(Box::new(record)));
        self.commit(lines)
    }

    fn commit(&mut self, lines: Vec<Line>) -> Answer<()> {
        self.journal.write(&lines).map_err(|error| broken(&error))?;
        for line in lines {
            self.memory.take(line);
        }
        Ok(())
    }

    // The stages that were reached since the last look, each as an event of its own.
    fn with_events(&self, mut record: Record, at: Timestamp) -> (Record, Vec<Line>) {
        let reached = record.present(at).map_or(0, |present| present.index + 1);
        if !self.sends_events || !record.exists() || reached <= record.announced {
            record.announced = record.announced.max(reached);
            return (record, Vec::new());
        }
        let mut lines = Vec::new();
        for index in record.announced..reached {
            let Some(event) = event(&record, index) else { continue };
            lines.push(Line::Event(QueuedEvent {
                event_id: event.event_id.clone(),
                message: encoded(&event),
                twice: record.twice || self.faults.duplicate_callbacks,
            }));
        }
        record.announced = reached;
        (record, lines)
    }

    /// Events to be sent, at most `limit`.
    pub(crate) fn queued(&self, limit: usize) -> Vec<QueuedEvent> {
        self.memory.events.values().take(limit).cloned().collect()
    }

    /// Events that were taken in or given up.
    pub(crate) fn settle(&mut self, event_ids: Vec<String>) -> Answer<()> {
        self.commit(event_ids.into_iter().map(Line::Settled).collect())
    }

    fn fail_once(&mut self, fault: &str, request_id: &str, status: Status) -> Answer<()> {
        let key = format!("{fault}:{request_id}");
        if self.memory.faults.contains(&key) {
            return Ok(());
        }
        self.commit(vec![Line::Fault(key)])?;
        Err(status)
    }
}

impl Record {
    // A put that arrives after the deletion that overtook it must not bring the instance back.
    fn is_overtaken(&self, generation: i64) -> bool {
        self.deleted_at.is_some() && generation <= self.generation
    }

    // The former operations, with the present one as it is when something else begins.
    fn closed(&self, at: Timestamp) -> BTreeMap<String, String> {
        let mut former = self.former.clone();
        for id in [
            self.put_operation_id(),
            operation_id("repair", &self.instance_id, self.put_generation),
        ] {
            if former.contains_key(&id) {
                continue;
            }
            let Some(mut operation) = self.operation(&id, at) else { continue };
            let is_over = matches!(
                operation.state(),
                proto::OperationState::Succeeded | proto::OperationState::Failed
            );
            if !is_over {
                operation.set_state(proto::OperationState::Cancelled);
                operation.customer_action = None;
                operation.retry_after_seconds = 0;
            }
            operation.instance = None;
            former.insert(id, encoded(&operation));
        }
        former
    }
}

// Remembered although it never was there, so that its creation, if still on its way, is refused.
fn never_put(change: &Change) -> Record {
    Record {
        instance_id: change.instance_id.clone(),
        component: String::new(),
        tenant_reference: String::new(),
        quantity: 0,
        parameters: BTreeMap::new(),
        plan: String::new(),
        generation: change.generation,
        put_generation: 0,
        spec_hash: String::new(),
        started_at: change.at,
        stages: Vec::new(),
        installed: None,
        reporting: None,
        twice: false,
        suspended: false,
        cancelled_at: None,
        deleted_at: None,
        updated_at: change.at,
        announced: 0,
        former: BTreeMap::new(),
    }
}

fn event(record: &Record, index: usize) -> Option<proto::Event> {
    let stage = record.stages.get(index)?;
    let at = record.started_at.checked_add(jiff::SignedDuration::from_secs(stage.from)).ok()?;
    let operation = record.present_operation(at)?;
    let sequence = i64::try_from(index).ok()? + 1;
    Some(proto::Event {
        event_id: format!("{}-g{}-{sequence}", record.instance_id, record.put_generation),
        instance_id: record.instance_id.clone(),
        generation: record.put_generation,
        sequence,
        occurred_at: Some(instant(at)),
        kind: proto::EventKind::OperationChanged.into(),
        payload: Some(proto::event::Payload::Operation(operation)),
    })
}

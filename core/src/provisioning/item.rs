//! One component at one provider: its spec, its state, and what is known about it.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{ItemId, ProviderId};
use crate::problem::Refused;
use crate::provisioning::billing::{BilledSpan, BillingFacts, BillingStart};
use crate::provisioning::command::{ItemCommand, ItemEvent};
use crate::provisioning::customer::VerifyMethod;
use crate::provisioning::reason_code::{Cause, ReasonCode};
pub use crate::provisioning::records::{
    FindingWeight, ItemOutcome, Preflight, PreflightFinding, StepOutcome, StepRecord,
    ThirdPartyConsent, Transition,
};
use crate::provisioning::spec::{Device, EndpointCounts, Observation, Seen, Spec};
use crate::provisioning::state::{Evidence, ItemState};
use crate::provisioning::steps::{StepKind, StepState, progress_of, steps_behind};
use crate::service::Service;
use crate::time::{Period, TimeError, Timestamp, Zone};

/// One component at one provider. Its id is also the instance that the provider knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id, chosen before the first call.
    pub id: ItemId,
    /// Its number within the order, from 1.
    pub number: u32,
    /// Who sets it up.
    pub provider_id: ProviderId,
    /// What is ordered.
    pub spec: Spec,
    /// The generation of the instance, from 1; grows with each change that the provider is asked for.
    pub generation: u32,
    /// Whether the bundle needs it.
    pub core: bool,
    /// Numbers of the items that have to be live first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<u32>,
    /// When billing begins.
    pub billing_start: BillingStart,
    /// What preflight said; none when it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<Preflight>,
    /// Where it stands.
    #[serde(flatten)]
    pub state: ItemState,
    /// How many steps of its service it had behind it at its best.
    #[serde(default)]
    pub steps_behind: usize,
    /// The customer's step that was asked for last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step: Option<StepRecord>,
    /// How often the provider was asked for this generation.
    #[serde(default)]
    pub n_attempts: u32,
    /// Whether the outcome of a try for this generation is open: then something may be there, or may
    /// still come, whatever later tries say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
    /// The provider's last error, for operators and partners; empty when there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_error: String,
    /// The date agreed for a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Period>,
    /// The consent of a third party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ThirdPartyConsent>,
    /// The rented unit, as last observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// How far a roll-out has come, as last observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<EndpointCounts>,
    /// Hash of the spec that the provider was last seen to have; empty until observed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub observed_spec_hash: String,
    /// The generation that the provider was last seen to have.
    #[serde(default)]
    pub observed_generation: u32,
    /// When it was last observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Timestamp>,
    /// What is done about drift.
    #[serde(default)]
    pub drift_policy: DriftPolicy,
    /// Hash of a spec that is there instead of ours and was accepted; empty when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub accepted_spec_hash: String,
}

/// What is done when something else is there than what was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// It is told, and a person decides.
    #[default]
    Report,
    /// What was ordered is ordered again.
    Repair,
    /// What is there counts from now on.
    Accept,
}

impl Item {
    /// An item that nobody has asked for yet: core, billed when active.
    pub fn planned(id: ItemId, number: u32, provider_id: ProviderId, spec: Spec) -> Self {
        Self {
            id,
            number,
            provider_id,
            spec,
            generation: 1,
            core: true,
            depends_on: Vec::new(),
            billing_start: BillingStart::OnActive,
            preflight: None,
            state: ItemState::PLANNED,
            steps_behind: 0,
            last_step: None,
            n_attempts: 0,
            in_doubt: false,
            last_error: String::new(),
            visit: None,
            consent: None,
            device: None,
            endpoints: None,
            observed_spec_hash: String::new(),
            observed_generation: 0,
            observed_at: None,
            drift_policy: DriftPolicy::Report,
            accepted_spec_hash: String::new(),
        }
    }

    /// The service.
    pub const fn service(&self) -> Service {
        self.spec.service
    }

    /// The key of the call that sets up this generation: names the step and never the try, so that
    /// the provider can drop repeats.
    pub fn put_key(&self) -> String {
        self.key_of("put")
    }

    /// The key of the call that takes this generation away.
    pub fn delete_key(&self) -> String {
        self.key_of("del")
    }

    /// The key of the call that suspends it.
    pub fn suspend_key(&self) -> String {
        self.key_of("sus")
    }

    /// The key of the call that resumes it.
    pub fn resume_key(&self) -> String {
        self.key_of("res")
    }

    fn key_of(&self, verb: &str) -> String {
        format!("{verb}-{}-{}", self.id, self.generation)
    }

    /// The item after a command, what has happened, and the line for its history.
    ///
    /// # Errors
    /// [`Refused`] when its state does not allow the command.
    pub fn step(
        &self,
        command: &ItemCommand,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(Self, ItemEvent, Transition), Refused> {
        let (state, event) = self.state.step(command, now)?;
        let mut next = Self { state, ..self.clone() };
        if event == ItemEvent::Requested {
            next.n_attempts = next.n_attempts.saturating_add(1);
        }
        if event == ItemEvent::TrackLost {
            next.in_doubt = true;
        }
        if next.begins_change(&self.state) {
            // Somebody else may have gone further at the provider: an older number is refused there.
            next.generation = next.generation.max(next.observed_generation).saturating_add(1);
            next.in_doubt = false;
        }
        if event == ItemEvent::Reopened {
            next.n_attempts = 0;
            next.steps_behind = 0;
            next.last_step = None;
            next.last_error = String::new();
            next.observed_spec_hash = String::new();
            next.accepted_spec_hash = String::new();
            (next.device, next.endpoints, next.observed_at) = (None, None, None);
        }
        let behind = steps_behind(next.service(), &next.state);
        next.steps_behind = next.steps_behind.max(behind);
        next.record_step(event, by, now);
        let transition = next.transition_from(&self.state, event, by, now);
        Ok((next, event, transition))
    }

    /// Whether the provider will be asked for another change than before: each has a generation of
    /// its own, so that a call that was overtaken is refused there.
    fn begins_change(&self, before: &ItemState) -> bool {
        let begins = matches!(
            self.state,
            ItemState::Cleaning { .. }
                | ItemState::Deprovisioning { .. }
                | ItemState::Suspending { .. }
                | ItemState::Resuming { .. }
        );
        let goes_on = matches!(
            before,
            ItemState::Cleaning { .. }
                | ItemState::Deprovisioning { .. }
                | ItemState::CleanupStuck { .. }
        );
        let anew = matches!(self.state, ItemState::Planned { .. })
            && !matches!(before, ItemState::Planned { .. });
        let updates = matches!(self.state, ItemState::Updating { .. })
            && !matches!(before, ItemState::Updating { .. });
        (begins && !goes_on) || anew || updates
    }

    /// The first line of its history.
    pub fn first_transition(&self, by: &Actor, now: Timestamp) -> Transition {
        Transition {
            from: String::new(),
            to: self.state.as_str().to_owned(),
            event: "ordered".to_owned(),
            changed_at: now,
            cause: self.state.cause().cloned(),
            changed_by: by.clone(),
            note: String::new(),
            generation: self.generation,
            evidence_id: String::new(),
        }
    }

    fn transition_from(
        &self,
        from: &ItemState,
        event: ItemEvent,
        by: &Actor,
        now: Timestamp,
    ) -> Transition {
        let evidence_id = if event == ItemEvent::Activated {
            self.state.service().map(|service| service.evidence.id.clone()).unwrap_or_default()
        } else {
            String::new()
        };
        Transition {
            from: from.as_str().to_owned(),
            event: event.as_str().to_owned(),
            evidence_id,
            ..self.first_transition(by, now)
        }
    }

    fn record_step(&mut self, event: ItemEvent, by: &Actor, now: Timestamp) {
        let present = self.state.customer_step().cloned();
        if event == ItemEvent::CustomerAsked {
            self.last_step = present.map(|step| StepRecord {
                step,
                state: StepOutcome::Asked,
                confirmed_at: None,
                confirmed_by: None,
                waiver: None,
            });
            return;
        }
        let Some(record) = &mut self.last_step else { return };
        if let Some(step) = present {
            record.step = step;
        }
        match event {
            ItemEvent::CustomerEscalated => record.state = StepOutcome::Escalated,
            ItemEvent::CustomerStepConfirmed => {
                record.state = StepOutcome::Confirmed;
                record.confirmed_at = Some(now);
                record.confirmed_by = Some(by.clone());
            }
            ItemEvent::CustomerStepDoubted => record.state = StepOutcome::Asked,
            ItemEvent::CustomerStepExpired => record.state = StepOutcome::Expired,
            ItemEvent::Installed | ItemEvent::Activated | ItemEvent::Accepted => {
                if record.is_open() {
                    record.state = StepOutcome::Done;
                }
            }
            ItemEvent::Failed | ItemEvent::Refused | ItemEvent::Cancelled => {
                if record.is_open() {
                    record.state = StepOutcome::Refused;
                }
            }
            ItemEvent::Released
            | ItemEvent::Requested
            | ItemEvent::CustomerAsked
            | ItemEvent::CustomerReminded
            | ItemEvent::RetryScheduled
            | ItemEvent::TrackLost
            | ItemEvent::Ended
            | ItemEvent::Done
            | ItemEvent::SeenGone
            | ItemEvent::Cleaned
            | ItemEvent::Deprovisioned
            | ItemEvent::RemovalRetried
            | ItemEvent::RemovalStuck
            | ItemEvent::SuspensionStarted
            | ItemEvent::Suspended
            | ItemEvent::ResumptionStarted
            | ItemEvent::Resumed
            | ItemEvent::Updated
            | ItemEvent::UpdateFailed
            | ItemEvent::Reopened => {}
        }
    }

    /// The item with what was observed about it.
    pub fn observed(&mut self, seen: &Observation) {
        if seen.exists {
            self.observed_spec_hash.clone_from(&seen.spec_hash);
        } else {
            self.observed_spec_hash = String::new();
        }
        if self.drift_policy == DriftPolicy::Accept && self.is_other(seen) {
            self.accepted_spec_hash.clone_from(&seen.spec_hash);
        }
        self.observed_generation = seen.generation;
        self.observed_at = Some(seen.observed_at);
        if seen.device.is_some() {
            self.device.clone_from(&seen.device);
        }
        if seen.endpoints.is_some() {
            self.endpoints = seen.endpoints;
        }
    }

    /// What an observation means, given what was ordered and what was accepted instead.
    pub fn means(&self, seen: &Observation) -> Seen {
        let accepted = !self.accepted_spec_hash.is_empty();
        if accepted && seen.spec_hash == self.accepted_spec_hash {
            return seen.means(seen.generation, &self.accepted_spec_hash);
        }
        seen.means(self.generation, &self.spec.hash())
    }

    fn is_other(&self, seen: &Observation) -> bool {
        matches!(self.state, ItemState::Active { .. }) && self.means(seen) == Seen::Other
    }

    /// Whether something else was seen, while it ran, than what was ordered or accepted.
    pub fn has_drifted(&self) -> bool {
        let ours = self.observed_spec_hash == self.spec.hash()
            && self.observed_generation == self.generation;
        let accepted = self.observed_spec_hash == self.accepted_spec_hash;
        matches!(self.state, ItemState::Active { .. })
            && !self.observed_spec_hash.is_empty()
            && self.observed_generation > 0
            && !ours
            && !accepted
    }

    /// Takes what is there as what shall be there.
    pub fn accept_drift(&mut self) {
        self.accepted_spec_hash.clone_from(&self.observed_spec_hash);
    }

    /// The item with what somebody says about its roll-out. That an endpoint reports is seen and never
    /// said: until then it counts as installed.
    pub fn declared(&mut self, said: EndpointCounts) {
        let installed = said.installed.saturating_add(said.reporting);
        self.endpoints = Some(EndpointCounts { installed, reporting: 0, ..said });
    }

    /// The evidence that an observation gives. A provider without records of its own: then our
    /// observation is the record.
    pub fn evidence_of(&self, seen: &Observation) -> Evidence {
        let method = match self.service() {
            Service::Utm | Service::Edr => VerifyMethod::Heartbeat,
            Service::CloudWaf
            | Service::Diagnosis
            | Service::Training
            | Service::HelpDesk
            | Service::OnSiteResponse
            | Service::DataRecovery => VerifyMethod::ProviderObserves,
        };
        let ours = || format!("seen-{}-{}", self.id, seen.observed_at.as_microseconds());
        let id = if seen.evidence_id.is_empty() { ours() } else { seen.evidence_id.clone() };
        Evidence { id, method, observed_at: seen.observed_at }
    }

    /// What became of it, as the funnel counts it.
    pub fn outcome(&self) -> ItemOutcome {
        match &self.state {
            ItemState::Refused { .. } => ItemOutcome::Refused,
            ItemState::Planned { .. }
            | ItemState::Requested { .. }
            | ItemState::Accepted { .. }
            | ItemState::AwaitingCustomer { .. }
            | ItemState::Verifying { .. }
            | ItemState::Unknown { .. }
            | ItemState::FailedRetryable { .. }
            | ItemState::Cleaning { .. }
            | ItemState::CleanupStuck { .. }
            | ItemState::Deprovisioning { .. } => ItemOutcome::InProgress,
            ItemState::Active { .. }
            | ItemState::Suspending { .. }
            | ItemState::Suspended { .. }
            | ItemState::Resuming { .. }
            | ItemState::Updating { .. }
            | ItemState::Done { .. } => ItemOutcome::Active,
            ItemState::FailedFinal { .. } | ItemState::Cancelled { .. } => {
                ItemOutcome::NeverInstalled
            }
            ItemState::Cleaned { installed_at, .. } => match installed_at {
                Some(_) => ItemOutcome::Removed,
                None => ItemOutcome::NeverInstalled,
            },
            ItemState::Deprovisioned { cause, .. } => {
                if cause.code.is_failure() {
                    ItemOutcome::Removed
                } else {
                    ItemOutcome::Ended
                }
            }
        }
    }

    /// The steps of its service with how far each has come.
    pub fn steps(&self) -> Vec<(StepKind, StepState)> {
        progress_of(self.service(), &self.state, self.steps_behind)
    }

    /// From when to when it is billed, as known at `now`.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn billed(
        &self,
        ordered_at: Timestamp,
        now: Timestamp,
        zone: &Zone,
    ) -> Result<Option<BilledSpan>, TimeError> {
        let asked_at = self.last_step.as_ref().map(|record| record.step.asked_at);
        let facts = BillingFacts { ordered_at, asked_at, state: &self.state };
        self.billing_start.billed(&facts, now, zone)
    }

    /// From when to when it carries cover: from the moment it was seen to run, never before.
    pub fn covered(&self) -> Option<(Timestamp, Option<Timestamp>)> {
        let service = self.state.service()?;
        Some((service.active_at, self.state.stopped_at()))
    }

    /// What to do when the customer's step has expired: an endpoint that was seen to report is a
    /// service, even if the others never came.
    pub fn on_expiry(&self) -> ItemCommand {
        if let (Some(endpoints), Some(observed_at)) = (self.endpoints, self.observed_at)
            && endpoints.reporting > 0
        {
            let evidence = Evidence {
                id: format!("seen-{}-{}", self.id, observed_at.as_microseconds()),
                method: VerifyMethod::Heartbeat,
                observed_at,
            };
            return ItemCommand::Verify { evidence, installed_at: observed_at };
        }
        let code = self.state.customer_step().map_or(ReasonCode::CustomerActionExpired, |step| {
            step.request.kind.reason_when_expired(self.service())
        });
        ItemCommand::Expire { cause: Cause::from(code) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::party::Principal;
    use crate::provisioning::customer::{CustomerActionKind, CustomerRequest};

    fn at(minutes: i64) -> Timestamp {
        "2020-10-01T00:00:00Z".parse::<Timestamp>().unwrap().plus_seconds(minutes * 60).unwrap()
    }

    pub(in crate::provisioning) fn item(number: u32, service: Service) -> Item {
        let id = ItemId::from(Uuid::from_u128(u128::from(number)));
        let spec = Spec::of(service, Spec::default_component(service));
        Item::planned(id, number, ProviderId::of_code("secuwaf"), spec)
    }

    pub(in crate::provisioning) fn after(item: &Item, commands: &[ItemCommand]) -> Item {
        let by = Actor::from(&Principal::system());
        commands.iter().enumerate().fold(item.clone(), |item, (minute, command)| {
            item.step(command, &by, at(i64::try_from(minute).unwrap())).unwrap().0
        })
    }

    fn ask(kind: CustomerActionKind) -> ItemCommand {
        let request = CustomerRequest {
            kind,
            instructions: kind.label(),
            expected_records: Vec::new(),
            verify: VerifyMethod::DnsLookup,
            url: String::new(),
            possible_from: None,
            possible_until: None,
        };
        ItemCommand::ask("op-1", request, at(0), &Zone::named(Zone::TOKYO).unwrap()).unwrap()
    }

    #[test]
    fn each_change_that_the_provider_is_asked_for_has_a_generation_of_its_own() {
        let waf = item(1, Service::CloudWaf);
        let gone = after(
            &waf,
            &[
                ItemCommand::Request,
                ask(CustomerActionKind::DnsChange),
                ItemCommand::Expire { cause: Cause::from(ReasonCode::UserDidNotDoDns) },
                ItemCommand::RetryRemoval,
                ItemCommand::ConfirmGone,
                ItemCommand::ConfirmGone,
            ],
        );
        assert_eq!((gone.generation, gone.outcome()), (2, ItemOutcome::NeverInstalled));
        assert_eq!(gone.last_step.as_ref().unwrap().state, StepOutcome::Expired);
        let again = after(&gone, &[ItemCommand::Reopen]);
        assert_eq!((again.generation, again.last_step), (3, None));
        assert_ne!(waf.put_key(), Item { generation: 3, ..waf.clone() }.put_key());
    }

    #[test]
    fn an_expired_roll_out_with_one_reporting_endpoint_is_active_instead_of_taken_back() {
        let edr = item(1, Service::Edr);
        let edr = after(&edr, &[ItemCommand::Request, ask(CustomerActionKind::AgentInstall)]);
        assert_eq!(
            edr.on_expiry(),
            ItemCommand::Expire { cause: Cause::from(ReasonCode::AgentNotInstalledByUser) }
        );
        let seen = Observation {
            exists: true,
            generation: 1,
            spec_hash: edr.spec.hash(),
            health: crate::provisioning::spec::Health::Degraded,
            activated_at: None,
            device: None,
            endpoints: Some(EndpointCounts { reporting: 1, ..EndpointCounts::default() }),
            changed_at: None,
            operation_id: String::new(),
            evidence_id: "obs-1".into(),
            observed_at: at(9),
        };
        let mut edr = edr;
        edr.observed(&seen);
        let next = after(&edr, &[edr.on_expiry()]);
        assert_eq!((next.state.as_str(), next.outcome()), ("active", ItemOutcome::Active));
    }

    #[test]
    fn an_item_survives_being_written_down() {
        let waf = after(
            &item(1, Service::CloudWaf),
            &[ItemCommand::Request, ask(CustomerActionKind::DnsChange)],
        );
        let text = serde_json::to_string(&waf).unwrap();
        assert_eq!(serde_json::from_str::<Item>(&text).unwrap(), waf);
    }

    #[test]
    fn steps_show_what_was_done_and_after_a_roll_back_what_was_undone() {
        let utm = after(
            &item(1, Service::Utm),
            &[ItemCommand::Request, ask(CustomerActionKind::DeviceInstall)],
        );
        insta::assert_debug_snapshot!(utm.steps());
        let cause = Cause::from(ReasonCode::ExistingUtmFoundOnSite);
        insta::assert_debug_snapshot!(after(&utm, &[ItemCommand::Fail { cause }]).steps());
    }
}

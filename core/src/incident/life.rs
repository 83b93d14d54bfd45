//! What can be done to an incident: each deed is one step of its state machines, written down.

use super::{
    Acknowledgement, AfterResolution, Deed, Escalation, Incident, IncidentCommand, IncidentEvent,
    IncidentState, MAX_ALERTS_LISTED, MAX_REQUESTS, MAX_WORK, Opening, Origin, OriginKind, Phase,
    PhaseChange, RequestCommand, RequestKind, Resolution, ServiceRequest, Work, WorkKind,
    WorkOutcome, WorkReport,
};
use crate::alert::ActionNeeded;
use crate::calendar::CalendarError;
use crate::escalation::{Climb, ClimbCommand, ClimbEvent, EscalationCause, Rung};
use crate::id::ProviderId;
use crate::problem::{Problem, Refused};
use crate::reason::Reason;
use crate::text::Text;
use crate::time::Timestamp;

impl Incident {
    /// Opens an incident.
    ///
    /// # Errors
    /// [`CalendarError`] when the first deadline cannot be computed.
    pub fn open(
        origin: Origin,
        opening: Opening,
        now: Timestamp,
    ) -> Result<(Self, IncidentEvent), CalendarError> {
        let start = opening.ladder.from_rung(opening.start);
        let climb = Climb::start(start, now);
        let next_escalation_at = climb.deadline(&opening.ladder)?;
        let blank = Self::blank(origin, opening, climb, now);
        Ok((Self { next_escalation_at, ..blank }, IncidentEvent::Opened { rung: start }))
    }

    fn blank(origin: Origin, opening: Opening, climb: Climb, now: Timestamp) -> Self {
        let by = opening.opened_by;
        let first = Escalation {
            from: None,
            to: climb.rung(),
            escalated_at: now,
            cause: opening.cause,
            reason: String::new(),
            escalated_by: by.clone(),
        };
        let triage = PhaseChange { from: None, to: Phase::Triage, changed_at: now, changed_by: by };
        let (kind, id, tenant_id) = match &origin {
            Origin::Alert(proof) => (OriginKind::Alert, proof.incident_id(), proof.tenant_id()),
            Origin::Enquiry(enquiry) => {
                (OriginKind::Enquiry, enquiry.incident_id, enquiry.tenant_id)
            }
        };
        let (alert_ids, service, symptom, description, detected_at) = match origin {
            Origin::Alert(proof) => (
                vec![proof.alert_id()],
                Some(proof.service()),
                Some(proof.symptom().clone()),
                String::new(),
                proof.detected_at(),
            ),
            Origin::Enquiry(enquiry) => (
                Vec::new(),
                enquiry.service,
                enquiry.symptom,
                enquiry.description,
                enquiry.noticed_at,
            ),
        };
        Self {
            id,
            tenant_id,
            site_code: opening.site_code,
            origin: kind,
            service,
            symptom,
            description,
            wording: opening.wording,
            severity: opening.severity,
            state: IncidentState::Triage,
            ladder: opening.ladder,
            climb,
            next_escalation_at: None,
            decision_id: opening.decision_id,
            n_alerts: u32::from(!alert_ids.is_empty()),
            alert_ids,
            n_recurrences: opening.n_recurrences,
            detected_at,
            opened_at: now,
            acknowledgement: None,
            escalations: vec![first],
            phase_changes: vec![triage],
            work: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Lets another alert of the same symptom join.
    ///
    /// # Errors
    /// [`Refused`] when it is solved.
    pub fn join(&mut self, proof: &ActionNeeded, now: Timestamp) -> Result<IncidentEvent, Refused> {
        let (state, event) = self.state.step(&IncidentCommand::Join, now)?;
        self.state = state;
        self.n_alerts = self.n_alerts.saturating_add(1);
        if self.alert_ids.len() < MAX_ALERTS_LISTED {
            self.alert_ids.push(proof.alert_id());
        }
        self.detected_at = self.detected_at.min(proof.detected_at());
        Ok(event)
    }

    /// Lets another enquiry of the same symptom join; the first description stays.
    ///
    /// # Errors
    /// [`Refused`] when it is solved.
    pub fn join_enquiry(&mut self, now: Timestamp) -> Result<IncidentEvent, Refused> {
        let (state, event) = self.state.step(&IncidentCommand::Join, now)?;
        self.state = state;
        Ok(event)
    }

    /// "I have it": the climb ends.
    ///
    /// # Errors
    /// [`Refused`] when somebody has it already or it is solved.
    pub fn acknowledge(&mut self, deed: Deed) -> Result<IncidentEvent, Problem> {
        let event = self.climb_step(ClimbCommand::Acknowledge, deed.at)?;
        let rung = self.climb.rung();
        self.acknowledgement =
            Some(Acknowledgement { acknowledged_by: deed.by, acknowledged_at: deed.at, rung });
        Ok(self.told(event, EscalationCause::Person))
    }

    /// Nobody on this rung has taken it in time.
    ///
    /// # Errors
    /// [`Refused`] when the timer is stale: somebody has it, or it went up meanwhile.
    pub fn time_out(&mut self, rung: Rung, deed: Deed) -> Result<IncidentEvent, Problem> {
        let cause = EscalationCause::NotAcknowledged;
        self.climb_up(ClimbCommand::TimeOut { rung }, (cause, String::new()), deed)
    }

    /// A person decided that it must go up: to a rung, or to the next.
    ///
    /// # Errors
    /// [`Refused`] when the ladder has no such rung above, or when it is solved.
    pub fn escalate(
        &mut self,
        to: Option<Rung>,
        reason: String,
        deed: Deed,
    ) -> Result<IncidentEvent, Problem> {
        let command = to.map_or(ClimbCommand::Recur, |to| ClimbCommand::Escalate { to });
        self.climb_up(command, (EscalationCause::Person, reason), deed)
    }

    /// The symptom came back after it was fixed or worked around (ESC-10): one rung up.
    ///
    /// # Errors
    /// [`Refused`] on the top rung, or when it is solved.
    pub fn recur(&mut self, deed: Deed) -> Result<IncidentEvent, Problem> {
        self.climb_up(ClimbCommand::Recur, (EscalationCause::Recurrence, String::new()), deed)
    }

    /// Whether work was done after which the symptom was gone: seeing it again is a recurrence.
    pub fn was_thought_fixed(&self) -> bool {
        self.work.last().is_some_and(|work| work.outcome.ends_the_symptom())
    }

    /// Records work, the phase after it, and what it opens the way for.
    ///
    /// Work that did not help takes the incident one rung up, unless it is on top already.
    ///
    /// # Errors
    /// [`Refused`] when the phase may not follow; a problem when the work lies in the future or the
    /// incident holds [`MAX_WORK`] already.
    pub fn record_work(
        &mut self,
        report: WorkReport,
        then: Option<Phase>,
        deed: &Deed,
    ) -> Result<Vec<IncidentEvent>, Problem> {
        if report.started_at > deed.at {
            return Err(Problem::invalid("started_at", "work cannot begin in the future"));
        }
        if (report.kind == WorkKind::SettingsChange) != report.settings_change.is_some() {
            let text = "belongs to a change of settings, and a change of settings needs it";
            return Err(Problem::invalid("settings_change", text));
        }
        if self.work.len() >= MAX_WORK {
            return Err(Problem::invalid(
                "incident_id",
                "the incident has too many pieces of work",
            ));
        }
        let (state, _) = self.state.step(&IncidentCommand::Work { then }, deed.at)?;
        self.enter(state, deed);

        let number = next_number(self.work.len());
        let (kind, outcome) = (report.kind, report.outcome);
        self.work.push(Work::record(number, report, deed));
        let mut events = vec![IncidentEvent::WorkedOn { number }];
        events.extend(self.unblock(deed)?);
        let stuck = outcome == WorkOutcome::NotFixed && self.state.is_unsolved();
        if stuck && self.ladder.above(self.climb.rung()).is_some() {
            let reason = format!("{} did not help", kind.as_str());
            events.push(self.escalate(None, reason, deed.clone())?);
        }
        Ok(events)
    }

    /// Opens a workflow with prerequisites; it is blocked while one is missing.
    ///
    /// # Errors
    /// A problem when the incident is closed or holds [`MAX_REQUESTS`] already.
    pub fn open_request(
        &mut self,
        kind: RequestKind,
        provider_id: Option<ProviderId>,
        note: String,
        deed: &Deed,
    ) -> Result<IncidentEvent, Problem> {
        // Closing is final for workflows too; a review may still need one.
        self.state.step(&IncidentCommand::Work { then: None }, deed.at)?;
        if self.requests.len() >= MAX_REQUESTS {
            return Err(Problem::invalid("incident_id", "the incident has too many requests"));
        }
        let missing = kind.prerequisites().iter().copied().filter(|kind| !self.has_done(*kind));
        let waits_for: Vec<WorkKind> = missing.collect();
        let number = next_number(self.requests.len());
        let mut request = ServiceRequest::open(number, kind, waits_for, (note, deed));
        request.provider_id = provider_id;
        let state = request.state;
        self.requests.push(request);
        Ok(IncidentEvent::RequestMoved { number, state })
    }

    /// Moves a workflow on.
    ///
    /// # Errors
    /// A problem when there is no such request, a prerequisite is missing or the step is not
    /// allowed.
    pub fn advance_request(
        &mut self,
        number: u32,
        command: RequestCommand,
        provider_id: Option<ProviderId>,
        (note, deed): (String, &Deed),
    ) -> Result<IncidentEvent, Problem> {
        let request = self
            .requests
            .iter_mut()
            .find(|request| request.number == number)
            .ok_or_else(|| Problem::invalid("number", "the incident has no such request"))?;
        if !request.waits_for.is_empty() && command != RequestCommand::Cancel {
            let missing: Vec<_> = request.waits_for.iter().map(|kind| kind.as_str()).collect();
            let missing = missing.join(", ");
            return Err(Problem::new(
                Reason::PrerequisiteMissing,
                format!("`{missing}` has to be finished first"),
            )
            .with("waits_for", missing));
        }
        request.advance(command, note, deed)?;
        if provider_id.is_some() {
            request.provider_id = provider_id;
        }
        Ok(IncidentEvent::RequestMoved { number, state: request.state })
    }

    /// Says that it is solved; after the review a second time, which closes it.
    ///
    /// # Errors
    /// [`Refused`] when it is closed.
    pub fn resolve(
        &mut self,
        (security_incident, summary, prevention): (bool, Text, Option<Text>),
        then: AfterResolution,
        deed: &Deed,
    ) -> Result<IncidentEvent, Refused> {
        let resolution = Resolution {
            security_incident,
            summary,
            prevention,
            resolved_at: deed.at,
            resolved_by: deed.by.clone(),
        };
        let command = IncidentCommand::Resolve { resolution, then };
        let (state, event) = self.state.step(&command, deed.at)?;
        if self.state.is_unsolved() {
            let (climb, _) = self.climb.step(ClimbCommand::End, &self.ladder, deed.at)?;
            self.climb = climb;
            self.next_escalation_at = None;
        }
        self.enter(state, deed);
        Ok(event)
    }

    /// Whether work of a kind was finished; work that the customer refused was not.
    pub fn has_done(&self, kind: WorkKind) -> bool {
        self.work
            .iter()
            .any(|work| work.kind == kind && work.outcome != WorkOutcome::RefusedByCustomer)
    }

    fn unblock(&mut self, deed: &Deed) -> Result<Vec<IncidentEvent>, Refused> {
        let done: Vec<WorkKind> =
            WorkKind::ALL.into_iter().filter(|kind| self.has_done(*kind)).collect();
        let mut events = Vec::new();
        for request in &mut self.requests {
            let waited = !request.waits_for.is_empty();
            request.waits_for.retain(|kind| !done.contains(kind));
            if waited && request.waits_for.is_empty() && !request.state.is_final() {
                request.advance(RequestCommand::Unblock, String::new(), deed)?;
                let (number, state) = (request.number, request.state);
                events.push(IncidentEvent::RequestMoved { number, state });
            }
        }
        Ok(events)
    }

    fn climb_up(
        &mut self,
        command: ClimbCommand,
        (cause, reason): (EscalationCause, String),
        deed: Deed,
    ) -> Result<IncidentEvent, Problem> {
        let event = self.climb_step(command, deed.at)?;
        if let ClimbEvent::Escalated { from, to } = event {
            self.escalations.push(Escalation {
                from: Some(from),
                to,
                escalated_at: deed.at,
                cause,
                reason,
                escalated_by: deed.by,
            });
        }
        Ok(self.told(event, cause))
    }

    fn climb_step(&mut self, command: ClimbCommand, at: Timestamp) -> Result<ClimbEvent, Problem> {
        let (climb, event) = self.climb.step(command, &self.ladder, at)?;
        self.next_escalation_at = climb.deadline(&self.ladder)?;
        self.climb = climb;
        Ok(event)
    }

    /// The ladder's event in the words of the incident.
    fn told(&self, event: ClimbEvent, cause: EscalationCause) -> IncidentEvent {
        match event {
            ClimbEvent::Escalated { from, to } => IncidentEvent::Escalated { from, to, cause },
            ClimbEvent::Unanswered { rung } => IncidentEvent::Unanswered { rung },
            ClimbEvent::Acknowledged { rung } => IncidentEvent::Acknowledged { rung },
            ClimbEvent::Ended => {
                if self.state.phase() == Phase::Closed {
                    IncidentEvent::Closed
                } else {
                    IncidentEvent::Resolved
                }
            }
        }
    }

    fn enter(&mut self, state: IncidentState, deed: &Deed) {
        let (from, to) = (self.state.phase(), state.phase());
        if from != to {
            self.phase_changes.push(PhaseChange {
                from: Some(from),
                to,
                changed_at: deed.at,
                changed_by: deed.by.clone(),
            });
        }
        self.state = state;
    }
}

/// Numbers count from 1; the bounds on the lists keep them small.
fn next_number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX).saturating_add(1)
}

//! Incidents: what a person must look at, from triage to the lesson learnt.
//!
//! Triage → containment → eradication → recovery → review → closed. Beside the phase an incident
//! climbs its ladder ([`Climb`]) until somebody has it. An incident is opened by the proof that an
//! alert needs action, or by a customer's enquiry, and by nothing else.

mod life;
mod request;
#[cfg(test)]
mod tests;
mod wording;
mod work;

use serde::{Deserialize, Serialize};

pub use self::request::{RequestCommand, RequestKind, RequestState, RequestStep, ServiceRequest};
pub use self::wording::{Wording, for_alerts, for_enquiry, for_resolution};
pub use self::work::{SettingsChange, Work, WorkKind, WorkOutcome, WorkReport};
use crate::actor::Actor;
use crate::alert::{ActionNeeded, SymptomKey};
use crate::escalation::{Climb, EscalationCause, Ladder, Rung};
use crate::id::{AlertId, DecisionId, IncidentId, TenantId};
use crate::problem::Refused;
use crate::reason::Reason;
use crate::service::Service;
use crate::severity::Severity;
use crate::text::Text;
use crate::time::Timestamp;

/// An incident lists so many of its alerts; the others are only counted.
pub const MAX_ALERTS_LISTED: usize = 1_000;
/// More pieces of work than this in one incident is a mistake of the caller.
pub const MAX_WORK: usize = 1_000;
/// More service requests than this in one incident is a mistake of the caller.
pub const MAX_REQUESTS: usize = 100;

/// How far the response has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Somebody finds out what it is.
    Triage,
    /// It is kept from spreading.
    Containment,
    /// The cause is removed.
    Eradication,
    /// Work is brought back.
    Recovery,
    /// Solved; what was learnt is written down.
    Review,
    /// Done. Final.
    Closed,
}

/// How an incident ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Whether it was a security incident in the end.
    pub security_incident: bool,
    /// What it was and what was done, for the customer.
    pub summary: Text,
    /// What to do so that it does not happen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevention: Option<Text>,
    /// When it was solved.
    pub resolved_at: Timestamp,
    /// Who solved it.
    pub resolved_by: Actor,
}

/// What follows when an incident is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AfterResolution {
    /// Somebody writes down what was learnt.
    Review,
    /// Nothing is left to do.
    Close,
}

/// The state of the response, with the data that only a solved incident has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum IncidentState {
    /// See [`Phase::Triage`].
    Triage,
    /// See [`Phase::Containment`].
    Containment,
    /// See [`Phase::Eradication`].
    Eradication,
    /// See [`Phase::Recovery`].
    Recovery,
    /// See [`Phase::Review`].
    Review {
        /// How it ended.
        resolution: Resolution,
    },
    /// See [`Phase::Closed`].
    Closed {
        /// How it ended.
        resolution: Resolution,
        /// When it was closed.
        closed_at: Timestamp,
    },
}

/// What is asked of the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncidentCommand {
    /// Another alert or enquiry of the same symptom joins.
    Join,
    /// Work was done; the phase after it, if it changed.
    Work {
        /// Never an earlier one; review and closing need a resolution.
        then: Option<Phase>,
    },
    /// It is solved; a second time, after the review, it is closed.
    Resolve {
        /// How it ended.
        resolution: Resolution,
        /// What follows.
        then: AfterResolution,
    },
}

/// What happened to an incident, as the outbox tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum IncidentEvent {
    /// It was opened.
    Opened {
        /// Where its climb starts.
        rung: Rung,
    },
    /// Another alert or enquiry joined it.
    Joined,
    /// Somebody has it.
    Acknowledged {
        /// On which rung.
        rung: Rung,
    },
    /// It went up the ladder.
    Escalated {
        /// From this rung.
        from: Rung,
        /// To this rung.
        to: Rung,
        /// Why.
        cause: EscalationCause,
    },
    /// Nobody on the top rung has taken it.
    Unanswered {
        /// The top rung.
        rung: Rung,
    },
    /// Work was recorded.
    WorkedOn {
        /// The number of the work.
        number: u32,
    },
    /// A service request was opened or moved.
    RequestMoved {
        /// The number of the request.
        number: u32,
        /// Where it stands.
        state: RequestState,
    },
    /// It was solved and goes to review.
    Resolved,
    /// It was closed.
    Closed,
}

/// Where an incident came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// Alerts with the verdict that a person has to act.
    Alert,
    /// The customer called or wrote.
    Enquiry,
}

/// A customer's enquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enquiry {
    /// The id of the incident to be.
    pub incident_id: IncidentId,
    /// Who asks.
    pub tenant_id: TenantId,
    /// The service it concerns; none when none of ours.
    pub service: Option<Service>,
    /// The symptom, when it is a known one.
    pub symptom: Option<SymptomKey>,
    /// What the customer says.
    pub description: String,
    /// When the customer noticed it.
    pub noticed_at: Timestamp,
}

/// What opens an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The proof that an alert needs action.
    Alert(ActionNeeded),
    /// A customer's enquiry.
    Enquiry(Enquiry),
}

/// What the escalation pack and the clock say about an incident that opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Code of the tenant's site where it happens.
    pub site_code: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The ladder it climbs.
    pub ladder: Ladder,
    /// Where the climb starts.
    pub start: Rung,
    /// Why it starts there.
    pub cause: EscalationCause,
    /// The decision of the escalation pack.
    pub decision_id: Option<DecisionId>,
    /// How often the symptom was seen in the recurrence window, itself included.
    pub n_recurrences: u32,
    /// What the customer reads.
    pub wording: Wording,
    /// Who opens it.
    pub opened_by: Actor,
}

/// Somebody said "I have it".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub acknowledged_by: Actor,
    /// When.
    pub acknowledged_at: Timestamp,
    /// On which rung.
    pub rung: Rung,
}

/// One step up the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// From this rung; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Rung>,
    /// To this rung.
    pub to: Rung,
    /// When.
    pub escalated_at: Timestamp,
    /// Why.
    pub cause: EscalationCause,
    /// The same in words.
    pub reason: String,
    /// Who; the system when a timer or a policy did.
    pub escalated_by: Actor,
}

/// A change of phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// From this phase; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Phase>,
    /// To this phase.
    pub to: Phase,
    /// When.
    pub changed_at: Timestamp,
    /// Who.
    pub changed_by: Actor,
}

/// Who does something to an incident, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// Something a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Code of the tenant's site where it happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_code: Option<String>,
    /// Where it came from.
    pub origin: OriginKind,
    /// The service it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// The symptom by which alerts join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<SymptomKey>,
    /// The enquiry in the customer's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What the customer reads.
    pub wording: Wording,
    /// How bad it is.
    pub severity: Severity,
    /// How far the response has come.
    pub state: IncidentState,
    /// The ladder it climbs.
    pub ladder: Ladder,
    /// Where it stands on it.
    pub climb: Climb,
    /// When it climbs unless somebody acknowledges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_escalation_at: Option<Timestamp>,
    /// The decision of the escalation pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
    /// Its alerts in order of joining, at most [`MAX_ALERTS_LISTED`].
    pub alert_ids: Vec<AlertId>,
    /// How many alerts it has.
    pub n_alerts: u32,
    /// How often the symptom was seen in the recurrence window, itself included.
    pub n_recurrences: u32,
    /// When it was first detected, by the provider's clock, or the customer noticed it.
    pub detected_at: Timestamp,
    /// When it was opened here.
    pub opened_at: Timestamp,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// Each step up the ladder.
    pub escalations: Vec<Escalation>,
    /// Each change of phase.
    pub phase_changes: Vec<PhaseChange>,
    /// The work done.
    pub work: Vec<Work>,
    /// Workflows that belong to it.
    pub requests: Vec<ServiceRequest>,
}

impl Phase {
    /// Every phase in order.
    pub const ALL: [Self; 6] = [
        Self::Triage,
        Self::Containment,
        Self::Eradication,
        Self::Recovery,
        Self::Review,
        Self::Closed,
    ];

    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Containment => "containment",
            Self::Eradication => "eradication",
            Self::Recovery => "recovery",
            Self::Review => "review",
            Self::Closed => "closed",
        }
    }
}

impl IncidentState {
    /// The phase alone.
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Triage => Phase::Triage,
            Self::Containment => Phase::Containment,
            Self::Eradication => Phase::Eradication,
            Self::Recovery => Phase::Recovery,
            Self::Review { .. } => Phase::Review,
            Self::Closed { .. } => Phase::Closed,
        }
    }

    /// How it ended; none until it is solved.
    pub const fn resolution(&self) -> Option<&Resolution> {
        match self {
            Self::Triage | Self::Containment | Self::Eradication | Self::Recovery => None,
            Self::Review { resolution } | Self::Closed { resolution, .. } => Some(resolution),
        }
    }

    /// Whether somebody still has to solve it: alerts of the same symptom join it.
    pub const fn is_unsolved(&self) -> bool {
        self.resolution().is_none()
    }

    /// The next state and what happened. `WorkedOn` carries the number 0: the caller numbers work.
    ///
    /// # Errors
    /// [`Refused`] with [`Reason::IncidentState`].
    pub fn step(
        &self,
        command: &IncidentCommand,
        now: Timestamp,
    ) -> Result<(Self, IncidentEvent), Refused> {
        use IncidentCommand as C;
        let refused = Err(Refused {
            reason: Reason::IncidentState,
            subject: "incident",
            state: self.phase().as_str(),
            command: command.as_str(),
        });
        match self {
            Self::Triage | Self::Containment | Self::Eradication | Self::Recovery => {
                match command {
                    C::Join => Ok((self.clone(), IncidentEvent::Joined)),
                    C::Work { then } => match self.after_work(*then) {
                        Some(next) => Ok((next, IncidentEvent::WorkedOn { number: 0 })),
                        None => refused,
                    },
                    C::Resolve { resolution, then } => Ok(solved(resolution.clone(), *then, now)),
                }
            }
            Self::Review { resolution: first } => match command {
                // Work that is written down late still counts; it changes nothing.
                C::Work { then: None } => Ok((self.clone(), IncidentEvent::WorkedOn { number: 0 })),
                C::Resolve { resolution, then } => {
                    let resolution = Resolution {
                        resolved_at: first.resolved_at,
                        resolved_by: first.resolved_by.clone(),
                        ..resolution.clone()
                    };
                    Ok(solved(resolution, *then, now))
                }
                C::Join | C::Work { then: Some(_) } => refused,
            },
            Self::Closed { .. } => match command {
                C::Join | C::Work { .. } | C::Resolve { .. } => refused,
            },
        }
    }

    /// The state after work in a phase that is not solved; none when the phase may not follow.
    fn after_work(&self, then: Option<Phase>) -> Option<Self> {
        let Some(then) = then else {
            return Some(self.clone());
        };
        let next = match then {
            Phase::Triage => Self::Triage,
            Phase::Containment => Self::Containment,
            Phase::Eradication => Self::Eradication,
            Phase::Recovery => Self::Recovery,
            Phase::Review | Phase::Closed => return None,
        };
        (next.phase() >= self.phase()).then_some(next)
    }
}

fn solved(
    resolution: Resolution,
    then: AfterResolution,
    now: Timestamp,
) -> (IncidentState, IncidentEvent) {
    match then {
        AfterResolution::Review => (IncidentState::Review { resolution }, IncidentEvent::Resolved),
        AfterResolution::Close => {
            (IncidentState::Closed { resolution, closed_at: now }, IncidentEvent::Closed)
        }
    }
}

impl IncidentCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Work { .. } => "work",
            Self::Resolve { .. } => "resolve",
        }
    }
}

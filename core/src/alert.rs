//! Alerts: what providers detect, and what triage says about it.
//!
//! An alert reaches nobody by itself. A policy or the SOC gives a [`Verdict`]; only the verdict that
//! a person has to act yields [`ActionNeeded`], only that opens an incident, and only an incident
//! yields a notice to the customer. A notice without a verdict cannot be written down (ESC-05).

mod kind;
mod report;
mod summary;

use serde::{Deserialize, Serialize};

pub use self::kind::{
    AlertKind, AvUnresolved, Detail, DeviceOffline, DiagnosisFinding, DiagnosisTarget, EdrLevel,
    EdrVerdict, ParseAlertKindError, WafDetection,
};
pub use self::report::{
    AlertKey, AlertReport, MAX_DETECTIONS, ParseKeyError, ProviderAlertId, SymptomKey,
};
pub use self::summary::{AlertSummary, LevelCount, SummaryRow};
use crate::actor::Actor;
use crate::id::{AlertId, DecisionId, IncidentId, TenantId};
use crate::problem::Refused;
use crate::reason::Reason;
use crate::service::Service;
use crate::severity::Severity;
use crate::time::Timestamp;

/// What triage says about an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The service stopped it by itself; nobody has to do anything.
    BlockedAuto,
    /// It was not an attack.
    FalsePositive,
    /// A person has to act.
    ActionNeeded,
}

/// The verdicts after which nobody is bothered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAction {
    /// The service stopped it by itself.
    BlockedAuto,
    /// It was not an attack: normal work, the user's own program, set-up, another security product.
    FalsePositive,
}

/// One verdict and who gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// The verdict.
    pub verdict: Verdict,
    /// Who gave it; the system when a policy did.
    pub given_by: Actor,
    /// When.
    pub given_at: Timestamp,
    /// Why, for the SOC.
    pub reason: String,
    /// The decision behind a policy's verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
}

/// Who gives a verdict, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Who gives it; the system when a policy does.
    pub given_by: Actor,
    /// When.
    pub given_at: Timestamp,
    /// Why, for the SOC.
    pub reason: String,
    /// The decision behind a policy's verdict.
    pub decision_id: Option<DecisionId>,
}

/// How far an alert has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AlertState {
    /// Received; triage by policy has not run yet.
    Received,
    /// Triage by policy could not or may not settle it: the SOC has to look.
    AwaitingVerdict,
    /// Has a verdict after which nobody is bothered. A later verdict may correct it.
    Triaged {
        /// The verdict.
        verdict: NoAction,
    },
    /// A person has to act, and the incident is open. Final: what turns out later is written into
    /// the incident, whose customer has been told.
    InIncident {
        /// The incident it belongs to.
        incident_id: IncidentId,
    },
}

/// What is asked of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertCommand {
    /// Let the SOC look.
    ReferToSoc,
    /// Nobody has to do anything.
    Settle {
        /// Why not.
        verdict: NoAction,
    },
    /// A person has to act, within this incident.
    NeedAction {
        /// The incident that the alert opens or joins.
        incident_id: IncidentId,
    },
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AlertEvent {
    /// It waits for the SOC.
    ReferredToSoc,
    /// It has its first verdict, and nobody is bothered.
    Settled {
        /// The verdict.
        verdict: NoAction,
    },
    /// A later verdict confirms or replaces an earlier one; still nobody is bothered.
    Reviewed {
        /// The verdict.
        verdict: NoAction,
    },
    /// A person has to act.
    ActionNeeded {
        /// The incident.
        incident_id: IncidentId,
    },
}

/// A detection as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What was reported. Never changes.
    pub report: AlertReport,
    /// When we received it, by our clock.
    pub received_at: Timestamp,
    /// How far it has come.
    pub state: AlertState,
    /// All verdicts in order of time: a policy's first, then the SOC's.
    pub verdicts: Vec<VerdictRecord>,
    /// How bad it is, as the escalation pack sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The decision of triage by policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triage_id: Option<DecisionId>,
    /// When the customer was first told about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified_at: Option<Timestamp>,
}

/// Proof that an alert has the verdict that a person has to act.
///
/// Made by [`Alert::need_action`] alone; an incident from alerts cannot be opened without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionNeeded {
    alert_id: AlertId,
    tenant_id: TenantId,
    incident_id: IncidentId,
    service: Service,
    symptom: SymptomKey,
    detected_at: Timestamp,
}

impl Verdict {
    /// Every verdict, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::BlockedAuto, Self::FalsePositive, Self::ActionNeeded];

    /// The word in tables, policies and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockedAuto => "blocked_auto",
            Self::FalsePositive => "false_positive",
            Self::ActionNeeded => "action_needed",
        }
    }

    /// The verdict of that word.
    pub fn from_word(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text)
    }
}

impl From<NoAction> for Verdict {
    fn from(verdict: NoAction) -> Self {
        match verdict {
            NoAction::BlockedAuto => Self::BlockedAuto,
            NoAction::FalsePositive => Self::FalsePositive,
        }
    }
}

impl AlertState {
    /// The word in tables and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::AwaitingVerdict => "awaiting_verdict",
            Self::Triaged { .. } => "triaged",
            Self::InIncident { .. } => "in_incident",
        }
    }

    /// The incident it belongs to.
    pub const fn incident_id(&self) -> Option<IncidentId> {
        match self {
            Self::Received | Self::AwaitingVerdict | Self::Triaged { .. } => None,
            Self::InIncident { incident_id } => Some(*incident_id),
        }
    }

    /// The next state and what happened.
    ///
    /// # Errors
    /// [`Refused`] with [`Reason::AlertState`].
    pub fn step(&self, command: &AlertCommand) -> Result<(Self, AlertEvent), Refused> {
        use AlertCommand as C;
        let refused = Err(Refused {
            reason: Reason::AlertState,
            subject: "alert",
            state: self.as_str(),
            command: command.as_str(),
        });
        match *self {
            Self::Received => match *command {
                C::ReferToSoc => Ok((Self::AwaitingVerdict, AlertEvent::ReferredToSoc)),
                C::Settle { verdict } => {
                    Ok((Self::Triaged { verdict }, AlertEvent::Settled { verdict }))
                }
                C::NeedAction { incident_id } => Ok(needs_action(incident_id)),
            },
            Self::AwaitingVerdict => match *command {
                C::Settle { verdict } => {
                    Ok((Self::Triaged { verdict }, AlertEvent::Settled { verdict }))
                }
                C::NeedAction { incident_id } => Ok(needs_action(incident_id)),
                C::ReferToSoc => refused,
            },
            Self::Triaged { .. } => match *command {
                C::Settle { verdict } => {
                    Ok((Self::Triaged { verdict }, AlertEvent::Reviewed { verdict }))
                }
                C::NeedAction { incident_id } => Ok(needs_action(incident_id)),
                C::ReferToSoc => refused,
            },
            Self::InIncident { .. } => match *command {
                C::ReferToSoc | C::Settle { .. } | C::NeedAction { .. } => refused,
            },
        }
    }
}

const fn needs_action(incident_id: IncidentId) -> (AlertState, AlertEvent) {
    (AlertState::InIncident { incident_id }, AlertEvent::ActionNeeded { incident_id })
}

impl AlertCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ReferToSoc => "refer_to_soc",
            Self::Settle { .. } => "settle",
            Self::NeedAction { .. } => "need_action",
        }
    }
}

impl Alert {
    /// An alert as it came in.
    pub const fn receive(id: AlertId, report: AlertReport, received_at: Timestamp) -> Self {
        Self {
            id,
            report,
            received_at,
            state: AlertState::Received,
            verdicts: Vec::new(),
            severity: None,
            triage_id: None,
            notified_at: None,
        }
    }

    /// The verdict in force.
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdicts.last().map(|record| record.verdict)
    }

    /// The verdict that held as far as was known at a time; none when it waited for one then.
    pub fn verdict_as_known(&self, known_at: Timestamp) -> Option<Verdict> {
        let by_then = |record: &&VerdictRecord| record.given_at <= known_at;
        self.verdicts.iter().rfind(by_then).map(|record| record.verdict)
    }

    /// Whether a person has given a verdict on it.
    pub fn is_reviewed_by_a_person(&self) -> bool {
        self.verdicts.iter().any(|record| record.decision_id.is_none())
    }

    /// Lets the SOC look.
    ///
    /// # Errors
    /// [`Refused`] unless it was just received.
    pub fn refer_to_soc(&mut self) -> Result<AlertEvent, Refused> {
        let (state, event) = self.state.step(&AlertCommand::ReferToSoc)?;
        self.state = state;
        Ok(event)
    }

    /// Records a verdict after which nobody is bothered.
    ///
    /// # Errors
    /// [`Refused`] when it belongs to an incident.
    pub fn settle(
        &mut self,
        verdict: NoAction,
        judgement: Judgement,
    ) -> Result<AlertEvent, Refused> {
        let (state, event) = self.state.step(&AlertCommand::Settle { verdict })?;
        self.state = state;
        self.record(verdict.into(), judgement);
        Ok(event)
    }

    /// Records the verdict that a person has to act, within the incident it opens or joins.
    ///
    /// # Errors
    /// [`Refused`] when it belongs to an incident already.
    pub fn need_action(
        &mut self,
        incident_id: IncidentId,
        judgement: Judgement,
    ) -> Result<(AlertEvent, ActionNeeded), Refused> {
        let (state, event) = self.state.step(&AlertCommand::NeedAction { incident_id })?;
        self.state = state;
        self.record(Verdict::ActionNeeded, judgement);
        let proof = ActionNeeded {
            alert_id: self.id,
            tenant_id: self.report.tenant_id,
            incident_id,
            service: self.report.service,
            symptom: self.report.symptom.clone(),
            detected_at: self.report.detected_at,
        };
        Ok((event, proof))
    }

    fn record(&mut self, verdict: Verdict, judgement: Judgement) {
        let Judgement { given_by, given_at, reason, decision_id } = judgement;
        self.verdicts.push(VerdictRecord { verdict, given_by, given_at, reason, decision_id });
    }
}

impl ActionNeeded {
    /// The alert.
    pub const fn alert_id(&self) -> AlertId {
        self.alert_id
    }

    /// Whose it is.
    pub const fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// The incident that it opens or joins.
    pub const fn incident_id(&self) -> IncidentId {
        self.incident_id
    }

    /// The service that detected it.
    pub const fn service(&self) -> Service {
        self.service
    }

    /// The symptom, by which alerts join.
    pub const fn symptom(&self) -> &SymptomKey {
        &self.symptom
    }

    /// When, by the provider's clock.
    pub const fn detected_at(&self) -> Timestamp {
        self.detected_at
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::Write as _;

    use uuid::Uuid;

    use super::*;
    use crate::id::ProviderId;
    use crate::party::Role;

    pub(crate) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(crate) fn judgement() -> Judgement {
        Judgement {
            given_by: Actor { subject: "soc".to_owned(), role: Role::Soc, partner_id: None },
            given_at: at("2020-11-01T00:00:00Z"),
            reason: "looked at".to_owned(),
            decision_id: None,
        }
    }

    pub(crate) fn alert() -> Alert {
        let report = AlertReport {
            tenant_id: TenantId::from(Uuid::from_u128(1)),
            instance_id: None,
            key: AlertKey {
                provider_id: ProviderId::from(Uuid::from_u128(2)),
                provider_alert_id: "a-1".parse().unwrap(),
            },
            service: Service::Utm,
            detail: Detail::InternalMalwareComms,
            n_detections: 1,
            detected_at: at("2020-10-31T00:00:00Z"),
            detected_within: None,
            symptom: "utm.cc_callback".parse().unwrap(),
            blocked: false,
            device_id: None,
            endpoint_id: None,
            summary: String::new(),
        };
        Alert::receive(AlertId::from(Uuid::from_u128(3)), report, at("2020-10-31T00:00:01Z"))
    }

    #[test]
    fn every_command_in_every_state() {
        let incident_id = IncidentId::from(Uuid::from_u128(9));
        let other = IncidentId::from(Uuid::from_u128(10));
        let states = [
            AlertState::Received,
            AlertState::AwaitingVerdict,
            AlertState::Triaged { verdict: NoAction::BlockedAuto },
            AlertState::InIncident { incident_id },
        ];
        let commands = [
            AlertCommand::ReferToSoc,
            AlertCommand::Settle { verdict: NoAction::FalsePositive },
            AlertCommand::NeedAction { incident_id: other },
        ];
        let mut table = String::new();
        for state in states {
            for command in commands {
                let next = match state.step(&command) {
                    Ok((next, event)) => format!("{} + {event:?}", next.as_str()),
                    Err(refused) => format!("refused {}", refused.reason.code()),
                };
                writeln!(table, "{:>16} {:>12} -> {next}", state.as_str(), command.as_str())
                    .unwrap();
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_verdict_is_recorded_and_the_last_one_is_in_force() {
        let mut alert = alert();
        assert_eq!(alert.verdict(), None);
        alert.refer_to_soc().unwrap();
        alert.settle(NoAction::FalsePositive, judgement()).unwrap();
        assert_eq!(alert.verdict(), Some(Verdict::FalsePositive));
        let incident_id = IncidentId::from(Uuid::from_u128(9));
        let (_, proof) = alert.need_action(incident_id, judgement()).unwrap();
        assert_eq!(alert.verdict(), Some(Verdict::ActionNeeded));
        assert_eq!(alert.verdicts.len(), 2);
        assert_eq!(proof.incident_id(), incident_id);
        assert_eq!(alert.state.incident_id(), Some(incident_id));
    }

    #[test]
    fn an_alert_in_an_incident_keeps_its_verdict() {
        let mut alert = alert();
        let incident_id = IncidentId::from(Uuid::from_u128(9));
        alert.need_action(incident_id, judgement()).unwrap();
        let before = alert.clone();
        assert!(alert.settle(NoAction::FalsePositive, judgement()).is_err());
        assert!(alert.need_action(incident_id, judgement()).is_err());
        assert_eq!(alert, before);
    }

    #[test]
    fn an_alert_survives_its_json_form() {
        let mut alert = alert();
        alert.report.detail =
            Detail::DeviceOffline(DeviceOffline { last_seen_at: at("2020-10-30T00:00:00Z") });
        alert.settle(NoAction::FalsePositive, judgement()).unwrap();
        let text = serde_json::to_string(&alert).unwrap();
        assert_eq!(serde_json::from_str::<Alert>(&text).unwrap(), alert);
    }
}

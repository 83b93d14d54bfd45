//! Workflows with prerequisites that belong to an incident, above all data recovery.
//!
//! Remote support comes first; only when that is finished may the customer carry the disk in
//! (DRC-01). A removal of malware or an investigation needs nobody to bring anything.

use serde::{Deserialize, Serialize};

use super::{Deed, WorkKind};
use crate::actor::Actor;
use crate::id::ProviderId;
use crate::problem::Refused;
use crate::reason::Reason;
use crate::text::Text;
use crate::time::Timestamp;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Data recovery: after remote support, from a disk that the customer carries in.
    DataRecovery,
    /// Removal of malware.
    VirusRemoval,
    /// Re-initialisation of an operating system on site.
    OsReinitialisation,
    /// Forensic investigation.
    Forensics,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// A prerequisite is missing.
    Blocked,
    /// May begin.
    Ready,
    /// The customer has to bring something.
    AwaitingCustomer,
    /// Being worked on.
    InProgress,
    /// Done and given back. Final.
    Completed,
    /// Could not be done. Final.
    Failed,
    /// Not wanted any more. Final.
    Cancelled,
}

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestCommand {
    /// The last prerequisite was finished.
    Unblock,
    /// Ask the customer to bring what is needed.
    AskCustomer,
    /// Begin the work.
    Begin,
    /// It is done.
    Complete,
    /// It cannot be done.
    Fail,
    /// It is not wanted any more.
    Cancel,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestStep {
    /// The state it went to.
    pub state: RequestState,
    /// When.
    pub changed_at: Timestamp,
    /// Who.
    pub changed_by: Actor,
    /// What happened.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A workflow with prerequisites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRequest {
    /// Number within the incident, from 1.
    pub number: u32,
    /// What is asked for.
    pub kind: RequestKind,
    /// How far it has come.
    pub state: RequestState,
    /// The provider that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<ProviderId>,
    /// What has to be finished first.
    pub waits_for: Vec<WorkKind>,
    /// Each step it took.
    pub steps: Vec<RequestStep>,
}

impl RequestKind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Self; 4] =
        [Self::DataRecovery, Self::VirusRemoval, Self::OsReinitialisation, Self::Forensics];

    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DataRecovery => "data_recovery",
            Self::VirusRemoval => "virus_removal",
            Self::OsReinitialisation => "os_reinitialisation",
            Self::Forensics => "forensics",
        }
    }

    /// The work that has to be finished before it may begin.
    pub const fn prerequisites(self) -> &'static [WorkKind] {
        match self {
            Self::DataRecovery => &[WorkKind::RemoteSupport],
            Self::VirusRemoval | Self::OsReinitialisation | Self::Forensics => &[],
        }
    }

    /// Whether the customer has to bring something before the work begins.
    const fn is_carried_in(self) -> bool {
        match self {
            Self::DataRecovery => true,
            Self::VirusRemoval | Self::OsReinitialisation | Self::Forensics => false,
        }
    }
}

impl RequestState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Blocked,
        Self::Ready,
        Self::AwaitingCustomer,
        Self::InProgress,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Ready => "ready",
            Self::AwaitingCustomer => "awaiting_customer",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can happen to it any more.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Blocked | Self::Ready | Self::AwaitingCustomer | Self::InProgress => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }

    /// The next state.
    ///
    /// # Errors
    /// [`Refused`] with [`Reason::ServiceRequestState`].
    pub fn step(self, command: RequestCommand, kind: RequestKind) -> Result<Self, Refused> {
        use RequestCommand as C;
        let refused = Err(Refused {
            reason: Reason::ServiceRequestState,
            subject: "service request",
            state: self.as_str(),
            command: command.as_str(),
        });
        match self {
            Self::Blocked => match command {
                C::Unblock => Ok(Self::Ready),
                C::Cancel => Ok(Self::Cancelled),
                C::AskCustomer | C::Begin | C::Complete | C::Fail => refused,
            },
            Self::Ready => match command {
                C::AskCustomer => Ok(Self::AwaitingCustomer),
                C::Begin if kind.is_carried_in() => refused,
                C::Begin => Ok(Self::InProgress),
                C::Cancel => Ok(Self::Cancelled),
                C::Unblock | C::Complete | C::Fail => refused,
            },
            Self::AwaitingCustomer => match command {
                C::Begin => Ok(Self::InProgress),
                C::Cancel => Ok(Self::Cancelled),
                C::Unblock | C::AskCustomer | C::Complete | C::Fail => refused,
            },
            Self::InProgress => match command {
                C::AskCustomer => Ok(Self::AwaitingCustomer),
                C::Complete => Ok(Self::Completed),
                C::Fail => Ok(Self::Failed),
                C::Cancel => Ok(Self::Cancelled),
                C::Unblock | C::Begin => refused,
            },
            Self::Completed | Self::Failed | Self::Cancelled => match command {
                C::Unblock | C::AskCustomer | C::Begin | C::Complete | C::Fail | C::Cancel => {
                    refused
                }
            },
        }
    }
}

impl RequestCommand {
    /// The word in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unblock => "unblock",
            Self::AskCustomer => "ask_customer",
            Self::Begin => "begin",
            Self::Complete => "complete",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
        }
    }

    /// The command by which a caller moves a request to a state; none for states that a caller
    /// cannot ask for.
    pub const fn towards(state: RequestState) -> Option<Self> {
        match state {
            RequestState::AwaitingCustomer => Some(Self::AskCustomer),
            RequestState::InProgress => Some(Self::Begin),
            RequestState::Completed => Some(Self::Complete),
            RequestState::Failed => Some(Self::Fail),
            RequestState::Cancelled => Some(Self::Cancel),
            RequestState::Blocked | RequestState::Ready => None,
        }
    }
}

impl ServiceRequest {
    /// A request as it is opened: blocked while it waits for something.
    pub fn open(
        number: u32,
        kind: RequestKind,
        waits_for: Vec<WorkKind>,
        (note, deed): (String, &Deed),
    ) -> Self {
        let state = if waits_for.is_empty() { RequestState::Ready } else { RequestState::Blocked };
        let step = RequestStep { state, changed_at: deed.at, changed_by: deed.by.clone(), note };
        Self { number, kind, state, provider_id: None, waits_for, steps: vec![step] }
    }

    /// Moves it on and writes the step down.
    ///
    /// # Errors
    /// [`Refused`] as [`RequestState::step`].
    pub fn advance(
        &mut self,
        command: RequestCommand,
        note: String,
        deed: &Deed,
    ) -> Result<(), Refused> {
        self.state = self.state.step(command, self.kind)?;
        self.steps.push(RequestStep {
            state: self.state,
            changed_at: deed.at,
            changed_by: deed.by.clone(),
            note,
        });
        Ok(())
    }

    /// What the customer does next; none when nothing.
    pub fn next_step(&self) -> Option<Text> {
        match self.kind {
            RequestKind::DataRecovery => match self.state {
                RequestState::Blocked => Some(Text::new(
                    "まず遠隔サポートを受けてください。担当者からお電話します。",
                    "First let us look at it remotely. We will call you.",
                )),
                RequestState::Ready | RequestState::AwaitingCustomer => Some(Text::new(
                    "パソコンの電源を切り、ハードディスクを復旧窓口へお持ちください。",
                    "Switch the computer off and bring the disk to the recovery desk.",
                )),
                RequestState::InProgress
                | RequestState::Completed
                | RequestState::Failed
                | RequestState::Cancelled => None,
            },
            RequestKind::VirusRemoval
            | RequestKind::OsReinitialisation
            | RequestKind::Forensics => (self.state == RequestState::AwaitingCustomer).then(|| {
                Text::new(
                    "担当者からのお願いをご確認ください。",
                    "Please see what we have asked you for.",
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn every_command_in_every_state() {
        let commands = [
            RequestCommand::Unblock,
            RequestCommand::AskCustomer,
            RequestCommand::Begin,
            RequestCommand::Complete,
            RequestCommand::Fail,
            RequestCommand::Cancel,
        ];
        let mut table = String::new();
        for kind in [RequestKind::DataRecovery, RequestKind::VirusRemoval] {
            for state in RequestState::ALL {
                for command in commands {
                    let next = match state.step(command, kind) {
                        Ok(next) => next.as_str().to_owned(),
                        Err(refused) => format!("refused {}", refused.reason.code()),
                    };
                    writeln!(
                        table,
                        "{:>13} {:>17} {:>12} -> {next}",
                        kind.as_str(),
                        state.as_str(),
                        command.as_str()
                    )
                    .unwrap();
                }
            }
        }
        insta::assert_snapshot!(table);
    }
}

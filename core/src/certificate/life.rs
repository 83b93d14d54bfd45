//! The state machine of a certificate.

use serde::{Deserialize, Serialize};

use crate::problem::Refused;
use crate::reason::Reason;
use crate::time::Timestamp;

/// What shows that something happened: the order item that became active, the incident, the letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is, such as `order_item_active`.
    pub kind: String,
    /// Its id as text, such as `itm_…`.
    pub id: String,
}

/// Why cover stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The subscription was cancelled or the bundle was removed.
    ServiceRemoved,
    /// The subscription was suspended.
    ServiceSuspended,
    /// What was to be installed never became active.
    NeverProvided,
    /// The premium or the fee was not paid.
    Unpaid,
    /// The master contract ended.
    ContractEnded,
    /// The insured asked for it.
    Requested,
}

impl Stop {
    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceRemoved => "service_removed",
            Self::ServiceSuspended => "service_suspended",
            Self::NeverProvided => "never_provided",
            Self::Unpaid => "unpaid",
            Self::ContractEnded => "contract_ended",
            Self::Requested => "requested",
        }
    }
}

/// Where a certificate stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CertificateState {
    /// Issued; nothing is insured yet.
    NotYetInForce,
    /// Losses from `from` on are insured.
    InForce {
        /// The first insured instant.
        from: Timestamp,
        /// What shows that the services run.
        evidence: Evidence,
    },
    /// Cover is interrupted and may be reinstated, with a gap.
    Lapsed {
        /// The first instant without cover.
        at: Timestamp,
        /// Why.
        because: Stop,
    },
    /// Cover is over for good. Final.
    Ended {
        /// The first instant without cover.
        at: Timestamp,
        /// Why.
        because: Stop,
    },
}

/// What can be asked of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateCommand {
    /// Cover starts.
    PutInForce {
        /// The first insured instant.
        from: Timestamp,
        /// What shows that the services run.
        evidence: Evidence,
    },
    /// Cover is interrupted.
    Lapse {
        /// The first instant without cover.
        at: Timestamp,
        /// Why.
        because: Stop,
    },
    /// Cover resumes; the gap stays uninsured.
    Reinstate {
        /// The first insured instant after the gap.
        from: Timestamp,
        /// What shows that the services run again.
        evidence: Evidence,
    },
    /// Cover is over for good.
    End {
        /// The first instant without cover.
        at: Timestamp,
        /// Why.
        because: Stop,
    },
}

impl CertificateCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::PutInForce { .. } => "put_in_force",
            Self::Lapse { .. } => "lapse",
            Self::Reinstate { .. } => "reinstate",
            Self::End { .. } => "end",
        }
    }
}

/// What happened to a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum CertificateEvent {
    /// Cover started.
    InForce {
        /// The first insured instant.
        from: Timestamp,
        /// What shows that the services run.
        evidence: Evidence,
    },
    /// Cover was interrupted.
    Lapsed {
        /// The first instant without cover.
        at: Timestamp,
        /// Why.
        because: Stop,
    },
    /// Cover resumed.
    Reinstated {
        /// The first insured instant after the gap.
        from: Timestamp,
        /// What shows that the services run again.
        evidence: Evidence,
    },
    /// Cover ended for good.
    Ended {
        /// The first instant without cover.
        at: Timestamp,
        /// Why.
        because: Stop,
    },
}

impl CertificateEvent {
    /// The instant from which on it holds.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::InForce { from, .. } | Self::Reinstated { from, .. } => *from,
            Self::Lapsed { at, .. } | Self::Ended { at, .. } => *at,
        }
    }

    /// The topic of the outbox.
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::InForce { .. } => "certificate.in_force",
            Self::Lapsed { .. } => "certificate.lapsed",
            Self::Reinstated { .. } => "certificate.reinstated",
            Self::Ended { .. } => "certificate.ended",
        }
    }
}

impl CertificateState {
    /// The word in tables and messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotYetInForce => "not_yet_in_force",
            Self::InForce { .. } => "in_force",
            Self::Lapsed { .. } => "lapsed",
            Self::Ended { .. } => "ended",
        }
    }

    /// The next state and what happened, or why not.
    ///
    /// Cover never starts before it stopped: a reinstatement leaves a gap or none, never an overlap.
    ///
    /// # Errors
    /// [`Reason::CertificateState`] if the state does not allow the command.
    pub fn step(&self, command: &CertificateCommand) -> Result<(Self, CertificateEvent), Refused> {
        use CertificateCommand as C;
        use CertificateEvent as E;
        let refused = || Refused {
            reason: Reason::CertificateState,
            subject: "certificate",
            state: self.as_str(),
            command: command.as_str(),
        };
        match self {
            Self::NotYetInForce => match command.clone() {
                C::PutInForce { from, evidence } => Ok((
                    Self::InForce { from, evidence: evidence.clone() },
                    E::InForce { from, evidence },
                )),
                C::End { at, because } => {
                    Ok((Self::Ended { at, because }, E::Ended { at, because }))
                }
                C::Lapse { .. } | C::Reinstate { .. } => Err(refused()),
            },
            Self::InForce { from: since, .. } => match command.clone() {
                C::Lapse { at, because } => {
                    let at = at.max(*since);
                    Ok((Self::Lapsed { at, because }, E::Lapsed { at, because }))
                }
                C::End { at, because } => {
                    let at = at.max(*since);
                    Ok((Self::Ended { at, because }, E::Ended { at, because }))
                }
                C::PutInForce { .. } | C::Reinstate { .. } => Err(refused()),
            },
            Self::Lapsed { at: stopped_at, .. } => match command.clone() {
                C::Reinstate { from, evidence } => {
                    let from = from.max(*stopped_at);
                    Ok((
                        Self::InForce { from, evidence: evidence.clone() },
                        E::Reinstated { from, evidence },
                    ))
                }
                C::End { because, .. } => {
                    let at = *stopped_at;
                    Ok((Self::Ended { at, because }, E::Ended { at, because }))
                }
                C::PutInForce { .. } | C::Lapse { .. } => Err(refused()),
            },
            Self::Ended { .. } => match command {
                C::PutInForce { .. } | C::Lapse { .. } | C::Reinstate { .. } | C::End { .. } => {
                    Err(refused())
                }
            },
        }
    }
}

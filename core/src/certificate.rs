//! Certificates: one tenant's cover under a master contract.
//!
//! A certificate is issued when a quote is accepted, comes into force when evidence says that the
//! services run, and ends with them. What it answers is effective-dated: whether it was in force at
//! an instant, as known now or as known at an earlier time.

use serde::{Deserialize, Serialize};

use crate::id::{CertificateId, MasterContractId, SubscriptionId, TenantId};
use crate::problem::Refused;
use crate::reason::Reason;
use crate::text::Language;
use crate::time::{Period, Timestamp};

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

/// What happened, and when we learned of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateEntry {
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What happened.
    pub event: CertificateEvent,
}

/// That a person was shown a clause and accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsAcknowledgement {
    /// The clause or condition by its stable code, such as `exclusion.unapproved_bypass`.
    pub code: String,
    /// The version of the document that the text was taken from; empty when it has only one.
    pub document_version: String,
    /// The language it was shown in.
    pub language: Language,
    /// When it was shown.
    pub shown_at: Timestamp,
    /// When it was accepted.
    pub acknowledged_at: Timestamp,
    /// Who accepted it, as the partner wrote it down.
    pub acknowledged_by: String,
}

/// One tenant's cover under a master contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// The insured.
    pub tenant_id: TenantId,
    /// The contract it stands under.
    pub master_contract_id: MasterContractId,
    /// The subscription that brought it.
    pub subscription_id: SubscriptionId,
    /// The contract's period: nothing outside it is insured.
    pub contract_period: Period,
    /// Where it stands.
    pub state: CertificateState,
    /// Everything that happened to it, in the order in which we learned of it.
    pub history: Vec<CertificateEntry>,
    /// What the insured was shown and accepted.
    pub acknowledgements: Vec<TermsAcknowledgement>,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// What a certificate is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateDraft {
    /// Its id.
    pub id: CertificateId,
    /// The insured.
    pub tenant_id: TenantId,
    /// The contract it stands under.
    pub master_contract_id: MasterContractId,
    /// The subscription that brought it.
    pub subscription_id: SubscriptionId,
    /// The contract's period.
    pub contract_period: Period,
}

impl Certificate {
    /// A certificate that is not yet in force.
    pub fn issue(draft: CertificateDraft, issued_at: Timestamp) -> Self {
        let CertificateDraft {
            id,
            tenant_id,
            master_contract_id,
            subscription_id,
            contract_period,
        } = draft;
        Self {
            id,
            tenant_id,
            master_contract_id,
            subscription_id,
            contract_period,
            state: CertificateState::NotYetInForce,
            history: Vec::new(),
            acknowledgements: Vec::new(),
            issued_at,
        }
    }

    /// The certificate after a command, and what happened.
    ///
    /// # Errors
    /// As [`CertificateState::step`].
    pub fn step(
        &self,
        command: &CertificateCommand,
        now: Timestamp,
    ) -> Result<(Self, CertificateEvent), Refused> {
        let (state, event) = self.state.step(command)?;
        let mut next = Self { state, ..self.clone() };
        next.history.push(CertificateEntry { recorded_at: now, event: event.clone() });
        Ok((next, event))
    }

    /// Whether a loss at that instant is within the insured time, as known now.
    pub fn in_force_at(&self, at: Timestamp) -> bool {
        self.covers(at, self.history.iter())
    }

    /// Whether a loss at `at` is within the insured time, as known at `known_at`.
    pub fn in_force_as_known(&self, at: Timestamp, known_at: Timestamp) -> bool {
        self.covers(at, self.history.iter().filter(|entry| entry.recorded_at <= known_at))
    }

    /// The insured spans as known now, within the contract's period; the last may be open-ended, in
    /// which case it ends with the contract.
    pub fn insured_spans(&self) -> Vec<Period> {
        spans(self.history.iter())
            .into_iter()
            .filter_map(|(from, until)| {
                let start = from.max(self.contract_period.start());
                let end = until.map_or(self.contract_period.end(), |until| {
                    until.min(self.contract_period.end())
                });
                Period::new(start, end).ok().filter(|span| span.start() < span.end())
            })
            .collect()
    }

    /// The certificate with one more acknowledgement; the same clause of the same document is kept
    /// once, as it was accepted first.
    #[must_use]
    pub fn acknowledged(mut self, acknowledgement: TermsAcknowledgement) -> Self {
        let known = self.acknowledgements.iter().any(|known| {
            known.code == acknowledgement.code
                && known.document_version == acknowledgement.document_version
        });
        if !known {
            self.acknowledgements.push(acknowledgement);
        }
        self
    }

    fn covers<'a>(
        &self,
        at: Timestamp,
        entries: impl Iterator<Item = &'a CertificateEntry>,
    ) -> bool {
        self.contract_period.contains(at)
            && spans(entries)
                .into_iter()
                .any(|(from, until)| from <= at && until.is_none_or(|until| at < until))
    }
}

/// The spans that entries open and close; what comes after an opening is open until it is closed.
fn spans<'a>(
    entries: impl Iterator<Item = &'a CertificateEntry>,
) -> Vec<(Timestamp, Option<Timestamp>)> {
    let mut spans: Vec<(Timestamp, Option<Timestamp>)> = Vec::new();
    for entry in entries {
        match &entry.event {
            CertificateEvent::InForce { from, .. } | CertificateEvent::Reinstated { from, .. } => {
                spans.push((*from, None));
            }
            CertificateEvent::Lapsed { at, .. } | CertificateEvent::Ended { at, .. } => {
                if let Some((_, until @ None)) = spans.last_mut() {
                    *until = Some(*at);
                }
            }
        }
    }
    spans
}

#[cfg(test)]
mod tests;

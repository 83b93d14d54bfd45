//! Quotes: an offer with an end date, kept as an immutable snapshot.
//!
//! What is offered ([`Offer`]) never changes after the quote was issued; only where the quote is in
//! its life does ([`QuoteState`]).

mod discount;
mod funding;
mod lines;
mod payer;

use serde::{Deserialize, Serialize};

pub use discount::{Discount, SchemeCriterion, Taken};
pub use funding::SubsidyEstimate;
pub use lines::{
    AcceptedText, Alternative, BudgetCheck, BudgetVerdict, Line, LineKind, Priced,
    RequiredAcknowledgement, Sums, Totals,
};
pub use payer::{DeclinedPayer, PayerSplit, PayerTerms};

use crate::actor::Actor;
use crate::catalog::profile::CompanyProfile;
use crate::decision::{PackVersion, content_hash};
use crate::id::{DecisionId, MasterContractId, PartnerId, QuoteId, SubscriptionId, TenantId};
use crate::master_contract::{Attachment, CoverTerms};
use crate::problem::Refused;
use crate::reason::Reason;
use crate::service::Service;
use crate::tenant::Licence;
use crate::text::Text;
use crate::time::Timestamp;

/// Where a quote is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum QuoteState {
    /// Can be accepted until it ends.
    Issued,
    /// Became a subscription. Final.
    Accepted {
        /// The subscription.
        subscription_id: SubscriptionId,
        /// Who accepted for the customer, as the partner wrote it down.
        accepted_by: String,
        /// What was read and accepted with it.
        #[serde(default)]
        accepted: Vec<AcceptedText>,
        /// When.
        at: Timestamp,
    },
    /// Was not accepted in time. Final.
    Expired {
        /// When that was noticed.
        at: Timestamp,
    },
    /// Was taken back. Final.
    Withdrawn {
        /// Why.
        because: String,
        /// When.
        at: Timestamp,
    },
}

/// What can be done with a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuoteCommand {
    /// The customer takes it.
    Accept {
        /// The subscription that it becomes.
        subscription_id: SubscriptionId,
        /// Who accepted for the customer, as the partner wrote it down.
        accepted_by: String,
        /// What was read and accepted with it.
        accepted: Vec<AcceptedText>,
    },
    /// The partner takes it back.
    Withdraw {
        /// Why.
        because: String,
    },
    /// Its validity has ended.
    Expire,
}

impl QuoteCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::Withdraw { .. } => "withdraw",
            Self::Expire => "expire",
        }
    }
}

/// What happened to a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum QuoteEvent {
    /// It became a subscription.
    Accepted {
        /// The subscription.
        subscription_id: SubscriptionId,
    },
    /// It was taken back.
    Withdrawn,
    /// It was not accepted in time.
    Expired,
}

impl QuoteEvent {
    /// The topic under which others hear of it.
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "quote.accepted",
            Self::Withdrawn => "quote.withdrawn",
            Self::Expired => "quote.expired",
        }
    }
}

impl QuoteState {
    /// The word in tables and messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Accepted { .. } => "accepted",
            Self::Expired { .. } => "expired",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// The next state and what happened.
    ///
    /// # Errors
    /// [`Reason::QuoteExpired`] for an acceptance at or after `valid_until`, otherwise
    /// [`Reason::QuoteState`]. A quote expires at `valid_until` and not before.
    pub fn step(
        &self,
        command: &QuoteCommand,
        valid_until: Timestamp,
        now: Timestamp,
    ) -> Result<(Self, QuoteEvent), Refused> {
        let refused = |reason| Refused {
            reason,
            subject: "quote",
            state: self.as_str(),
            command: command.as_str(),
        };
        match self {
            Self::Issued => match command {
                QuoteCommand::Accept { .. } if now >= valid_until => {
                    Err(refused(Reason::QuoteExpired))
                }
                QuoteCommand::Accept { subscription_id, accepted_by, accepted } => Ok((
                    Self::Accepted {
                        subscription_id: *subscription_id,
                        accepted_by: accepted_by.clone(),
                        accepted: accepted.clone(),
                        at: now,
                    },
                    QuoteEvent::Accepted { subscription_id: *subscription_id },
                )),
                QuoteCommand::Withdraw { because } => Ok((
                    Self::Withdrawn { because: because.clone(), at: now },
                    QuoteEvent::Withdrawn,
                )),
                QuoteCommand::Expire if now < valid_until => Err(refused(Reason::QuoteState)),
                QuoteCommand::Expire => Ok((Self::Expired { at: now }, QuoteEvent::Expired)),
            },
            Self::Expired { .. } => match command {
                QuoteCommand::Accept { .. } => Err(refused(Reason::QuoteExpired)),
                QuoteCommand::Withdraw { .. } | QuoteCommand::Expire => {
                    Err(refused(Reason::QuoteState))
                }
            },
            Self::Accepted { .. } | Self::Withdrawn { .. } => Err(refused(Reason::QuoteState)),
        }
    }
}

/// A service that is offered or advised, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommended {
    /// 1 is what to do first.
    pub priority: u32,
    /// The service.
    pub service: Service,
    /// Its plan; none when it is only advised for later.
    pub plan: Option<String>,
    /// Why, in plain words.
    pub reason: Text,
    /// Code of the rule that gave it.
    pub code: String,
    /// Whether the customer asked for it.
    pub wished: bool,
    /// Whether it is in this bundle.
    pub in_bundle: bool,
}

/// A service that cannot be offered, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// The service.
    pub service: Service,
    /// Stable code of the reason, such as `EXISTING_WAF_ACTIVE`.
    pub code: String,
    /// Why, and what to do instead.
    pub reason: Text,
    /// The recorded decision behind it.
    pub decision_id: Option<DecisionId>,
}

/// The cover that comes with a bundle, or that was chosen with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverOffer {
    /// How it comes with it.
    pub attachment: Attachment,
    /// The contract that the certificate would stand under.
    pub master_contract_id: MasterContractId,
    /// The contract's code.
    pub contract: String,
    /// What is paid, up to what.
    pub terms: CoverTerms,
    /// How it is sold; none for cover that comes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<CoverChoice>,
}

/// How cover that a customer chooses is sold (任意加入, INS-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverChoice {
    /// The option that it is chosen with.
    pub option: String,
    /// The partner that solicits it.
    pub partner_id: PartnerId,
    /// What customers call that partner.
    pub solicitor: Text,
    /// Its licence, valid on the day of the quote.
    pub licence: Licence,
}

impl CoverOffer {
    /// The code under which the customer consents to cover that was chosen.
    pub fn consent_code(&self) -> String {
        format!("consent.cover.{}", self.contract)
    }
}

/// Everything that is offered: an immutable snapshot with the versions of what it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The bundle, its lines and sums.
    pub priced: Priced,
    /// Why it is offered, in order of priority.
    pub recommended: Vec<Recommended>,
    /// What cannot be offered, and why.
    pub unavailable: Vec<Unavailable>,
    /// Other bundles, for a lower and a higher budget.
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
    /// The cover that comes with it.
    pub cover: Option<CoverOffer>,
    /// The cover that was chosen with it, in the order of the selection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen_covers: Vec<CoverOffer>,
    /// Which criteria of public schemes it meets and which not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compliance: Vec<SchemeCriterion>,
    /// Public money that the customer may get back: for information only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsidies: Vec<SubsidyEstimate>,
    /// The policy versions behind it.
    pub packs: Vec<PackVersion>,
    /// The recorded decisions behind it.
    pub decisions: Vec<DecisionId>,
}

/// An offer with an end date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// Who gets the offer.
    pub tenant_id: TenantId,
    /// Who makes it.
    pub partner_id: PartnerId,
    /// Where it is in its life.
    pub state: QuoteState,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Who made it.
    pub issued_by: Actor,
    /// The first instant at which it can no longer be accepted.
    pub valid_until: Timestamp,
    /// What was known about the company.
    pub profile: CompanyProfile,
    /// What is offered.
    pub offer: Offer,
    /// `sha256:` over the canonical text of the profile and the offer; empty when it was only asked for.
    pub hash: String,
}

/// What a quote is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteDraft {
    /// Its id.
    pub id: QuoteId,
    /// Who gets the offer.
    pub tenant_id: TenantId,
    /// Who makes it.
    pub partner_id: PartnerId,
    /// Who issues it.
    pub issued_by: Actor,
    /// The first instant at which it can no longer be accepted.
    pub valid_until: Timestamp,
    /// What is known about the company.
    pub profile: CompanyProfile,
    /// What is offered.
    pub offer: Offer,
}

/// What the hash of a quote covers.
#[derive(Serialize)]
struct Content<'a> {
    offer: &'a Offer,
    profile: &'a CompanyProfile,
}

impl Quote {
    /// A quote that can be accepted until its end.
    pub fn issue(draft: QuoteDraft, now: Timestamp) -> Self {
        let hash = content_hash(&Content { offer: &draft.offer, profile: &draft.profile });
        Self { hash, ..Self::only_asked(draft, now) }
    }

    /// What a quote would be. It has no hash: nothing is kept that could be compared with it.
    pub fn only_asked(draft: QuoteDraft, now: Timestamp) -> Self {
        let QuoteDraft { id, tenant_id, partner_id, issued_by, valid_until, profile, offer } =
            draft;
        Self {
            id,
            tenant_id,
            partner_id,
            state: QuoteState::Issued,
            issued_at: now,
            issued_by,
            valid_until,
            profile,
            offer,
            hash: String::new(),
        }
    }

    /// The quote after a command, and what happened.
    ///
    /// # Errors
    /// As [`QuoteState::step`].
    pub fn step(
        &self,
        command: &QuoteCommand,
        now: Timestamp,
    ) -> Result<(Self, QuoteEvent), Refused> {
        let (state, event) = self.state.step(command, self.valid_until, now)?;
        Ok((Self { state, ..self.clone() }, event))
    }

    /// When it was accepted, withdrawn or ended.
    pub const fn closed_at(&self) -> Option<Timestamp> {
        match &self.state {
            QuoteState::Issued => None,
            QuoteState::Accepted { at, .. }
            | QuoteState::Expired { at }
            | QuoteState::Withdrawn { at, .. } => Some(*at),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn states() -> Vec<QuoteState> {
        let subscription_id = SubscriptionId::from(Uuid::from_u128(1));
        let at = at("2021-01-10T00:00:00Z");
        vec![
            QuoteState::Issued,
            QuoteState::Accepted {
                subscription_id,
                accepted_by: "社長".to_owned(),
                accepted: Vec::new(),
                at,
            },
            QuoteState::Expired { at },
            QuoteState::Withdrawn { because: String::new(), at },
        ]
    }

    fn commands() -> Vec<QuoteCommand> {
        vec![
            QuoteCommand::Accept {
                subscription_id: SubscriptionId::from(Uuid::from_u128(2)),
                accepted_by: "社長".to_owned(),
                accepted: Vec::new(),
            },
            QuoteCommand::Withdraw { because: "作り直し".to_owned() },
            QuoteCommand::Expire,
        ]
    }

    #[test]
    fn every_state_answers_every_command() {
        let valid_until = at("2021-02-01T00:00:00Z");
        let mut table = String::new();
        for (when, now) in [
            ("before the end", "2021-01-31T23:59:59.999999Z"),
            ("at the end", "2021-02-01T00:00:00Z"),
        ] {
            for state in states() {
                for command in commands() {
                    let answer = match state.step(&command, valid_until, at(now)) {
                        Ok((next, event)) => format!("{} + {}", next.as_str(), event.topic()),
                        Err(refused) => refused.reason.code().to_owned(),
                    };
                    writeln!(
                        table,
                        "{when:<14} | {:<9} | {:<8} | {answer}",
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

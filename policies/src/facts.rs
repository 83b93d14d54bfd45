//! What policies may know: plain structs whose doc comments are the schema that packs are checked
//! against.
//!
//! Every fact may be missing. Missing is neither "no" nor zero: an expression that needs a missing
//! fact is undetermined, unless it asks with `has(…)` or `known(…)` first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tasuki_core::time::Timestamp;

mod alert;
mod bundle;
mod caller;
mod claim;
mod company;
mod order;
mod schema;
mod sponsor;
mod words;

pub use alert::AlertFacts;
pub use bundle::BundleFacts;
pub use caller::CallerFacts;
pub use claim::ClaimFacts;
pub use company::CompanyFacts;
pub use order::OrderFacts;
pub use schema::{FactSchema, FactType, RootSchema};
pub use sponsor::SponsorFacts;
pub use words::{
    AlertKind, Consent, DnsControl, EdrVerdict, LossPart, MaintainerCooperation, ParseWordError,
    Rung, Severity, Verdict, WafState,
};

pub(crate) use schema::FactRoot;

use crate::value::Value;

/// The facts of one question, frozen: what a decision record keeps and a replay reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactSet {
    /// The present, as far as the question is concerned. Expressions know it as `now`.
    pub now: Timestamp,
    /// About the company that asks or is insured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyFacts>,
    /// About an alert, or the incident that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertFacts>,
    /// About a loss that was notified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimFacts>,
    /// About a bundle that is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleFacts>,
    /// About what is about to be ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderFacts>,
    /// About whoever makes a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<CallerFacts>,
    /// About somebody who would pay a share of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sponsor: Option<SponsorFacts>,
    /// Since when, or at which time, a fact was known to hold, by its path: `company.has_utm`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub as_of: BTreeMap<String, Timestamp>,
}

impl FactSet {
    /// No facts but the present.
    pub const fn at(now: Timestamp) -> Self {
        Self {
            now,
            company: None,
            alert: None,
            claim: None,
            bundle: None,
            order: None,
            caller: None,
            sponsor: None,
            as_of: BTreeMap::new(),
        }
    }

    /// Adds what is known about the company.
    #[must_use]
    pub fn with_company(mut self, facts: CompanyFacts) -> Self {
        self.company = Some(facts);
        self
    }

    /// Adds what is known about the alert.
    #[must_use]
    pub fn with_alert(mut self, facts: AlertFacts) -> Self {
        self.alert = Some(facts);
        self
    }

    /// Adds what is known about the loss.
    #[must_use]
    pub fn with_claim(mut self, facts: ClaimFacts) -> Self {
        self.claim = Some(facts);
        self
    }

    /// Adds what is known about the bundle.
    #[must_use]
    pub fn with_bundle(mut self, facts: BundleFacts) -> Self {
        self.bundle = Some(facts);
        self
    }

    /// Adds what is known about the order.
    #[must_use]
    pub fn with_order(mut self, facts: OrderFacts) -> Self {
        self.order = Some(facts);
        self
    }

    /// Adds what is known about the caller.
    #[must_use]
    pub fn with_caller(mut self, facts: CallerFacts) -> Self {
        self.caller = Some(facts);
        self
    }

    /// Adds what is known about the sponsor.
    #[must_use]
    pub fn with_sponsor(mut self, facts: SponsorFacts) -> Self {
        self.sponsor = Some(facts);
        self
    }

    /// Notes at which time a fact was known to hold.
    #[must_use]
    pub fn known_at(mut self, path: impl Into<String>, at: Timestamp) -> Self {
        self.as_of.insert(path.into(), at);
        self
    }

    /// The facts as a decision record freezes them.
    ///
    /// # Errors
    /// Never for facts of this crate; the signature is that of the JSON writer.
    pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    /// Frozen facts, read again.
    ///
    /// # Errors
    /// When a field is unknown or has another type.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(json)
    }

    /// Puts a value in the place of one fact, by its path, such as `claim.bypass_active`; `null` makes it missing.
    ///
    /// # Errors
    /// When there is no such fact, or the value is not of its type.
    pub fn suppose(&mut self, path: &str, json: &serde_json::Value) -> Result<(), SupposeError> {
        let unknown = || SupposeError::Unknown { path: path.to_owned() };
        let (name, field) = path.split_once('.').ok_or_else(unknown)?;
        let root = Root::named(name).ok_or_else(unknown)?;
        let fields = root.schema().map_or(&[][..], |schema| schema.fields);
        let at = fields.iter().position(|of| of.name == field).ok_or_else(unknown)?;
        let written = match root {
            // Invariant: it has no fields, so that none was found.
            Root::Now => Ok(()),
            Root::Company => self.company.get_or_insert_default().write(at, json),
            Root::Alert => self.alert.get_or_insert_default().write(at, json),
            Root::Claim => self.claim.get_or_insert_default().write(at, json),
            Root::Bundle => self.bundle.get_or_insert_default().write(at, json),
            Root::Order => self.order.get_or_insert_default().write(at, json),
            Root::Caller => self.caller.get_or_insert_default().write(at, json),
            Root::Sponsor => self.sponsor.get_or_insert_default().write(at, json),
        };
        written
            .map_err(|error| SupposeError::Type { path: path.to_owned(), cause: error.to_string() })
    }

    /// A fact's value; nothing when it is missing.
    pub(crate) fn read(&self, fact: &FactPath) -> Option<Value> {
        match fact.root {
            Root::Now => Some(Value::Timestamp(self.now)),
            Root::Company => self.company.as_ref()?.read(fact.field),
            Root::Alert => self.alert.as_ref()?.read(fact.field),
            Root::Claim => self.claim.as_ref()?.read(fact.field),
            Root::Bundle => self.bundle.as_ref()?.read(fact.field),
            Root::Order => self.order.as_ref()?.read(fact.field),
            Root::Caller => self.caller.as_ref()?.read(fact.field),
            Root::Sponsor => self.sponsor.as_ref()?.read(fact.field),
        }
    }
}

/// A value cannot stand in the place of a fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SupposeError {
    /// There is no such fact.
    #[error("there is no fact `{path}`")]
    Unknown {
        /// Its path as it was given.
        path: String,
    },
    /// The value is not of its type.
    #[error("`{path}`: {cause}")]
    Type {
        /// The fact.
        path: String,
        /// What is wrong with the value.
        cause: String,
    },
}

/// The structs that packs may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Root {
    Now,
    Company,
    Alert,
    Claim,
    Bundle,
    Order,
    Caller,
    Sponsor,
}

impl Root {
    /// Those that a pack names under `facts`.
    pub(crate) const DECLARED: [Self; 7] = [
        Self::Company,
        Self::Alert,
        Self::Claim,
        Self::Bundle,
        Self::Order,
        Self::Caller,
        Self::Sponsor,
    ];

    /// Its schema; the present has none.
    pub(crate) const fn schema(self) -> Option<&'static RootSchema> {
        match self {
            Self::Now => None,
            Self::Company => Some(CompanyFacts::SCHEMA),
            Self::Alert => Some(AlertFacts::SCHEMA),
            Self::Claim => Some(ClaimFacts::SCHEMA),
            Self::Bundle => Some(BundleFacts::SCHEMA),
            Self::Order => Some(OrderFacts::SCHEMA),
            Self::Caller => Some(CallerFacts::SCHEMA),
            Self::Sponsor => Some(SponsorFacts::SCHEMA),
        }
    }

    /// The root of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::DECLARED
            .into_iter()
            .find(|root| root.schema().is_some_and(|schema| schema.name == name))
    }
}

/// A fact that a pack reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FactPath {
    pub(crate) root: Root,
    pub(crate) field: usize,
    /// As it is written: `company.has_utm`.
    pub(crate) path: String,
    /// What readers call it.
    pub(crate) label_ja: &'static str,
    /// What readers call it.
    pub(crate) label_en: &'static str,
}

/// The schemas of everything that packs may declare, for editors and documents.
pub fn schemas() -> impl Iterator<Item = &'static RootSchema> {
    Root::DECLARED.into_iter().filter_map(Root::schema)
}

//! Versions of a contract: each endorsement gives new terms from an instant on.
//!
//! Two times count. A loss is judged by the terms that hold when it happens; and a question about
//! what was known earlier leaves out what was recorded later.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{MasterContract, check};
use crate::actor::Actor;
use crate::master_contract::terms::CoverTerms;
use crate::problem::Violation;
use crate::text::Text;
use crate::time::{Period, Timestamp};

/// One version of a contract's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsVersion {
    /// Its number, from 1.
    pub version: u32,
    /// From when on it holds: losses before are judged by the version before.
    pub effective_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it; none for the first, which came with the contract.
    pub recorded_by: Option<Actor>,
    /// What it changes, for people.
    pub summary: Text,
    /// What the contract promises from then on.
    pub terms: CoverTerms,
    /// Whether the contract ends with it.
    pub cancels: bool,
}

/// A change of a contract that is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndorsementDraft {
    /// From when on it holds.
    pub effective_at: Timestamp,
    /// The new terms, whole; none when it only ends the contract.
    pub terms: Option<CoverTerms>,
    /// Whether the contract ends then.
    pub cancels: bool,
    /// What it changes, for people.
    pub summary: Text,
    /// Who records it.
    pub by: Actor,
}

impl MasterContract {
    /// The contract with a change, as it is recorded from now on.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn endorse(&self, draft: EndorsementDraft, now: Timestamp) -> Result<Self, Vec<Violation>> {
        let mut found = draft.terms.as_ref().map(check::violations).unwrap_or_default();
        let mut add = |field: &str, description: &str| {
            let (field, description) = (field.to_owned(), description.to_owned());
            found.push(Violation { field, description });
        };
        let (start, end) = (self.in_force.start(), self.in_force.end());
        if draft.effective_at < start || draft.effective_at >= end {
            add("effective_at", "must lie within the period of the contract, before it ends");
        }
        if draft.cancels && draft.effective_at == start {
            add(
                "effective_at",
                "a contract that never was in force is not cancelled: end it later",
            );
        }
        if draft.terms.is_none() && !draft.cancels {
            add("terms", "are needed, unless the contract ends");
        }
        if draft.summary.ja.trim().is_empty() || draft.summary.en.trim().is_empty() {
            add("summary", "is needed in Japanese and English");
        }
        if self.versions.iter().any(|version| version.cancels) {
            add("master_contract_id", "the contract is cancelled: nothing changes any more");
        }
        if !found.is_empty() {
            return Err(found);
        }
        let mut next = self.clone();
        if next.versions.is_empty() {
            next.versions.push(self.first_version());
        }
        let terms = draft.terms.unwrap_or_else(|| self.held_at(draft.effective_at, now).terms);
        next.version = self.versions.last().map_or(1, |last| last.version).saturating_add(1);
        next.versions.push(TermsVersion {
            version: next.version,
            effective_at: draft.effective_at,
            recorded_at: now,
            recorded_by: Some(draft.by),
            summary: draft.summary,
            terms: terms.clone(),
            cancels: draft.cancels,
        });
        next.terms = terms;
        next.in_force = next.in_force_as_known(now);
        Ok(next)
    }

    /// The terms that hold at an instant, as far as is known by now.
    pub fn terms_at(&self, at: Timestamp) -> &CoverTerms {
        let held = self.versions.iter().rev().find(|version| version.effective_at <= at);
        held.or_else(|| self.versions.first()).map_or(&self.terms, |version| &version.terms)
    }

    /// As [`MasterContract::held_at`], without a copy of a contract that was never changed.
    pub fn as_held_at(&self, at: Timestamp, known_at: Timestamp) -> Cow<'_, Self> {
        if self.versions.is_empty() {
            Cow::Borrowed(self)
        } else {
            Cow::Owned(self.held_at(at, known_at))
        }
    }

    /// The contract as it holds at an instant, as far as was known at another: with the terms, the
    /// version and the end that hold then.
    #[must_use]
    pub fn held_at(&self, at: Timestamp, known_at: Timestamp) -> Self {
        let known = || self.versions.iter().filter(|version| version.recorded_at <= known_at);
        let held = known().rev().find(|version| version.effective_at <= at);
        // Before anything was known there was the contract as it was first recorded.
        let Some(held) = held.or_else(|| self.versions.first()) else { return self.clone() };
        Self {
            terms: held.terms.clone(),
            version: held.version,
            in_force: self.in_force_as_known(known_at),
            ..self.clone()
        }
    }

    /// The contract with the terms of one of its versions; as it is when it has no such version.
    #[must_use]
    pub fn at_version(&self, version: u32) -> Self {
        match self.versions.iter().find(|known| known.version == version) {
            Some(held) => Self { terms: held.terms.clone(), version, ..self.clone() },
            None => self.clone(),
        }
    }

    fn first_version(&self) -> TermsVersion {
        TermsVersion {
            version: 1,
            effective_at: self.in_force.start(),
            recorded_at: self.created_at,
            recorded_by: None,
            summary: Text::new("契約の開始", "The contract as it began"),
            terms: self.terms.clone(),
            cancels: false,
        }
    }

    /// The instants of its period as known at a time: up to a cancellation that was known then.
    fn in_force_as_known(&self, known_at: Timestamp) -> Period {
        let whole = self.period.instants().unwrap_or(self.in_force);
        let mut known = self.versions.iter().filter(|version| version.recorded_at <= known_at);
        known
            .find(|version| version.cancels)
            .and_then(|version| Period::new(whole.start(), version.effective_at).ok())
            .unwrap_or(whole)
    }
}

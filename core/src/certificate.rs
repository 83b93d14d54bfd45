//! Certificates: one tenant's cover under a master contract.
//!
//! A certificate is issued when a quote is accepted, comes into force when evidence says that the
//! services run, and ends with them. What it answers is effective-dated: whether it was in force at
//! an instant, as known now or as known at an earlier time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{CertificateId, ItemId, MasterContractId, PartnerId, SubscriptionId, TenantId};
use crate::master_contract::Acknowledgement;
use crate::problem::Refused;
use crate::service::Service;
use crate::time::{Period, Timestamp};

pub use self::life::{CertificateCommand, CertificateEvent, CertificateState, Evidence, Stop};

mod life;

/// What happened, and when we learned of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateEntry {
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What happened.
    pub event: CertificateEvent,
}

/// A service that carries cover. Cover starts only from active, with evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredItem {
    /// The provisioning item.
    pub item_id: ItemId,
    /// Its service.
    pub service: Service,
    /// From this instant on it carries cover.
    pub starts_at: Timestamp,
    /// From this instant on it does not any more.
    pub ends_at: Option<Timestamp>,
    /// What shows that it was active.
    pub evidence: Evidence,
}

impl CoveredItem {
    /// Whether it carried cover at an instant.
    pub fn carries_at(&self, at: Timestamp) -> bool {
        self.starts_at <= at && self.ends_at.is_none_or(|end| at < end)
    }
}

/// A span of time in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSpan {
    /// What the certificate was: in force, lapsed, ended.
    pub event: CertificateEvent,
    /// Its first instant.
    pub starts_at: Timestamp,
    /// The first instant after it; none when it is still so.
    pub ends_at: Option<Timestamp>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// One tenant's cover under a master contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// The insured.
    pub tenant_id: TenantId,
    /// The number printed on it; runs under the contract without gaps.
    pub number: String,
    /// The contract it stands under.
    pub master_contract_id: MasterContractId,
    /// The subscription that brought it.
    pub subscription_id: SubscriptionId,
    /// The contract's period: nothing outside it is insured.
    pub contract_period: Period,
    /// Where it stands.
    pub state: CertificateState,
    /// The services that carry it, in the order in which they came.
    pub items: Vec<CoveredItem>,
    /// Everything that happened to it, in the order in which we learned of it.
    pub history: Vec<CertificateEntry>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When we learned of each item that began or ended to carry it; what is not in here was known from
    /// the beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub item_log: Vec<ItemEntry>,
    /// How optional cover was sold; none for cover that comes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solicitation: Option<Solicitation>,
    /// The only items that can carry it: those it was chosen with. Empty for all of the subscription.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carriers: Vec<ItemId>,
}

/// That an item began or ended to carry a certificate, and when we learned of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemEntry {
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The item.
    pub item_id: ItemId,
    /// Its first instant without cover; none for its beginning.
    pub ends_at: Option<Timestamp>,
}

/// How optional cover was sold (INS-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solicitation {
    /// Who solicited it.
    pub partner_id: PartnerId,
    /// The number of its licence, valid then.
    pub licence_number: String,
    /// The customer's consent.
    pub consent: Acknowledgement,
}

/// What a certificate is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateDraft {
    /// Its id.
    pub id: CertificateId,
    /// The insured.
    pub tenant_id: TenantId,
    /// The number printed on it.
    pub number: String,
    /// The contract it stands under.
    pub master_contract_id: MasterContractId,
    /// The subscription that brought it.
    pub subscription_id: SubscriptionId,
    /// The contract's period.
    pub contract_period: Period,
}

/// A certificate after a change, and what happened to it, if anything did.
pub type Changed = (Certificate, Option<CertificateEvent>);

impl Certificate {
    /// A certificate that is not yet in force.
    pub fn issue(draft: CertificateDraft, issued_at: Timestamp) -> Self {
        let CertificateDraft {
            id,
            tenant_id,
            number,
            master_contract_id,
            subscription_id,
            contract_period,
        } = draft;
        Self {
            id,
            tenant_id,
            number,
            master_contract_id,
            subscription_id,
            contract_period,
            state: CertificateState::NotYetInForce,
            items: Vec::new(),
            history: Vec::new(),
            issued_at,
            item_log: Vec::new(),
            solicitation: None,
            carriers: Vec::new(),
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
        if let CertificateEvent::Ended { at, .. } = &event {
            for item in &mut next.items {
                let ends_at = Some(item.ends_at.map_or(*at, |end| end.min(*at)));
                if item.ends_at != ends_at {
                    item.ends_at = ends_at;
                    let item_id = item.item_id;
                    next.item_log.push(ItemEntry { recorded_at: now, item_id, ends_at });
                }
            }
        }
        next.history.push(CertificateEntry { recorded_at: now, event: event.clone() });
        Ok((next, event))
    }

    /// A service runs, with evidence: it carries the cover from now on. The first one puts the
    /// certificate in force, one after a gap reinstates it. A repeat for the same item changes
    /// nothing, and neither does a service that cannot carry it.
    ///
    /// # Errors
    /// `CERTIFICATE_STATE` if the certificate has ended.
    pub fn carry(&self, item: CoveredItem, now: Timestamp) -> Result<Changed, Refused> {
        let runs = |known: &CoveredItem| known.item_id == item.item_id && known.ends_at.is_none();
        let cannot = !self.carriers.is_empty() && !self.carriers.contains(&item.item_id);
        if cannot || self.items.iter().any(runs) {
            return Ok((self.clone(), None));
        }
        let (from, evidence) = (item.starts_at, item.evidence.clone());
        let (mut next, event) = match &self.state {
            CertificateState::InForce { .. } => (self.clone(), None),
            CertificateState::NotYetInForce | CertificateState::Ended { .. } => {
                let command = CertificateCommand::PutInForce { from, evidence };
                self.step(&command, now).map(|(next, event)| (next, Some(event)))?
            }
            CertificateState::Lapsed { .. } => {
                let command = CertificateCommand::Reinstate { from, evidence };
                self.step(&command, now).map(|(next, event)| (next, Some(event)))?
            }
        };
        let item_id = item.item_id;
        next.item_log.push(ItemEntry { recorded_at: now, item_id, ends_at: None });
        next.items.push(item);
        Ok((next, event))
    }

    /// A service no longer runs: it carries no cover from `at` on. When it was the last one, the
    /// certificate lapses until another runs. An item that carries nothing changes nothing.
    ///
    /// # Errors
    /// Never in practice: what is in force can lapse.
    pub fn drop_item(
        &self,
        item_id: ItemId,
        (at, because): (Timestamp, Stop),
        now: Timestamp,
    ) -> Result<Changed, Refused> {
        let mut next = self.clone();
        let carried =
            next.items.iter_mut().find(|item| item.item_id == item_id && item.ends_at.is_none());
        let Some(carried) = carried else { return Ok((next, None)) };
        let ends_at = Some(at.max(carried.starts_at));
        carried.ends_at = ends_at;
        next.item_log.push(ItemEntry { recorded_at: now, item_id, ends_at });
        if next.items.iter().any(|item| item.ends_at.is_none()) {
            return Ok((next, None));
        }
        match &next.state {
            CertificateState::InForce { .. } => {
                let command = CertificateCommand::Lapse { at, because };
                next.step(&command, now).map(|(next, event)| (next, Some(event)))
            }
            CertificateState::NotYetInForce
            | CertificateState::Lapsed { .. }
            | CertificateState::Ended { .. } => Ok((next, None)),
        }
    }

    /// The services that carry it, as known at a time: one that was recorded later is not there yet, and
    /// an end that was recorded later is not known yet.
    pub fn items_as_known(&self, known_at: Timestamp) -> Vec<CoveredItem> {
        let mut n_begun: BTreeMap<ItemId, usize> = BTreeMap::new();
        let mut known = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let log = self.item_log.iter().filter(|entry| entry.item_id == item.item_id);
            // One item may carry it several times: its nth time begins with its nth beginning.
            let nth = n_begun.entry(item.item_id).or_default();
            let mut of_item = log.skip_while({
                let mut to_pass = *nth;
                move |entry| {
                    if entry.ends_at.is_none() && to_pass > 0 {
                        to_pass -= 1;
                        return true;
                    }
                    entry.ends_at.is_some()
                }
            });
            *nth = nth.saturating_add(1);
            let Some(begins) = of_item.next() else {
                known.push(item.clone());
                continue;
            };
            if begins.recorded_at > known_at {
                continue;
            }
            let ends = of_item.take_while(|entry| entry.ends_at.is_some());
            let known_end = ends.filter(|entry| entry.recorded_at <= known_at).last();
            let ends_at = known_end.and_then(|entry| entry.ends_at);
            known.push(CoveredItem { ends_at, ..item.clone() });
        }
        known
    }

    /// The certificate without what was recorded after a time; none when it was issued later. Its state is
    /// that of now: what it was then is in [`Certificate::spans_as_known`].
    pub fn as_known(&self, known_at: Timestamp) -> Option<Self> {
        (self.issued_at <= known_at).then(|| {
            let mut known = Self { items: self.items_as_known(known_at), ..self.clone() };
            known.history.retain(|entry| entry.recorded_at <= known_at);
            known.item_log.retain(|entry| entry.recorded_at <= known_at);
            known
        })
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
        insured(self.history.iter())
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

    /// What it was when, as known at a time, in order and without gaps.
    pub fn spans_as_known(&self, known_at: Timestamp) -> Vec<CertificateSpan> {
        let mut spans: Vec<CertificateSpan> = Vec::new();
        for entry in self.history.iter().filter(|entry| entry.recorded_at <= known_at) {
            let starts_at = entry.event.at();
            if let Some(last) = spans.last_mut() {
                last.ends_at = Some(starts_at);
            }
            spans.push(CertificateSpan {
                event: entry.event.clone(),
                starts_at,
                ends_at: None,
                recorded_at: entry.recorded_at,
            });
        }
        spans
    }

    fn covers<'a>(
        &self,
        at: Timestamp,
        entries: impl Iterator<Item = &'a CertificateEntry>,
    ) -> bool {
        self.contract_period.contains(at)
            && insured(entries)
                .into_iter()
                .any(|(from, until)| from <= at && until.is_none_or(|until| at < until))
    }
}

/// The spans that entries open and close; what comes after an opening is open until it is closed.
fn insured<'a>(
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

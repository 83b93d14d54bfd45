//! Settlements (精算): the monthly balance with a provider, a partner or an insurer.
//!
//! What is settled never changes once it was drawn up; whoever drew it up does not approve it.

use serde::{Deserialize, Serialize};

pub use state::{Approval, Remittance, SettlementCommand, SettlementEvent, SettlementState};

use crate::actor::Actor;
use crate::catalog::price::{TaxMode, TaxTotal};
use crate::catalog::quantity::Quantity;
use crate::decision::content_hash;
use crate::id::{InsurerId, PartnerId, ProviderId, SettlementId, TenantId};
use crate::money::{Money, MoneyError};
use crate::problem::Refused;
use crate::rate::Rate;
use crate::text::Text;
use crate::time::{Month, Timestamp};

pub mod accumulation;
pub mod bordereau;
mod csv;
pub mod exposure;
mod state;
mod table;

/// With whom is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Counterpart {
    /// A provider: fees for services run.
    Provider(ProviderId),
    /// A partner: commission on what it sold.
    Partner(PartnerId),
    /// An insurer: premiums.
    Insurer(InsurerId),
}

impl Counterpart {
    /// The word for its kind in tables.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Provider(_) => "provider",
            Self::Partner(_) => "partner",
            Self::Insurer(_) => "insurer",
        }
    }

    /// Its id in text form.
    pub fn id_text(&self) -> String {
        match self {
            Self::Provider(id) => id.to_string(),
            Self::Partner(id) => id.to_string(),
            Self::Insurer(id) => id.to_string(),
        }
    }
}

/// One row of a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementLine {
    /// What it is for: `provider_fee.utm`, `commission`, `premium`.
    pub code: String,
    /// The same in words.
    pub label: Text,
    /// The tenant it is about.
    pub tenant_id: TenantId,
    /// The tenant's name, by which rows are ordered.
    pub tenant_name: String,
    /// What it is about, by id: an invoice, a credit note, a certificate.
    pub subject: String,
    /// Its number, by which rows of a tenant are ordered.
    pub subject_number: String,
    /// How many.
    pub quantity: Quantity,
    /// The amount a share is taken of; none for fixed amounts.
    pub basis: Option<Money>,
    /// The share; none for fixed amounts.
    pub rate: Option<Rate>,
    /// The amount; positive when we pay.
    pub amount: Money,
    /// How the amount relates to tax.
    pub tax_mode: TaxMode,
    /// Rate of tax; nothing when exempt or out of scope.
    pub tax_rate: Rate,
    /// How the amount was found; none when it is plain.
    pub note: Option<Text>,
}

/// The monthly balance with a provider, a partner or an insurer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Its id.
    pub id: SettlementId,
    /// The month.
    pub month: Month,
    /// With whom.
    pub counterpart: Counterpart,
    /// What it is called.
    pub counterpart_name: String,
    /// Where it is in its life.
    pub state: SettlementState,
    /// The rows: by code, then tenant, then number.
    pub lines: Vec<SettlementLine>,
    /// Sums and tax by rate.
    pub tax_totals: Vec<TaxTotal>,
    /// Sum without tax; positive when we pay, negative when the counterpart pays.
    pub net: Money,
    /// Sum of the tax.
    pub tax: Money,
    /// Sum with tax.
    pub gross: Money,
    /// When it was drawn up.
    pub drafted_at: Timestamp,
    /// Who asked for it.
    pub drafted_by: Actor,
    /// `sha256:` over the canonical text of its rows and totals.
    pub hash: String,
}

/// What a settlement is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementDraft {
    /// Its id.
    pub id: SettlementId,
    /// The month.
    pub month: Month,
    /// With whom.
    pub counterpart: Counterpart,
    /// What it is called.
    pub counterpart_name: String,
    /// The rows, in any order.
    pub lines: Vec<SettlementLine>,
    /// Sums and tax by rate.
    pub tax_totals: Vec<TaxTotal>,
    /// Who asks for it.
    pub drafted_by: Actor,
}

impl Settlement {
    /// A settlement that waits for approval.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn draft(draft: SettlementDraft, now: Timestamp) -> Result<Self, MoneyError> {
        let mut lines = draft.lines;
        lines.sort_by_cached_key(|line| {
            let SettlementLine { code, tenant_name, subject_number, subject, .. } = line.clone();
            (code, tenant_name, line.tenant_id, subject_number, subject)
        });
        let tax_totals = draft.tax_totals;
        let hash = content_hash(&serde_json::json!({
            "month": draft.month,
            "counterpart": draft.counterpart,
            "lines": lines,
            "tax_totals": tax_totals,
        }));
        let sum = |part: fn(&TaxTotal) -> Money| Money::total(tax_totals.iter().map(part));
        let (net, tax) = (sum(|total| total.net)?, sum(|total| total.tax)?);
        let gross = sum(|total| total.gross)?;
        Ok(Self {
            id: draft.id,
            month: draft.month,
            counterpart: draft.counterpart,
            counterpart_name: draft.counterpart_name,
            state: SettlementState::Draft,
            lines,
            tax_totals,
            net,
            tax,
            gross,
            drafted_at: now,
            drafted_by: draft.drafted_by,
            hash,
        })
    }

    /// The settlement after a command, and what happened.
    ///
    /// # Errors
    /// As [`SettlementState::step`].
    pub fn step(
        &self,
        command: &SettlementCommand,
        now: Timestamp,
    ) -> Result<(Self, SettlementEvent), Refused> {
        let (state, event) = self.state.step(command, &self.drafted_by, now)?;
        Ok((Self { state, ..self.clone() }, event))
    }
}

#[cfg(test)]
mod tests;

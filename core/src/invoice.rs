//! Qualified invoices (適格請求書): who issues it, when, for what, sums and tax by rate, and who
//! receives it.
//!
//! What is charged ([`InvoiceContent`]) never changes once the invoice has its number; only where it
//! is in its life does ([`InvoiceState`]), and what was given back of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use content::{ContentError, ContentParts, InvoiceContent, Issuer, Payer};
pub use due::{DueError, due_on};
pub use line::{InvoiceLine, nets};
pub use state::{Balance, InvoiceCommand, InvoiceEvent, InvoiceState, Issued};

use crate::catalog::price::TaxTotal;
use crate::decision::content_hash;
use crate::id::{CreditNoteId, InvoiceId, PaymentId, SubscriptionId, TenantId};
use crate::money::Money;
use crate::problem::Refused;
use crate::time::{CivilDate, Timestamp};

mod content;
mod due;
mod line;
mod state;

/// An invoice of one subscription, one payer and one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// Whose invoice it is.
    pub tenant_id: TenantId,
    /// What it charges for.
    pub subscription_id: SubscriptionId,
    /// What is charged.
    pub content: InvoiceContent,
    /// Where it is in its life.
    pub state: InvoiceState,
    /// What was given back of each row so far, by the number of the row, in its tax mode.
    pub returned: BTreeMap<u32, Money>,
    /// Sums and tax of what was not given back.
    pub left: Vec<TaxTotal>,
    /// Its credit notes, in the order in which they were issued.
    pub credit_note_ids: Vec<CreditNoteId>,
    /// Payments set against it, in the order in which they were recorded.
    pub payment_ids: Vec<PaymentId>,
}

/// The days of an invoice that is to be final, and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Its number, such as `2021-000123`.
    pub number: String,
    /// The day of issue.
    pub issued_on: CivilDate,
    /// The day it is to be paid by.
    pub due_on: CivilDate,
}

impl Invoice {
    /// An invoice without a number.
    pub fn draft(
        id: InvoiceId,
        tenant_id: TenantId,
        subscription_id: SubscriptionId,
        content: InvoiceContent,
    ) -> Self {
        let left = content.tax_totals.clone();
        Self {
            id,
            tenant_id,
            subscription_id,
            content,
            state: InvoiceState::Draft,
            returned: BTreeMap::new(),
            left,
            credit_note_ids: Vec::new(),
            payment_ids: Vec::new(),
        }
    }

    /// The invoice with its number; it never changes again.
    ///
    /// # Errors
    /// As [`InvoiceState::step`].
    pub fn finalize(
        &self,
        numbered: Numbered,
        now: Timestamp,
    ) -> Result<(Self, InvoiceEvent), Refused> {
        let Numbered { number, issued_on, due_on } = numbered;
        let hash = content_hash(&serde_json::json!({
            "number": number,
            "issued_on": issued_on,
            "due_on": due_on,
            "content": self.content,
        }));
        let issued = Issued { number, issued_on, due_on, finalized_at: now, hash };
        let gross = self.content.gross;
        self.step(&InvoiceCommand::Finalize { issued, gross }, now)
    }

    /// The invoice with a part of a payment set against it.
    ///
    /// # Errors
    /// As [`InvoiceState::step`].
    pub fn record_payment(
        &self,
        payment: PaymentId,
        amount: Money,
        now: Timestamp,
    ) -> Result<(Self, InvoiceEvent), Refused> {
        let (mut next, event) = self.step(&InvoiceCommand::RecordPayment { amount }, now)?;
        next.payment_ids.push(payment);
        Ok((next, event))
    }

    /// The invoice after a command, and what happened.
    ///
    /// # Errors
    /// As [`InvoiceState::step`].
    pub fn step(
        &self,
        command: &InvoiceCommand,
        now: Timestamp,
    ) -> Result<(Self, InvoiceEvent), Refused> {
        let (state, event) = self.state.step(command, now)?;
        Ok((Self { state, ..self.clone() }, event))
    }

    /// What is left of a row after what was given back, in its tax mode; none if there is no such
    /// row.
    pub fn left_of(&self, number: u32) -> Option<Money> {
        let line = self.content.lines.iter().find(|line| line.number == number)?;
        let returned = self.returned.get(&number).copied().unwrap_or(line.amount.zero());
        line.amount.minus(returned).ok()
    }

    /// Sum with tax, what was given back and what was paid so far.
    pub fn balance(&self) -> Balance {
        self.state.balance().copied().unwrap_or_else(|| Balance::untouched(self.content.gross))
    }
}

#[cfg(test)]
pub(crate) mod tests;

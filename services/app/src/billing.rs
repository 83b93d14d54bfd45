//! Month ends, invoices, payments, credit notes; settlements, bordereaux and what the scheme earns.
//!
//! See `billing/README.md` for what this folder owns and its invariants.

mod approve_settlement;
mod balance;
mod books;
mod bordereau;
mod charges;
mod close_month;
mod closing;
mod exposures;
mod giving_back;
mod issue_credit_note;
mod late;
mod late_usage;
mod margin;
mod mark_past_due;
mod past;
mod payers;
mod preview_invoice;
mod project_premium;
mod read_invoices;
mod read_settlements;
mod record_payment;
mod recorded_losses;
mod schedule;
mod settle_month;
mod shares;
mod simulate_scheme;

pub use approve_settlement::{
    RemittanceRecord, SettlementChange, approve_settlement, close_settlement, record_remittance,
};
pub use balance::{Balance, get_balance};
pub use bordereau::get_bordereau;
pub(crate) use charges::{Metered, as_known, metered};
pub use close_month::{close_due_month, close_month};
pub use exposures::{AccumulationAsk, AccumulationView, export_exposure, list_accumulations};
pub use giving_back::preview_given_back;
pub use issue_credit_note::{Credited, IssueCreditNote, issue_credit_note};
pub use margin::{Margin, MarginAsk, Margins, get_margin};
pub use mark_past_due::mark_past_due;
pub use preview_invoice::{Preview, preview_invoice};
pub use project_premium::{ProjectPremium, ProjectedPremium, ProjectedYear, project_premium};
pub use read_invoices::{
    CreditNoteList, InvoiceList, PaymentList, get_credit_note, get_invoice, list_credit_notes,
    list_invoices, list_payments,
};
pub use read_settlements::{SettlementList, get_settlement, list_settlements};
pub use record_payment::{RecordPayment, record_payment};
pub use recorded_losses::{RecordedBook, recorded_losses};
pub use schedule::{CLOSE_MONTH, MARK_PAST_DUE, MonthDue, PaymentDue, first_close};
pub use settle_month::settle_month;
pub use simulate_scheme::{LossAsk, SimulateScheme, simulate_scheme};

use serde::{Deserialize, Serialize};
use tasuki_core::invoice::Invoice;
use tasuki_core::settlement::Settlement;
use tasuki_store::{invoices, settlements};

/// An invoice as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// The invoice.
    pub invoice: Invoice,
    /// Version of the record.
    pub version: i64,
}

impl From<invoices::Stored> for InvoiceView {
    fn from(stored: invoices::Stored) -> Self {
        Self { invoice: stored.invoice, version: stored.version }
    }
}

/// A settlement as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementView {
    /// The settlement.
    pub settlement: Settlement,
    /// Version of the record.
    pub version: i64,
}

impl From<settlements::Stored> for SettlementView {
    fn from(stored: settlements::Stored) -> Self {
        Self { settlement: stored.settlement, version: stored.version }
    }
}

/// Whether a call does something or only says what it would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does it.
    Store,
    /// It says what would happen; nothing is stored.
    OnlySay,
}

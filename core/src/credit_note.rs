//! Credit notes (返還インボイス): what is given back of an invoice.
//!
//! An invoice that is given back in several notes is given back to the yen: the tax of a note is
//! what the tax on the rest of the invoice falls by, so that the notes together never exceed it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog::price::TaxTotal;
use crate::catalog::quantity::Quantity;
use crate::id::{CreditNoteId, InvoiceId, SubscriptionId, TenantId};
use crate::invoice::{Invoice, InvoiceCommand, InvoiceEvent, InvoiceLine, Issuer, Payer};
use crate::money::{Money, MoneyError, Rounding};
use crate::problem::{Problem, Refused};
use crate::rate::Rate;
use crate::reason::Reason;
use crate::time::{CivilDate, Month, Timestamp};

/// What is to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Everything that is left.
    Everything,
    /// These rows.
    Lines(Vec<AskedLine>),
    /// An amount in the tax modes of the rows, handed out over what is left of them by largest
    /// remainder.
    Amount(Money),
}

/// A row that is to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedLine {
    /// The row of the invoice, from 1.
    pub number: u32,
    /// How much of it is given back.
    pub part: AskedPart,
}

/// How much of a row is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedPart {
    /// All that is left of it.
    All,
    /// An amount, in the tax mode of the row.
    Amount(Money),
    /// So many of it.
    Quantity(Quantity),
}

/// One row of a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteLine {
    /// The row of the invoice, from 1.
    pub invoice_line: u32,
    /// What is given back of it, as a positive amount in the tax mode of the row.
    pub amount: Money,
    /// How many of it; none when an amount was given.
    pub quantity: Option<Quantity>,
}

/// What is given back of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNote {
    /// Its id.
    pub id: CreditNoteId,
    /// Its number; a customer's numbers have no gaps.
    pub number: String,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The subscription of the invoice.
    pub subscription_id: SubscriptionId,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// The month of the invoice.
    pub invoice_month: Month,
    /// The day of issue.
    pub issued_on: CivilDate,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// What is given back.
    pub lines: Vec<CreditNoteLine>,
    /// Sums and tax by rate, as positive amounts.
    pub tax_totals: Vec<TaxTotal>,
    /// Sum without tax, as a positive amount.
    pub net: Money,
    /// Sum with tax, as a positive amount.
    pub gross: Money,
    /// Why.
    pub reason: String,
    /// Who issues it.
    pub issuer: Issuer,
    /// Who receives it.
    pub payer: Payer,
}

/// What a credit note is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNoteDraft {
    /// Its id.
    pub id: CreditNoteId,
    /// Its number.
    pub number: String,
    /// The day of issue.
    pub issued_on: CivilDate,
    /// What is given back, from [`lines`].
    pub lines: Vec<CreditNoteLine>,
    /// Sums and tax of what stays, from the rows of [`rest`].
    pub left: Vec<TaxTotal>,
    /// Why.
    pub reason: String,
}

/// Why nothing can be given back like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// The invoice has no such row.
    #[error("the invoice has no row `{number}`")]
    NoSuchLine {
        /// The row.
        number: u32,
    },
    /// The row is named twice.
    #[error("row `{number}` is named twice")]
    Twice {
        /// The row.
        number: u32,
    },
    /// More than is left of a row, or nothing of it.
    #[error("`{asked}` of row `{number}` cannot be given back: `{left}` of it is left")]
    BeyondLine {
        /// The row.
        number: u32,
        /// What was asked for.
        asked: Money,
        /// What is left of it.
        left: Money,
    },
    /// More than is left of the invoice, or nothing.
    #[error("`{asked}` cannot be given back: `{left}` is left")]
    BeyondInvoice {
        /// What was asked for.
        asked: Money,
        /// What is left of it.
        left: Money,
    },
    /// The invoice's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// An amount could not be computed.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl From<CreditError> for Problem {
    fn from(error: CreditError) -> Self {
        let text = error.to_string();
        match error {
            CreditError::NoSuchLine { number } | CreditError::Twice { number } => {
                Self::invalid("lines.invoice_line", text).with("invoice_line", number)
            }
            CreditError::BeyondLine { asked, left, .. }
            | CreditError::BeyondInvoice { asked, left } => {
                Self::new(Reason::AmountExceedsInvoice, text)
                    .with("asked", asked.amount())
                    .with("left", left.amount())
            }
            CreditError::Refused(refused) => refused.into(),
            CreditError::Money(error) => error.into(),
        }
    }
}

/// What is given back of each row.
///
/// # Errors
/// [`CreditError`] when more is asked for than is left of a row or of the invoice.
pub fn lines(invoice: &Invoice, ask: &Ask) -> Result<Vec<CreditNoteLine>, CreditError> {
    let whole = |(line, left): (&InvoiceLine, Money)| CreditNoteLine {
        invoice_line: line.number,
        amount: left,
        quantity: None,
    };
    let given = match ask {
        Ask::Everything => left_over(invoice).map(whole).collect(),
        Ask::Lines(asked) => of_lines(invoice, asked)?,
        Ask::Amount(amount) => spread(invoice, *amount)?,
    };
    if given.is_empty() {
        let nothing = invoice.content.gross.zero();
        return Err(CreditError::BeyondInvoice { asked: nothing, left: nothing });
    }
    Ok(given)
}

/// The rows of the invoice as they are when these are given back too; the tax on them is what stays.
///
/// # Errors
/// [`CreditError::Money`].
pub fn rest(invoice: &Invoice, given: &[CreditNoteLine]) -> Result<Vec<InvoiceLine>, CreditError> {
    let mut rows = Vec::with_capacity(invoice.content.lines.len());
    for line in &invoice.content.lines {
        let left = invoice.left_of(line.number).unwrap_or(line.amount.zero());
        let now = given.iter().find(|row| row.invoice_line == line.number);
        let amount = left.minus(now.map_or(left.zero(), |row| row.amount))?;
        rows.push(InvoiceLine { amount, ..line.clone() });
    }
    Ok(rows)
}

impl CreditNote {
    /// Gives rows back: the note, the invoice after it, and what happened to the invoice.
    ///
    /// # Errors
    /// [`CreditError`]; credit notes never exceed the invoice.
    pub fn issue(
        invoice: &Invoice,
        draft: CreditNoteDraft,
        now: Timestamp,
    ) -> Result<(Self, Invoice, InvoiceEvent), CreditError> {
        let CreditNoteDraft { id, number, issued_on, lines, left, reason } = draft;
        let tax_totals = difference(&invoice.left, &left)?;
        let net = Money::total(tax_totals.iter().map(|total| total.net))?;
        let gross = Money::total(tax_totals.iter().map(|total| total.gross))?;
        let (mut credited, event) = invoice.step(&InvoiceCommand::Credit { amount: gross }, now)?;
        credited.returned = returned(&invoice.returned, &lines)?;
        credited.left = left;
        credited.credit_note_ids.push(id);
        let number_of = |invoice: &Invoice| invoice.state.issued().map(|it| it.number.clone());
        let note = Self {
            id,
            number,
            tenant_id: invoice.tenant_id,
            subscription_id: invoice.subscription_id,
            invoice_id: invoice.id,
            invoice_number: number_of(invoice).unwrap_or_default(),
            invoice_month: invoice.content.month,
            issued_on,
            issued_at: now,
            lines,
            tax_totals,
            net,
            gross,
            reason,
            issuer: invoice.content.issuer.clone(),
            payer: invoice.content.payer.clone(),
        };
        Ok((note, credited, event))
    }
}

/// The rows of which something is left, with what is left.
fn left_over(invoice: &Invoice) -> impl Iterator<Item = (&InvoiceLine, Money)> {
    invoice.content.lines.iter().filter_map(|line| {
        let left = invoice.left_of(line.number)?;
        (!left.is_zero()).then_some((line, left))
    })
}

fn of_lines(invoice: &Invoice, asked: &[AskedLine]) -> Result<Vec<CreditNoteLine>, CreditError> {
    let mut given: Vec<CreditNoteLine> = Vec::with_capacity(asked.len());
    for ask in asked {
        let number = ask.number;
        if given.iter().any(|row| row.invoice_line == number) {
            return Err(CreditError::Twice { number });
        }
        given.push(of_line(invoice, ask)?);
    }
    Ok(given)
}

fn of_line(invoice: &Invoice, ask: &AskedLine) -> Result<CreditNoteLine, CreditError> {
    let number = ask.number;
    let line = invoice.content.lines.iter().find(|line| line.number == number);
    let line = line.ok_or(CreditError::NoSuchLine { number })?;
    let left = invoice.left_of(number).unwrap_or(line.amount.zero());
    let (amount, quantity) = match ask.part {
        AskedPart::All => (left, None),
        AskedPart::Amount(amount) => (amount, None),
        AskedPart::Quantity(quantity) => (price_of(line, quantity)?, Some(quantity)),
    };
    let fits = amount.amount() > 0 && amount.at_most(left)? == amount;
    // A row that takes something off is only taken back whole, together with what it is taken off.
    let is_whole_discount = left.is_negative() && amount == left;
    if fits || is_whole_discount {
        Ok(CreditNoteLine { invoice_line: number, amount, quantity })
    } else {
        Err(CreditError::BeyondLine { number, asked: amount, left })
    }
}

/// What some of a row's quantity came to; more than there were comes to more than is left.
fn price_of(line: &InvoiceLine, quantity: Quantity) -> Result<Money, CreditError> {
    let ratio = quantity.value().checked_div(line.quantity.value());
    let ratio = ratio.ok_or(MoneyError::NoParts)?;
    Ok(line.amount.at_rate(Rate::new(ratio), Rounding::HalfUp)?)
}

fn spread(invoice: &Invoice, amount: Money) -> Result<Vec<CreditNoteLine>, CreditError> {
    let open: Vec<_> = left_over(invoice).filter(|(_, left)| !left.is_negative()).collect();
    let left = Money::total(left_over(invoice).map(|(_, left)| left))?;
    if amount.amount() <= 0 || amount.at_most(left)? != amount {
        return Err(CreditError::BeyondInvoice { asked: amount, left });
    }
    let weights: Vec<i64> = open.iter().map(|(_, left)| left.amount()).collect();
    let parts = amount.allocated(&weights)?;
    Ok(open
        .into_iter()
        .zip(parts)
        .filter(|(_, part)| !part.is_zero())
        .map(|((line, _), amount)| CreditNoteLine {
            invoice_line: line.number,
            amount,
            quantity: None,
        })
        .collect())
}

/// What the totals fall by, rate by rate; rates of which nothing is given back are left out.
fn difference(before: &[TaxTotal], after: &[TaxTotal]) -> Result<Vec<TaxTotal>, MoneyError> {
    let mut totals = Vec::with_capacity(before.len());
    for total in before {
        let same = after.iter().find(|other| other.rate == total.rate && other.mode == total.mode);
        let fall =
            |part: fn(&TaxTotal) -> Money| part(total).minus(same.map_or(part(total).zero(), part));
        let fallen = TaxTotal {
            rate: total.rate,
            mode: total.mode,
            net: fall(|total| total.net)?,
            tax: fall(|total| total.tax)?,
            gross: fall(|total| total.gross)?,
        };
        if !(fallen.net.is_zero() && fallen.gross.is_zero()) {
            totals.push(fallen);
        }
    }
    Ok(totals)
}

fn returned(
    before: &BTreeMap<u32, Money>,
    lines: &[CreditNoteLine],
) -> Result<BTreeMap<u32, Money>, MoneyError> {
    let mut returned = before.clone();
    for line in lines {
        let so_far = returned.get(&line.invoice_line).copied().unwrap_or(line.amount.zero());
        returned.insert(line.invoice_line, so_far.plus(line.amount)?);
    }
    Ok(returned)
}

#[cfg(test)]
mod tests;

//! What an invoice charges: the part of it that never changes once it has its number.

use serde::{Deserialize, Serialize};

use super::line::InvoiceLine;
use crate::catalog::price::{TaxMode, TaxTotal};
use crate::days::DayPeriod;
use crate::id::PartnerId;
use crate::money::{Money, MoneyError, Rounding};
use crate::rate::Rate;
use crate::registration_number::RegistrationNumber;
use crate::text::Text;
use crate::time::{Month, Timestamp};

/// Who issues an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Issuer {
    /// The operator.
    pub partner_id: PartnerId,
    /// Its name as it stands on the invoice.
    pub name: String,
    /// Its number; without one the document is no qualified invoice.
    pub registration_number: Option<RegistrationNumber>,
    /// Its address; empty if unknown.
    pub address: String,
}

/// Who receives and pays an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payer {
    /// `customer`, or the code of a sponsor.
    pub code: String,
    /// Its name as it stands on the invoice.
    pub name: String,
    /// Its share of the fees.
    pub share_rate: Rate,
}

impl Payer {
    /// The code of the customer itself.
    pub const CUSTOMER: &'static str = "customer";

    /// The customer, who pays everything.
    pub fn customer(name: impl Into<String>) -> Self {
        Self { code: Self::CUSTOMER.to_owned(), name: name.into(), share_rate: Rate::ONE }
    }
}

/// What is charged to whom by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceContent {
    /// The month it belongs to.
    pub month: Month,
    /// Who issues it.
    pub issuer: Issuer,
    /// Who receives and pays it.
    pub payer: Payer,
    /// From the earliest day of its rows to the latest; none when no row has days.
    pub service_period: Option<DayPeriod>,
    /// When it became due to be invoiced.
    pub invoice_at: Timestamp,
    /// The rows.
    pub lines: Vec<InvoiceLine>,
    /// Sums and tax by rate; tax is rounded once for each.
    pub tax_totals: Vec<TaxTotal>,
    /// Where a fraction of a yen of tax went.
    pub tax_rounding: Rounding,
    /// Sum without tax.
    pub net: Money,
    /// Sum of the tax.
    pub tax: Money,
    /// Sum with tax.
    pub gross: Money,
    /// Remarks printed on it.
    pub remarks: Vec<Text>,
}

/// What the content of an invoice is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentParts {
    /// The month it belongs to.
    pub month: Month,
    /// Who issues it.
    pub issuer: Issuer,
    /// Who receives and pays it.
    pub payer: Payer,
    /// When it became due to be invoiced.
    pub invoice_at: Timestamp,
    /// The rows, in order; they are numbered here.
    pub lines: Vec<InvoiceLine>,
    /// Sums and tax by rate.
    pub tax_totals: Vec<TaxTotal>,
    /// Where a fraction of a yen of tax went.
    pub tax_rounding: Rounding,
}

/// Why rows and totals make no invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// The rows of a rate and its total disagree.
    #[error("the rows taxed at `{rate}` (`{}`) do not add up to their total", mode.as_str())]
    DoesNotAddUp {
        /// The rate.
        rate: Rate,
        /// Whether it is taxed at all.
        mode: TaxMode,
    },
    /// A row belongs to no total, or to two.
    #[error("row `{number}` belongs to `{n_totals}` totals instead of one")]
    Unsorted {
        /// The row.
        number: u32,
        /// To how many it belongs.
        n_totals: usize,
    },
    /// More rows than can be numbered.
    #[error("an invoice cannot have that many rows")]
    TooManyLines,
    /// An amount could not be computed.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl InvoiceContent {
    /// The content of an invoice, if its sums are those of its rows.
    ///
    /// What is stored is what is checked: every row belongs to exactly one total, each total is the
    /// sum of its rows and its tax, and the invoice is the sum of its totals.
    ///
    /// # Errors
    /// [`ContentError`].
    pub fn new(parts: ContentParts) -> Result<Self, ContentError> {
        let ContentParts { month, issuer, payer, invoice_at, lines, tax_totals, tax_rounding } =
            parts;
        let lines = numbered(lines)?;
        for line in &lines {
            let n_totals = tax_totals.iter().filter(|total| line.belongs_to(total)).count();
            if n_totals != 1 {
                return Err(ContentError::Unsorted { number: line.number, n_totals });
            }
        }
        for total in &tax_totals {
            if !adds_up(&lines, total)? {
                return Err(ContentError::DoesNotAddUp { rate: total.rate, mode: total.mode });
            }
        }
        let sum = |part: fn(&TaxTotal) -> Money| Money::total(tax_totals.iter().map(part));
        let (net, tax) = (sum(|total| total.net)?, sum(|total| total.tax)?);
        let gross = sum(|total| total.gross)?;
        Ok(Self {
            month,
            issuer,
            payer,
            service_period: span_of(&lines),
            invoice_at,
            lines,
            tax_totals,
            tax_rounding,
            net,
            tax,
            gross,
            remarks: Vec::new(),
        })
    }
}

fn numbered(lines: Vec<InvoiceLine>) -> Result<Vec<InvoiceLine>, ContentError> {
    lines
        .into_iter()
        .enumerate()
        .map(|(at, line)| {
            let number = u32::try_from(at + 1).map_err(|_| ContentError::TooManyLines)?;
            Ok(InvoiceLine { number, ..line })
        })
        .collect()
}

/// From the earliest day of the rows to the latest.
fn span_of(lines: &[InvoiceLine]) -> Option<DayPeriod> {
    let periods = || lines.iter().filter_map(|line| line.service_period);
    let start = periods().map(DayPeriod::start).min()?;
    let end = periods().map(DayPeriod::end).max()?;
    DayPeriod::new(start, end).ok()
}

/// Whether a total is that of its rows.
///
/// Rows without their tax add up to the net, rows with their tax to the gross. Where both stand at
/// one rate only the bounds can be told apart from a rounding.
fn adds_up(lines: &[InvoiceLine], total: &TaxTotal) -> Result<bool, MoneyError> {
    let sum = |inclusive: bool| {
        Money::total(
            lines
                .iter()
                .filter(|line| line.belongs_to(total))
                .filter(|line| (line.tax_mode == TaxMode::Inclusive) == inclusive)
                .map(|line| line.amount),
        )
    };
    let (without, with) = (sum(false)?, sum(true)?);
    let consistent = total.net.plus(total.tax)? == total.gross;
    let has = |inclusive: bool| {
        lines.iter().any(|line| {
            line.belongs_to(total) && (line.tax_mode == TaxMode::Inclusive) == inclusive
        })
    };
    let of_rows = match (has(false), has(true)) {
        (_, false) => total.net == without,
        (false, true) => total.gross == with,
        (true, true) => {
            let both = without.plus(with)?;
            total.net <= both && both <= total.gross
        }
    };
    let untaxed = total.mode.is_taxed() || total.tax.is_zero();
    Ok(consistent && of_rows && untaxed)
}

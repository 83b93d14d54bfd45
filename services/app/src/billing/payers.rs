//! One invoice for each payer: the rows of a month, divided, each invoice with its own tax.

use rust_decimal::Decimal;
use tasuki_core::catalog::TaxTotal;
use tasuki_core::days::DayPeriod;
use tasuki_core::invoice::{ContentParts, InvoiceContent, InvoiceLine, Payer};
use tasuki_core::money::{Money, Rounding};
use tasuki_core::problem::Problem;
use tasuki_core::quote::PayerTerms;
use tasuki_core::rate::Rate;
use tasuki_core::subscription::Subscription;
use tasuki_core::text::Text;
use tasuki_pricing::invoice_lines::InvoiceLine as PricedLine;
use tasuki_pricing::split::{PayerPart, SplitLine, days_of, split};
use tasuki_pricing::tax::Taxable;

/// How the rows of a month are divided, the customer's part first.
///
/// # Errors
/// `INTERNAL` for amounts that cannot be represented.
pub(super) fn divided<'l>(
    subscription: &Subscription,
    lines: impl Iterator<Item = &'l PricedLine>,
    rounding: Rounding,
) -> Result<Vec<PayerPart>, Problem> {
    let mut rows = Vec::new();
    for line in lines {
        rows.push(SplitLine {
            code: &line.code,
            service: Some(line.service),
            days: days_of(line.cadence, line.service_period)?,
            taxable: Taxable { amount: line.amount, mode: line.tax_mode, rate: line.tax_rate },
        });
    }
    // Everything that can be the caller's was checked when the quote was made.
    split(&rows, &subscription.payers, rounding)
        .map_err(|error| Problem::internal(error.to_string()))
}

/// Whether some payer would get money with its invoice instead of being asked for it.
///
/// # Errors
/// [`tasuki_core::money::MoneyError`] as a problem.
pub(super) fn any_pays_out(parts: &[PayerPart]) -> Result<bool, Problem> {
    for part in parts {
        if part.gross()?.is_negative() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The contents of the invoices, the customer's first, then by code; whoever has no row gets none.
///
/// # Errors
/// `INTERNAL` when sums and rows disagree.
pub(super) fn contents(
    subscription: &Subscription,
    whole: &ContentParts,
    parts: Vec<PayerPart>,
) -> Result<Vec<InvoiceContent>, Problem> {
    let mut contents = Vec::with_capacity(parts.len());
    for part in parts {
        let lines = own_lines(whole, &part);
        if lines.is_empty() {
            continue;
        }
        let terms = part.payer.as_deref().and_then(|code| terms_of(subscription, code));
        contents.push(content(subscription, whole, terms, (lines, part.taxes))?);
    }
    Ok(contents)
}

fn terms_of<'s>(subscription: &'s Subscription, code: &str) -> Option<&'s PayerTerms> {
    subscription.payers.iter().find(|payer| payer.code == code)
}

fn content(
    subscription: &Subscription,
    whole: &ContentParts,
    terms: Option<&PayerTerms>,
    (lines, tax_totals): (Vec<InvoiceLine>, Vec<TaxTotal>),
) -> Result<InvoiceContent, Problem> {
    let customer = &whole.payer.name;
    let payer = match terms {
        Some(terms) => Payer {
            code: terms.code.clone(),
            name: terms.name.clone(),
            share_rate: terms.share_rate,
        },
        None => Payer { share_rate: left_over(subscription, whole)?, ..whole.payer.clone() },
    };
    let parts = ContentParts { payer, lines, tax_totals, ..whole.clone() };
    let mut content =
        InvoiceContent::new(parts).map_err(|error| Problem::internal(error.to_string()))?;
    if terms.is_some() {
        content.remarks.push(Text::new(
            format!("{customer}様のご利用料金のうち、ご負担分です"),
            format!("Your part of the fees of {customer}"),
        ));
    }
    Ok(content)
}

/// What those who pay in the month leave to the customer, as it was agreed: services, days and caps
/// are not in it.
fn left_over(subscription: &Subscription, whole: &ContentParts) -> Result<Rate, Problem> {
    let month = DayPeriod::of_month(whole.month)?;
    let paying = subscription
        .payers
        .iter()
        .filter(|payer| payer.valid.is_none_or(|valid| valid.overlap(month).is_some()));
    let shares: Decimal = paying.map(|payer| payer.share_rate.value()).sum();
    let left = Rate::ONE.value() - shares;
    // Payers of different services may promise more than the whole between them.
    Ok(Rate::new(left.max(Rate::ZERO.value())))
}

/// The rows of a payer. A row that others pay too says what it is a part of.
fn own_lines(whole: &ContentParts, part: &PayerPart) -> Vec<InvoiceLine> {
    let rows = whole.lines.iter().zip(&part.amounts);
    rows.filter(|(line, amount)| part.has(line.amount, **amount))
        .map(|(line, amount)| {
            if *amount == line.amount {
                return line.clone();
            }
            let note = of_whole(line.amount, part.payer.is_some());
            let note = match &line.note {
                Some(before) => Text::new(
                    format!("{}（{}）", note.ja, before.ja),
                    format!("{} ({})", note.en, before.en),
                ),
                None => note,
            };
            // What one costs times how many is the whole row, not this part of it.
            InvoiceLine { amount: *amount, unit_price: None, note: Some(note), ..line.clone() }
        })
        .collect()
}

fn of_whole(whole: Money, is_sponsor: bool) -> Text {
    if is_sponsor {
        Text::new(format!("{whole}のうちご負担分"), format!("your part of {whole}"))
    } else {
        Text::new(
            format!("{whole}のうち、ほかの支払者の負担を除いた分"),
            format!("of {whole}, what others do not pay"),
        )
    }
}

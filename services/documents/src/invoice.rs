//! An invoice as a page: a qualified invoice (適格請求書) where the issuer has a registration number.

use askama::Template;
use serde::Serialize;
use tasuki_core::invoice::{Invoice, InvoiceLine, InvoiceState, Issued};
use tasuki_core::text::Language;

use crate::DocumentError;
use crate::engine::{Job, print};
use crate::sheet::{Pair, bounded, counted, day, name, percent, said, tax, word};

/// Sizes of text that are tried until the invoice is one page, in tenths of a point; the last may take more pages.
const SIZES: [u16; 3] = [95, 88, 82];

/// Everything that the page of an invoice shows, as text in one language.
#[derive(Debug, Template, Serialize)]
#[template(path = "invoice.html")]
struct Sheet {
    lang: &'static str,
    title: &'static str,
    draft: &'static str,
    payer: String,
    suffix: &'static str,
    issuer: Vec<String>,
    facts: Vec<Pair>,
    due_title: &'static str,
    due: String,
    head: [&'static str; 5],
    lines: Vec<Row>,
    rates_head: [&'static str; 4],
    rates: Vec<[String; 4]>,
    sums: Vec<Pair>,
    remarks: Vec<String>,
    hash: String,
}

/// One row.
#[derive(Debug, Serialize)]
struct Row {
    label: String,
    note: String,
    period: String,
    quantity: String,
    amount: String,
    tax: String,
}

/// The invoice as one HTML page that needs nothing else.
///
/// # Errors
/// [`DocumentError`].
pub fn invoice_html(invoice: &Invoice, language: Language) -> Result<String, DocumentError> {
    let sheet = sheet(invoice, language)?;
    sheet.render().map_err(|error| DocumentError::Template(error.to_string()))
}

/// The invoice as a PDF.
///
/// # Errors
/// [`DocumentError`].
pub fn invoice_pdf(invoice: &Invoice, language: Language) -> Result<Vec<u8>, DocumentError> {
    let sheet = sheet(invoice, language)?;
    let made_at =
        issued(invoice).map_or(invoice.content.invoice_at, |issued| issued.finalized_at).as_jiff();
    print(&Job {
        template: include_str!("../templates/invoice.typ"),
        data: &sheet,
        sizes: &SIZES,
        identity: format!("{} {} {}", invoice.id, sheet.hash, sheet.lang),
        made_at,
    })
}

const fn issued(invoice: &Invoice) -> Option<&Issued> {
    match &invoice.state {
        InvoiceState::Draft => None,
        InvoiceState::Final { issued, .. }
        | InvoiceState::PartlyPaid { issued, .. }
        | InvoiceState::PastDue { issued, .. }
        | InvoiceState::Paid { issued, .. }
        | InvoiceState::Void { issued, .. } => Some(issued),
    }
}

fn sheet(invoice: &Invoice, language: Language) -> Result<Sheet, DocumentError> {
    let say = |ja, en| word(language, ja, en);
    let content = &invoice.content;
    bounded(content.lines.len() + content.tax_totals.len() + content.remarks.len())?;
    let issued = issued(invoice);
    let registered = content.issuer.registration_number.as_ref();
    let mut issuer = vec![name(&content.issuer.name), name(&content.issuer.address)];
    issuer.extend(
        registered.map(|number| format!("{}{number}", say("登録番号 ", "Registration number "))),
    );
    issuer.retain(|line| !line.is_empty());
    Ok(Sheet {
        lang: say("ja", "en"),
        title: say("御請求書", "Invoice"),
        draft: if issued.is_none() { say("（下書き）", " (draft)") } else { "" },
        payer: name(&content.payer.name),
        suffix: say("　御中", ""),
        issuer,
        facts: facts(invoice, issued, language),
        due_title: say("お支払い金額（税込）", "To be paid, with tax"),
        due: invoice.balance().due().to_string(),
        head: [
            say("内容", "What for"),
            say("期間", "Period"),
            say("数量", "Quantity"),
            say("金額", "Amount"),
            say("税", "Tax"),
        ],
        lines: content.lines.iter().map(|line| row(line, language)).collect(),
        rates_head: [
            say("税率ごとの合計", "By rate of tax"),
            say("税抜", "Without tax"),
            say("消費税", "Tax"),
            say("税込", "With tax"),
        ],
        rates: content
            .tax_totals
            .iter()
            .map(|total| {
                let rate = if total.mode.is_taxed() {
                    percent(total.rate)
                } else {
                    tax(total.mode, total.rate, language)
                };
                [rate, total.net.to_string(), total.tax.to_string(), total.gross.to_string()]
            })
            .collect(),
        sums: sums(invoice, language),
        remarks: content.remarks.iter().map(|remark| said(remark, language)).collect(),
        hash: issued.map(|issued| issued.hash.clone()).unwrap_or_default(),
    })
}

fn facts(invoice: &Invoice, issued: Option<&Issued>, language: Language) -> Vec<Pair> {
    let say = |ja, en| word(language, ja, en);
    let mut facts = Vec::new();
    if let Some(issued) = issued {
        facts.push(Pair::new(say("請求書番号", "Number"), issued.number.clone()));
        facts.push(Pair::new(say("発行日", "Issued"), day(issued.issued_on, language)));
        facts.push(Pair::new(say("お支払期限", "Pay by"), day(issued.due_on, language)));
    }
    facts.push(Pair::new(say("ご利用月", "Month"), invoice.content.month.to_string()));
    facts
}

fn row(line: &InvoiceLine, language: Language) -> Row {
    let period = line.service_period.and_then(|days| {
        let last = days.end().yesterday().ok()?;
        Some(format!("{} – {last}", days.start()))
    });
    let quantity = match (line.unit, line.unit_price) {
        (Some(unit), Some(each)) => {
            format!("{each} × {}{}", line.quantity, counted(unit, language))
        }
        _ => String::new(),
    };
    Row {
        label: said(&line.label, language),
        note: line.note.as_ref().map(|note| said(note, language)).unwrap_or_default(),
        period: period.unwrap_or_default(),
        quantity,
        amount: line.amount.to_string(),
        tax: tax(line.tax_mode, line.tax_rate, language),
    }
}

fn sums(invoice: &Invoice, language: Language) -> Vec<Pair> {
    let say = |ja, en| word(language, ja, en);
    let content = &invoice.content;
    let balance = invoice.balance();
    let mut sums = vec![
        Pair::new(say("税抜合計", "Without tax"), content.net.to_string()),
        Pair::new(say("消費税", "Tax"), content.tax.to_string()),
        Pair::new(say("税込合計", "With tax"), content.gross.to_string()),
    ];
    if !balance.credited.is_zero() {
        sums.push(Pair::new(say("返金済み", "Given back"), balance.credited.to_string()));
    }
    if !balance.paid.is_zero() {
        sums.push(Pair::new(say("入金済み", "Paid"), balance.paid.to_string()));
    }
    sums
}

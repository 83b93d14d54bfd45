//! A settlement as a page: with whom, for which month, every row, and what is to be paid to whom.

use tasuki_core::settlement::{Counterpart, Settlement, SettlementLine, SettlementState};
use tasuki_core::text::Language;
use tasuki_core::time::Zone;

use crate::DocumentError;
use crate::page::Page;
use crate::sheet::{Pair, minute, name, percent, said, tax, word};

/// The settlement as one HTML page that needs nothing else.
///
/// # Errors
/// [`DocumentError`].
pub fn settlement_html(
    settlement: &Settlement,
    zone: &Zone,
    language: Language,
) -> Result<String, DocumentError> {
    page(settlement, zone, language).html()
}

/// The settlement as a PDF.
///
/// # Errors
/// [`DocumentError`].
pub fn settlement_pdf(
    settlement: &Settlement,
    zone: &Zone,
    language: Language,
) -> Result<Vec<u8>, DocumentError> {
    page(settlement, zone, language).pdf(settlement.drafted_at.as_jiff())
}

fn page(of: &Settlement, zone: &Zone, language: Language) -> Page {
    let say = |ja, en| word(language, ja, en);
    let title = format!("{} {}", say("精算書", "Settlement"), of.month);
    let mut page = Page::new(language, title, of.id.to_string());
    page.facts = facts(of, zone, language);
    // Rows come ordered by what they are for: each kind is a table of its own.
    for rows in of.lines.chunk_by(|one, other| one.code == other.code && one.label == other.label) {
        let title = rows.first().map(|first| said(&first.label, language)).unwrap_or_default();
        page.section(title, rows.iter().map(|line| row(line, language)).collect());
    }
    let totals = of.tax_totals.iter().map(|total| {
        let label = tax(total.mode, total.rate, language);
        let text = [total.net, total.tax, total.gross].map(|of| of.to_string());
        Pair::new(label, text.join(" / "))
    });
    let heading = say("税率ごと（税抜 / 税 / 税込）", "By rate of tax (net / tax / gross)");
    page.section(heading, totals.collect());
    page
}

fn facts(of: &Settlement, zone: &Zone, language: Language) -> Vec<Pair> {
    let say = |ja, en| word(language, ja, en);
    let kind = match of.counterpart {
        Counterpart::Provider(_) => say("サービス提供者", "Provider"),
        Counterpart::Partner(_) => say("販売パートナー", "Partner"),
        Counterpart::Insurer(_) => say("保険会社", "Insurer"),
    };
    let state = match of.state {
        SettlementState::Draft => say("承認待ち", "Awaits approval"),
        SettlementState::Approved { .. } => say("承認済み・未払い", "Approved, not paid"),
        SettlementState::Remitted { .. } => say("支払い済み", "Paid"),
        SettlementState::Closed { .. } => say("完了", "Closed"),
    };
    let whole = if of.gross.is_negative() {
        say("受け取る額（税込）", "To be received, tax included")
    } else {
        say("支払う額（税込）", "To be paid, tax included")
    };
    let size = if of.gross.is_negative() {
        of.gross.zero().minus(of.gross).unwrap_or(of.gross)
    } else {
        of.gross
    };
    let mut facts = vec![
        Pair::new(kind, name(&of.counterpart_name)),
        Pair::new(say("対象月", "Month"), of.month.to_string()),
        Pair::new(say("状態", "State"), state.to_owned()),
        Pair::new(whole, size.to_string()),
        Pair::new(say("作成", "Drawn up"), minute(of.drafted_at, zone, language)),
    ];
    if let Some(approval) = of.state.approval() {
        facts.push(Pair::new(say("承認", "Approved"), minute(approval.at, zone, language)));
    }
    if let Some(remittance) = of.state.remittance() {
        let at = minute(remittance.remitted_at, zone, language);
        let text = format!("{at} {}", name(&remittance.reference));
        facts.push(Pair::new(say("支払い", "Paid"), text.trim().to_owned()));
    }
    facts.push(Pair::new(say("内容の要約値", "Hash of the content"), name(&of.hash)));
    facts
}

fn row(line: &SettlementLine, language: Language) -> Pair {
    let label = [name(&line.tenant_name), name(&line.subject_number)].join(" ");
    let mut value = Vec::new();
    if let (Some(basis), Some(rate)) = (line.basis, line.rate) {
        value.push(format!("{basis} × {} =", percent(rate)));
    }
    value.push(line.amount.to_string());
    if let Some(note) = &line.note {
        value.push(format!("({})", said(note, language)));
    }
    Pair::new(label.trim().to_owned(), value.join(" "))
}

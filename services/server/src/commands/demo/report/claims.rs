//! Claims with every condition that failed.

use super::super::table::{Table, grouped};
use super::labels::label;
use super::text::Lang;
use super::{ClaimRow, FactRow};

pub(super) fn render(rows: &[ClaimRow], lang: Lang) -> String {
    let mut table = Table::new(match lang {
        Lang::Ja => ["番号", "区分", "企業", "事故", ">請求", "結果", ">支払", "状態"],
        Lang::En => ["id", "mark", "firm", "loss", ">claimed", "outcome", ">payable", "state"],
    });
    for row in rows {
        table.row([
            row.id.clone(),
            row.mark.clone(),
            row.firm.clone(),
            row.loss_at.clone(),
            grouped(row.claimed_yen),
            label("decision", &row.outcome, lang).to_owned(),
            grouped(row.payable_yen),
            label("claim", &row.state, lang).to_owned(),
        ]);
    }
    let mut text = table.render();
    for row in rows {
        text.push_str(&format!("\n  {} [{}] {}\n", row.id, row.mark, lang.of(&row.title)));
        for finding in &row.findings {
            text.push_str(&format!(
                "    {} {}: {} ({})\n",
                label("finding", &finding.outcome, lang),
                finding.code,
                lang.of(&finding.message),
                finding.clause
            ));
            for fact in &finding.facts {
                text.push_str(&format!("      {}\n", shown(fact)));
            }
        }
        for step in &row.steps {
            text.push_str(&format!("    {}\n", lang.of(step)));
        }
        for part in &row.payable_by_part {
            text.push_str(&format!(
                "    = {} {}\n",
                label("part", &part.part, lang),
                grouped(part.yen)
            ));
        }
    }
    text
}

fn shown(fact: &FactRow) -> String {
    let value = if fact.value.is_empty() { "?" } else { &fact.value };
    if fact.as_of.is_empty() {
        format!("{} = {value}", fact.path)
    } else {
        format!("{} = {value} ({})", fact.path, fact.as_of)
    }
}

//! The funnel per service, with reasons.

use super::super::table::Table;
use super::text::Lang;
use super::{Funnel, FunnelRow};

pub(super) fn render(funnel: &Funnel, lang: Lang) -> String {
    let mut table = Table::new(match lang {
        Lang::Ja => [
            "サービス",
            ">申込",
            ">事前確認で不可",
            ">設置に至らず",
            ">設置後に撤去",
            ">対応中",
            ">提供",
            "報告書",
        ],
        Lang::En => [
            "service",
            ">applied",
            ">refused",
            ">never installed",
            ">removed",
            ">in progress",
            ">provided",
            "report",
        ],
    });
    for row in &funnel.rows {
        table.row([
            lang.of(&row.service).to_owned(),
            row.applied.to_string(),
            row.refused.to_string(),
            row.never_installed.to_string(),
            row.removed.to_string(),
            row.in_progress.to_string(),
            row.provided.to_string(),
            report(row),
        ]);
    }
    let mut text = table.render();
    let (applied, provided) = (funnel.firms_applied, funnel.firms_provided);
    text.push_str(&match lang {
        Lang::Ja => format!("\n  申込企業 {applied} 社、提供企業 {provided} 社（重複を除く）\n"),
        Lang::En => {
            format!("\n  {applied} firms applied, {provided} got something, each counted once\n")
        }
    });
    let mut reasons = Table::new(match lang {
        Lang::Ja => ["サービス", ">件数", "理由", "意味"],
        Lang::En => ["service", ">items", "reason", "in words"],
    });
    for row in &funnel.rows {
        for reason in &row.reasons {
            reasons.row([
                lang.of(&row.service).to_owned(),
                reason.n_items.to_string(),
                reason.code.clone(),
                lang.of(&reason.text).to_owned(),
            ]);
        }
    }
    text.push('\n');
    text.push_str(&reasons.render());
    text
}

fn report(row: &FunnelRow) -> String {
    match (row.report_applied, row.report_provided) {
        (Some(applied), Some(provided)) => format!("{applied} -> {provided}"),
        (None, _) | (_, None) => String::new(),
    }
}

//! Alerts, incidents, and calls about silent UTMs.

use super::super::table::{Table, grouped};
use super::labels::label;
use super::text::{Lang, yes};
use super::{AlertRow, IncidentRow, OfflineCall, Step};

pub(super) fn alerts(rows: &[AlertRow], lang: Lang) -> String {
    let mut table = Table::new(match lang {
        Lang::Ja => [
            "地域",
            "サービス",
            "種類",
            ">受信",
            ">検知数",
            ">自動遮断",
            ">過検知",
            ">要対応",
            ">判定待ち",
            ">SOC確認",
            ">通知",
        ],
        Lang::En => [
            "region",
            "service",
            "kind",
            ">in",
            ">detections",
            ">blocked",
            ">false pos.",
            ">action",
            ">waiting",
            ">by SOC",
            ">notified",
        ],
    });
    for row in rows {
        table.row([
            lang.of(&row.region).to_owned(),
            lang.of(&row.service).to_owned(),
            label("alert", &row.kind, lang).to_owned(),
            grouped(row.n_alerts),
            grouped(row.n_detections),
            grouped(row.n_blocked_auto),
            grouped(row.n_false_positive),
            grouped(row.n_action_needed),
            grouped(row.n_awaiting),
            grouped(row.n_reviewed_by_soc),
            grouped(row.n_notified),
        ]);
    }
    table.render()
}

pub(super) fn incidents(rows: &[IncidentRow], calls: &[OfflineCall], lang: Lang) -> String {
    let mut text = String::new();
    for row in rows {
        let mark = if row.what_if { " [WHAT-IF]" } else { "" };
        text.push_str(&format!(
            "  {} {}{mark} {} ({}, {})\n",
            row.opened_at,
            row.firm,
            lang.of(&row.title),
            label("severity", &row.severity, lang),
            label("phase", &row.phase, lang)
        ));
        for row in &row.steps {
            text.push_str(&format!("    - {} {}\n", row.at, shown(&row.step, lang)));
        }
    }
    let mut table = Table::new(match lang {
        Lang::Ja => ["UTM", "最終確認", "メール", "電話", "実際", "想定どおり", "場面"],
        Lang::En => ["UTM", "last seen", "mail", "call", "happened", "as expected", "case"],
    });
    for call in calls {
        table.row([
            call.utm.clone(),
            call.last_seen_at.clone(),
            call.mail_at.clone(),
            call.call_at.clone(),
            yes(call.happened, lang).to_owned(),
            yes(call.as_expected, lang).to_owned(),
            call.case.clone(),
        ]);
    }
    let title = lang.say("熊本：オフラインUTMへの連絡", "Kumamoto: silent UTMs and who was told");
    text.push_str(&format!("\n  {title}\n\n"));
    text.push_str(&table.render());
    text
}

fn shown(step: &Step, lang: Lang) -> String {
    match step {
        Step::Opened { rung, cause } => {
            let (rung, cause) = (label("rung", rung, lang), label("cause", cause, lang));
            let what = lang.say("受付", "opened");
            if cause.is_empty() {
                format!("{what}: {rung}")
            } else {
                format!("{what}: {rung} ({cause})")
            }
        }
        Step::Acknowledged { rung } => {
            let rung = label("rung", rung, lang);
            format!("{}: {rung}", lang.say("対応開始", "acknowledged"))
        }
        Step::Climbed { from, to, cause } => {
            let (from, to) = (label("rung", from, lang), label("rung", to, lang));
            format!("{from} -> {to} ({})", label("cause", cause, lang))
        }
        Step::Worked { kind, minutes, outcome } => {
            let (kind, outcome) = (label("work", kind, lang), label("outcome", outcome, lang));
            format!("{kind}, {minutes} {}: {outcome}", lang.say("分", "min"))
        }
        Step::Resolved { security_incident: true } => {
            lang.say("終了: セキュリティ事故", "resolved: security incident").to_owned()
        }
        Step::Resolved { security_incident: false } => {
            lang.say("終了: 攻撃ではない", "resolved: no attack").to_owned()
        }
    }
}

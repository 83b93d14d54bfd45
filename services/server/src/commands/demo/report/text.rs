//! The report as text, in the language of the reader.

use serde::Serialize;

use super::super::pilot::{Relation, Text};
use super::super::table::{Table, grouped, grouped_decimal};
use super::{Bundle, Mismatch, Reconciled, Report, claims, funnel, money, watching};

/// The language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize)]
pub(crate) enum Lang {
    /// English.
    #[default]
    En,
    /// 日本語.
    Ja,
}

impl Lang {
    /// One of two texts.
    pub(crate) const fn say<'a>(self, ja: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }

    /// A text in this language; in the other one when there is none.
    pub(crate) fn of(self, text: &Text) -> &str {
        match self {
            Self::Ja if !text.ja.is_empty() => &text.ja,
            Self::En if text.en.is_empty() => &text.ja,
            Self::Ja | Self::En => &text.en,
        }
    }
}

/// The whole report.
pub(crate) fn render(report: &Report, lang: Lang) -> String {
    let mut text = String::new();
    let mut section = |ja: &str, en: &str, body: &str| {
        let n = text.matches("\n## ").count() + 1;
        text.push_str(&format!("\n## {n}. {}\n\n{body}", lang.say(ja, en)));
    };
    section(
        "図2の4社：お勧めする組み合わせと料金（税抜・円）",
        "The four companies of figure 2: recommended bundles and prices (yen without tax)",
        &bundles(&report.bundles, lang),
    );
    section(
        "サービスごとの申込から提供まで（報告書との比較）",
        "From application to service, against the report",
        &funnel::render(&report.funnel, lang),
    );
    section(
        "アラート：受信・判定・通知",
        "Alerts: taken in, triaged, notified",
        &watching::alerts(&report.alerts, lang),
    );
    section(
        "インシデントと対応の段階",
        "Incidents and the steps of the ladder",
        &watching::incidents(&report.incidents, &report.offline_calls, lang),
    );
    section(
        "有償契約に移った企業（税抜・円）",
        "Firms that go on and pay (yen without tax)",
        &money::paying(&report.paying, lang),
    );
    section(
        "保険金請求（実証期間中に事故はなく、すべて仮定の事例です）",
        "Claims (the pilots had no loss: all of these are what-if)",
        &claims::render(&report.claims, lang),
    );
    section(
        "月末の請求書（円）",
        "Invoices of a month end (yen)",
        &money::invoices(&report.invoices, lang),
    );
    section(
        "精算とボルドロー（円）",
        "Settlement and bordereau (yen)",
        &money::settlement(&report.settlements, &report.bordereau, lang),
    );
    section(
        "大きな事故が1件起きたら（仮定）",
        "What one heavy claim would do (assumed)",
        &money::heavy(&report.heavy_claim, lang),
    );
    section(
        "報告書の中の食い違い（見つかったまま）",
        "Contradictions inside the reports, as found",
        &reconciliation(&report.reconciliation, lang),
    );
    section("想定との違い", "What is not as expected", &mismatches(&report.mismatches, lang));
    text
}

fn bundles(rows: &[Bundle], lang: Lang) -> String {
    let mut table = Table::new(match lang {
        Lang::Ja => [
            "会社",
            "今あるもの",
            "お勧め",
            ">初期",
            ">月額",
            ">年額",
            ">都度",
            ">初年度",
            ">月あたり",
        ],
        Lang::En => [
            "company",
            "has",
            "recommended",
            ">initial",
            ">monthly",
            ">yearly",
            ">one-off",
            ">first year",
            ">per month",
        ],
    });
    for row in rows {
        let has: Vec<&str> = row.has.iter().map(|it| lang.of(it)).collect();
        let plans: Vec<&str> = row.recommended.iter().map(|it| it.plan.as_str()).collect();
        table.row([
            lang.of(&row.company).to_owned(),
            has.join(" + "),
            plans.join(" + "),
            grouped(row.price_yen.initial),
            grouped(row.price_yen.monthly),
            grouped(row.price_yen.yearly),
            grouped(row.price_yen.one_off),
            grouped(row.first_year_yen),
            grouped_decimal(&row.monthly_equivalent_yen),
        ]);
    }
    let mut text = table.render();
    for row in rows {
        text.push_str(&format!("\n  {}\n", lang.of(&row.company)));
        for (place, item) in row.recommended.iter().enumerate() {
            let (service, reason) = (lang.of(&item.service), lang.of(&item.reason));
            text.push_str(&format!("    {}. {service}: {reason}\n", place + 1));
        }
    }
    text
}

fn reconciliation(rows: &[Reconciled], lang: Lang) -> String {
    let mut table = Table::new(match lang {
        Lang::Ja => ["番号", "比較", "報告書の数字", "一致", "サーバーの記録"],
        Lang::En => ["id", "check", "figures of the reports", "holds", "what the server holds"],
    });
    for row in rows {
        let held = row.held.as_ref().map_or_else(String::new, |held| {
            format!("{} {}", lang.of(&held.what), list(&held.values, ", "))
        });
        table.row([
            row.id.clone(),
            row.check.clone(),
            comparison(row),
            yes(row.holds, lang).to_owned(),
            held,
        ]);
    }
    table.render()
}

fn comparison(row: &Reconciled) -> String {
    let (sign, between) = match row.relation {
        Relation::Equals => ("=", ", "),
        Relation::SumEquals => ("=", " + "),
        Relation::SumAtLeast => (">=", " + "),
    };
    format!("{} {sign} {} {}", list(&row.left, between), list(&row.right, between), row.unit)
}

fn list(values: &[i64], between: &str) -> String {
    values.iter().map(|value| grouped(*value)).collect::<Vec<_>>().join(between)
}

fn mismatches(rows: &[Mismatch], lang: Lang) -> String {
    if rows.is_empty() {
        let nothing = lang.say("すべて想定どおりです", "everything is as expected");
        return format!("  {nothing}\n");
    }
    let mut table = Table::new(match lang {
        Lang::Ja => ["項目", "想定", "結果"],
        Lang::En => ["what", "expected", "found"],
    });
    for row in rows {
        table.row([row.what.clone(), row.expected.clone(), row.found.clone()]);
    }
    table.render()
}

/// A yes or a no.
pub(super) const fn yes(holds: bool, lang: Lang) -> &'static str {
    match (holds, lang) {
        (true, Lang::Ja) => "はい",
        (true, Lang::En) => "yes",
        (false, Lang::Ja) => "いいえ",
        (false, Lang::En) => "NO",
    }
}

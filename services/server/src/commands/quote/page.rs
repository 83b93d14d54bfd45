//! A quote as one page that a company owner can read.

mod payers;

use tasuki_core::catalog::{Cadence, TaxMode};
use tasuki_core::decision::Outcome;
use tasuki_core::money::Money;
use tasuki_core::quote::{Line, LineKind, Sums};
use tasuki_core::text::{Language, Text};

use super::Answer;
use crate::commands::demo::table::Table;

/// The page.
pub(super) fn page(answer: &Answer<'_>, language: Language) -> String {
    let page = Page { answer, language };
    [
        page.head(),
        page.why(),
        page.prices(),
        page.sums(),
        page.payers(),
        page.against(),
        page.others(),
        page.included(),
        page.possible(),
        page.not_included(),
        page.cover(),
        page.schemes(),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join("\n")
}

struct Page<'a> {
    answer: &'a Answer<'a>,
    language: Language,
}

impl Page<'_> {
    fn say<'t>(&self, ja: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    fn text<'t>(&self, text: &'t Text) -> &'t str {
        text.in_language(self.language)
    }

    fn head(&self) -> String {
        let priced = &self.answer.quote.offer.priced;
        let quote = &self.answer.quote;
        let (first_year, steady_year) = priced.own_years();
        let month = |sums: &Sums| grouped(&sums.monthly_equivalent_gross.to_string());
        let (first, later) = (month(first_year), month(steady_year));
        let whose = if priced.payers.is_empty() {
            ""
        } else {
            self.say("お客様のご負担分 ", "Your part: ")
        };
        let lead = match self.language {
            Language::Ja => format!("{whose}月あたり 初年度 ¥{first}、2年目から ¥{later}（税込）"),
            Language::En => {
                format!("{whose}¥{first} a month in the first year, ¥{later} later (with tax)")
            }
        };
        let check =
            priced.budget.as_ref().map(|check| format!("  {}\n", self.text(&check.message)));
        format!(
            "{}  {}\n{} {}  {} {}  ({})\n  {lead}\n{}",
            self.say("お見積り", "Quote"),
            self.text(&self.answer.card.name),
            self.say("開始日", "From"),
            priced.start_on,
            self.say("有効期限", "valid until"),
            quote.valid_until.day_in(&self.answer.zone),
            priced.rate_card,
            check.unwrap_or_default(),
        )
    }

    /// What else one could take.
    fn others(&self) -> String {
        let rows: Vec<String> = self
            .answer
            .quote
            .offer
            .alternatives
            .iter()
            .map(|other| {
                let gross = other.totals.first_year.gross;
                let (label, difference) = (self.text(&other.label), self.text(&other.difference));
                match self.language {
                    Language::Ja => format!("{label}: 初年度{gross}（税込）。{difference}"),
                    Language::En => format!("{label}: first year {gross}. {difference}"),
                }
            })
            .collect();
        let title = self.say("■ ほかの選び方", "■ Other choices");
        self.list(title, rows.iter().map(String::as_str))
    }

    /// The cover, as far as it is known without a server.
    fn cover(&self) -> String {
        if self.answer.card.cover.is_none() {
            return String::new();
        }
        let text = self.say(
            "サイバー保険が自動で付き、保険料は料金に含まれます。支払われない場合とあわせて、正式なお見積りに記載します",
            "Cover comes with it and its premium is in the price; the formal quote shows it together with what is not paid",
        );
        self.list(self.say("■ 補償", "■ Cover"), std::iter::once(text))
    }

    /// Which criteria of public schemes the bundle meets.
    fn schemes(&self) -> String {
        let rows: Vec<String> = self
            .answer
            .quote
            .offer
            .compliance
            .iter()
            .map(|of| {
                let verdict = match of.outcome {
                    Outcome::Satisfied => self.say("適合", "met"),
                    Outcome::NotSatisfied => self.say("不適合", "not met"),
                    Outcome::Undetermined => self.say("未確認", "unknown"),
                };
                let note = of.note.as_ref().map(|note| format!(" → {}", self.text(note)));
                format!("[{verdict}] {}{}", self.text(&of.text), note.unwrap_or_default())
            })
            .collect();
        let title = self.say("■ お助け隊サービス基準", "■ Criteria of the public scheme");
        self.list(title, rows.iter().map(String::as_str))
    }

    /// What is recommended, in order of priority, with the reason for each.
    fn why(&self) -> String {
        let recommended = &self.answer.quote.offer.recommended;
        if recommended.is_empty() {
            return String::new();
        }
        let mut text = format!("{}\n", self.say("■ おすすめと理由", "■ What to do, in order"));
        for (place, of) in recommended.iter().enumerate() {
            let plan = of.plan.as_deref().and_then(|code| self.answer.card.plan(code));
            let label = plan.map_or_else(|| of.service.label(), |plan| plan.name.clone());
            let later =
                if of.in_bundle { "" } else { self.say("（次の機会に）", " (later)") };
            let place = place + 1;
            let (name, reason) = (self.text(&label), self.text(&of.reason));
            text.push_str(&format!("  {place}. {name}{later}\n     {reason}\n"));
        }
        text
    }

    fn prices(&self) -> String {
        let mut table = Table::new([
            self.say("料金", "Fee"),
            self.say("いつ", "When"),
            self.say(">金額", ">Amount"),
            self.say("税", "Tax"),
            self.say("備考", "Note"),
        ]);
        for cadence in Cadence::ALL {
            let lines =
                self.answer.quote.offer.priced.lines.iter().filter(|line| {
                    line.kind == LineKind::Charged || line.kind == LineKind::Discount
                });
            for line in lines.filter(|line| line.cadence == Some(cadence)) {
                let note = line.note.as_ref().map(|note| self.text(note));
                table.row([
                    self.text(&line.label).to_owned(),
                    self.when(cadence).to_owned(),
                    self.amount(line),
                    self.tax(line.tax_mode).to_owned(),
                    note.unwrap_or_default().to_owned(),
                ]);
            }
        }
        format!("{}\n{}", self.say("■ 料金", "■ Prices"), table.render())
    }

    fn sums(&self) -> String {
        let priced = &self.answer.quote.offer.priced;
        let totals = &priced.totals;
        let mut table = Table::new([
            self.say("合計", "Total"),
            self.say(">税抜", ">Without tax"),
            self.say(">消費税", ">Tax"),
            self.say(">税込", ">With tax"),
            self.say(">月あたり（税抜）", ">A month, without tax"),
            self.say(">月あたり（税込）", ">A month, with tax"),
        ]);
        let row = |name: &str, sums: &Sums| {
            [
                name.to_owned(),
                sums.net.to_string(),
                sums.tax.to_string(),
                sums.gross.to_string(),
                format!("¥{}", grouped(&sums.monthly_equivalent_net.to_string())),
                format!("¥{}", grouped(&sums.monthly_equivalent_gross.to_string())),
            ]
        };
        table.row(row(self.say("初年度", "First year"), &totals.first_year));
        table.row(row(self.say("2年目以降", "Each later year"), &totals.steady_year));
        format!("{}\n{}", self.say("■ 合計", "■ Totals"), table.render())
    }

    fn included(&self) -> String {
        let lines = self.answer.quote.offer.priced.lines_of(LineKind::Included);
        let labels = lines.map(|line| self.text(&line.label));
        self.list(self.say("■ 料金に含まれるもの", "■ Included in the price"), labels)
    }

    /// Everything that may ever be charged, and when.
    fn possible(&self) -> String {
        let mut table = Table::new([
            self.say("料金", "Fee"),
            self.say(">金額", ">Amount"),
            self.say("どんなとき", "When"),
        ]);
        let mut any = false;
        for line in self.answer.quote.offer.priced.lines_of(LineKind::Contingent) {
            any = true;
            let when = line.trigger.as_ref().map(|trigger| self.text(trigger));
            table.row([
                self.text(&line.label).to_owned(),
                self.amount(line),
                when.unwrap_or_default().to_owned(),
            ]);
        }
        if !any {
            return String::new();
        }
        let title = self.say(
            "■ これ以外に料金がかかるのは次の場合だけです",
            "■ Nothing else is ever charged, except",
        );
        format!("{title}\n{}", table.render())
    }

    fn not_included(&self) -> String {
        let texts = self.answer.quote.offer.priced.not_included.iter().map(|text| self.text(text));
        self.list(self.say("■ 含まれないもの", "■ Not included"), texts)
    }

    fn against(&self) -> String {
        let reasons: Vec<String> = self
            .answer
            .quote
            .offer
            .unavailable
            .iter()
            .map(|of| {
                let service = of.service.label();
                format!("{}: {}", self.text(&service), self.text(&of.reason))
            })
            .collect();
        let title = self.say("■ ご注意", "■ Please note");
        self.list(title, reasons.iter().map(String::as_str))
    }

    fn list<'t>(&self, title: &str, items: impl Iterator<Item = &'t str>) -> String {
        let bullet = self.say("・", "- ");
        let items: Vec<_> = items.map(|item| format!("  {bullet}{item}\n")).collect();
        if items.is_empty() { String::new() } else { format!("{title}\n{}", items.concat()) }
    }

    fn amount(&self, line: &Line) -> String {
        line.amount.map_or_else(
            || self.say("個別にお見積り", "to be quoted first").to_owned(),
            |amount: Money| amount.to_string(),
        )
    }

    fn when(&self, cadence: Cadence) -> &'static str {
        let (ja, en) = match cadence {
            Cadence::Initial => ("最初だけ", "at the start"),
            Cadence::OneOff => ("1回", "once"),
            Cadence::Monthly => ("毎月", "each month"),
            Cadence::Yearly => ("毎年", "each year"),
            Cadence::Usage => ("使った分", "for what is used"),
        };
        self.say(ja, en)
    }

    fn tax(&self, mode: TaxMode) -> &'static str {
        let (ja, en) = match mode {
            TaxMode::Inclusive => ("税込", "included"),
            TaxMode::Exclusive => ("税抜", "not included"),
            TaxMode::Exempt => ("非課税", "exempt"),
            TaxMode::OutOfScope => ("不課税", "out of scope"),
        };
        self.say(ja, en)
    }
}

/// A decimal with commas between thousands.
fn grouped(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

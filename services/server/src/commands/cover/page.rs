//! A simulation as a page for the terminal.

use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_economics::{Outcome, Portfolio, Simulation};

use super::{Lang, chart, percent, signed};
use crate::commands::demo::table::Table;

/// What a figure is called, and its value in each column.
pub(super) type Row = (String, Vec<String>);

/// The page: figures, percentiles, stop-loss premiums, the chart, where the figures come from.
pub(super) fn text(
    portfolio: &Portfolio,
    (now, changed): (&Simulation, Option<&Simulation>),
    lang: Lang,
) -> String {
    let mut page = format!("{}\n\n", lang.text(&portfolio.name));
    let heads = heads((now, changed), lang);
    let mut table =
        Table::new([String::new()].into_iter().chain(heads.iter().map(|head| format!(">{head}"))));
    for (name, cells) in figures((now, changed), lang) {
        table.row([name].into_iter().chain(cells));
    }
    page.push_str(&table.render());
    if let Some(best) = now.best() {
        page.push_str(&titled(lang.say("悪い年", "Bad years"), &percentiles(best, lang)));
        page.push_str(&chart_text(lang.say("年ごとの保険金", "Years by losses"), best, lang));
    }
    if let Some(best) = changed.and_then(Simulation::best) {
        page.push_str(&titled(
            lang.say("悪い年（変更後）", "Bad years, changed terms"),
            &percentiles(best, lang),
        ));
        let title = lang.say("年ごとの保険金（変更後）", "Years by losses, changed terms");
        page.push_str(&chart_text(title, best, lang));
    }
    for note in notes(now, lang) {
        page.push_str(&format!("\n  {note}\n"));
    }
    if !portfolio.sources.is_empty() {
        page.push_str(&format!("\n{}\n", lang.say("出典と仮定", "Sources and assumptions")));
        for source in &portfolio.sources {
            page.push_str(&format!("  - {}\n", lang.text(source)));
        }
    }
    page
}

/// The columns that there are, by name.
pub(super) fn heads((now, changed): (&Simulation, Option<&Simulation>), lang: Lang) -> Vec<String> {
    let exact = lang.say("分布から", "exact");
    let drawn = lang.say("抽出から", "drawn");
    let mut heads = Vec::new();
    for (simulation, which) in [(Some(now), ""), (changed, lang.say("（変更後）", " (changed)"))]
    {
        let Some(simulation) = simulation else { continue };
        if simulation.exact.is_some() {
            heads.push(format!("{exact}{which}"));
        }
        if simulation.drawn.is_some() {
            heads.push(format!("{drawn}{which}"));
        }
    }
    if changed.is_some() {
        heads.push(lang.say("差", "difference").to_owned());
    }
    heads
}

/// The figures, a row each.
pub(super) fn figures((now, changed): (&Simulation, Option<&Simulation>), lang: Lang) -> Vec<Row> {
    let columns = Columns {
        outcomes: [now.exact.as_ref(), now.drawn.as_ref()]
            .into_iter()
            .chain(changed.into_iter().flat_map(|it| [it.exact.as_ref(), it.drawn.as_ref()]))
            .flatten()
            .collect(),
        ends: changed.and_then(|changed| Some((now.best()?, changed.best()?))),
    };
    let own = |ja: &str, en: &str| lang.say(ja, en).to_owned();
    vec![
        (own("今年の保険料", "This year's premium"), columns.money(|it| Some(it.premium))),
        (own("保険金の期待値", "Expected losses"), columns.money(|it| Some(it.expected_losses))),
        (own("損害率", "Loss ratio"), columns.rate(|it| Some(it.loss_ratio))),
        (own("標準偏差", "Standard deviation"), columns.money(|it| Some(it.standard_deviation))),
        (own("期待値の標準誤差", "Standard error"), columns.money(|it| Some(it.standard_error))),
        (
            own("総支払限度額が尽きる確率", "Aggregate used up"),
            columns.rate(|it| it.exhaustion_probability),
        ),
        (
            own(
                "限度額のため支払えない額（ストップロス純保険料）",
                "Unpaid for it (stop-loss premium)",
            ),
            columns.money(|it| Some(it.unpaid)),
        ),
        (
            own("来年の保険料（期待値）", "Next year's premium, expected"),
            columns.money(|it| Some(it.next_year_premium)),
        ),
        (
            own("来年の1社あたり利益", "Next year's margin for each tenant"),
            columns.money(|it| it.margin_per_tenant),
        ),
        (
            own("来年が赤字になる確率", "Next year's margin below nothing"),
            columns.rate(|it| it.loss_making_probability),
        ),
    ]
    .into_iter()
    .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()))
    .collect()
}

struct Columns<'a> {
    outcomes: Vec<&'a Outcome>,
    ends: Option<(&'a Outcome, &'a Outcome)>,
}

impl Columns<'_> {
    fn money(&self, of: impl Fn(&Outcome) -> Option<Money>) -> Vec<String> {
        let cell = |outcome: &&Outcome| of(outcome).map(|it| it.to_string()).unwrap_or_default();
        let cells = self.outcomes.iter().map(cell);
        let difference = self.ends.map(|(now, changed)| {
            let difference = of(changed).zip(of(now)).and_then(|(a, b)| a.minus(b).ok());
            difference.map(signed).unwrap_or_default()
        });
        cells.chain(difference).collect()
    }

    fn rate(&self, of: impl Fn(&Outcome) -> Option<Rate>) -> Vec<String> {
        let cell = |outcome: &&Outcome| of(outcome).map(percent).unwrap_or_default();
        let cells = self.outcomes.iter().map(cell);
        cells.chain(self.ends.map(|_| String::new())).collect()
    }
}

/// The losses of bad years and what follows from them.
pub(super) fn percentiles(outcome: &Outcome, lang: Lang) -> (Vec<String>, Vec<Vec<String>>) {
    let knows_margin = outcome.percentiles.iter().any(|it| it.margin.is_some());
    let mut head = vec![
        lang.say("この割合の年は", "In this share of years").to_owned(),
        lang.say(">以下（VaR）", ">at most (VaR)").to_owned(),
        lang.say(">超えた年の平均（CTE）", ">mean of worse (CTE)").to_owned(),
        lang.say(">翌年の保険料", ">next premium").to_owned(),
    ];
    if knows_margin {
        head.push(lang.say(">翌年の利益", ">next margin").to_owned());
    }
    let mut rows = Vec::new();
    for it in &outcome.percentiles {
        let mut row = vec![
            percent(it.share),
            it.losses.to_string(),
            it.tail.to_string(),
            it.next_year_premium.to_string(),
        ];
        row.extend(it.margin.map(|margin| margin.to_string()));
        rows.push(row);
    }
    for it in &outcome.stop_loss {
        let retention = it.retention;
        let name = match lang {
            Lang::Ja => format!("{retention} 超のストップロス純保険料"),
            Lang::En => format!("stop loss above {retention}"),
        };
        rows.push(vec![name, it.premium.to_string()]);
    }
    (head, rows)
}

fn titled(title: &str, (head, rows): &(Vec<String>, Vec<Vec<String>>)) -> String {
    let mut table = Table::new(head);
    for row in rows {
        table.row(row.clone());
    }
    format!("\n{title}\n{}", table.render())
}

fn chart_text(title: &str, outcome: &Outcome, lang: Lang) -> String {
    format!("\n{title}\n{}", chart::text(&outcome.bars, lang))
}

/// What to know about how it was found.
pub(super) fn notes(simulation: &Simulation, lang: Lang) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(why) = &simulation.not_exact {
        notes.push(lang.text(why).to_owned());
    }
    if simulation.drawn.is_some() {
        let (n, seed) = (simulation.n_years, simulation.seed);
        notes.push(match lang {
            Lang::Ja => format!("抽出：{n} 年分、シード {seed}"),
            Lang::En => format!("Drawn: {n} years, seed {seed}"),
        });
    }
    notes
}

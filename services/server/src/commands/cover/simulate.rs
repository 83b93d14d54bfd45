//! `tasuki cover simulate`: what a year of a portfolio may cost.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_economics::{Method, Outcome, Simulation, Wish, example, simulate};

use super::changes::Changes;
use super::{Lang, html, page, portfolio, print};

/// What is simulated, and how to print it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The portfolio, YAML or JSON; the pilot that comes with the program if left out.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the portfolio that comes with the program, to be changed.
    #[arg(long, conflicts_with = "file")]
    example: bool,
    #[command(flatten)]
    changes: Changes,
    /// How a year is found.
    #[arg(long, value_enum, default_value_t)]
    method: How,
    /// Years to draw.
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    years: u32,
    /// Where drawing starts: the same seed gives the same answer.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Share of years whose losses are wanted, such as 0.99. May be repeated.
    #[arg(long, value_name = "SHARE")]
    share: Vec<Rate>,
    /// Retention of a stop-loss cover whose premium is wanted, in yen. May be repeated.
    #[arg(long, value_name = "YEN")]
    retention: Vec<i64>,
    /// Language of the text.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
    /// Write a page with the table and the chart into this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum How {
    /// The distribution itself, and drawn years beside it.
    #[default]
    Both,
    /// The distribution itself.
    Exact,
    /// Drawn years.
    Drawn,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.example {
        print(example());
        return Ok(ExitCode::SUCCESS);
    }
    let portfolio = portfolio(options.file.as_deref())?;
    let scheme = portfolio.scheme()?;
    let wish = wish(options);
    let now = simulate(&scheme, &wish)?;
    let changed = if options.changes.is_empty() {
        None
    } else {
        let terms = options.changes.apply(&scheme.terms)?;
        // What is no longer covered costs the scheme nothing.
        let mut other = tasuki_economics::Scheme { terms, ..scheme };
        for group in &mut other.groups {
            group.losses.retain(|loss| other.terms.part(loss.part).is_some());
        }
        Some(simulate(&other, &wish)?)
    };
    if let Some(file) = &options.html {
        let page = html::page(&portfolio, (&now, changed.as_ref()), options.lang);
        std::fs::write(file, page).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    if options.json {
        let answer = json!({ "now": value(&now), "changed": changed.as_ref().map(value) });
        print(&format!("{}\n", serde_json::to_string_pretty(&answer)?));
    } else {
        print(&page::text(&portfolio, (&now, changed.as_ref()), options.lang));
    }
    Ok(ExitCode::SUCCESS)
}

fn wish(options: &Options) -> Wish {
    let plain = Wish::default();
    Wish {
        method: match options.method {
            How::Both => Method::Both,
            How::Exact => Method::Exact,
            How::Drawn => Method::MonteCarlo,
        },
        n_years: options.years,
        seed: options.seed,
        shares: if options.share.is_empty() { plain.shares } else { options.share.clone() },
        retentions: options.retention.iter().map(|yen| Money::jpy(*yen)).collect(),
    }
}

/// A simulation for programs: amounts in whole yen, shares as decimal text.
fn value(simulation: &Simulation) -> Value {
    json!({
        "exact": simulation.exact.as_ref().map(outcome),
        "drawn": simulation.drawn.as_ref().map(outcome),
        "not_exact_because": simulation.not_exact,
        "n_years": simulation.n_years,
        "seed": simulation.seed,
    })
}

fn outcome(outcome: &Outcome) -> Value {
    let yen = |money: Money| money.amount();
    let text = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
    json!({
        "n_tenants": outcome.n_tenants,
        "premium_yen": yen(outcome.premium),
        "expected_losses_yen": yen(outcome.expected_losses),
        "loss_ratio": outcome.loss_ratio.to_string(),
        "standard_deviation_yen": yen(outcome.standard_deviation),
        "standard_error_yen": yen(outcome.standard_error),
        "unpaid_yen": yen(outcome.unpaid),
        "exhaustion_probability": text(outcome.exhaustion_probability),
        "percentiles": outcome.percentiles.iter().map(|it| json!({
            "share": it.share.to_string(),
            "losses_yen": yen(it.losses),
            "tail_yen": yen(it.tail),
            "next_year_premium_yen": yen(it.next_year_premium),
            "margin_yen": it.margin.map(yen),
        })).collect::<Vec<_>>(),
        "stop_loss": outcome.stop_loss.iter().map(|it| json!({
            "retention_yen": yen(it.retention),
            "premium_yen": yen(it.premium),
        })).collect::<Vec<_>>(),
        "next_year_premium_yen": yen(outcome.next_year_premium),
        "margin_per_tenant_yen": outcome.margin_per_tenant.map(yen),
        "loss_making_probability": text(outcome.loss_making_probability),
        "years_by_losses": outcome.bars.iter().map(|bar| json!({
            "from_yen": yen(bar.from),
            "below_yen": bar.below.map(yen),
            "share": bar.share.to_string(),
        })).collect::<Vec<_>>(),
        "every_amount_on_the_grid": outcome.on_grid,
    })
}

//! `tasuki cover …`: what cover costs a scheme, what other terms would have paid, and what firms share.

mod accumulation;
mod changes;
mod chart;
mod compare;
mod html;
mod page;
mod simulate;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::{Subcommand, ValueEnum};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::text::{Language, Text};
use tasuki_economics::{Portfolio, example};

use crate::settings::Settings;

/// What to do with cover.
#[derive(Debug, Subcommand)]
pub(crate) enum CoverCommand {
    /// Say what a year of a portfolio may cost under its terms, and under others.
    Simulate(simulate::Options),
    /// Say what each recorded loss would have paid under other terms or another pack.
    Compare(compare::Options),
    /// Say what firms with cover have in common, or export the book in the open exposure data format.
    Accumulation(accumulation::Options),
}

/// Runs it; the exit code is 1 when something is wrong.
pub(crate) async fn run(
    command: &CoverCommand,
    settings: impl FnOnce() -> anyhow::Result<Settings>,
) -> anyhow::Result<ExitCode> {
    match command {
        CoverCommand::Simulate(options) => simulate::run(options),
        CoverCommand::Compare(options) => compare::run(options, settings).await,
        CoverCommand::Accumulation(options) => accumulation::run(options, &settings()?).await,
    }
}

/// The language of what is printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Lang {
    const fn say<'t>(self, ja: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }

    fn text(self, text: &Text) -> &str {
        text.in_language(match self {
            Self::Ja => Language::Ja,
            Self::En => Language::En,
        })
    }
}

/// A portfolio of a file, or the one that comes with the program.
fn portfolio(file: Option<&Path>) -> anyhow::Result<Portfolio> {
    let Some(file) = file else { return Ok(Portfolio::read(example())?) };
    let text = read(file)?;
    Portfolio::read(&text).map_err(|wrong| anyhow!("`{}`: {wrong}", file.display()))
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))
}

/// A difference with its sign.
fn signed(difference: Money) -> String {
    let sign = if difference.amount() > 0 { "+" } else { "" };
    format!("{sign}{difference}")
}

/// A share of years as percents.
fn percent(rate: Rate) -> String {
    format!("{}%", rate.as_percent())
}

/// The answer of a command.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    print!("{text}");
}

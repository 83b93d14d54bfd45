//! `tasuki quote`: what suits a company and what it costs, without a server.

mod input;
mod page;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use tasuki_app::library::Library;
use tasuki_app::quoting::{Bundle, Offered, Prices, advise, bundle_within};
use tasuki_core::problem::Problem;
use tasuki_core::quote::Unavailable;
use tasuki_core::text::Language;
use tasuki_core::time::{CivilDate, Clock, Timestamp, Zone};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::quote_lines::Ask;
use tasuki_pricing::rate_card::RateCard;

use crate::present::SystemClock;

/// What is known about the company, and how to print the answer.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    company: input::Company,
    /// A YAML file with `profile`, `select` or both, instead of the options above.
    #[arg(long, value_name = "FILE", conflicts_with = "Company")]
    file: Option<PathBuf>,
    /// The price list, `code` or `code@version`.
    #[arg(long, value_name = "NAME", default_value = "okinawa")]
    rate_card: String,
    /// First day of the subscription; today if left out.
    #[arg(long, value_name = "DAY")]
    start_on: Option<CivilDate>,
    /// Code of the campaign that the customer names.
    #[arg(long, value_name = "CODE")]
    campaign: Option<String>,
    /// Folder of price lists; those that come with the program if left out.
    #[arg(long, value_name = "DIR")]
    cards: Option<PathBuf>,
    /// Folder of policy packs; those that come with the program if left out.
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
    /// Language of the text.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// What suits the company and what it costs.
struct Answer<'a> {
    card: &'a RateCard,
    bundle: Bundle,
    unavailable: Vec<Unavailable>,
}

/// Runs it; the exit code is 1 when there is no quote.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let library = Library::load(options.packs.as_deref(), options.cards.as_deref())?;
    let cards = library.cards.cards();
    let now = SystemClock.now();
    match answer((&library, &cards), options, now)? {
        Ok(answer) => {
            print(&answer, options)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problem) => Ok(refuse(&problem)),
    }
}

/// Outside: files that cannot be read. Inside: there is no quote.
fn answer<'a>(
    (library, cards): (&'a Library, &'a Cards),
    options: &Options,
    now: Timestamp,
) -> anyhow::Result<Result<Answer<'a>, Problem>> {
    let wanted = match &options.file {
        Some(file) => input::read(file)?,
        None => options.company.wanted()?,
    };
    let zone = Zone::named(Zone::TOKYO)?;
    let today = now.day_in(&zone);
    let start_on = options.start_on.unwrap_or(today);
    let Some(card) = cards.named(&options.rate_card, start_on) else {
        let all = cards.all().iter().map(|card| card.reference.to_string());
        let known = all.collect::<Vec<_>>().join(", ");
        bail!("no price list `{}` is in force on {start_on}; there are {known}", options.rate_card);
    };
    let quote = || -> Result<Answer<'a>, Problem> {
        let advice = advise(library, card, &wanted.profile, &wanted.select, now)?;
        let ask = Ask {
            selection: advice.selection,
            start_on,
            trial_until: None,
            budget: wanted.profile.budget,
        };
        let packs = library.packs.packs();
        let prices = Prices {
            card,
            packs: &packs,
            profile: &wanted.profile,
            campaign: options.campaign.as_deref(),
            now: (now, &zone),
        };
        let recommended = advice.recommended;
        let bundle = if wanted.select.is_empty() {
            bundle_within(&prices, ask, recommended)?
        } else {
            let Offered { priced, judged } = prices.of(&ask)?;
            Bundle { priced, recommended, alternatives: Vec::new(), judged }
        };
        Ok(Answer { card, bundle, unavailable: advice.unavailable })
    };
    Ok(quote())
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(answer: &Answer<'_>, options: &Options) -> anyhow::Result<()> {
    match options.format {
        Format::Text => {
            let language = match options.lang {
                Lang::Ja => Language::Ja,
                Lang::En => Language::En,
            };
            print!("{}", page::page(answer, language));
        }
        Format::Json => {
            let json = serde_json::json!({
                "priced": answer.bundle.priced,
                "recommended": answer.bundle.recommended,
                "unavailable": answer.unavailable,
                "alternatives": answer.bundle.alternatives,
            });
            println!("{}", serde_json::to_string_pretty(&json).context("cannot write JSON")?);
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the answer of a command")]
fn refuse(problem: &Problem) -> ExitCode {
    eprintln!("tasuki: {problem}");
    for violation in problem.violations() {
        eprintln!("  {}: {}", violation.field, violation.description);
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests;

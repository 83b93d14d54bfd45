//! `tasuki quote`: what suits a company and what it costs, without a server.
//!
//! The same offer as the server's `CreateQuote`, but for what only the server's store knows: the
//! customer's record and the master contract of the cover.

mod input;
mod page;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use tasuki_app::library::Library;
use tasuki_app::quoting::{Enquiry, OfferedCover, compose, decided};
use tasuki_core::actor::Actor;
use tasuki_core::id::{PartnerId, QuoteId, TenantId};
use tasuki_core::party::Role;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{Quote, QuoteDraft};
use tasuki_core::text::Language;
use tasuki_core::time::{CivilDate, Clock, Timestamp, Zone};
use tasuki_documents::{Parties, quote_html, quote_pdf};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::RateCard;
use uuid::Uuid;

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
    /// Print the answer for programs: the same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Whom the quote is for, as it stands on the documents.
    #[arg(long = "for", value_name = "NAME", default_value = "")]
    customer: String,
    /// Write the quote as a PDF of one page into this file.
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Write the quote as a web page into this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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

impl Options {
    const fn language(&self) -> Language {
        match self.lang {
            Lang::Ja => Language::Ja,
            Lang::En => Language::En,
        }
    }

    const fn is_for_programs(&self) -> bool {
        self.json || matches!(self.format, Format::Json)
    }
}

/// What suits the company and what it costs.
struct Answer<'a> {
    card: &'a RateCard,
    quote: Quote,
    zone: Zone,
}

/// Runs it; the exit code is 1 when there is no quote.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let library = Library::load(options.packs.as_deref(), options.cards.as_deref())?;
    let cards = library.cards.cards();
    let now = SystemClock.now();
    match answer((&library, &cards), options, now)? {
        Ok(answer) => {
            write(&answer, options)?;
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
    let composed = compose(Enquiry {
        library,
        card,
        profile: &wanted.profile,
        asked: &wanted.select,
        days: (start_on, None),
        campaign: options.campaign.as_deref(),
        // Which cover comes with it is in the store.
        cover: if card.cover.is_some() { OfferedCover::NotKnown } else { OfferedCover::None },
        // So is that which can be chosen: the price is on the card.
        chosen_covers: Vec::new(),
        now: (now, &zone),
    });
    let valid_until = now.plus_days_in(i64::from(card.valid_days), &zone)?;
    Ok(composed.map(|composed| {
        let draft = QuoteDraft {
            // Nothing is stored, so that nobody has it by its id.
            id: QuoteId::from(Uuid::nil()),
            tenant_id: TenantId::from(Uuid::nil()),
            partner_id: PartnerId::of_code(&card.operator),
            issued_by: Actor {
                subject: "tasuki quote".to_owned(),
                role: Role::Partner,
                partner_id: None,
            },
            valid_until,
            profile: wanted.profile,
            offer: decided(composed.offer, &[]),
        };
        Answer { card, quote: Quote::issue(draft, now), zone }
    }))
}

/// Writes the documents that were asked for.
fn write(answer: &Answer<'_>, options: &Options) -> anyhow::Result<()> {
    let language = options.language();
    let parties = Parties {
        customer: options.customer.clone(),
        seller: answer.card.name.in_language(language).to_owned(),
        zone: answer.zone.clone(),
    };
    if let Some(file) = &options.pdf {
        let pdf = quote_pdf(&answer.quote, &parties, language)?;
        std::fs::write(file, pdf).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    if let Some(file) = &options.html {
        let html = quote_html(&answer.quote, &parties, language)?;
        std::fs::write(file, html).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(answer: &Answer<'_>, options: &Options) -> anyhow::Result<()> {
    if options.is_for_programs() {
        let quote = &answer.quote;
        let json = serde_json::json!({
            "priced": quote.offer.priced,
            "recommended": quote.offer.recommended,
            "unavailable": quote.offer.unavailable,
            "alternatives": quote.offer.alternatives,
            "compliance": quote.offer.compliance,
            "subsidies": quote.offer.subsidies,
            "packs": quote.offer.packs,
            "valid_until": quote.valid_until,
            "hash": quote.hash,
        });
        println!("{}", serde_json::to_string_pretty(&json).context("cannot write JSON")?);
    } else {
        print!("{}", page::page(answer, options.language()));
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

//! Every file under `cases/` is one test: what goes in and what must come out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

#[path = "cases/arithmetic.rs"]
mod arithmetic;
#[path = "cases/month.rs"]
mod month;
#[path = "cases/quote.rs"]
mod quote;

use std::path::Path;

use serde::Deserialize;

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows, as a sentence.
    name: String,
    /// Where the numbers come from.
    source: String,
    /// What is checked.
    check: Check,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Check {
    Quote(Box<quote::Quote>),
    Month(Box<month::Month>),
    Amounts(arithmetic::Amounts),
    Parts(arithmetic::Parts),
    Periods(arithmetic::Periods),
    Tax(arithmetic::Tax),
    Allocation(arithmetic::Allocation),
    Instalments(arithmetic::Instalments),
}

fn run(path: &Path) -> datatest_stable::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let case: Case = serde_saphyr::from_str(&text)?;
    assert!(!case.name.is_empty() && !case.source.is_empty(), "say what it shows and from where");
    match case.check {
        Check::Quote(check) => check.run(),
        Check::Month(check) => check.run(),
        Check::Amounts(check) => check.run(),
        Check::Parts(check) => check.run(),
        Check::Periods(check) => check.run(),
        Check::Tax(check) => check.run(),
        Check::Allocation(check) => check.run(),
        Check::Instalments(check) => check.run(),
    }
    Ok(())
}

datatest_stable::harness! {
    { test = run, root = "cases", pattern = r".*\.yaml$" },
}

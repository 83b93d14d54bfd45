//! Every file under `cases/` is one test: what goes in and what must come out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

#[path = "cases/arithmetic.rs"]
mod arithmetic;
#[path = "cases/month.rs"]
mod month;
#[path = "cases/quote.rs"]
mod quote;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::RateCard;

/// The cards that come with the program, and those under `tests/cards/` with what those do not sell.
pub(crate) static CARDS: LazyLock<Cards> = LazyLock::new(|| {
    let mut cards = Cards::built_in().unwrap().all().to_vec();
    let files = Path::new("tests/cards").read_dir().unwrap();
    for path in files.map(|file| file.unwrap().path()) {
        let text = std::fs::read_to_string(&path).unwrap();
        let card = RateCard::load(&path.display().to_string(), &text);
        cards.push(Arc::new(card.unwrap_or_else(|wrong| panic!("{wrong}"))));
    }
    Cards::of(cards)
});

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

//! Cases of quotes.

use serde::Deserialize;
use tasuki_core::catalog::{Budget, Cadence, SelectedItem};
use tasuki_core::problem::Problem;
use tasuki_core::quote::{LineKind, Priced};
use tasuki_core::time::CivilDate;
use tasuki_pricing::quote_lines::{Ask, quote_lines};

use crate::CARDS;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quote {
    rate_card: String,
    #[serde(default = "a_first_of_month")]
    start_on: CivilDate,
    #[serde(default)]
    trial_until: Option<CivilDate>,
    #[serde(default)]
    budget: Option<Budget>,
    select: Vec<SelectedItem>,
    expect: Expect,
}

fn a_first_of_month() -> CivilDate {
    jiff::civil::date(2021, 4, 1)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    #[serde(default)]
    initial: Vec<Line>,
    #[serde(default)]
    one_off: Vec<Line>,
    #[serde(default)]
    monthly: Vec<Line>,
    #[serde(default)]
    yearly: Vec<Line>,
    #[serde(default)]
    usage: Vec<Line>,
    #[serde(default)]
    first_year: Option<Year>,
    #[serde(default)]
    steady_year: Option<Year>,
    #[serde(default)]
    budget: Option<String>,
    #[serde(default)]
    budget_remaining: Option<String>,
    /// Codes that must be among the contingent lines, in any order.
    #[serde(default)]
    may_be_charged: Vec<String>,
    /// Contingent lines with their amounts, where they have one.
    #[serde(default)]
    at_most: Vec<Line>,
    #[serde(default)]
    refused: Option<Refusal>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Line {
    line: String,
    yen: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    net: i64,
    tax: i64,
    gross: i64,
    #[serde(default)]
    monthly_equivalent_net: Option<String>,
    #[serde(default)]
    monthly_equivalent_gross: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    reason: String,
    #[serde(default)]
    field: Option<String>,
}

impl Quote {
    pub(crate) fn run(self) {
        let card = CARDS.named(&self.rate_card, self.start_on).unwrap();
        let ask = Ask {
            selection: self.select,
            start_on: self.start_on,
            trial_until: self.trial_until,
            budget: self.budget,
        };
        match (quote_lines(card, &ask), self.expect.refused) {
            (Ok(priced), None) => Expect { refused: None, ..self.expect }.compare(&priced),
            (Err(error), Some(refusal)) => {
                let problem = Problem::from(error);
                assert_eq!(problem.reason().code(), refusal.reason, "{problem}");
                if let Some(field) = refusal.field {
                    let named = problem.violations().iter().map(|of| of.field.as_str());
                    let meta = problem.metadata().iter().map(|(_, value)| value.as_str());
                    assert!(named.chain(meta).any(|of| of == field), "{problem:?}");
                }
            }
            (Ok(priced), Some(refusal)) => panic!("not refused as {refusal:?}: {priced:?}"),
            (Err(error), None) => panic!("{error}"),
        }
    }
}

impl Expect {
    fn compare(&self, priced: &Priced) {
        for (cadence, expected) in [
            (Cadence::Initial, &self.initial),
            (Cadence::OneOff, &self.one_off),
            (Cadence::Monthly, &self.monthly),
            (Cadence::Yearly, &self.yearly),
            (Cadence::Usage, &self.usage),
        ] {
            let lines: Vec<_> = priced
                .lines_of(LineKind::Charged)
                .filter(|line| line.cadence == Some(cadence))
                .map(|line| Line { line: line.code.clone(), yen: line.amount.unwrap().amount() })
                .collect();
            assert_eq!(&lines, expected, "{cadence}");
        }
        for (expected, sums) in [
            (&self.first_year, &priced.totals.first_year),
            (&self.steady_year, &priced.totals.steady_year),
        ] {
            let Some(year) = expected else { continue };
            let seen = (sums.net.amount(), sums.tax.amount(), sums.gross.amount());
            assert_eq!(seen, (year.net, year.tax, year.gross));
            for (expected, seen) in [
                (&year.monthly_equivalent_net, sums.monthly_equivalent_net),
                (&year.monthly_equivalent_gross, sums.monthly_equivalent_gross),
            ] {
                assert!(expected.as_ref().is_none_or(|text| *text == seen.to_string()), "{seen}");
            }
        }
        let check = priced.budget.as_ref();
        assert_eq!(check.map(|of| of.verdict.as_str().to_owned()), self.budget);
        if let Some(remaining) = &self.budget_remaining {
            assert_eq!(&check.unwrap().remaining.to_string(), remaining);
        }
        let possible: Vec<_> =
            priced.lines_of(LineKind::Contingent).map(|line| line.code.as_str()).collect();
        for line in &self.at_most {
            let seen = priced.lines_of(LineKind::Contingent).find(|of| of.code == line.line);
            let yen = seen.and_then(|of| of.amount).map(tasuki_core::money::Money::amount);
            assert_eq!(yen, Some(line.yen), "`{}`", line.line);
        }
        for code in &self.may_be_charged {
            assert!(possible.contains(&code.as_str()), "`{code}` is not among {possible:?}");
        }
    }
}

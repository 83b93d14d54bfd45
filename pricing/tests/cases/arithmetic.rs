//! Cases of amounts, parts of periods, taxes and shares. Amounts are minor units of any currency.

use serde::Deserialize;
use tasuki_core::catalog::{Proration, Quantity, TaxMode};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::{Money, Rounding};
use tasuki_core::rate::Rate;
use tasuki_core::time::{CivilDate, Zone};
use tasuki_pricing::proration::{fraction, instalments};
use tasuki_pricing::tax::{Taxable, tax_sum, tax_totals};
use tasuki_pricing::tier::{Amount, Model};

/// What a price gives for quantities; `needs_quote` where nobody has priced it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amounts {
    model: Model,
    expect: Vec<AmountOf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountOf {
    quantity: Quantity,
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default)]
    needs_quote: bool,
}

impl Amounts {
    pub(crate) fn run(self) {
        for of in self.expect {
            let seen = match self.model.amount(of.quantity, Rounding::Down).unwrap() {
                Amount::Priced { amount, .. } => Some(amount.amount()),
                Amount::NeedsQuote | Amount::OfOthers => None,
            };
            assert_eq!(seen, of.amount, "for {}", of.quantity);
            assert_eq!(seen.is_none(), of.needs_quote, "for {}", of.quantity);
        }
    }
}

/// Parts of amounts for parts of nominal periods, and their sum.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parts {
    convention: Proration,
    rounding: Rounding,
    each: Vec<Part>,
    sum: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    amount: i64,
    nominal: DayPeriod,
    used: DayPeriod,
    expect: i64,
}

impl Parts {
    pub(crate) fn run(self) {
        let zone = Zone::named("UTC").unwrap();
        let mut sum = 0;
        for part in self.each {
            let fraction = fraction(self.convention, part.nominal, &[part.used], &zone).unwrap();
            let seen = fraction.of(Money::jpy(part.amount), self.rounding).unwrap().amount();
            assert_eq!(seen, part.expect, "{fraction:?}");
            sum += seen;
        }
        assert_eq!(sum, self.sum);
    }
}

/// The periods of a rhythm of months, with inclusive ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Periods {
    anchor: CivilDate,
    months: i32,
    expect: Vec<[CivilDate; 2]>,
}

impl Periods {
    pub(crate) fn run(self) {
        for (k, [first, last]) in (0..).zip(self.expect) {
            let period = DayPeriod::nth(self.anchor, self.months, k).unwrap();
            assert_eq!(period.start(), first, "period {k}");
            assert_eq!(period.end().yesterday().unwrap(), last, "period {k}");
        }
    }
}

/// Taxes of one document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tax {
    rounding: Rounding,
    amounts: Vec<TaxedAmount>,
    expect: TaxExpect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaxedAmount {
    amount: i64,
    mode: TaxMode,
    rate: Rate,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaxExpect {
    /// By rate, in rising order.
    taxes: Vec<i64>,
    net: i64,
    tax: i64,
    gross: i64,
}

impl Tax {
    pub(crate) fn run(self) {
        let amounts: Vec<_> = self
            .amounts
            .iter()
            .map(|of| Taxable { amount: Money::jpy(of.amount), mode: of.mode, rate: of.rate })
            .collect();
        let totals = tax_totals(&amounts, self.rounding).unwrap();
        let taxes: Vec<_> = totals.iter().map(|total| total.tax.amount()).collect();
        assert_eq!(taxes, self.expect.taxes);
        let sum = tax_sum(&totals).unwrap();
        let seen = (sum.net.amount(), sum.tax.amount(), sum.gross.amount());
        assert_eq!(seen, (self.expect.net, self.expect.tax, self.expect.gross));
    }
}

/// An amount handed out by weights.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allocation {
    amount: i64,
    weights: Vec<i64>,
    expect: Vec<i64>,
}

impl Allocation {
    pub(crate) fn run(self) {
        let parts = Money::jpy(self.amount).allocated(&self.weights).unwrap();
        let parts: Vec<_> = parts.into_iter().map(Money::amount).collect();
        assert_eq!(parts, self.expect);
    }
}

/// An amount in instalments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instalments {
    amount: i64,
    n: u32,
    rounding: Rounding,
    expect: Vec<i64>,
}

impl Instalments {
    pub(crate) fn run(self) {
        let parts = instalments(Money::jpy(self.amount), self.n, self.rounding).unwrap();
        let parts: Vec<_> = parts.into_iter().map(Money::amount).collect();
        assert_eq!(parts, self.expect);
    }
}

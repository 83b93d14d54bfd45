//! The sums of a quote: as the invoices of a year will say, not as a multiplication would.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy};
use tasuki_core::catalog::{Budget, Cadence, TaxMode, TaxTotal};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::quote::{BudgetCheck, BudgetVerdict, Discount, Line, LineKind, Sums, Totals};
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, TimeError};

use crate::discount;
use crate::rate_card::RateCard;
use crate::tax::{Taxable, add_totals, tax_sum, tax_totals};

/// Months of a year.
pub(crate) const MONTHS: i32 = 12;
/// Digits of a monthly equivalent.
const DIGITS: u32 = 2;

/// Those of the first twelve months that are charged; a month that is free in part counts, so that
/// the sum is never less than what is charged.
pub(crate) fn paid_months(
    start_on: CivilDate,
    trial_until: Option<CivilDate>,
) -> Result<Vec<DayPeriod>, TimeError> {
    let mut paid = Vec::new();
    for k in 0..MONTHS {
        let month = DayPeriod::nth(start_on, 1, k)?;
        if trial_until.is_none_or(|until| month.end() > until) {
            paid.push(month);
        }
    }
    Ok(paid)
}

pub(super) fn totals(
    card: &RateCard,
    (lines, discounts): (&[Line], &[Discount]),
    paid_months: &[DayPeriod],
) -> Result<Totals, MoneyError> {
    let of = |cadences: &[Cadence], applies: &Applies<'_>| {
        let applies = |of: Cadence, ends_on: Option<CivilDate>| {
            cadences.contains(&of) && applies(of, ends_on)
        };
        let due = due(card, (lines, discounts), &applies)?;
        let amounts: Vec<_> = due.iter().map(Due::taxable).collect();
        tax_totals(&amounts, card.tax.rounding)
    };
    let once = [Cadence::Initial, Cadence::OneOff];
    let month = EACH_MONTH;
    let for_good = |_: Cadence, ends_on: Option<CivilDate>| ends_on.is_none();
    let net = |totals: Vec<TaxTotal>| tax_sum(&totals).map(|sum| sum.net);

    let ends: BTreeSet<CivilDate> = ends_of(lines, discounts);
    let mut first_year = Vec::new();
    // Months in which the same applies come to the same.
    let mut before: Option<(usize, Vec<TaxTotal>)> = None;
    for (k, days) in paid_months.iter().enumerate() {
        let lasts = |cadence: Cadence, ends_on: Option<CivilDate>| lasts(cadence, ends_on, *days);
        if k == 0 {
            first_year = of(&Cadence::ALL, &lasts)?;
            continue;
        }
        let n_over = ends.iter().filter(|end| days.end() > **end).count();
        let totals = match before {
            Some((n, totals)) if n == n_over => totals,
            Some(_) | None => of(&month, &lasts)?,
        };
        first_year = add_totals(first_year, &totals, 1)?;
        before = Some((n_over, totals));
    }
    let monthly = of(&month, &for_good)?;
    let with_year = of(&[Cadence::Monthly, Cadence::Usage, Cadence::Yearly], &for_good)?;
    let steady_year = add_totals(with_year, &monthly, i64::from(MONTHS - 1))?;
    Ok(Totals {
        initial: net(of(&once, &|_, _| true)?)?,
        monthly: net(monthly)?,
        yearly: net(of(&[Cadence::Yearly], &for_good)?)?,
        first_year: sums(first_year)?,
        steady_year: sums(steady_year)?,
    })
}

/// The days on which something that is charged or taken off ends.
fn ends_of(lines: &[Line], discounts: &[Discount]) -> BTreeSet<CivilDate> {
    let of_lines = lines.iter().filter_map(|line| line.ends_on);
    of_lines.chain(discounts.iter().filter_map(|discount| discount.ends_on)).collect()
}

/// Fees that come with every month.
pub(crate) const EACH_MONTH: [Cadence; 2] = [Cadence::Monthly, Cadence::Usage];

/// Which fees and discounts are meant, by their cadence and the day on which they end.
pub(crate) type Applies<'a> = dyn Fn(Cadence, Option<CivilDate>) -> bool + 'a;

/// Whether what ends on a day applies to a month: a fee for a month must be reduced for all of it; what is
/// charged once, on its first day.
pub(crate) fn lasts(cadence: Cadence, ends_on: Option<CivilDate>, days: DayPeriod) -> bool {
    let each_month = EACH_MONTH.contains(&cadence);
    ends_on.is_none_or(|end| if each_month { days.end() <= end } else { days.start() < end })
}

/// What the lines that apply come to. A discount that was held back by another one takes its whole
/// part when the other is over, so what each takes is worked out anew among those that apply.
pub(crate) fn due<'l>(
    card: &RateCard,
    (lines, discounts): (&'l [Line], &'l [Discount]),
    applies: &Applies<'_>,
) -> Result<Vec<Due<'l>>, MoneyError> {
    let charged = lines.iter().filter(|line| line.kind == LineKind::Charged);
    let mut due: Vec<_> = charged
        .filter(|line| line.cadence.is_some_and(|cadence| applies(cadence, line.ends_on)))
        .filter_map(|line| {
            Some(Due { line, code: Cow::Borrowed(&line.code), amount: line.amount? })
        })
        .collect();
    for off in discount::offs(card, (lines, discounts), applies)? {
        if let (Some(line), Some(of)) = (lines.get(off.line), discounts.get(off.discount)) {
            let amount = off.amount.zero().minus(off.amount)?;
            due.push(Due { line, code: Cow::Owned(of.line_code()), amount });
        }
    }
    Ok(due)
}

/// What a line of a quote comes to, or what is taken off it.
#[derive(Debug)]
pub(crate) struct Due<'l> {
    /// The line that is charged.
    pub(crate) line: &'l Line,
    /// Code of the row that it will be on an invoice.
    pub(crate) code: Cow<'l, str>,
    /// How much; below zero for what is taken off.
    pub(crate) amount: Money,
}

impl Due<'_> {
    /// The amount with the line's tax.
    pub(crate) const fn taxable(&self) -> Taxable {
        Taxable { amount: self.amount, mode: self.line.tax_mode, rate: self.line.tax_rate }
    }
}

pub(crate) fn sums(by_rate: Vec<TaxTotal>) -> Result<Sums, MoneyError> {
    let sum = tax_sum(&by_rate)?;
    Ok(Sums {
        net: sum.net,
        tax: sum.tax,
        gross: sum.gross,
        monthly_equivalent_net: a_twelfth(sum.net),
        monthly_equivalent_gross: a_twelfth(sum.gross),
        by_rate,
    })
}

/// A year's amount divided by twelve, half up to two digits.
fn a_twelfth(amount: Money) -> Decimal {
    let twelfth = Decimal::from(amount.amount()) / Decimal::from(MONTHS);
    let mut rounded =
        twelfth.round_dp_with_strategy(DIGITS, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(DIGITS);
    rounded
}

/// Compares whole years, so that no rounding decides.
pub(crate) fn budget_check(budget: Budget, totals: &Totals) -> Result<BudgetCheck, MoneyError> {
    let ceiling = budget.monthly.times(i64::from(MONTHS))?;
    let (first, later, equivalent, basis) = match budget.tax_mode {
        TaxMode::Inclusive => (
            totals.first_year.gross,
            totals.steady_year.gross,
            totals.first_year.monthly_equivalent_gross,
            Text::new("税込", "tax included"),
        ),
        TaxMode::Exclusive | TaxMode::Exempt | TaxMode::OutOfScope => (
            totals.first_year.net,
            totals.steady_year.net,
            totals.first_year.monthly_equivalent_net,
            Text::new("税抜", "without tax"),
        ),
    };
    let verdict = if first <= ceiling && later <= ceiling {
        BudgetVerdict::Within
    } else if later <= ceiling {
        BudgetVerdict::WithinAfterFirstYear
    } else {
        BudgetVerdict::Over
    };
    let remaining = Decimal::from(budget.monthly.amount()) - equivalent;
    let (monthly, basis_ja, basis_en) = (budget.monthly, &basis.ja, &basis.en);
    let message = match verdict {
        BudgetVerdict::Within => Text::new(
            format!("月あたりのご予算{monthly}（{basis_ja}）に収まります"),
            format!("Fits the monthly budget of {monthly} ({basis_en})"),
        ),
        BudgetVerdict::WithinAfterFirstYear => Text::new(
            format!("初年度は月あたりのご予算{monthly}（{basis_ja}）を超え、2年目から収まります"),
            format!(
                "Above the monthly budget of {monthly} ({basis_en}) in the first year, within it later"
            ),
        ),
        BudgetVerdict::Over => Text::new(
            format!("月あたりのご予算{monthly}（{basis_ja}）を超えます"),
            format!("Above the monthly budget of {monthly} ({basis_en})"),
        ),
    };
    Ok(BudgetCheck { budget, verdict, remaining, message })
}

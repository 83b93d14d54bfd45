//! The sums of a quote: as the invoices of a year will say, not as a multiplication would.

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
    let of = |cadences: &[Cadence], applies: &dyn Fn(&Line) -> bool| {
        let asked = |line: &Line| line.cadence.is_some_and(|cadence| cadences.contains(&cadence));
        let applies = |line: &Line| asked(line) && applies(line);
        let amounts: Vec<_> = amounts(lines, discounts, &applies)?
            .into_iter()
            .map(|(line, amount)| taxable(line, amount))
            .collect();
        tax_totals(&amounts, card.tax.rounding)
    };
    let once = [Cadence::Initial, Cadence::OneOff];
    let month = EACH_MONTH;
    let for_good = |line: &Line| line.ends_on.is_none();
    let net = |totals: Vec<TaxTotal>| tax_sum(&totals).map(|sum| sum.net);

    let mut first_year = Vec::new();
    for (k, days) in paid_months.iter().enumerate() {
        let lasts = |line: &Line| lasts(line, *days);
        let cadences: &[Cadence] = if k == 0 { &Cadence::ALL } else { &month };
        first_year = add_totals(first_year, &of(cadences, &lasts)?, 1)?;
    }
    let monthly = of(&month, &for_good)?;
    let with_year = of(&[Cadence::Monthly, Cadence::Usage, Cadence::Yearly], &for_good)?;
    let steady_year = add_totals(with_year, &monthly, i64::from(MONTHS - 1))?;
    Ok(Totals {
        initial: net(of(&once, &|_| true)?)?,
        monthly: net(monthly)?,
        yearly: net(of(&[Cadence::Yearly], &for_good)?)?,
        first_year: sums(first_year)?,
        steady_year: sums(steady_year)?,
    })
}

/// Fees that come with every month.
pub(crate) const EACH_MONTH: [Cadence; 2] = [Cadence::Monthly, Cadence::Usage];

/// Whether a line applies to a month: a fee for a month must be reduced for all of it; what is charged
/// once, on its first day.
pub(crate) fn lasts(line: &Line, days: DayPeriod) -> bool {
    let each_month = line.cadence.is_some_and(|cadence| EACH_MONTH.contains(&cadence));
    line.ends_on.is_none_or(|end| if each_month { days.end() <= end } else { days.start() < end })
}

/// What the lines that apply come to. A discount that was held back by another one takes its whole
/// share when the other is over, so what each takes is worked out anew among those that apply.
pub(crate) fn amounts<'l>(
    lines: &'l [Line],
    discounts: &[Discount],
    applies: &dyn Fn(&Line) -> bool,
) -> Result<Vec<(&'l Line, Money)>, MoneyError> {
    let mut amounts = Vec::new();
    // The price that the discounts below it are taken off, and what is left of it.
    let mut price = Money::ZERO_JPY;
    let mut left = Money::ZERO_JPY;
    for line in lines {
        let Some(amount) = line.amount else { continue };
        let amount = match line.kind {
            LineKind::Charged => {
                (price, left) = (amount, amount);
                amount
            }
            LineKind::Discount if applies(line) => {
                let given = discounts.iter().find(|of| of.line_code() == line.code);
                let off = given.map(|of| discount::off(price, of, left)).transpose()?;
                let off = off.map_or_else(|| amount.zero().minus(amount), Ok)?;
                left = left.minus(off)?;
                off.zero().minus(off)?
            }
            LineKind::Discount | LineKind::Included | LineKind::Contingent => continue,
        };
        if applies(line) {
            amounts.push((line, amount));
        }
    }
    Ok(amounts)
}

/// An amount of a line with the line's tax.
pub(crate) const fn taxable(line: &Line, amount: Money) -> Taxable {
    Taxable { amount, mode: line.tax_mode, rate: line.tax_rate }
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

//! What a year comes to: the figures that people decide by, in whole yen.

use rust_decimal::Decimal;
use tasuki_core::money::{Money, Rounding};
use tasuki_core::rate::Rate;
use tasuki_pricing::premium::{Experience, project};

use crate::error::EconomicsError;
use crate::exact::ExactYear;
use crate::law::Law;
use crate::monte_carlo::DrawnYears;
use crate::number;
use crate::simulate::{Scheme, Wish};

/// Months of a year.
const MONTHS: u32 = 12;

/// Digits of probabilities and ratios.
const DIGITS: u32 = 6;

/// A hundredth of a yen.
const SEN: f64 = 0.01;

/// Bars of the chart between nothing and the worst that is shown.
const BARS: i64 = 12;

/// The chart ends where so few years are worse.
const CHART_ENDS_AT: f64 = 0.999;

/// Losses that a share of years does not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentile {
    /// The share of years.
    pub share: Rate,
    /// Losses that are not exceeded in it (value at risk), rounded up.
    pub losses: Money,
    /// The mean of the years that are worse (tail expectation), rounded up.
    pub tail: Money,
    /// Next year's premium of the scheme after such a year.
    pub next_year_premium: Money,
    /// What is left to the scheme next year after such a year; none when its margin is not known.
    pub margin: Option<Money>,
}

/// What a stop-loss cover would cost without any loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopLoss {
    /// What stays with the scheme.
    pub retention: Money,
    /// The expected amount above it, rounded up.
    pub premium: Money,
}

/// A bar of the chart: how many years have losses from here to below there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// From this amount on.
    pub from: Money,
    /// To below this one; none for the last bar.
    pub below: Option<Money>,
    /// The share of years, six digits, rounded up.
    pub share: Rate,
}

/// What a year comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Firms.
    pub n_tenants: u32,
    /// This year's premium of the scheme.
    pub premium: Money,
    /// Mean of what the cover pays in a year, rounded up.
    pub expected_losses: Money,
    /// The same by premium, six digits, rounded up.
    pub loss_ratio: Rate,
    /// Standard deviation of what it pays, to the nearest yen.
    pub standard_deviation: Money,
    /// How far the mean may be off because years were drawn: one standard error, rounded up. Nothing
    /// for the distribution itself.
    pub standard_error: Money,
    /// Mean of what firms go without because the aggregate is used up, rounded up: the stop-loss
    /// premium above it.
    pub unpaid: Money,
    /// The share of years in which the aggregate is used up, six digits, rounded up; none without one.
    pub exhaustion_probability: Option<Rate>,
    /// The distribution, from the lowest share.
    pub percentiles: Vec<Percentile>,
    /// Stop-loss premiums at the retentions asked for.
    pub stop_loss: Vec<StopLoss>,
    /// Mean of next year's premium of the scheme, rounded up.
    pub next_year_premium: Money,
    /// Mean of next year's margin for one firm, rounded down; none when the margin is not known.
    pub margin_per_tenant: Option<Money>,
    /// The share of years after which next year's margin is below nothing, six digits, rounded up.
    pub loss_making_probability: Option<Rate>,
    /// The chart.
    pub bars: Vec<Bar>,
    /// Whether every amount lay on the grid, so that nothing was spread between two points.
    pub on_grid: bool,
}

impl Outcome {
    pub(crate) fn of_exact(
        scheme: &Scheme,
        wish: &Wish,
        year: &ExactYear,
    ) -> Result<Self, EconomicsError> {
        let law = Law::of_grid(&year.paid);
        let unpaid = if scheme.aggregate().is_some() { year.asked - law.mean() } else { 0.0 };
        let outcome = figures(scheme, wish, &law, (unpaid, year.exhausted))?;
        Ok(Self { on_grid: year.on_grid, ..outcome })
    }

    pub(crate) fn of_years(
        scheme: &Scheme,
        wish: &Wish,
        years: DrawnYears,
    ) -> Result<Self, EconomicsError> {
        let n = number::of_count(years.paid.len().max(1));
        let exhausted = years
            .n_exhausted
            .map(|count| number::of_whole(i64::try_from(count).unwrap_or(i64::MAX)) / n);
        let law = Law::of_years(years.paid);
        let unpaid = years.asked - law.mean();
        let outcome = figures(scheme, wish, &law, (unpaid, exhausted))?;
        let error = (law.variance() / n).sqrt();
        Ok(Self { standard_error: number::to_yen(error, Rounding::Up)?, ..outcome })
    }
}

/// Everything that follows from the losses of a year and their probabilities.
fn figures(
    scheme: &Scheme,
    wish: &Wish,
    law: &Law,
    (unpaid, exhausted): (f64, Option<f64>),
) -> Result<Outcome, EconomicsError> {
    let insurer = Insurer { scheme };
    let premium = scheme.per_month.times(i64::from(insurer.months()?))?;
    let mut percentiles = Vec::with_capacity(wish.shares.len());
    let mut shares = wish.shares.clone();
    shares.sort_unstable();
    for share in shares {
        let at = number::of_rate(share);
        let losses = number::to_yen(law.quantile(at), Rounding::Up)?;
        let tail = number::to_yen(law.tail(at), Rounding::Up)?;
        let next_year_premium = insurer.next_premium(losses)?;
        let margin = scheme.margin_before_premium.map(|it| it.minus(next_year_premium));
        let margin = margin.transpose()?;
        percentiles.push(Percentile { share, losses, tail, next_year_premium, margin });
    }
    let stop_loss = wish.retentions.iter().map(|retention| {
        let above = law.stop_loss(number::of_whole(retention.amount()));
        Ok(StopLoss { retention: *retention, premium: number::to_yen(above, Rounding::Up)? })
    });
    let next = insurer.next_year(law)?;
    let n_tenants = scheme.n_tenants();
    let margin_per_tenant = match scheme.margin_before_premium {
        Some(margin) => {
            let left = number::of_whole(margin.amount()) - next.mean;
            let each = left / number::of_whole(i64::from(n_tenants.max(1)));
            Some(number::to_yen(each.floor(), Rounding::Down)?)
        }
        None => None,
    };
    let rate_up = |value: f64| number::to_rate_up(value, DIGITS);
    Ok(Outcome {
        n_tenants,
        premium,
        expected_losses: number::to_yen(law.mean(), Rounding::Up)?,
        loss_ratio: rate_up(law.mean() / number::of_whole(premium.amount().max(1)))?,
        standard_deviation: number::to_yen(law.variance().max(0.0).sqrt(), Rounding::HalfUp)?,
        standard_error: Money::ZERO_JPY,
        // A difference of two means: below a sen it is what their summing is off by.
        unpaid: number::to_yen(if unpaid < SEN { 0.0 } else { unpaid }, Rounding::Up)?,
        exhaustion_probability: exhausted.map(rate_up).transpose()?,
        percentiles,
        stop_loss: stop_loss.collect::<Result<_, EconomicsError>>()?,
        next_year_premium: number::to_yen(next.mean, Rounding::Up)?,
        margin_per_tenant,
        loss_making_probability: next.loss_making.map(rate_up).transpose()?,
        bars: bars(law)?,
        on_grid: false,
    })
}

/// Next year, over all this year's that may be.
struct NextYear {
    mean: f64,
    loss_making: Option<f64>,
}

/// Who reads this year's losses and sets next year's premium.
struct Insurer<'a> {
    scheme: &'a Scheme,
}

impl Insurer<'_> {
    fn months(&self) -> Result<u32, EconomicsError> {
        let months = self.scheme.n_tenants().checked_mul(MONTHS);
        months.ok_or_else(|| EconomicsError::field("groups", "have too many tenants"))
    }

    fn next_premium(&self, incurred: Money) -> Result<Money, EconomicsError> {
        let experience = Experience { n_certificate_months: self.months()?, incurred };
        Ok(project(self.scheme.per_month, experience, self.scheme.rating)?.next_year)
    }

    fn next_year(&self, law: &Law) -> Result<NextYear, EconomicsError> {
        let (mut mean, mut loss_making) = (0.0, 0.0);
        for point in law.points() {
            let losses = number::to_yen(point.losses, Rounding::HalfUp)?;
            let premium = self.next_premium(losses)?;
            mean += point.share * number::of_whole(premium.amount());
            if self.scheme.margin_before_premium.is_some_and(|margin| margin < premium) {
                loss_making += point.share;
            }
        }
        let loss_making = self.scheme.margin_before_premium.map(|_| loss_making);
        Ok(NextYear { mean, loss_making })
    }
}

/// Years without any loss, then bars of the same width, then what is worse.
fn bars(law: &Law) -> Result<Vec<Bar>, EconomicsError> {
    let top = number::to_yen(law.quantile(CHART_ENDS_AT), Rounding::Up)?.amount().max(1);
    let width = round_width(top / BARS + 1);
    let share = |from: i64, below: Option<i64>| {
        let (from, below) = (number::of_whole(from), below.map(number::of_whole));
        let within = law
            .points()
            .iter()
            .filter(|point| point.losses >= from && below.is_none_or(|below| point.losses < below));
        number::to_rate_up(within.map(|point| point.share).sum(), DIGITS)
    };
    let mut bars =
        vec![Bar { from: Money::ZERO_JPY, below: Some(Money::jpy(1)), share: share(0, Some(1))? }];
    let mut from = 1;
    let mut below = width;
    while from <= top {
        let (share, edge) = (share(from, Some(below))?, Some(Money::jpy(below)));
        bars.push(Bar { from: Money::jpy(from), below: edge, share });
        (from, below) = (below, below + width);
    }
    bars.push(Bar { from: Money::jpy(from), below: None, share: share(from, None)? });
    Ok(bars)
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_width(at_least: i64) -> i64 {
    let mut power = Decimal::ONE;
    let wanted = Decimal::from(at_least);
    loop {
        for times in [Decimal::ONE, Decimal::TWO, Decimal::from(5)] {
            let width = power * times;
            if width >= wanted {
                return i64::try_from(width).unwrap_or(i64::MAX);
            }
        }
        power *= Decimal::TEN;
    }
}

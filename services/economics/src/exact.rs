//! The distribution of the losses of a year, without drawing.
//!
//! A loss goes through the terms of one loss as a claim does. Then the losses of one firm are added up
//! under its limits of the period, the firms of a group are added up, the groups, and last comes the
//! aggregate of the programme. Limits lie inside each other or beside each other, so that what a
//! year comes to does not depend on the order of its losses, and limits may be taken one after the
//! other from the innermost.

use std::collections::BTreeSet;

use tasuki_core::benefit::{self, LossItem, Rules, TakenByCode};
use tasuki_core::master_contract::{CoveragePart, Limit};
use tasuki_core::money::{Money, Rounding};
use tasuki_core::text::Text;

use crate::distribution::Distribution;
use crate::error::EconomicsError;
use crate::frequency::Frequency;
use crate::number;
use crate::panjer::{compound, of_many};
use crate::portfolio::{Group, LossModel, SeverityModel};
use crate::severity::Severity;
use crate::simulate::Scheme;
use crate::terms::{is_everybodys, is_of_each_loss, rules_of_one_loss};

/// Points of the grid of a year.
const POINTS_AT_MOST: usize = 10_000;

/// Points into which what a loss costs is cut, before the terms.
const POINTS_OF_A_LOSS: i64 = 2_048;

/// So many standard deviations above the mean the grid ends when no limit ends it before.
const DEVIATIONS: f64 = 12.0;

/// The distribution of a year.
#[derive(Debug, Clone)]
pub(crate) struct ExactYear {
    /// What the cover pays.
    pub(crate) paid: Distribution,
    /// The mean of what it would pay without the aggregate of the programme.
    pub(crate) asked: f64,
    /// The probability that the aggregate is used up; none without one.
    pub(crate) exhausted: Option<f64>,
    /// Whether every amount lies on the grid.
    pub(crate) on_grid: bool,
}

/// What a loss of one kind pays before any limit of the period: amounts with their probabilities.
struct Kind<'a> {
    model: &'a LossModel,
    paid: Vec<(f64, f64)>,
}

impl Kind<'_> {
    fn mean(&self) -> f64 {
        self.paid.iter().map(|(amount, mass)| amount * mass).sum()
    }

    fn second_moment(&self) -> f64 {
        self.paid.iter().map(|(amount, mass)| amount * amount * mass).sum()
    }

    fn largest(&self) -> f64 {
        self.paid.iter().map(|(amount, _)| *amount).fold(0.0, f64::max)
    }
}

/// The distribution of a year, or why it cannot be found without drawing.
///
/// # Errors
/// [`EconomicsError::Benefit`].
pub(crate) fn exact_year(scheme: &Scheme) -> Result<Result<ExactYear, Text>, EconomicsError> {
    if let Some(why) = obstacle(scheme) {
        return Ok(Err(why));
    }
    let rules = rules_of_one_loss(&scheme.terms);
    let mut groups = Vec::with_capacity(scheme.groups.len());
    for group in &scheme.groups {
        let mut kinds = Vec::with_capacity(group.losses.len());
        for model in &group.losses {
            kinds.push(Kind { model, paid: paid_for_one(model, &rules)? });
        }
        groups.push((group, kinds));
    }
    let aggregate = scheme.aggregate();
    let grid = Grid::of(scheme, &groups, aggregate);
    let mut sum = Distribution::nothing(grid.step);
    let mut asked = 0.0;
    for (group, kinds) in &groups {
        let (law, mean) = of_group(scheme, group, kinds, grid);
        sum = sum.plus(&law, grid.n_points);
        asked += mean;
    }
    let Some(aggregate) = aggregate else {
        return Ok(Ok(ExactYear { paid: sum, asked, exhausted: None, on_grid: grid.holds_all }));
    };
    let below: f64 =
        sum.points().filter(|(losses, _)| *losses < aggregate - 1e-6).map(|(_, mass)| mass).sum();
    // An aggregate beyond the grid is not reached in any year that could be told from none.
    let reached = if aggregate > grid.end() { 0.0 } else { (1.0 - below).max(0.0) };
    Ok(Ok(ExactYear {
        paid: sum.at_most(aggregate.min(grid.end())),
        asked,
        exhausted: Some(reached),
        on_grid: grid.holds_all,
    }))
}

/// What stands against an exact distribution.
fn obstacle(scheme: &Scheme) -> Option<Text> {
    let used: BTreeSet<CoveragePart> =
        scheme.groups.iter().flat_map(|group| &group.losses).map(|model| model.part).collect();
    let programmes = scheme.terms.limits.iter().filter(|limit| is_everybodys(limit));
    for limit in programmes {
        if !used.is_subset(&scheme.terms.parts_of(limit)) {
            let code = &limit.code;
            return Some(Text::new(
                format!("`{code}` が一部の補償だけにかかるため、分布を直接には計算できません"),
                format!("`{code}` counts some parts only, so that years have to be drawn"),
            ));
        }
    }
    let shared = scheme.groups.iter().flat_map(|group| &group.losses).find(|model| {
        model.of_one_firm().is_none() && of_one_firm(scheme, &[model.part].into()).next().is_some()
    })?;
    let part = shared.part.label();
    Some(Text::new(
        format!(
            "「{}」の頻度が負の二項分布で、会社ごとの年間限度額があるため、分布を直接には計算できません",
            part.ja
        ),
        format!(
            "`{}` has a negative binomial frequency under a limit of each firm, so that years have to be drawn",
            part.en
        ),
    ))
}

/// The limits of a firm's period that count some of these parts, from the innermost.
fn of_one_firm<'a>(
    scheme: &'a Scheme,
    parts: &BTreeSet<CoveragePart>,
) -> impl Iterator<Item = &'a Limit> {
    scheme.terms.limits_inside_out().into_iter().filter(move |limit| {
        !is_everybodys(limit)
            && !is_of_each_loss(limit)
            && !scheme.terms.parts_of(limit).is_disjoint(parts)
    })
}

/// What the terms of one loss pay for it, by amount.
fn paid_for_one(model: &LossModel, rules: &Rules) -> Result<Vec<(f64, f64)>, EconomicsError> {
    let severity = model.severity.severity();
    let pays = |loss: i64| -> Result<i64, EconomicsError> {
        let item = LossItem::new(1, model.part, Money::jpy(loss));
        Ok(benefit::payable(&[item], rules, &TakenByCode::new())?.total.amount())
    };
    let losses: Vec<(i64, f64)> = match &severity {
        Severity::Bands(bands) => {
            let whole = bands.iter().map(|(amount, mass)| Ok((yen(*amount)?, *mass)));
            whole.collect::<Result<_, EconomicsError>>()?
        }
        Severity::LogNormal { .. } | Severity::Gamma { .. } | Severity::Pareto { .. } => {
            let most = yen(severity.one_in_a_million())?;
            let top = where_it_stops(most, &pays)?;
            let step = (top / POINTS_OF_A_LOSS).max(1);
            let n_points = number::to_count(number::of_whole(top / step)) + 2;
            let grid = severity.discretised(number::of_whole(step), n_points);
            let points = (0_i64..).map(|at| at * step).zip(grid.masses().to_vec());
            points.collect()
        }
    };
    losses
        .into_iter()
        .filter(|(_, mass)| *mass > 0.0)
        .map(|(loss, mass)| Ok((number::of_whole(pays(loss)?), mass)))
        .collect()
}

/// The loss above which nothing more is paid, if there is one.
///
/// # Errors
/// [`EconomicsError`].
pub(crate) fn stop_of(model: &LossModel, rules: &Rules) -> Result<Option<i64>, EconomicsError> {
    let pays = |loss: i64| -> Result<i64, EconomicsError> {
        let item = LossItem::new(1, model.part, Money::jpy(loss));
        Ok(benefit::payable(&[item], rules, &TakenByCode::new())?.total.amount())
    };
    let most = yen(model.severity.severity().one_in_a_million())?;
    let grows = pays(most)? < pays(most.saturating_mul(2))?;
    if grows { Ok(None) } else { where_it_stops(most, &pays).map(Some) }
}

/// The smallest loss that pays as much as the largest one does: above it the tail does not matter.
fn where_it_stops(
    most: i64,
    pays: &impl Fn(i64) -> Result<i64, EconomicsError>,
) -> Result<i64, EconomicsError> {
    let full = pays(most)?;
    let (mut below, mut enough) = (0, most);
    while enough - below > 1 {
        let middle = below + (enough - below) / 2;
        if pays(middle)? >= full {
            enough = middle;
        } else {
            below = middle;
        }
    }
    Ok(enough)
}

fn yen(amount: f64) -> Result<i64, EconomicsError> {
    Ok(number::to_yen(amount, Rounding::HalfUp)?.amount())
}

/// The grid of a year.
#[derive(Debug, Clone, Copy)]
struct Grid {
    step: f64,
    n_points: usize,
    holds_all: bool,
}

impl Grid {
    /// The last point.
    fn end(self) -> f64 {
        self.step * number::of_count(self.n_points.saturating_sub(1))
    }

    fn of(scheme: &Scheme, groups: &[(&Group, Vec<Kind<'_>>)], aggregate: Option<f64>) -> Self {
        let (mut mean, mut variance, mut largest) = (0.0, 0.0, 0.0_f64);
        for (group, kinds) in groups {
            for kind in kinds {
                let number = kind.model.of_firms(group.n_tenants);
                let (first, second) = (kind.mean(), kind.second_moment());
                mean += number.mean() * first;
                variance +=
                    number.mean() * (second - first * first) + number.variance() * first * first;
                largest = largest.max(kind.largest());
            }
        }
        let unlimited = mean + DEVIATIONS * variance.max(0.0).sqrt() + 2.0 * largest;
        let range = aggregate.map_or(unlimited, |aggregate| aggregate.min(unlimited)).max(1.0);
        let finest = range / number::of_count(POINTS_AT_MOST);
        let common = common_step(scheme, groups).filter(|step| *step >= finest);
        let step = common.unwrap_or_else(|| round_step(finest));
        let n_points = number::to_count(range / step) + 2;
        Self { step, n_points, holds_all: common.is_some() }
    }
}

/// The largest step on which every amount lies; none when losses have any amount.
fn common_step(scheme: &Scheme, groups: &[(&Group, Vec<Kind<'_>>)]) -> Option<f64> {
    let mut common = 0;
    for kind in groups.iter().flat_map(|(_, kinds)| kinds) {
        match kind.model.severity {
            SeverityModel::Bands(_) => {}
            SeverityModel::LogNormal { .. }
            | SeverityModel::Gamma { .. }
            | SeverityModel::Pareto { .. } => return None,
        }
        for (amount, _) in &kind.paid {
            common = common_divisor(common, number::to_count(*amount));
        }
    }
    for limit in scheme.terms.limits.iter().filter(|limit| !is_of_each_loss(limit)) {
        common = common_divisor(common, usize::try_from(limit.amount.amount()).ok()?);
    }
    (common > 0).then(|| number::of_count(common))
}

const fn common_divisor(a: usize, b: usize) -> usize {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The next of 1, 2 and 5 times a power of ten: most limits lie on such a step.
fn round_step(at_least: f64) -> f64 {
    let mut power = 1.0;
    loop {
        for step in [power, 2.0 * power, 5.0 * power] {
            if step >= at_least {
                return step;
            }
        }
        power *= 10.0;
    }
}

/// The distribution of what a group is paid, and its mean.
fn of_group(scheme: &Scheme, group: &Group, kinds: &[Kind<'_>], grid: Grid) -> (Distribution, f64) {
    let parts = kinds.iter().map(|kind| kind.model.part).collect();
    let firms = number::of_whole(i64::from(group.n_tenants));
    if of_one_firm(scheme, &parts).next().is_some() {
        let one = of_one(scheme, kinds, grid);
        let mean = one.mean() * firms;
        return (of_many(&one, u64::from(group.n_tenants), grid.n_points), mean);
    }
    let mut sum = Distribution::nothing(grid.step);
    let mut mean = 0.0;
    for kind in kinds {
        let number = kind.model.of_firms(group.n_tenants);
        mean += number.mean() * kind.mean();
        let severity = Distribution::of_amounts(grid.step, kind.paid.iter().copied());
        sum = sum.plus(&compound(&number, &severity, grid.n_points), grid.n_points);
    }
    (sum, mean)
}

/// The distribution of what one firm is paid in a year.
fn of_one(scheme: &Scheme, kinds: &[Kind<'_>], grid: Grid) -> Distribution {
    let mut nests: Vec<(BTreeSet<CoveragePart>, Distribution)> = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let never = Frequency::Poisson { mean: 0.0 };
        let number = kind.model.of_one_firm().unwrap_or(never);
        let severity = Distribution::of_amounts(grid.step, kind.paid.iter().copied());
        let sum = compound(&number, &severity, grid.n_points);
        nests.push(([kind.model.part].into(), sum));
    }
    let parts = kinds.iter().map(|kind| kind.model.part).collect();
    for limit in of_one_firm(scheme, &parts) {
        let counted = scheme.terms.parts_of(limit);
        let (inner, outer): (Vec<_>, Vec<_>) =
            nests.into_iter().partition(|(parts, _)| parts.is_subset(&counted));
        nests = outer;
        let merged = merged(inner, grid);
        let most = number::of_whole(limit.amount.amount()).min(grid.end());
        nests.push((merged.0, merged.1.at_most(most)));
    }
    merged(nests, grid).1
}

fn merged(
    nests: Vec<(BTreeSet<CoveragePart>, Distribution)>,
    grid: Grid,
) -> (BTreeSet<CoveragePart>, Distribution) {
    let nothing = (BTreeSet::new(), Distribution::nothing(grid.step));
    nests.into_iter().fold(nothing, |(mut parts, sum), (more, law)| {
        parts.extend(more);
        (parts, sum.plus(&law, grid.n_points))
    })
}

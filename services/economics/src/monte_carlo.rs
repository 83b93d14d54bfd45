//! Years drawn with a seed.
//!
//! Every loss goes through the same code as a real claim, with what earlier losses of the year have
//! taken from every limit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use special::Error as _;
use tasuki_core::benefit::{self, LossItem, Rules, Taken, TakenByCode};
use tasuki_core::master_contract::{CoveragePart, Limit};
use tasuki_core::money::{Money, Rounding};

use crate::error::EconomicsError;
use crate::exact::stop_of;
use crate::frequency::{Frequency, Recursion};
use crate::number;
use crate::severity::Severity;
use crate::simulate::Scheme;
use crate::terms::{is_everybodys, is_of_each_loss, rules_of_one_loss};

/// The probability of none must stay above the smallest floating-point number: numbers with a larger
/// mean are drawn as sums.
const MEAN_AT_ONCE: f64 = 500.0;

/// Answers that are remembered. Most losses of a year find every limit fresh.
const REMEMBERED_AT_MOST: usize = 200_000;

/// Random numbers. The same seed gives the same ones on every machine.
#[derive(Debug)]
pub(crate) struct Random {
    bits: ChaCha8Rng,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { bits: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// From nothing to below one.
    pub(crate) fn unit(&mut self) -> f64 {
        number::of_bits(self.bits.next_u64())
    }

    /// Above nothing, up to one.
    pub(crate) fn positive_unit(&mut self) -> f64 {
        1.0 - self.unit()
    }

    /// From the standard normal distribution.
    pub(crate) fn normal(&mut self) -> f64 {
        let unit = self.unit().max(f64::EPSILON / 4.0);
        std::f64::consts::SQRT_2 * (2.0 * unit - 1.0).inv_error()
    }

    /// From the gamma distribution with scale one (G. Marsaglia and W. W. Tsang, 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let larger = self.gamma(shape + 1.0);
            return larger * self.positive_unit().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.positive_unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// One of so many.
    fn one_of(&mut self, n: u32) -> u32 {
        let place = self.unit() * number::of_whole(i64::from(n));
        u32::try_from(number::to_count(place)).unwrap_or(u32::MAX).min(n.saturating_sub(1))
    }

    /// A number of losses.
    pub(crate) fn count(&mut self, frequency: &Frequency) -> u64 {
        match frequency {
            Frequency::Poisson { mean } => self.poisson(*mean),
            Frequency::NegativeBinomial { mean, spread } => {
                let mean = self.gamma(mean / spread) * spread;
                self.poisson(mean)
            }
            Frequency::Binomial { n, q } if *q > 0.5 => {
                n - self.count(&Frequency::Binomial { n: *n, q: 1.0 - q }).min(*n)
            }
            Frequency::Binomial { n, q } => {
                let at_once = number::to_count(MEAN_AT_ONCE / q.max(1e-9));
                let at_once = u64::try_from(at_once).unwrap_or(u64::MAX).max(1);
                let (mut rest, mut sum) = (*n, 0);
                while rest > 0 {
                    let n = rest.min(at_once);
                    sum += self.by_recursion(&Frequency::Binomial { n, q: *q }).min(n);
                    rest -= n;
                }
                sum
            }
        }
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (mut rest, mut sum) = (mean, 0);
        while rest > MEAN_AT_ONCE {
            sum += self.by_recursion(&Frequency::Poisson { mean: MEAN_AT_ONCE });
            rest -= MEAN_AT_ONCE;
        }
        sum + self.by_recursion(&Frequency::Poisson { mean: rest })
    }

    /// Goes up the distribution until the random share is reached.
    fn by_recursion(&mut self, frequency: &Frequency) -> u64 {
        let Recursion { a, b } = frequency.recursion();
        let mut mass = frequency.ln_pgf(0.0).exp();
        let mut left = self.unit() - mass;
        let (mut n, mut n_float) = (0_u64, 0.0);
        // The second condition: what rounding leaves over at the very end.
        while left >= 0.0 && (mass > 0.0 || n_float < frequency.mean()) {
            n += 1;
            n_float += 1.0;
            mass *= (a + b / n_float).max(0.0);
            left -= mass;
        }
        n
    }
}

/// Drawn years.
#[derive(Debug, Clone)]
pub(crate) struct DrawnYears {
    /// What the cover paid, year by year.
    pub(crate) paid: Vec<i64>,
    /// The mean of what it would have paid without the aggregate of the programme.
    pub(crate) asked: f64,
    /// Years in which the aggregate was used up; none without one.
    pub(crate) n_exhausted: Option<u64>,
}

/// Draws so many years.
///
/// # Errors
/// [`EconomicsError`].
pub(crate) fn draw_years(
    scheme: &Scheme,
    n_years: u32,
    seed: u64,
) -> Result<DrawnYears, EconomicsError> {
    let mut random = Random::new(seed);
    let mut desk = Desk::new(scheme);
    let mut open = Desk::new_without_aggregate(scheme);
    let kinds = kinds(scheme)?;
    let capacity = usize::try_from(n_years).unwrap_or_default();
    let mut drawn = DrawnYears {
        paid: Vec::with_capacity(capacity),
        asked: 0.0,
        n_exhausted: scheme.aggregate().map(|_| 0),
    };
    let mut asked = 0_i64;
    for _ in 0..n_years {
        let mut losses = Vec::new();
        for kind in &kinds {
            kind.draw(&mut random, &mut losses)?;
        }
        let paid = desk.settle_year(&losses)?;
        // Only where the aggregate is used up does it matter what there would have been without.
        let used_up = desk.is_used_up();
        asked += if used_up { open.settle_year(&losses)? } else { paid };
        drawn.paid.push(paid);
        if let Some(n) = &mut drawn.n_exhausted {
            *n += u64::from(used_up);
        }
    }
    drawn.asked = number::of_whole(asked) / number::of_whole(i64::from(n_years.max(1)));
    Ok(drawn)
}

/// A firm: its group and its place there.
type Firm = (usize, u32);

/// A loss: whose, of which part, how much.
type Loss = (Firm, CoveragePart, i64);

/// What happens to a group in a year.
struct Kind {
    group: (usize, u32),
    part: CoveragePart,
    frequency: Frequency,
    severity: Severity,
    /// The loss above which nothing more is paid.
    stop: Option<i64>,
}

fn kinds(scheme: &Scheme) -> Result<Vec<Kind>, EconomicsError> {
    let rules = rules_of_one_loss(&scheme.terms);
    let mut kinds = Vec::new();
    for (at, group) in scheme.groups.iter().enumerate() {
        for model in &group.losses {
            kinds.push(Kind {
                group: (at, group.n_tenants),
                part: model.part,
                frequency: model.of_firms(group.n_tenants),
                severity: model.severity.severity(),
                stop: stop_of(model, &rules)?,
            });
        }
    }
    Ok(kinds)
}

impl Kind {
    fn draw(&self, random: &mut Random, losses: &mut Vec<Loss>) -> Result<(), EconomicsError> {
        let (group, n_tenants) = self.group;
        let mut hit: HashSet<u32> = HashSet::new();
        for _ in 0..random.count(&self.frequency) {
            let mut firm = random.one_of(n_tenants);
            // A firm that has one loss at most does not come again.
            if matches!(self.frequency, Frequency::Binomial { .. }) {
                while !hit.insert(firm) {
                    firm = random.one_of(n_tenants);
                }
            }
            let loss = number::to_yen(self.severity.draw(random), Rounding::HalfUp)?.amount();
            // Cut where nothing more is paid, so that answers can be remembered.
            let loss = self.stop.map_or(loss, |stop| loss.min(stop));
            losses.push(((group, firm), self.part, loss));
        }
        Ok(())
    }
}

/// What a loss meets: its part, its amount, and what is left of the limits that count it, as far as
/// that can matter for it.
type Question = (CoveragePart, i64, Vec<i64>);

/// Settles the losses of a year.
struct Desk {
    rules: Rules,
    limits: Vec<Limit>,
    counted: Vec<BTreeSet<CoveragePart>>,
    of_firms: HashMap<(Firm, usize), i64>,
    of_all: BTreeMap<usize, i64>,
    remembered: HashMap<Question, i64>,
}

impl Desk {
    fn new(scheme: &Scheme) -> Self {
        let periods = scheme.terms.limits.iter().filter(|limit| !is_of_each_loss(limit));
        let limits: Vec<Limit> = periods.cloned().collect();
        Self {
            rules: Rules::from(&scheme.terms),
            counted: limits.iter().map(|limit| scheme.terms.parts_of(limit)).collect(),
            limits,
            of_firms: HashMap::new(),
            of_all: BTreeMap::new(),
            remembered: HashMap::new(),
        }
    }

    fn new_without_aggregate(scheme: &Scheme) -> Self {
        let mut open = scheme.clone();
        open.terms.limits.retain(|limit| !is_everybodys(limit));
        if open.terms.limits.iter().all(is_of_each_loss) {
            return Self { rules: rules_of_one_loss(&open.terms), ..Self::new(&open) };
        }
        Self::new(&open)
    }

    /// What is paid for the losses of a year.
    fn settle_year(&mut self, losses: &[Loss]) -> Result<i64, EconomicsError> {
        self.of_firms.clear();
        self.of_all.clear();
        losses
            .iter()
            .try_fold(0, |sum, (firm, part, loss)| Ok(sum + self.settle(*firm, *part, *loss)?))
    }

    fn used(&self, firm: Firm, at: usize, limit: &Limit) -> i64 {
        if is_everybodys(limit) {
            self.of_all.get(&at).copied().unwrap_or_default()
        } else {
            self.of_firms.get(&(firm, at)).copied().unwrap_or_default()
        }
    }

    fn is_used_up(&self) -> bool {
        let mut everybodys =
            self.limits.iter().enumerate().filter(|(_, limit)| is_everybodys(limit));
        everybodys.any(|(at, limit)| {
            self.of_all.get(&at).copied().unwrap_or_default() >= limit.amount.amount()
        })
    }

    /// What is paid for a loss.
    fn settle(&mut self, firm: Firm, part: CoveragePart, loss: i64) -> Result<i64, EconomicsError> {
        let counting: Vec<usize> = self
            .counted
            .iter()
            .enumerate()
            .filter(|(_, parts)| parts.contains(&part))
            .map(|(at, _)| at)
            .collect();
        let mut taken = TakenByCode::new();
        let mut left = Vec::with_capacity(counting.len());
        for (at, limit) in counting.iter().filter_map(|at| Some((*at, self.limits.get(*at)?))) {
            let used = self.used(firm, at, limit);
            // A limit with more left than the loss cuts nothing, however much more it is.
            left.push((limit.amount.amount() - used).min(loss));
            let used = Money::jpy(used);
            taken.insert(limit.code.clone(), Taken { used, ..Taken::NOTHING });
        }
        let question = (part, loss, left);
        let paid = if let Some(paid) = self.remembered.get(&question) {
            *paid
        } else {
            let item = LossItem::new(1, part, Money::jpy(loss));
            let paid = benefit::payable(&[item], &self.rules, &taken)?.total.amount();
            if self.remembered.len() < REMEMBERED_AT_MOST {
                self.remembered.insert(question, paid);
            }
            paid
        };
        for at in counting {
            if self.limits.get(at).is_some_and(is_everybodys) {
                *self.of_all.entry(at).or_default() += paid;
            } else {
                *self.of_firms.entry((firm, at)).or_default() += paid;
            }
        }
        Ok(paid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_losses_have_their_mean_and_variance() {
        let mut random = Random::new(1);
        for frequency in [
            Frequency::Poisson { mean: 0.3 },
            Frequency::Poisson { mean: 1_300.0 },
            Frequency::Binomial { n: 40, q: 0.1 },
            Frequency::Binomial { n: 40, q: 0.9 },
            Frequency::Binomial { n: 9_000, q: 0.2 },
            Frequency::NegativeBinomial { mean: 4.0, spread: 2.0 },
        ] {
            let n = 20_000;
            let years = (0..n).map(|_| i64::try_from(random.count(&frequency)).unwrap()).collect();
            let law = crate::Law::of_years(years);
            let error = (frequency.variance() / number::of_whole(n)).sqrt();
            assert!((law.mean() - frequency.mean()).abs() < 4.0 * error, "{frequency:?}");
            assert!((law.variance() / frequency.variance() - 1.0).abs() < 0.06, "{frequency:?}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_numbers() {
        let drawn = |seed| {
            let mut random = Random::new(seed);
            (0..5).map(|_| random.bits.next_u64()).collect::<Vec<_>>()
        };
        assert_eq!(drawn(42), drawn(42));
        assert_ne!(drawn(42), drawn(43));
    }
}

//! Distributions of amounts on a grid.

use crate::number;

/// Probabilities below this are dropped at the upper end while convolving: together they stay far
/// below what is shown.
const NEGLIGIBLE: f64 = 1e-18;

/// A distribution on the amounts nothing, one step, two steps and so on.
///
/// The probabilities may add up to less than one: what is missing lies above the last amount.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    step: f64,
    masses: Vec<f64>,
}

impl Distribution {
    /// Probabilities of nothing, one step, two steps and so on.
    pub const fn new(step: f64, masses: Vec<f64>) -> Self {
        Self { step, masses }
    }

    /// Certainly nothing.
    pub fn nothing(step: f64) -> Self {
        Self::new(step, vec![1.0])
    }

    /// What weighted amounts look like on a grid. An amount between two points goes to both, so that
    /// its mean stays.
    pub fn of_amounts(step: f64, amounts: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut masses: Vec<f64> = Vec::new();
        let mut add = |at: usize, mass: f64| {
            if mass > 0.0 {
                if masses.len() <= at {
                    masses.resize(at + 1, 0.0);
                }
                if let Some(found) = masses.get_mut(at) {
                    *found += mass;
                }
            }
        };
        for (amount, mass) in amounts {
            let place = amount.max(0.0) / step;
            let below = number::to_count(place + 1e-9);
            let above = (place - number::of_count(below)).clamp(0.0, 1.0);
            let above = if above < 1e-9 { 0.0 } else { above };
            add(below, mass * (1.0 - above));
            add(below + 1, mass * above);
        }
        Self { step, masses }
    }

    /// The distance of the amounts.
    pub const fn step(&self) -> f64 {
        self.step
    }

    /// The probabilities of nothing, one step, two steps and so on.
    pub fn masses(&self) -> &[f64] {
        &self.masses
    }

    /// The probability of an amount of so many steps.
    pub fn mass(&self, at: usize) -> f64 {
        self.masses.get(at).copied().unwrap_or_default()
    }

    /// The amounts and their probabilities.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let step = self.step;
        self.masses.iter().enumerate().map(move |(at, mass)| (number::of_count(at) * step, *mass))
    }

    /// What lies on the grid.
    pub fn total(&self) -> f64 {
        self.masses.iter().sum()
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.points().map(|(amount, mass)| amount * mass).sum()
    }

    /// The variance.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.points().map(|(amount, mass)| (amount - mean) * (amount - mean) * mass).sum()
    }

    /// The distribution of the sum with an independent amount on the same grid, of at most so many
    /// points.
    #[must_use]
    pub fn plus(&self, other: &Self, n_points: usize) -> Self {
        let n = (self.masses.len() + other.masses.len()).saturating_sub(1).min(n_points);
        let mut sums = vec![0.0; n];
        let (short, long) = if self.masses.len() < other.masses.len() {
            (&self.masses, &other.masses)
        } else {
            (&other.masses, &self.masses)
        };
        for (at, left) in short.iter().enumerate().filter(|(_, left)| **left > 0.0) {
            for (sum, right) in sums.iter_mut().skip(at).zip(long) {
                *sum += left * right;
            }
        }
        Self { step: self.step, masses: sums }.trimmed()
    }

    /// The distribution of the sum of so many independent amounts like this one, by squaring.
    #[must_use]
    pub fn times(&self, n: u64, n_points: usize) -> Self {
        let mut sum = Self::nothing(self.step);
        let (mut square, mut rest) = (self.clone(), n);
        while rest > 0 {
            if rest & 1 == 1 {
                sum = sum.plus(&square, n_points);
            }
            rest >>= 1;
            if rest > 0 {
                square = square.plus(&square, n_points);
            }
        }
        sum
    }

    /// The distribution of the smaller of the amount and a limit. What is missing on the grid lies
    /// above it, and so comes to the limit, too.
    #[must_use]
    pub fn at_most(&self, limit: f64) -> Self {
        let missing = (1.0 - self.total()).max(0.0);
        let cut = self.points().map(|(amount, mass)| (amount.min(limit), mass));
        Self::of_amounts(self.step, cut.chain([(limit, missing)]))
    }

    /// The same without a negligible upper end.
    #[must_use]
    pub(crate) fn trimmed(mut self) -> Self {
        let mut dropped = 0.0;
        while let Some(last) = self.masses.last().filter(|_| self.masses.len() > 1) {
            dropped += last;
            if dropped >= NEGLIGIBLE {
                break;
            }
            self.masses.pop();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coin() -> Distribution {
        Distribution::new(10.0, vec![0.5, 0.5])
    }

    #[test]
    fn an_amount_between_two_points_keeps_its_mean() {
        let law = Distribution::of_amounts(10.0, [(25.0, 0.5), (40.0, 0.5)]);
        assert_eq!(law.masses(), [0.0, 0.0, 0.25, 0.25, 0.5]);
        assert!((law.mean() - 32.5).abs() < 1e-12);
    }

    #[test]
    fn sums_of_coins_are_binomial() {
        let four = coin().times(4, 100);
        let expected = [1.0, 4.0, 6.0, 4.0, 1.0].map(|n| n / 16.0);
        assert!(four.masses().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
        assert!((four.variance() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_limit_holds_what_lies_above_it_also_beyond_the_grid() {
        let cut = coin().times(4, 3).at_most(15.0);
        assert!((cut.total() - 1.0).abs() < 1e-12);
        // 1/16 of nothing, 4/16 of 10, and 11/16 of 15, half of it on 10 and half on 20.
        assert!((cut.mean() - (4.0 * 10.0 + 11.0 * 15.0) / 16.0).abs() < 1e-12);
    }
}

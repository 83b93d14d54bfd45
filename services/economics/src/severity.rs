//! What a loss costs.

use special::{Error as _, Gamma as _};

use crate::distribution::Distribution;
use crate::monte_carlo::Random;
use crate::number;

/// The distribution of what one loss costs, in yen.
#[derive(Debug, Clone, PartialEq)]
pub enum Severity {
    /// Some amounts with their probabilities, which add up to one.
    Bands(Vec<(f64, f64)>),
    /// The logarithm is normal.
    LogNormal {
        /// Half of the losses cost less.
        median: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// Gamma.
    Gamma {
        /// The shape.
        shape: f64,
        /// The mean by the shape.
        scale: f64,
    },
    /// Heavy-tailed: `P(X > x) = (at_least / x) ^ shape`.
    Pareto {
        /// The smallest loss.
        at_least: f64,
        /// The shape; the mean is finite above one.
        shape: f64,
    },
}

impl Severity {
    /// The probability of at most this amount.
    pub fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 {
            return 0.0;
        }
        match self {
            Self::Bands(bands) => {
                bands.iter().filter(|(amount, _)| *amount <= x).map(|(_, mass)| mass).sum()
            }
            Self::LogNormal { median, sigma } => normal((x / median).ln() / sigma),
            Self::Gamma { shape, scale } => (x / scale).inc_gamma(*shape),
            Self::Pareto { at_least, shape } if x > *at_least => 1.0 - (at_least / x).powf(*shape),
            Self::Pareto { .. } => 0.0,
        }
    }

    /// The mean of the smaller of the loss and an amount.
    pub fn limited_mean(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Bands(bands) => bands.iter().map(|(amount, mass)| amount.min(x) * mass).sum(),
            Self::LogNormal { median, sigma } => {
                let place = (x / median).ln() / sigma;
                let mean = median * (sigma * sigma / 2.0).exp();
                mean * normal(place - sigma) + x * normal(-place)
            }
            Self::Gamma { shape, scale } => {
                let at = x / scale;
                shape * scale * at.inc_gamma(shape + 1.0) + x * (1.0 - at.inc_gamma(*shape))
            }
            Self::Pareto { at_least, shape } => {
                if x <= *at_least {
                    x
                } else if (shape - 1.0).abs() < 1e-9 {
                    at_least * (1.0 + (x / at_least).ln())
                } else {
                    let beyond = (at_least / x).powf(shape - 1.0);
                    at_least * (shape - beyond) / (shape - 1.0)
                }
            }
        }
    }

    /// The distribution on a grid of so many points, so that the mean up to the last of them stays as
    /// it is; what is above it comes to it.
    pub fn discretised(&self, step: f64, n_points: usize) -> Distribution {
        if let Self::Bands(bands) = self {
            let highest = step * number::of_count(n_points.saturating_sub(1));
            let cut = bands.iter().map(|(amount, mass)| (amount.min(highest), *mass));
            return Distribution::of_amounts(step, cut);
        }
        let limited = |at: usize| self.limited_mean(step * number::of_count(at));
        let mut masses = Vec::with_capacity(n_points);
        let (mut before, mut here) = (0.0, 0.0);
        for at in 0..n_points {
            let after = limited(at + 1);
            masses.push(if at == 0 {
                1.0 - after / step
            } else if at + 1 == n_points {
                (here - before) / step
            } else {
                (2.0 * here - before - after) / step
            });
            (before, here) = (here, after);
        }
        // Differences of large numbers may come out a hair below nothing.
        for mass in &mut masses {
            *mass = mass.max(0.0);
        }
        Distribution::new(step, masses)
    }

    /// A loss that no more than one in a million exceeds.
    pub(crate) fn one_in_a_million(&self) -> f64 {
        let rare = 1e-6;
        match self {
            Self::Bands(bands) => bands.iter().map(|(amount, _)| *amount).fold(0.0, f64::max),
            Self::LogNormal { median, sigma } => median * (4.753_424_308_823 * sigma).exp(),
            Self::Gamma { shape, scale } => {
                let mut x = shape * scale;
                while 1.0 - self.cdf(x) > rare {
                    x *= 1.25;
                }
                x
            }
            Self::Pareto { at_least, shape } => at_least * rare.powf(-1.0 / shape),
        }
    }

    /// A loss drawn at random.
    pub(crate) fn draw(&self, random: &mut Random) -> f64 {
        match self {
            Self::Bands(bands) => {
                let mut left = random.unit();
                let last = bands.last().map_or(0.0, |(amount, _)| *amount);
                bands
                    .iter()
                    .find(|(_, mass)| {
                        left -= mass;
                        left < 0.0
                    })
                    .map_or(last, |(amount, _)| *amount)
            }
            Self::LogNormal { median, sigma } => median * (sigma * random.normal()).exp(),
            Self::Gamma { shape, scale } => scale * random.gamma(*shape),
            Self::Pareto { at_least, shape } => {
                at_least * random.positive_unit().powf(-1.0 / shape)
            }
        }
    }
}

/// The normal distribution function.
fn normal(x: f64) -> f64 {
    (-x / std::f64::consts::SQRT_2).compl_error() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> [Severity; 4] {
        [
            Severity::Bands(vec![(100.0, 0.5), (250.0, 0.5)]),
            Severity::LogNormal { median: 100.0, sigma: 0.5 },
            Severity::Gamma { shape: 2.0, scale: 50.0 },
            Severity::Pareto { at_least: 40.0, shape: 2.5 },
        ]
    }

    #[test]
    fn the_grid_keeps_the_mean_and_has_all_of_the_mass() {
        for severity in some() {
            let grid = severity.discretised(5.0, 401);
            assert!((grid.total() - 1.0).abs() < 1e-9, "{severity:?}");
            let mean = severity.limited_mean(2_000.0);
            assert!((grid.mean() - mean).abs() < 1e-6, "{severity:?}");
        }
    }

    #[test]
    fn the_limited_mean_is_the_integral_of_what_exceeds() {
        for severity in some() {
            let step = 0.01;
            let exceeds = |n: i64| 1.0 - severity.cdf(step * (number::of_whole(n) + 0.5));
            let integral: f64 = (0..30_000).map(|n| exceeds(n) * step).sum();
            let limited = severity.limited_mean(300.0);
            assert!((integral - limited).abs() < 0.01, "{severity:?}: {integral} {limited}");
        }
    }

    #[test]
    fn what_is_drawn_has_the_mean() {
        let mut random = Random::new(7);
        for severity in some() {
            let n = 200_000;
            let drawn = (0..n).map(|_| severity.draw(&mut random).min(300.0));
            let mean = drawn.sum::<f64>() / number::of_whole(n);
            let expected = severity.limited_mean(300.0);
            assert!((mean / expected - 1.0).abs() < 0.005, "{severity:?}: {mean} {expected}");
        }
    }

    #[test]
    fn one_in_a_million_is_rare() {
        for severity in some() {
            assert!(1.0 - severity.cdf(severity.one_in_a_million() + 1.0) < 1.1e-6, "{severity:?}");
        }
    }
}

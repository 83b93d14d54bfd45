//! How many losses there are in a year.

use crate::number;

/// The distribution of the number of losses of a year.
#[derive(Debug, Clone, PartialEq)]
pub enum Frequency {
    /// Independent losses.
    Poisson {
        /// The mean.
        mean: f64,
    },
    /// So many firms, each of which has one loss or none.
    Binomial {
        /// Firms.
        n: u64,
        /// The probability of a loss.
        q: f64,
    },
    /// Losses whose mean itself is not known: Poisson with a gamma-distributed mean.
    NegativeBinomial {
        /// The mean.
        mean: f64,
        /// The variance divided by the mean, less one; above nothing.
        spread: f64,
    },
}

/// The recursion `p(n) = (a + b / n) p(n - 1)` that the three have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recursion {
    pub(crate) a: f64,
    pub(crate) b: f64,
}

impl Frequency {
    /// The mean.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Poisson { mean } | Self::NegativeBinomial { mean, .. } => *mean,
            Self::Binomial { n, q } => whole(*n) * q,
        }
    }

    /// The variance.
    pub fn variance(&self) -> f64 {
        match self {
            Self::Poisson { mean } => *mean,
            Self::Binomial { n, q } => whole(*n) * q * (1.0 - q),
            Self::NegativeBinomial { mean, spread } => mean * (1.0 + spread),
        }
    }

    pub(crate) fn recursion(&self) -> Recursion {
        match self {
            Self::Poisson { mean } => Recursion { a: 0.0, b: *mean },
            Self::Binomial { n, q } => {
                let odds = q / (1.0 - q);
                Recursion { a: -odds, b: (whole(*n) + 1.0) * odds }
            }
            Self::NegativeBinomial { mean, spread } => {
                let a = spread / (1.0 + spread);
                Recursion { a, b: (mean / spread - 1.0) * a }
            }
        }
    }

    /// The logarithm of the probability generating function: that of the probability that all losses
    /// are of a kind that a loss is with probability `at`.
    pub(crate) fn ln_pgf(&self, at: f64) -> f64 {
        match self {
            Self::Poisson { mean } => mean * (at - 1.0),
            Self::Binomial { n, q } => whole(*n) * (q * (at - 1.0)).ln_1p(),
            Self::NegativeBinomial { mean, spread } => {
                -(mean / spread) * (spread * (1.0 - at)).ln_1p()
            }
        }
    }
}

fn whole(n: u64) -> f64 {
    number::of_whole(i64::try_from(n).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recursion_gives_the_mean_and_the_variance() {
        for frequency in [
            Frequency::Poisson { mean: 3.0 },
            Frequency::Binomial { n: 12, q: 0.25 },
            Frequency::NegativeBinomial { mean: 3.0, spread: 0.5 },
        ] {
            let Recursion { a, b } = frequency.recursion();
            let mut masses = vec![frequency.ln_pgf(0.0).exp()];
            for n in 1..200 {
                let n = number::of_whole(n);
                masses.push((a + b / n) * masses.last().unwrap());
            }
            let law = crate::Distribution::new(1.0, masses);
            assert!((law.total() - 1.0).abs() < 1e-12, "{frequency:?}");
            assert!((law.mean() - frequency.mean()).abs() < 1e-9, "{frequency:?}");
            assert!((law.variance() - frequency.variance()).abs() < 1e-9, "{frequency:?}");
        }
    }
}

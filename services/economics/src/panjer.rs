//! The sum of a random number of losses: Panjer's recursion.

use crate::distribution::Distribution;
use crate::frequency::{Frequency, Recursion};
use crate::number;

/// Where the recursion is scaled down, and by what: for many losses the probability of none is
/// smaller than any floating-point number, so that it starts from one and remembers the scale.
const TOO_LARGE: f64 = 1e200;

/// Above this probability of a loss the recursion of the binomial distribution loses digits to
/// differences of large numbers.
const LIKELY: f64 = 0.5;

/// The distribution of the sum of a random number of independent losses, on so many points of the
/// severity's grid (H. H. Panjer, 1981; first point as by Klugman, Panjer and Willmot).
///
/// What is missing lies above the last point.
pub fn compound(frequency: &Frequency, severity: &Distribution, n_points: usize) -> Distribution {
    if let Frequency::Binomial { n, q } = frequency
        && *q > LIKELY
    {
        return one_or_none(*q, severity).times(*n, n_points);
    }
    let sum = recursion(frequency, severity, n_points);
    match frequency {
        Frequency::Binomial { n, q } if has_drifted(&sum, frequency, severity, n_points) => {
            one_or_none(*q, severity).times(*n, n_points)
        }
        Frequency::Poisson { .. }
        | Frequency::Binomial { .. }
        | Frequency::NegativeBinomial { .. } => sum,
    }
}

/// The distribution of the sum of so many independent amounts like this one.
///
/// Most firms have no loss in a year: then the number of those that have one is binomial, and the
/// recursion is much quicker than squaring.
pub(crate) fn of_many(one: &Distribution, n: u64, n_points: usize) -> Distribution {
    let nothing = one.mass(0);
    let q = one.total() - nothing;
    if q > LIKELY || q <= 0.0 || (1.0 - one.total()).abs() > 1e-9 {
        return one.times(n, n_points);
    }
    let losses = one.masses().iter().enumerate();
    let losses = losses.map(|(at, mass)| if at == 0 { 0.0 } else { mass / q });
    let severity = Distribution::new(one.step(), losses.collect());
    compound(&Frequency::Binomial { n, q }, &severity, n_points)
}

fn one_or_none(q: f64, severity: &Distribution) -> Distribution {
    let masses = severity.masses().iter().enumerate();
    let masses = masses.map(|(at, mass)| q * mass + if at == 0 { 1.0 - q } else { 0.0 });
    Distribution::new(severity.step(), masses.collect())
}

/// Whether rounding has grown: a binomial sum has terms of both signs.
fn has_drifted(
    sum: &Distribution,
    frequency: &Frequency,
    severity: &Distribution,
    n_points: usize,
) -> bool {
    if sum.masses().iter().any(|mass| *mass < -1e-12) || sum.total() > 1.0 + 1e-9 {
        return true;
    }
    // On a grid that holds everything the mean is known.
    let whole = (1.0 - sum.total()).abs() < 1e-9 && sum.masses().len() < n_points;
    let mean = frequency.mean() * severity.mean();
    whole && (sum.mean() - mean).abs() > 1e-6 * mean.max(severity.step())
}

fn recursion(frequency: &Frequency, severity: &Distribution, n_points: usize) -> Distribution {
    let Recursion { a, b } = frequency.recursion();
    let none = severity.mass(0);
    let losses = severity.masses().get(1..).unwrap_or_default();
    let factor = 1.0 / (1.0 - a * none);
    let mut ln_scale = frequency.ln_pgf(none);
    let mut sums: Vec<f64> = Vec::with_capacity(n_points);
    sums.push(1.0);
    // Beyond the last loss of a binomial number there is nothing.
    let n_points = match frequency {
        Frequency::Binomial { n, .. } => usize::try_from(*n)
            .unwrap_or(usize::MAX)
            .saturating_mul(losses.len())
            .saturating_add(1)
            .min(n_points),
        Frequency::Poisson { .. } | Frequency::NegativeBinomial { .. } => n_points,
    };
    while sums.len() < n_points && !losses.is_empty() {
        let share = b / number::of_count(sums.len());
        let mut steps = 0.0;
        let mut sum = 0.0;
        for (loss, before) in losses.iter().zip(sums.iter().rev()) {
            steps += 1.0;
            sum += (a + share * steps) * loss * before;
        }
        let next = factor * sum;
        sums.push(next);
        if next.abs() > TOO_LARGE {
            for sum in &mut sums {
                *sum /= TOO_LARGE;
            }
            ln_scale += TOO_LARGE.ln();
        }
    }
    let scale = ln_scale.exp();
    Distribution::new(severity.step(), sums.into_iter().map(|sum| sum * scale).collect()).trimmed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn severity() -> impl Strategy<Value = Distribution> {
        prop::collection::vec(0.0_f64..1.0, 2..8).prop_filter_map("no loss at all", |weights| {
            let total: f64 = weights.iter().sum();
            (total > 0.1).then(|| {
                Distribution::new(1.0, weights.iter().map(|weight| weight / total).collect())
            })
        })
    }

    /// The sum term by term: so many losses with their probability, convolved.
    fn slowly(frequency: &Frequency, severity: &Distribution, n_points: usize) -> Vec<f64> {
        let Recursion { a, b } = frequency.recursion();
        let mut sums = vec![0.0; n_points];
        let mut power = Distribution::nothing(1.0);
        let mut mass = frequency.ln_pgf(0.0).exp();
        for n in 1..400_i64 {
            for (sum, part) in sums.iter_mut().zip(power.masses()) {
                *sum += mass * part;
            }
            power = power.plus(severity, n_points);
            mass *= (a + b / number::of_whole(n)).max(0.0);
        }
        sums
    }

    proptest! {
        #[test]
        fn the_recursion_agrees_with_convolution_term_by_term(
            severity in severity(),
            frequency in prop_oneof![
                (0.01_f64..20.0).prop_map(|mean| Frequency::Poisson { mean }),
                (1_u64..60, 0.01_f64..0.9).prop_map(|(n, q)| Frequency::Binomial { n, q }),
                (0.01_f64..20.0, 0.05_f64..1.5)
                    .prop_map(|(mean, spread)| Frequency::NegativeBinomial { mean, spread }),
            ],
        ) {
            let quick = compound(&frequency, &severity, 150);
            let slow = slowly(&frequency, &severity, 150);
            for (at, expected) in slow.iter().enumerate() {
                prop_assert!((quick.mass(at) - expected).abs() < 1e-9, "{frequency:?} at {at}");
            }
        }

        #[test]
        fn many_firms_by_recursion_are_the_same_as_by_squaring(
            severity in severity(), q in 0.001_f64..0.5, n in 1_u64..300,
        ) {
            let one = one_or_none(q, &severity);
            let (quick, slow) = (of_many(&one, n, 400), one.times(n, 400));
            for at in 0..400 {
                prop_assert!((quick.mass(at) - slow.mass(at)).abs() < 1e-9, "at {at}");
            }
        }
    }

    #[test]
    fn ten_thousand_losses_do_not_vanish() {
        let severity = Distribution::new(1.0, vec![0.0, 0.5, 0.5]);
        let sum = compound(&Frequency::Poisson { mean: 10_000.0 }, &severity, 17_000);
        assert!((sum.total() - 1.0).abs() < 1e-9);
        assert!((sum.mean() - 15_000.0).abs() < 1e-5);
        assert!((sum.variance() - 25_000.0).abs() < 1e-2);
    }
}

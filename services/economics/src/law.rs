//! The losses of a year with their probabilities, however they were found.

use crate::distribution::Distribution;
use crate::number;

/// Sums of probabilities that should meet a share may miss it by so much.
const SLACK: f64 = 1e-12;

/// An amount and its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The amount.
    pub losses: f64,
    /// The probability.
    pub share: f64,
}

/// Amounts in rising order with their probabilities, which add up to one.
#[derive(Debug, Clone, PartialEq)]
pub struct Law {
    points: Vec<Point>,
}

impl Law {
    /// That of a distribution on a grid. What is missing above the grid is put on its last point.
    pub fn of_grid(grid: &Distribution) -> Self {
        let mut points: Vec<Point> = grid
            .points()
            .filter(|(_, share)| *share > 0.0)
            .map(|(losses, share)| Point { losses, share })
            .collect();
        let missing = 1.0 - grid.total();
        if let Some(last) = points.last_mut() {
            last.share += missing;
        }
        Self { points }
    }

    /// That of drawn years, each of which counts the same.
    pub(crate) fn of_years(mut years: Vec<i64>) -> Self {
        years.sort_unstable();
        let share = 1.0 / number::of_count(years.len().max(1));
        let mut points: Vec<Point> = Vec::new();
        for year in years {
            let losses = number::of_whole(year);
            match points.last_mut().filter(|last| last.losses >= losses) {
                Some(last) => last.share += share,
                None => points.push(Point { losses, share }),
            }
        }
        Self { points }
    }

    /// The amounts in rising order.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.expected(|losses| losses)
    }

    /// The mean of something that follows from the amount.
    pub fn expected(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.points.iter().map(|point| of(point.losses) * point.share).sum()
    }

    /// The variance.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.expected(|losses| (losses - mean) * (losses - mean))
    }

    /// The smallest amount that is not exceeded in this share of years (value at risk).
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sum = 0.0;
        self.points
            .iter()
            .find(|point| {
                sum += point.share;
                sum >= share - SLACK
            })
            .or(self.points.last())
            .map_or(0.0, |point| point.losses)
    }

    /// The mean of the years that are worse than the quantile of this share (conditional tail
    /// expectation). The quantile itself when no year is worse, as under an aggregate limit.
    pub fn tail(&self, share: f64) -> f64 {
        let quantile = self.quantile(share);
        let worse = self.points.iter().filter(|point| point.losses > quantile);
        let (sum, weight) = worse.fold((0.0, 0.0), |(sum, weight), point| {
            (sum + point.losses * point.share, weight + point.share)
        });
        if weight > SLACK { sum / weight } else { quantile }
    }

    /// The expected amount above a retention: the net premium of a stop-loss cover.
    pub fn stop_loss(&self, retention: f64) -> f64 {
        self.expected(|losses| (losses - retention).max(0.0))
    }

    /// The probability of this amount or more.
    pub fn at_least(&self, losses: f64) -> f64 {
        let reach = self.points.iter().filter(|point| point.losses >= losses - SLACK);
        reach.map(|point| point.share).sum::<f64>().min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_read_from_the_lowest() {
        let law = Law::of_years(vec![30, 0, 0, 10, 0, 0, 0, 20, 0, 0]);
        assert!((law.quantile(0.7)).abs() < 1e-9);
        assert!((law.quantile(0.71) - 10.0).abs() < 1e-9);
        assert!((law.tail(0.7) - 20.0).abs() < 1e-9);
        assert!((law.mean() - 6.0).abs() < 1e-9);
        assert!((law.stop_loss(15.0) - 2.0).abs() < 1e-9);
        assert!((law.at_least(20.0) - 0.2).abs() < 1e-9);
        assert!((law.tail(1.0) - 30.0).abs() < 1e-9);
    }
}

//! Spreads published totals over firms and days, always the same way.

use jiff::Timestamp;

/// Shares that fit both the totals of the rows and those of the columns.
///
/// Each row is split like what is left of the columns, by largest remainder; the last row takes what
/// is left. Both totals must be the same in sum.
pub(crate) fn matrix(rows: &[i64], columns: &[i64]) -> Vec<Vec<i64>> {
    let mut left = columns.to_vec();
    rows.iter()
        .map(|row| {
            let shares = split(*row, &left);
            for (rest, share) in left.iter_mut().zip(&shares) {
                *rest -= share;
            }
            shares
        })
        .collect()
}

/// Splits a total by weights, by largest remainder, the first of equal ones first.
fn split(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i64> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut by_remainder: Vec<(i64, usize)> = weights
        .iter()
        .enumerate()
        .map(|(place, weight)| (-(total * weight % sum), place))
        .collect();
    by_remainder.sort_unstable();
    let mut missing = total - shares.iter().sum::<i64>();
    for (_, place) in by_remainder {
        if missing == 0 {
            break;
        }
        if let Some(share) = shares.get_mut(place) {
            *share += 1;
            missing -= 1;
        }
    }
    shares
}

/// `n` instants spread evenly within a span, on whole minutes, none at its ends.
pub(crate) fn spread(from: Timestamp, until: Timestamp, n: i64) -> Vec<Timestamp> {
    let seconds = until.as_second().saturating_sub(from.as_second()).max(0);
    (1..=n)
        .filter_map(|place| {
            let after = seconds.checked_mul(place)? / (n + 1);
            Timestamp::from_second(from.as_second() + after - after % 60).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fit_rows_and_columns() {
        let (rows, columns) = ([7, 5, 8], [1, 12, 7]);
        let shares = matrix(&rows, &columns);
        for (row, total) in shares.iter().zip(rows) {
            assert_eq!(row.iter().sum::<i64>(), total);
        }
        for (place, total) in columns.into_iter().enumerate() {
            assert_eq!(shares.iter().filter_map(|row| row.get(place)).sum::<i64>(), total);
        }
    }

    #[test]
    fn instants_stand_within_the_span_and_in_order() {
        let (from, until) = ("2020-10-01T00:00:00Z", "2020-10-02T00:00:00Z");
        let spread = spread(from.parse().unwrap(), until.parse().unwrap(), 3);
        let shown: Vec<String> = spread.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["2020-10-01T06:00:00Z", "2020-10-01T12:00:00Z", "2020-10-01T18:00:00Z"]);
    }
}

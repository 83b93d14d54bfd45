//! Published aggregate losses, to the printed digits.
//!
//! The gamma example: R package actuar 3.3-7, vignette "risk". The others: Klugman, Panjer, Willmot,
//! Loss Models, 9.5 (group dental insurance) and 9.34.

use tasuki_economics::{Distribution, Frequency, Law, Severity, compound};

fn digits(value: f64, n: usize) -> String {
    format!("{value:.n$}")
}

#[test]
fn ten_gamma_losses_have_the_quartiles_risk_and_tails_of_actuar() {
    let gamma = Severity::Gamma { shape: 2.0, scale: 1.0 };
    let severity = gamma.discretised(0.5, 45);
    let sum = compound(&Frequency::Poisson { mean: 10.0 }, &severity, 200);
    let law = Law::of_grid(&sum);
    assert_eq!(digits(law.mean(), 3), "20.000");
    let quantiles = [0.25, 0.5, 0.75, 0.9, 0.95, 0.99].map(|share| digits(law.quantile(share), 1));
    assert_eq!(quantiles, ["14.5", "19.5", "25.0", "30.5", "34.0", "41.0"]);
    let tails = [0.9, 0.95, 0.99].map(|share| digits(law.tail(share), 2));
    assert_eq!(tails, ["35.42", "38.55", "45.01"]);
}

#[test]
fn a_dental_plan_has_the_moments_and_stop_loss_premiums_of_the_book() {
    let persons = [0.05, 0.10, 0.15, 0.20, 0.25, 0.15, 0.06, 0.03, 0.01];
    let costs = [0.0, 0.150, 0.200, 0.250, 0.125, 0.075, 0.050, 0.050, 0.050, 0.025, 0.025];
    // No member of the family that the recursion knows: so many persons, convolved, with their share.
    let cost = Distribution::new(1.0, costs.to_vec());
    let mut masses = vec![0.0; 81];
    for (n, share) in (0_u64..).zip(persons) {
        for (sum, mass) in masses.iter_mut().zip(cost.times(n, 81).masses()) {
            *sum += share * mass;
        }
    }
    let law = Law::of_grid(&Distribution::new(1.0, masses));
    assert_eq!(digits(law.mean(), 2), "12.58");
    assert_eq!(digits(law.variance(), 4), "58.7464");
    assert_eq!(digits(25.0 * law.stop_loss(1.0), 2), "290.75");
    assert_eq!(digits(25.0 * law.stop_loss(2.0), 3), "267.375");
}

#[test]
fn five_losses_of_three_sizes_come_to_six_hundred_as_often_as_in_the_book() {
    let mut masses = vec![0.0; 11];
    (masses[1], masses[5], masses[10]) = (0.80, 0.16, 0.04);
    let severity = Distribution::new(100.0, masses);
    let sum = compound(&Frequency::Poisson { mean: 5.0 }, &severity, 50);
    assert_eq!(digits(sum.mass(6), 10), "0.0598928622");
}

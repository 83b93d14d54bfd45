//! The distribution and drawn years say the same, and terms move both the right way.
#![expect(clippy::unwrap_used, reason = "test")]

use proptest::prelude::*;
use tasuki_core::master_contract::LimitScope;
use tasuki_core::money::Money;
use tasuki_economics::{Method, Outcome, Portfolio, Scheme, Wish, example, simulate};

fn wish(method: Method, n_years: u32) -> Wish {
    Wish { method, n_years, seed: 20_210_201, ..Wish::default() }
}

fn exact(scheme: &Scheme) -> Outcome {
    simulate(scheme, &wish(Method::Exact, 1)).unwrap().exact.unwrap()
}

fn pilot() -> Scheme {
    Portfolio::read(example()).unwrap().scheme().unwrap()
}

fn with_limit(scope: LimitScope, amount: i64) -> Scheme {
    let mut scheme = pilot();
    for limit in &mut scheme.terms.limits {
        if limit.scope == scope {
            limit.amount = Money::jpy(amount);
        }
    }
    scheme
}

/// Within four standard errors, for one drawn sample with a fixed seed.
fn close(exact: &Outcome, drawn: &Outcome) {
    let far = (exact.expected_losses.amount() - drawn.expected_losses.amount()).abs();
    assert!(far <= 4 * drawn.standard_error.amount(), "{exact:#?}\n{drawn:#?}");
    for (a, b) in exact.percentiles.iter().zip(&drawn.percentiles) {
        let far = (a.losses.amount() - b.losses.amount()).abs();
        assert!(far <= 150_000, "{a:?} {b:?}");
    }
}

#[test]
fn drawn_years_of_the_pilot_agree_with_its_distribution() {
    let found = simulate(&pilot(), &wish(Method::Both, 2_000)).unwrap();
    let (exact, drawn) = (found.exact.unwrap(), found.drawn.unwrap());
    close(&exact, &drawn);
    assert_eq!(exact.premium, Money::jpy(97_920));
    assert!(exact.expected_losses > Money::jpy(700_000), "{:?}", exact.expected_losses);
}

#[test]
fn an_aggregate_that_is_often_used_up_is_so_in_both() {
    let found =
        simulate(&with_limit(LimitScope::Programme, 700_000), &wish(Method::Both, 2_000)).unwrap();
    let (exact, drawn) = (found.exact.unwrap(), found.drawn.unwrap());
    close(&exact, &drawn);
    let per_mille = |outcome: &Outcome| {
        let probability = outcome.exhaustion_probability.unwrap().value();
        i64::try_from((probability * rust_decimal::Decimal::ONE_THOUSAND).trunc()).unwrap()
    };
    assert!(per_mille(&exact) > 500, "{:?}", exact.exhaustion_probability);
    assert!((per_mille(&exact) - per_mille(&drawn)).abs() < 50);
    let far = (exact.unpaid.amount() - drawn.unpaid.amount()).abs();
    assert!(far < 20_000, "{} {}", exact.unpaid, drawn.unpaid);
}

#[test]
fn every_frequency_agrees() {
    for (kind, rate) in [
        ("poisson", "0.3"),
        ("binomial", "0.3"),
        ("{ negative_binomial: { spread: \"1.5\" } }", "0.3"),
    ] {
        let text = format!(
            r#"
name: {{ ja: x, en: x }}
groups:
  - name: {{ ja: x, en: x }}
    n_tenants: 20
    losses:
      - part: forensics
        per_tenant: "{rate}"
        frequency: {kind}
        severity: {{ bands: [{{ at_most: 40000, weight: "1" }}, {{ at_most: 200000, weight: "1" }}] }}
terms:
  parts: [{{ part: forensics, coinsurance: "0.9", deductible: 10000 }}]
  limits:
    - {{ code: item, scope: item, basis: per_occurrence, parts: [forensics], amount: 150000 }}
    - {{ code: all, scope: programme, basis: per_period, amount: 900000 }}
premium: {{ per_certificate_month: 500 }}
"#
        );
        let scheme = Portfolio::read(&text).unwrap().scheme().unwrap();
        let found = simulate(&scheme, &wish(Method::Both, 4_000)).unwrap();
        let (exact, drawn) = (found.exact.unwrap(), found.drawn.unwrap());
        close(&exact, &drawn);
        // 40,000 pays 26,000; 200,000 pays 150,000 at most; the aggregate cuts.
        assert!(exact.on_grid, "every amount is a multiple of 2,000");
    }
}

#[test]
fn a_shared_frequency_under_limits_of_each_firm_has_to_be_drawn() {
    let mut portfolio = Portfolio::read(example()).unwrap();
    portfolio.groups[0].losses[0].frequency =
        tasuki_economics::FrequencyKind::NegativeBinomial { spread: tasuki_core::rate::Rate::ONE };
    let scheme = portfolio.scheme().unwrap();
    let found = simulate(&scheme, &wish(Method::Best, 200)).unwrap();
    assert!(found.exact.is_none() && found.drawn.is_some());
    assert!(found.not_exact.unwrap().en.contains("negative binomial"));
    let refused = simulate(&scheme, &wish(Method::Exact, 200)).unwrap_err();
    assert!(refused.to_string().contains("method"), "{refused}");
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    let drawn = |seed| {
        let wish = Wish { seed, ..wish(Method::MonteCarlo, 300) };
        simulate(&pilot(), &wish).unwrap().drawn.unwrap()
    };
    assert_eq!(drawn(5), drawn(5));
    assert_ne!(drawn(5), drawn(6));
}

#[test]
fn a_part_that_is_not_in_the_terms_and_limits_that_cross_are_refused_by_name() {
    let text = example().replace("    - { part: virus_removal }\n", "");
    let wrong = Portfolio::read(&text).unwrap_err().to_string();
    assert!(wrong.contains("virus_removal"), "{wrong}");
    let text = example().replace("n_tenants: 102", "n_tenants: 0");
    assert!(Portfolio::read(&text).unwrap_err().to_string().contains("groups[0].n_tenants"));
    let text = example().replace("per_tenant: \"0.0857\"", "per_tenent: \"0.0857\"");
    assert!(Portfolio::read(&text).unwrap_err().to_string().contains("per_tenent"));
}

#[test]
fn a_limit_that_no_year_reaches_changes_nothing() {
    let scheme = |amount: i64| {
        let mut scheme = with_limit(LimitScope::Programme, amount);
        let (scope, far) = (LimitScope::Certificate, Money::jpy(amount));
        for limit in scheme.terms.limits.iter_mut().filter(|it| it.scope == scope) {
            limit.amount = far;
        }
        exact(&scheme)
    };
    let (far, further) = (scheme(1_000_000_000_000), scheme(9_000_000_000_000_000));
    assert_eq!(far.expected_losses, further.expected_losses);
    assert_eq!(far.exhaustion_probability, Some(tasuki_core::rate::Rate::ZERO));
    assert_eq!(far.percentiles, further.percentiles);
}

#[test]
fn more_years_than_anybody_waits_for_are_refused() {
    let refused = simulate(&pilot(), &wish(Method::MonteCarlo, 9_000_000)).unwrap_err();
    assert!(refused.to_string().contains("n_years"), "{refused}");
}

#[test]
fn one_heavy_year_is_felt_in_the_next_premium() {
    // INS-05: after a bad year the premium rises, and the margin may be gone.
    let outcome = exact(&pilot());
    let worst = outcome.percentiles.last().unwrap();
    assert!(worst.next_year_premium > outcome.next_year_premium);
    assert!(worst.margin.unwrap() < Money::jpy(918_000));
    assert!(outcome.loss_making_probability.is_some());
    let shares = outcome.bars.iter().map(|bar| bar.share.value()).sum::<rust_decimal::Decimal>();
    let off = (shares - rust_decimal::Decimal::ONE).abs();
    assert!(off < rust_decimal::Decimal::new(1, 4), "the bars hold every year: {shares}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn a_higher_limit_never_costs_less(
        scope in prop_oneof![
            Just(LimitScope::Item), Just(LimitScope::Certificate), Just(LimitScope::Programme)
        ],
        low in 1_i64..20, more in 0_i64..20,
    ) {
        let less = exact(&with_limit(scope, low * 25_000));
        let higher = exact(&with_limit(scope, (low + more) * 25_000));
        prop_assert!(less.expected_losses.amount() <= higher.expected_losses.amount() + 1);
        for (a, b) in less.percentiles.iter().zip(&higher.percentiles) {
            // A point of the grid may lie between.
            prop_assert!(a.losses.amount() <= b.losses.amount() + 5_000);
        }
    }
}

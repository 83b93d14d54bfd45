//! What a year of a scheme looks like under its terms.

use tasuki_core::master_contract::CoverTerms;
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;
use tasuki_pricing::premium::Rating;

use crate::error::EconomicsError;
use crate::exact::exact_year;
use crate::law::Law;
use crate::monte_carlo::draw_years;
use crate::number;
use crate::outcome::Outcome;
use crate::portfolio::{Group, Portfolio};
use crate::terms::is_everybodys;

/// The most years that are drawn.
pub const YEARS_AT_MOST: u32 = 10_000_000;

/// The most losses that are drawn: a minute or two of one core.
const LOSSES_AT_MOST: f64 = 50e6;

/// The most shares that are asked for.
const SHARES_AT_MOST: usize = 50;

/// Firms, terms and premium: what a year follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// Firms that are alike.
    pub groups: Vec<Group>,
    /// What the cover promises.
    pub terms: CoverTerms,
    /// This year's premium for one certificate and month.
    pub per_month: Money,
    /// How the insurer reads a year.
    pub rating: Rating,
    /// What the scheme earns in a year before it pays premiums.
    pub margin_before_premium: Option<Money>,
}

/// How a year is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// The distribution itself where it can be found, drawn years otherwise.
    #[default]
    Best,
    /// The distribution itself only.
    Exact,
    /// Drawn years only.
    MonteCarlo,
    /// Both, so that one can check the other.
    Both,
}

/// What is wanted of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// How a year is found.
    pub method: Method,
    /// Years to draw.
    pub n_years: u32,
    /// Where drawing starts: the same seed gives the same answer.
    pub seed: u64,
    /// Shares of years for which losses are wanted, above 0 and below 1.
    pub shares: Vec<Rate>,
    /// Retentions for which a stop-loss premium is wanted.
    pub retentions: Vec<Money>,
}

impl Default for Wish {
    fn default() -> Self {
        let shares = [500, 900, 950, 990, 995].map(|n| Rate::new(rust_decimal::Decimal::new(n, 3)));
        Self {
            method: Method::Best,
            n_years: 100_000,
            seed: 0,
            shares: shares.to_vec(),
            retentions: Vec::new(),
        }
    }
}

/// What a year looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// From the distribution itself.
    pub exact: Option<Outcome>,
    /// Why there is no distribution; none if there is, or none was asked for.
    pub not_exact: Option<Text>,
    /// From drawn years.
    pub drawn: Option<Outcome>,
    /// Years that were drawn.
    pub n_years: u32,
    /// Where drawing started.
    pub seed: u64,
}

impl Simulation {
    /// The outcome to go by: the distribution where there is one.
    pub fn best(&self) -> Option<&Outcome> {
        self.exact.as_ref().or(self.drawn.as_ref())
    }
}

impl Portfolio {
    /// What a year follows from.
    ///
    /// # Errors
    /// [`EconomicsError::Field`].
    pub fn scheme(&self) -> Result<Scheme, EconomicsError> {
        self.check()?;
        Ok(Scheme {
            groups: self.groups.clone(),
            terms: self.cover_terms()?,
            per_month: self.per_month(),
            rating: self.rating(),
            margin_before_premium: self.margin_before_premium.map(Money::jpy),
        })
    }
}

impl Scheme {
    /// The number of firms.
    pub fn n_tenants(&self) -> u32 {
        self.groups.iter().fold(0, |sum, group| sum.saturating_add(group.n_tenants))
    }

    /// The most that is paid in a year for everybody together.
    pub(crate) fn aggregate(&self) -> Option<f64> {
        let limits = self.terms.limits.iter().filter(|limit| is_everybodys(limit));
        limits.map(|limit| limit.amount.amount()).min().map(number::of_whole)
    }

    fn check(&self) -> Result<(), EconomicsError> {
        for (at, group) in self.groups.iter().enumerate() {
            group.check(&format!("groups[{at}]"), &self.terms)?;
        }
        if self.groups.is_empty() {
            return Err(EconomicsError::field("groups", "must have at least one entry"));
        }
        Ok(())
    }
}

/// What a year looks like.
///
/// # Errors
/// [`EconomicsError::Field`] for a wish or a scheme that makes no sense, or for a distribution that
/// cannot be found when nothing else is asked for.
pub fn simulate(scheme: &Scheme, wish: &Wish) -> Result<Simulation, EconomicsError> {
    scheme.check()?;
    check(wish)?;
    let mut found = Simulation {
        exact: None,
        not_exact: None,
        drawn: None,
        n_years: wish.n_years,
        seed: wish.seed,
    };
    if wish.method != Method::MonteCarlo {
        match exact_year(scheme)? {
            Ok(year) => found.exact = Some(Outcome::of_exact(scheme, wish, &year)?),
            Err(why) if wish.method == Method::Exact => {
                return Err(EconomicsError::field("method", why.en));
            }
            Err(why) => found.not_exact = Some(why),
        }
    }
    let draws = match wish.method {
        Method::Exact => false,
        Method::Best => found.exact.is_none(),
        Method::MonteCarlo | Method::Both => true,
    };
    if draws {
        check_drawn(scheme, wish.n_years)?;
        let years = draw_years(scheme, wish.n_years, wish.seed)?;
        found.drawn = Some(Outcome::of_years(scheme, wish, years)?);
    }
    Ok(found)
}

fn check(wish: &Wish) -> Result<(), EconomicsError> {
    if wish.n_years == 0 || wish.n_years > YEARS_AT_MOST {
        return Err(EconomicsError::field("n_years", "must be 1 to 10,000,000"));
    }
    let sound = |share: &Rate| *share > Rate::ZERO && *share < Rate::ONE;
    if wish.shares.len() > SHARES_AT_MOST || !wish.shares.iter().all(sound) {
        return Err(EconomicsError::field("shares", "must be at most 50, above 0 and below 1"));
    }
    Ok(())
}

/// Nobody waits for a week.
fn check_drawn(scheme: &Scheme, n_years: u32) -> Result<(), EconomicsError> {
    let models = scheme
        .groups
        .iter()
        .flat_map(|group| group.losses.iter().map(|model| model.of_firms(group.n_tenants).mean()));
    let a_year: f64 = models.sum();
    if a_year * number::of_whole(i64::from(n_years)) > LOSSES_AT_MOST {
        let text =
            "would draw more than 50,000,000 losses: fewer years, or the distribution itself";
        return Err(EconomicsError::field("n_years", text));
    }
    Ok(())
}

/// The losses of a year with their probabilities, without rounding: for those who look closer.
///
/// # Errors
/// As [`simulate`].
pub fn law_of_year(scheme: &Scheme) -> Result<Result<Law, Text>, EconomicsError> {
    scheme.check()?;
    Ok(exact_year(scheme)?.map(|year| Law::of_grid(&year.paid)))
}

//! Says what one heavy claim would do to next year's premium and to the margin.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};
use tasuki_core::id::{CertificateId, MasterContractId};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::money::{Money, Rounding};
use tasuki_core::party::{Permission, Relation};
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;
use tasuki_core::time::Month;
use tasuki_pricing::premium::{Credibility, Experience, PremiumError, Projection, Rating, project};
use tasuki_store::Tx;

use super::bordereau::{bordereau_of, visible_contract};
use super::margin::{MarginAsk, margins, months, ratio};
use crate::call::Call;
use crate::context::Context;

/// Corrections that become known later than a quarter after the period are left to the year after.
const LATE_MONTHS: usize = 3;

/// Months of a year.
const MONTHS_PER_YEAR: u32 = 12;

/// The year and the claim to try. What is left out is taken from the books of the contract.
#[derive(Debug, Clone, Default)]
pub struct ProjectPremium {
    /// This year's premium of the scheme.
    pub premium: Option<Money>,
    /// Losses of a normal year.
    pub expected_losses: Option<Money>,
    /// The claim to try.
    pub heavy_claim: Option<Money>,
    /// Number of tenants.
    pub n_tenants: Option<u32>,
    /// A year's margin of the scheme before premiums.
    pub margin_before_premium: Option<Money>,
    /// Weight of the scheme's own losses.
    pub credibility: Option<Rate>,
    /// Share of the premium that is not for losses.
    pub expense_rate: Option<Rate>,
    /// The most a premium may grow, as a factor.
    pub greatest_change: Option<Rate>,
    /// The contract whose books count.
    pub master_contract_id: Option<MasterContractId>,
    /// The most the cover pays in a year for all tenants together.
    pub aggregate_limit: Option<Money>,
}

/// One line of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedYear {
    /// Losses of the year.
    pub losses: Money,
    /// Losses by premium, four digits, rounded down.
    pub loss_ratio: Rate,
    /// Next year's premium of the scheme.
    pub next_year_premium: Money,
    /// Next year's premium by this year's, four digits, rounded down.
    pub change: Rate,
    /// Next year's margin of the scheme.
    pub margin: Money,
    /// The same for one tenant, rounded down.
    pub margin_per_tenant: Money,
    /// Next year's premium for one tenant, rounded up.
    pub premium_per_tenant: Money,
    /// What it means.
    pub message: Text,
}

/// What the claim would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedPremium {
    /// The year without the heavy claim.
    pub without_claim: ProjectedYear,
    /// The year with it.
    pub with_claim: ProjectedYear,
    /// By how much next year's premium grows because of it.
    pub premium_increase: Money,
    /// Years of a normal margin that the increase eats up, two digits, rounded up; none without a
    /// margin.
    pub years_to_recover: Option<Rate>,
    /// What it means for the scheme.
    pub message: Text,
}

/// The year that everything is compared with.
#[derive(Debug, Clone, Copy)]
struct Year {
    per_month: Money,
    n_certificate_months: u32,
    n_tenants: u32,
    expected_losses: Money,
    margin_before_premium: Money,
    heavy_claim: Money,
    aggregate_limit: Option<Money>,
}

/// What one heavy claim would do.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`; `REQUEST_INVALID` when something is left out and
/// no contract is named whose books could tell.
pub async fn project_premium(
    ctx: &Context,
    call: &Call,
    ask: &ProjectPremium,
) -> Result<ProjectedPremium, Problem> {
    call.require(ctx, Permission::Settle)?;
    let tx = ctx.store.begin_read().await?;
    let contract = match ask.master_contract_id {
        Some(id) => Some(visible_contract(&tx, call, id).await?),
        None => None,
    };
    let books = match &contract {
        Some(contract) => Some(books(ctx, &tx, call, contract).await?),
        None => None,
    };
    let year = year(ask, books)?;
    let rating = rating(ask)?;
    let without = line(&year, rating, year.expected_losses)?;
    let with = line(&year, rating, year.losses_with_claim()?)?;
    compare(&year, without, with)
}

/// What the books of a contract's own period say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Books {
    pub(crate) per_month: Option<Money>,
    n_certificate_months: u32,
    pub(crate) n_tenants: u32,
    incurred: Money,
    /// None when the caller may not know it.
    pub(crate) margin_before_premium: Option<Money>,
}

/// What the books of a contract's own period say.
///
/// # Errors
/// Of the store.
pub(crate) async fn books(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    contract: &MasterContract,
) -> Result<Books, Problem> {
    let zone = &contract.period.zone;
    let from = Month::of(contract.in_force.start().day_in(zone));
    let until = Month::of(contract.in_force.end().plus_seconds(-1)?.day_in(zone));
    let mut tenants = BTreeSet::new();
    // What each month of each certificate came to, corrections of later lists counted in.
    let mut premiums: BTreeMap<(CertificateId, Month), Money> = BTreeMap::new();
    let mut last = until;
    for _ in 0..LATE_MONTHS {
        last = last.next()?;
    }
    for month in months(from, last)? {
        let list = bordereau_of(ctx, tx, contract, month, None).await?;
        tenants.extend(list.premiums.iter().map(|row| row.tenant_id));
        let of_month = list.premiums.iter().map(|row| ((row.certificate_id, month), row.premium));
        let of_earlier =
            list.corrections.iter().map(|row| ((row.certificate_id, row.month), row.difference));
        for (of, amount) in of_month.chain(of_earlier) {
            let known = premiums.entry(of).or_insert(Money::ZERO_JPY);
            *known = known.plus(amount)?;
        }
    }
    premiums.retain(|_, premium| !premium.is_zero());
    let n_certificate_months = premiums.len();
    let ask = MarginAsk { from, until, operator_id: None, tenant_id: None };
    let rows = margins(ctx, tx, &ask).await?.tenants;
    let (mut incurred, mut before) = (Money::ZERO_JPY, Money::ZERO_JPY);
    for row in rows.iter().filter(|row| row.tenant_id.is_some_and(|id| tenants.contains(&id))) {
        incurred = incurred.plus(row.claims_incurred)?;
        before = before.plus(row.margin()?)?.plus(row.premium)?;
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let charged = Money::total(premiums.values().copied())?;
    let n_certificate_months = count(n_certificate_months);
    Ok(Books {
        per_month: match contract.terms.premium.per_certificate_month() {
            // Not every month need have had the same premium.
            Some(_) if n_certificate_months > 0 => {
                Some(charged.prorated(1, i64::from(n_certificate_months), Rounding::HalfUp)?)
            }
            nominal => nominal,
        },
        n_certificate_months,
        n_tenants: count(tenants.len()),
        incurred,
        margin_before_premium: call
            .may(ctx, Permission::ManageScheme, Relation::Scheme)
            .then_some(before),
    })
}

fn year(ask: &ProjectPremium, books: Option<Books>) -> Result<Year, Problem> {
    let missing = |field: &'static str| {
        Problem::invalid(field, "is required: no `master_contract_id` says it")
    };
    let n_tenants = ask.n_tenants.or(books.map(|books| books.n_tenants));
    let n_tenants = n_tenants.filter(|n| *n > 0).ok_or_else(|| missing("n_tenants"))?;
    let n_certificate_months = match (ask.n_tenants, books) {
        (None, Some(books)) => books.n_certificate_months,
        (Some(_), _) | (None, None) => n_tenants.saturating_mul(MONTHS_PER_YEAR),
    };
    let per_month = match ask.premium {
        Some(premium) => premium.prorated(1, i64::from(n_certificate_months), Rounding::HalfUp)?,
        None => books.and_then(|books| books.per_month).ok_or_else(|| missing("premium"))?,
    };
    let margin = books.and_then(|books| books.margin_before_premium);
    Ok(Year {
        per_month,
        n_certificate_months,
        n_tenants,
        expected_losses: ask
            .expected_losses
            .or(books.map(|books| books.incurred))
            .ok_or_else(|| missing("expected_losses"))?,
        margin_before_premium: ask
            .margin_before_premium
            .or(margin)
            .ok_or_else(|| missing("margin_before_premium"))?,
        heavy_claim: ask.heavy_claim.ok_or_else(|| missing("heavy_claim"))?,
        aggregate_limit: ask.aggregate_limit,
    })
}

fn rating(ask: &ProjectPremium) -> Result<Rating, Problem> {
    let assumed = Rating::assumed();
    let target_loss_ratio = match ask.expense_rate {
        Some(rate) => Rate::new(Decimal::ONE - rate.value()),
        None => assumed.target_loss_ratio,
    };
    let largest_rise = match ask.greatest_change {
        Some(factor) if factor < Rate::ONE => {
            return Err(Problem::invalid("formula.greatest_change", "must be at least `1`"));
        }
        Some(factor) => Some(Rate::new(factor.value() - Decimal::ONE)),
        None => assumed.largest_rise,
    };
    let credibility = ask.credibility.map_or(assumed.credibility, Credibility::Fixed);
    Ok(Rating { target_loss_ratio, credibility, largest_rise, ..assumed })
}

impl Year {
    /// The losses of the year with the heavy claim, as far as the cover pays.
    fn losses_with_claim(&self) -> Result<Money, Problem> {
        let losses = self.expected_losses.plus(self.heavy_claim)?;
        Ok(match self.aggregate_limit {
            Some(limit) => losses.at_most(limit)?,
            None => losses,
        })
    }
}

fn line(year: &Year, rating: Rating, incurred: Money) -> Result<ProjectedYear, Problem> {
    let experience = Experience { n_certificate_months: year.n_certificate_months, incurred };
    let projection = project(year.per_month, experience, rating).map_err(premium_problem)?;
    let Projection { earned, next_year, .. } = projection;
    let n_tenants = i64::from(year.n_tenants);
    let change = ratio(next_year, earned).unwrap_or(Rate::ONE);
    let loss_ratio = ratio(incurred, earned).unwrap_or(Rate::ZERO);
    let margin = year.margin_before_premium.minus(next_year)?;
    Ok(ProjectedYear {
        losses: incurred,
        loss_ratio,
        next_year_premium: next_year,
        change,
        margin,
        margin_per_tenant: margin.prorated(1, n_tenants, Rounding::Down)?,
        premium_per_tenant: next_year.prorated(1, n_tenants, Rounding::Up)?,
        message: Text::new(
            format!(
                "保険金 {incurred}（損害率 {loss_ratio}）のとき、来年の保険料は {next_year}（今年の {change} 倍）です"
            ),
            format!(
                "With losses of {incurred} (loss ratio {loss_ratio}) next year's premium is {next_year}, {change} times this year's"
            ),
        ),
    })
}

fn compare(
    year: &Year,
    without_claim: ProjectedYear,
    with_claim: ProjectedYear,
) -> Result<ProjectedPremium, Problem> {
    let increase = with_claim.next_year_premium.minus(without_claim.next_year_premium)?;
    let up = RoundingStrategy::AwayFromZero;
    let years_to_recover = (without_claim.margin.amount() > 0)
        .then(|| {
            Decimal::from(increase.amount())
                .checked_div(Decimal::from(without_claim.margin.amount()))
        })
        .flatten()
        .map(|years| Rate::new(years.round_dp_with_strategy(2, up)));
    let heavy = year.heavy_claim;
    let message = match years_to_recover {
        Some(years) => Text::new(
            format!(
                "{heavy} の事故 1 件で来年の保険料は {increase} 増え、平年の利益 {years} 年分にあたります"
            ),
            format!(
                "One claim of {heavy} raises next year's premium by {increase}: {years} years of a normal margin"
            ),
        ),
        None => Text::new(
            format!(
                "{heavy} の事故 1 件で来年の保険料は {increase} 増え、これをまかなう利益がありません"
            ),
            format!(
                "One claim of {heavy} raises next year's premium by {increase}, and there is no margin to pay it from"
            ),
        ),
    };
    Ok(ProjectedPremium {
        without_claim,
        with_claim,
        premium_increase: increase,
        years_to_recover,
        message,
    })
}

fn premium_problem(error: PremiumError) -> Problem {
    let text = error.to_string();
    match error {
        PremiumError::NoPremium => Problem::invalid("premium", text),
        PremiumError::Rating => Problem::invalid("formula", text),
        PremiumError::Money(error) => error.into(),
    }
}

//! Says how much the cover may cost in a year under given terms, and how sure that is.

use rust_decimal::Decimal;
use tasuki_core::id::MasterContractId;
use tasuki_core::master_contract::{
    CoverTerms, CoveragePart, Limit, LimitBasis, LimitScope, MasterContract,
};
use tasuki_core::money::{Money, Rounding};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;
use tasuki_economics::{
    Band, FrequencyKind, Group, LimitLine, LossModel, PartLine, Portfolio, PremiumLine, Scheme,
    SeverityModel, Simulation, TermsLine, Wish, example, simulate,
};
use tasuki_pricing::premium::{Credibility, Rating};

use super::bordereau::visible_contract;
use super::project_premium::{self, Books};
use crate::call::Call;
use crate::context::Context;

/// Months of a year.
const MONTHS: i64 = 12;

/// The scheme to simulate. What is left out is taken from the contract, its books, or the assumptions
/// that come with the program.
#[derive(Debug, Clone, Default)]
pub struct SimulateScheme {
    /// The contract whose terms and books count.
    pub master_contract_id: Option<MasterContractId>,
    /// Number of firms.
    pub n_tenants: Option<u32>,
    /// What may happen; as assumed for the parts of the contract if empty.
    pub losses: Vec<LossAsk>,
    /// The most paid to a firm in a year.
    pub yearly_limit: Option<Money>,
    /// The most paid in a year for all together.
    pub aggregate_limit: Option<Money>,
    /// This year's premium of the scheme.
    pub premium: Option<Money>,
    /// A year's margin of the scheme before premiums.
    pub margin_before_premium: Option<Money>,
    /// Weight of the scheme's own losses.
    pub credibility: Option<Rate>,
    /// Share of the premium that is not for losses.
    pub expense_rate: Option<Rate>,
    /// The most a premium may grow, as a factor.
    pub greatest_change: Option<Rate>,
    /// How, how many years, which seed, which shares.
    pub wish: Wish,
}

/// How often something happens, what it costs, and what of it is paid.
#[derive(Debug, Clone)]
pub struct LossAsk {
    /// The coverage part.
    pub part: CoveragePart,
    /// Expected losses of one firm in a year.
    pub yearly_frequency: Rate,
    /// Amounts with relative weights.
    pub severities: Vec<(Money, Rate)>,
    /// What the customer bears of each loss.
    pub deductible: Option<Money>,
    /// The most paid for one loss.
    pub occurrence_limit: Option<Money>,
}

/// What a year of the scheme looks like.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`; `REQUEST_INVALID` naming what is missing or makes no
/// sense.
pub async fn simulate_scheme(
    ctx: &Context,
    call: &Call,
    ask: &SimulateScheme,
) -> Result<Simulation, Problem> {
    call.require(ctx, Permission::Settle)?;
    let tx = ctx.store.begin_read().await?;
    let known = match ask.master_contract_id {
        Some(id) => {
            let contract = visible_contract(&tx, call, id).await?;
            let books = project_premium::books(ctx, &tx, call, &contract).await?;
            Some((contract, books))
        }
        None => None,
    };
    drop(tx);
    let scheme = scheme(ask, known.as_ref())?;
    let wish = ask.wish.clone();
    // Drawing many years keeps a core busy: the calls of others go on meanwhile.
    let simulated = tokio::task::spawn_blocking(move || simulate(&scheme, &wish)).await;
    let simulated = simulated.map_err(|error| Problem::internal(error.to_string()))?;
    Ok(simulated?)
}

fn scheme(
    ask: &SimulateScheme,
    known: Option<&(MasterContract, Books)>,
) -> Result<Scheme, Problem> {
    let missing = |field: &'static str| {
        Problem::invalid(field, "is required: no `master_contract_id` says it")
    };
    let books = known.map(|(_, books)| books);
    let n_tenants = ask.n_tenants.or(books.map(|books| books.n_tenants));
    let n_tenants = n_tenants.filter(|n| *n > 0).ok_or_else(|| missing("n_tenants"))?;
    let per_month = match ask.premium {
        Some(premium) => premium.prorated(1, i64::from(n_tenants) * MONTHS, Rounding::HalfUp)?,
        None => books.and_then(|books| books.per_month).ok_or_else(|| missing("premium"))?,
    };
    if per_month.amount() <= 0 {
        return Err(Problem::invalid("premium", "must be at least half a yen a month and tenant"));
    }
    let losses = match (ask.losses.as_slice(), known) {
        ([], None) => return Err(missing("losses")),
        ([], Some((contract, _))) => assumed(&contract.terms)?,
        (asked, _) => asked.iter().map(model).collect(),
    };
    let terms = terms(ask, known.map(|(contract, _)| &contract.terms), per_month)?;
    let group = Group { name: Text::new("加入企業", "Tenants"), n_tenants, losses };
    let margin = ask.margin_before_premium;
    Ok(Scheme {
        groups: vec![group],
        terms,
        per_month,
        rating: rating(ask)?,
        margin_before_premium: margin
            .or_else(|| books.and_then(|books| books.margin_before_premium)),
    })
}

fn model(ask: &LossAsk) -> LossModel {
    let bands = ask
        .severities
        .iter()
        .map(|(at_most, weight)| Band { at_most: at_most.amount(), weight: *weight });
    LossModel {
        part: ask.part,
        per_tenant: ask.yearly_frequency,
        frequency: FrequencyKind::Poisson,
        severity: SeverityModel::Bands(bands.collect()),
        source: String::new(),
    }
}

/// What is assumed for the parts of a contract: that of the pilot that comes with the program.
fn assumed(terms: &CoverTerms) -> Result<Vec<LossModel>, Problem> {
    let pilot = Portfolio::read(example())?;
    let known = pilot.groups.iter().flat_map(|group| &group.losses);
    let losses: Vec<LossModel> =
        known.filter(|model| terms.part(model.part).is_some()).cloned().collect();
    let unknown = terms.parts.iter().find(|part| !losses.iter().any(|it| it.part == part.part));
    match unknown {
        None => Ok(losses),
        Some(part) => Err(Problem::invalid(
            "losses",
            format!(
                "nothing is assumed for `{}`: say how often it happens and what it costs",
                part.part
            ),
        )),
    }
}

/// The terms: those of the contract with what was asked otherwise, or what was asked alone.
fn terms(
    ask: &SimulateScheme,
    known: Option<&CoverTerms>,
    per_month: Money,
) -> Result<CoverTerms, Problem> {
    let mut terms = match known {
        Some(terms) => terms.clone(),
        None => lines(ask, per_month).cover_terms()?,
    };
    for loss in &ask.losses {
        if let Some(part) = terms.parts.iter_mut().find(|part| part.part == loss.part) {
            part.deductible = loss.deductible.unwrap_or(part.deductible);
        }
        if let Some(amount) = loss.occurrence_limit {
            let code = format!("limit.{}", loss.part);
            replace(&mut terms, (&code, LimitScope::Item, Some(loss.part)), amount);
        }
    }
    if let Some(amount) = ask.yearly_limit {
        replace(&mut terms, ("limit.certificate", LimitScope::Certificate, None), amount);
    }
    if let Some(amount) = ask.aggregate_limit {
        replace(&mut terms, ("limit.programme", LimitScope::Programme, None), amount);
    }
    Ok(terms)
}

/// Only the parts: limits are put in afterwards.
fn lines(ask: &SimulateScheme, per_month: Money) -> Portfolio {
    let mut parts: Vec<PartLine> = Vec::new();
    for loss in &ask.losses {
        if !parts.iter().any(|part| part.part == loss.part) {
            parts.push(PartLine {
                part: loss.part,
                coinsurance: Rate::ONE,
                deductible: 0,
                section: None,
            });
        }
    }
    Portfolio {
        name: Text::default(),
        sources: Vec::new(),
        groups: Vec::new(),
        terms: TermsLine { parts, limits: Vec::<LimitLine>::new() },
        premium: PremiumLine {
            per_certificate_month: per_month.amount(),
            target_loss_ratio: None,
            credibility: None,
            largest_rise: None,
            largest_fall: None,
        },
        margin_before_premium: None,
    }
}

/// Puts a limit in the place of those of the same scope, and of the same part where it has one.
fn replace(
    terms: &mut CoverTerms,
    (code, scope, part): (&str, LimitScope, Option<CoveragePart>),
    amount: Money,
) {
    terms.limits.retain(|limit| {
        limit.scope != scope || part.is_some_and(|part| !limit.parts.contains(&part))
    });
    let basis = match scope {
        LimitScope::Item | LimitScope::AllCosts | LimitScope::Occurrence => {
            LimitBasis::PerOccurrence
        }
        LimitScope::Section | LimitScope::Certificate | LimitScope::Programme => {
            LimitBasis::PerPeriod
        }
    };
    terms.limits.push(Limit {
        code: code.to_owned(),
        scope,
        basis,
        parts: part.into_iter().collect(),
        amount,
        reinstatement_rates: Vec::new(),
        clause: None,
    });
}

fn rating(ask: &SimulateScheme) -> Result<Rating, Problem> {
    let assumed = Rating::assumed();
    let largest_rise = match ask.greatest_change {
        Some(factor) if factor < Rate::ONE => {
            return Err(Problem::invalid("formula.greatest_change", "must be at least `1`"));
        }
        Some(factor) => Some(Rate::new(factor.value() - Decimal::ONE)),
        None => assumed.largest_rise,
    };
    let for_losses = ask.expense_rate.map(|rate| Rate::new(Decimal::ONE - rate.value()));
    Ok(Rating {
        target_loss_ratio: for_losses.unwrap_or(assumed.target_loss_ratio),
        credibility: ask.credibility.map_or(assumed.credibility, Credibility::Fixed),
        largest_rise,
        ..assumed
    })
}

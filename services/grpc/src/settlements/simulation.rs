//! Simulations of a scheme, as messages.

use tasuki_app::billing::{LossAsk, SimulateScheme};
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_economics::{Method, Simulation, Wish};
use tasuki_proto::settlement::v1 as proto;

use super::economics::optional_rate;
use crate::{fields, words};

/// Years that are drawn when the caller does not say.
const YEARS: u32 = 100_000;

pub(crate) fn ask(message: &proto::SimulateSchemeRequest) -> Result<SimulateScheme, Problem> {
    let formula = message.formula.clone().unwrap_or_default();
    let n_tenants = u32::try_from(message.n_tenants)
        .map_err(|_| Problem::invalid("n_tenants", "must not be negative"))?;
    let money = |field: &str, value: &Option<_>| fields::optional_money(field, value.clone());
    Ok(SimulateScheme {
        master_contract_id: fields::optional_id("master_contract_id", &message.master_contract_id)?,
        n_tenants: (n_tenants > 0).then_some(n_tenants),
        losses: message
            .losses
            .iter()
            .enumerate()
            .map(|(at, loss)| loss_ask(&format!("losses[{at}]"), loss))
            .collect::<Result<_, _>>()?,
        yearly_limit: money("yearly_limit", &message.yearly_limit)?,
        aggregate_limit: money("aggregate_limit", &message.aggregate_limit)?,
        premium: money("premium", &message.premium)?,
        margin_before_premium: money("margin_before_premium", &message.margin_before_premium)?,
        credibility: optional_rate("formula.credibility", &formula.credibility)?,
        expense_rate: optional_rate("formula.expense_rate", &formula.expense_rate)?,
        greatest_change: optional_rate("formula.greatest_change", &formula.greatest_change)?,
        wish: wish(message)?,
    })
}

fn wish(message: &proto::SimulateSchemeRequest) -> Result<Wish, Problem> {
    let method = match message.method() {
        proto::SimulationMethod::Unspecified => Method::Best,
        proto::SimulationMethod::Exact => Method::Exact,
        proto::SimulationMethod::MonteCarlo => Method::MonteCarlo,
    };
    let n_years = u32::try_from(message.n_years)
        .map_err(|_| Problem::invalid("n_years", "must not be negative"))?;
    let plain = Wish::default();
    let shares: Vec<Rate> =
        message.shares.iter().map(|text| fields::rate("shares", text)).collect::<Result<_, _>>()?;
    Ok(Wish {
        method,
        n_years: if n_years == 0 { YEARS } else { n_years },
        seed: message.seed,
        shares: if shares.is_empty() { plain.shares.clone() } else { shares },
        ..plain
    })
}

fn loss_ask(field: &str, loss: &proto::LossModel) -> Result<LossAsk, Problem> {
    let at = |name: &str| format!("{field}.{name}");
    let severities = loss.severities.iter().enumerate().map(|(n, band)| {
        let field = at(&format!("severities[{n}]"));
        Ok((
            fields::money(&format!("{field}.at_most"), band.at_most.clone())?,
            fields::rate(&format!("{field}.weight"), &band.weight)?,
        ))
    });
    Ok(LossAsk {
        part: loss
            .code
            .parse()
            .map_err(|error| Problem::invalid(at("code"), format!("{error}")))?,
        yearly_frequency: fields::rate(&at("yearly_frequency"), &loss.yearly_frequency)?,
        severities: severities.collect::<Result<_, Problem>>()?,
        deductible: fields::optional_money(&at("deductible"), loss.deductible.clone())?,
        occurrence_limit: fields::optional_money(
            &at("occurrence_limit"),
            loss.occurrence_limit.clone(),
        )?,
    })
}

pub(crate) fn answer(simulation: &Simulation) -> proto::SimulateSchemeResponse {
    let result = simulation.best().map(|outcome| proto::SimulationResult {
        expected_losses: Some(words::money(outcome.expected_losses)),
        percentiles: outcome
            .percentiles
            .iter()
            .map(|percentile| proto::Percentile {
                share: percentile.share.to_string(),
                losses: Some(words::money(percentile.losses)),
                tail_losses: Some(words::money(percentile.tail)),
                next_year_premium: Some(words::money(percentile.next_year_premium)),
            })
            .collect(),
        exhaustion_probability: outcome
            .exhaustion_probability
            .map(|rate| rate.to_string())
            .unwrap_or_default(),
        next_year_premium: Some(words::money(outcome.next_year_premium)),
        margin_per_tenant: outcome.margin_per_tenant.map(words::money),
        method: if simulation.exact.is_some() {
            proto::SimulationMethod::Exact
        } else {
            proto::SimulationMethod::MonteCarlo
        }
        .into(),
        standard_deviation: Some(words::money(outcome.standard_deviation)),
        standard_error: Some(words::money(outcome.standard_error)),
        unpaid: Some(words::money(outcome.unpaid)),
        note: simulation.not_exact.as_ref().map(words::text),
    });
    proto::SimulateSchemeResponse { result }
}

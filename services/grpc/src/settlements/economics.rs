//! What the scheme earns, and what a heavy claim would do to it.

use tasuki_app::billing::{
    Margin, MarginAsk, Margins, ProjectPremium, ProjectedPremium, ProjectedYear,
};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_proto::settlement::v1 as proto;

use crate::{fields, words};

pub(crate) fn margin_ask(message: &proto::GetMarginRequest) -> Result<MarginAsk, Problem> {
    Ok(MarginAsk {
        from: fields::month("from_month", &message.from_month)?,
        until: fields::month("until_month", &message.until_month)?,
        operator_id: fields::optional_id("operator_id", &message.operator_id)?,
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
    })
}

pub(crate) fn margins(margins: &Margins) -> Result<proto::GetMarginResponse, Problem> {
    Ok(proto::GetMarginResponse {
        tenants: margins.tenants.iter().map(margin).collect::<Result<_, _>>()?,
        total: Some(margin(&margins.total)?),
    })
}

fn margin(row: &Margin) -> Result<proto::MarginRow, Problem> {
    let text = |rate: Option<Rate>| rate.map(|rate| rate.to_string()).unwrap_or_default();
    Ok(proto::MarginRow {
        tenant_id: row.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
        tenant_name: row.tenant_name.clone(),
        revenue: Some(words::money(row.revenue)),
        provider_fees: Some(words::money(row.provider_fees)),
        commission: Some(words::money(row.commission)),
        premium: Some(words::money(row.premium)),
        response_cost: Some(words::money(Money::ZERO_JPY)),
        margin: Some(words::money(row.margin()?)),
        margin_rate: text(row.margin_rate()?),
        claims_incurred: Some(words::money(row.claims_incurred)),
        loss_ratio: text(row.loss_ratio()),
    })
}

pub(crate) fn project(message: proto::ProjectPremiumRequest) -> Result<ProjectPremium, Problem> {
    let formula = message.formula.unwrap_or_default();
    let n_tenants = u32::try_from(message.n_tenants)
        .map_err(|_| Problem::invalid("n_tenants", "must not be negative"))?;
    Ok(ProjectPremium {
        premium: fields::optional_money("premium", message.premium)?,
        expected_losses: fields::optional_money("expected_losses", message.expected_losses)?,
        heavy_claim: fields::optional_money("heavy_claim", message.heavy_claim)?,
        n_tenants: (n_tenants > 0).then_some(n_tenants),
        margin_before_premium: fields::optional_money(
            "margin_before_premium",
            message.margin_before_premium,
        )?,
        credibility: optional_rate("formula.credibility", &formula.credibility)?,
        expense_rate: optional_rate("formula.expense_rate", &formula.expense_rate)?,
        greatest_change: optional_rate("formula.greatest_change", &formula.greatest_change)?,
        master_contract_id: fields::optional_id("master_contract_id", &message.master_contract_id)?,
        aggregate_limit: fields::optional_money("aggregate_limit", message.aggregate_limit)?,
    })
}

pub(crate) fn optional_rate(field: &str, text: &str) -> Result<Option<Rate>, Problem> {
    if text.is_empty() { Ok(None) } else { fields::rate(field, text).map(Some) }
}

pub(crate) fn projected(projected: &ProjectedPremium) -> proto::ProjectPremiumResponse {
    let years = projected.years_to_recover.map(|years| years.to_string());
    proto::ProjectPremiumResponse {
        without_claim: Some(year("without_claim", &projected.without_claim)),
        with_claim: Some(year("with_claim", &projected.with_claim)),
        premium_increase: Some(words::money(projected.premium_increase)),
        years_to_recover: years.unwrap_or_default(),
        message: Some(words::text(&projected.message)),
    }
}

fn year(code: &str, year: &ProjectedYear) -> proto::ProjectionRow {
    proto::ProjectionRow {
        code: code.to_owned(),
        losses: Some(words::money(year.losses)),
        loss_ratio: year.loss_ratio.to_string(),
        next_year_premium: Some(words::money(year.next_year_premium)),
        change: year.change.to_string(),
        margin: Some(words::money(year.margin)),
        margin_per_tenant: Some(words::money(year.margin_per_tenant)),
        premium_per_tenant: Some(words::money(year.premium_per_tenant)),
        message: Some(words::text(&year.message)),
    }
}

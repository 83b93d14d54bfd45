//! Public money that a company may get back: the pack says what, this works the estimate out. For
//! information only; no sum of a quote contains it.

use rust_decimal::Decimal;
use serde_json::Value;
use tasuki_core::catalog::CompanyProfile;
use tasuki_core::decision::PackKind;
use tasuki_core::money::{Money, Rounding};
use tasuki_core::problem::Problem;
use tasuki_core::quote::{Priced, SubsidyEstimate};
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_policies::facts::FactSet;
use tasuki_policies::{Matched, Pack, PackSet};

use super::facts::company_facts;
use super::judged::Judged;

/// The public schemes of the country, whatever the price list.
const PACK: &str = "subsidies";

/// What a company may get back of a bundle, and what was asked; nothing without a pack in force, and
/// nothing when it cannot tell.
///
/// # Errors
/// `INTERNAL` when the pack gives something that is no subsidy.
pub(super) fn subsidies(
    packs: &PackSet,
    profile: &CompanyProfile,
    priced: &Priced,
    now: Timestamp,
) -> Result<(Vec<SubsidyEstimate>, Option<Judged>), Problem> {
    let Some(pack) = packs.in_force(PackKind::Discount, PACK, now) else {
        return Ok((Vec::new(), None));
    };
    let facts = FactSet::at(now).with_company(company_facts(profile));
    let (evaluation, judged) = Judged::by(&pack, facts);
    let given = if evaluation.is_satisfied() { evaluation.matched.as_slice() } else { &[] };
    let found =
        given.iter().map(|rule| estimate(&pack, rule, priced)).collect::<Result<Vec<_>, _>>()?;
    Ok((found.into_iter().flatten().collect(), Some(judged)))
}

/// The estimate that a rule gives; none for a bundle that costs nothing.
fn estimate(
    pack: &Pack,
    rule: &Matched,
    priced: &Priced,
) -> Result<Option<SubsidyEstimate>, Problem> {
    let output = |name: &str| rule.outputs.get(name);
    let wrong = |name: &str, wanted: &str| {
        let (pack, code) = (pack.name(), &rule.code);
        Problem::internal(format!("`discount/{pack}`, rule `{code}`: `{name}` must be {wanted}"))
    };
    let text = |name: &str| {
        let found = output(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.ok_or_else(|| wrong(name, "the name of the scheme"))
    };
    let rate = output("rate")
        .and_then(Value::as_str)
        .and_then(|text| text.parse::<Decimal>().ok())
        .map(Rate::new)
        .filter(|rate| *rate > Rate::ZERO && *rate <= Rate::ONE)
        .ok_or_else(|| wrong("rate", "a decimal above 0 and at most 1"))?;
    let ceiling = output("ceiling_yen")
        .map(|value| value.as_i64().filter(|yen| *yen > 0).map(Money::jpy))
        .map(|ceiling| ceiling.ok_or_else(|| wrong("ceiling_yen", "a number of yen above 0")))
        .transpose()?;
    // Of what the company itself pays: what others pay is no cost of its own.
    let (own, _) = priced.own_years();
    let share = own.net.at_rate(rate, Rounding::Down)?;
    let estimate = ceiling.map_or(Ok(share), |ceiling| share.at_most(ceiling))?;
    if estimate.is_zero() || estimate.is_negative() {
        return Ok(None);
    }
    Ok(Some(SubsidyEstimate {
        code: rule.code.clone(),
        name: Text::new(text("scheme")?, text("scheme_en")?),
        rate,
        ceiling,
        estimate,
        conditions: rule.message.clone(),
        pack: pack.identity().clone(),
    }))
}

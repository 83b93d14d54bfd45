//! Prices with what the discount pack takes off: the pack decides, `pricing` calculates.

use rust_decimal::Decimal;
use serde_json::Value;
use tasuki_core::catalog::{Cadence, CompanyProfile};
use tasuki_core::days::DayPeriod;
use tasuki_core::decision::PackKind;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{Discount, Priced, Taken};
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::time::{CivilDate, Timestamp, Zone};
use tasuki_policies::facts::{FactSet, OrderFacts};
use tasuki_policies::{Matched, Pack, PackSet};
use tasuki_pricing::discount::discounted;
use tasuki_pricing::quote_lines::{Ask, Detail, priced};
use tasuki_pricing::rate_card::RateCard;

use super::judged::Judged;

/// The longest discount with an end: ten years. A longer one has none.
const MONTHS_MOST: u64 = 120;
/// The largest fixed amount: far above any fee.
const YEN_MOST: i64 = 1_000_000_000;

/// What prices are worked out from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices<'a> {
    /// The prices.
    pub card: &'a RateCard,
    /// The policies.
    pub packs: &'a PackSet,
    /// The company.
    pub profile: &'a CompanyProfile,
    /// The campaign that the customer names.
    pub campaign: Option<&'a str>,
    /// When it is asked, and where.
    pub now: (Timestamp, &'a Zone),
}

/// A bundle with its prices, and what the discount pack was asked and gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Offered {
    /// The bundle with its prices.
    pub priced: Priced,
    /// The question; nothing without a discount pack.
    pub judged: Option<Judged>,
}

impl Prices<'_> {
    /// Prices a selection and takes off what the pack gives.
    ///
    /// # Errors
    /// Of pricing; `INTERNAL` when the pack gives something that is no discount.
    pub(super) fn of(&self, ask: &Ask, detail: Detail) -> Result<Offered, Problem> {
        let priced = priced(self.card, ask, detail)?;
        let (now, _) = self.now;
        let name = self.card.packs.as_deref();
        let pack = name.and_then(|name| self.packs.in_force(PackKind::Discount, name, now));
        let Some(pack) = pack else { return Ok(Offered { priced, judged: None }) };
        let facts = FactSet::at(now).with_order(self.order(&priced)?);
        let (evaluation, judged) = Judged::by(&pack, facts);
        // A pack that cannot tell gives nothing: a price that was promised cannot be taken back.
        let given = if evaluation.is_satisfied() { evaluation.matched.as_slice() } else { &[] };
        let first = priced.trial_until.unwrap_or(priced.start_on);
        let discounts =
            given.iter().map(|rule| discount(&pack, rule, first)).collect::<Result<_, _>>()?;
        let priced = discounted(self.card, priced, discounts)?;
        Ok(Offered { priced, judged: Some(judged) })
    }

    /// The order at list prices, as the pack reads it.
    pub(super) fn order(&self, priced: &Priced) -> Result<OrderFacts, Problem> {
        let start_on = priced.start_on;
        let trial_days = match priced.trial_until {
            Some(until) if until > start_on => DayPeriod::new(start_on, until)?.n_days(),
            Some(_) | None => 0,
        };
        let endpoints = priced.selection.iter().filter_map(|item| item.endpoints);
        let (_, zone) = self.now;
        Ok(OrderFacts {
            rate_card: Some(priced.rate_card.code.clone()),
            services: Some(priced.selection.iter().map(|item| item.service).collect()),
            endpoints: Some(endpoints.map(i64::from).sum()),
            starts_at: Some(Timestamp::start_of(start_on, zone)?),
            trial_days: Some(trial_days),
            campaign: self.campaign.map(str::to_owned),
            memberships: Some(memberships(self.profile, start_on)),
            initial_yen: Some(priced.totals.initial.amount()),
            monthly_yen: Some(priced.totals.monthly.amount()),
            yearly_yen: Some(priced.totals.yearly.amount()),
        })
    }
}

/// The associations whose membership is shown and valid on a day.
fn memberships(profile: &CompanyProfile, on: CivilDate) -> Vec<String> {
    let valid = profile.memberships.iter().filter(|of| {
        !of.evidence.trim().is_empty()
            && of.valid_from.is_none_or(|from| from <= on)
            && of.valid_to.is_none_or(|to| on < to)
    });
    valid.map(|of| of.association.clone()).collect()
}

/// What a rule gives, from the quoted first paid day on.
fn discount(pack: &Pack, rule: &Matched, first: CivilDate) -> Result<Discount, Problem> {
    let wrong = |output: &str, wanted: &str| {
        let (name, given) = (pack.name(), rule.outputs.get(output));
        let given = given.map_or_else(|| "nothing".to_owned(), Value::to_string);
        Problem::internal(format!(
            "`discount/{name}`, rule `{}`: `{output}` is {given} and must be {wanted}",
            rule.code
        ))
    };
    let output = |name: &str| rule.outputs.get(name);
    // The rules of a pack give the same outputs: one of both that is not meant is 0.
    let rate = match output("rate") {
        None => Rate::ZERO,
        Some(rate) => rate
            .as_str()
            .and_then(|text| text.parse::<Decimal>().ok())
            .map(Rate::new)
            .filter(|rate| (Rate::ZERO..=Rate::ONE).contains(rate))
            .ok_or_else(|| wrong("rate", "a decimal from 0 to 1"))?,
    };
    let yen = match output("yen") {
        None => 0,
        Some(yen) => yen
            .as_i64()
            .filter(|yen| (0..=YEN_MOST).contains(yen))
            .ok_or_else(|| wrong("yen", "a whole number of yen from 0 to 1,000,000,000"))?,
    };
    let taken = match (rate > Rate::ZERO, yen > 0) {
        (true, false) => Taken::Rate(rate),
        (false, true) => Taken::Fixed(Money::jpy(yen)),
        (false, false) => return Err(wrong("rate", "above 0, or `yen` is")),
        (true, true) => return Err(wrong("yen", "0 where `rate` is above 0")),
    };
    let cadence = output("fees")
        .and_then(Value::as_str)
        .and_then(|fees| Cadence::ALL.into_iter().find(|cadence| cadence.as_str() == fees))
        .ok_or_else(|| wrong("fees", "`initial`, `one_off`, `monthly`, `yearly` or `usage`"))?;
    let services = output("services")
        .and_then(Value::as_array)
        .and_then(|all| all.iter().map(|of| of.as_str()?.parse::<Service>().ok()).collect())
        .ok_or_else(|| wrong("services", "a list of services"))?;
    let months = output("months")
        .and_then(Value::as_u64)
        .filter(|months| *months <= MONTHS_MOST)
        .and_then(|months| u32::try_from(months).ok())
        .ok_or_else(|| wrong("months", "a whole number from 0 to 120"))?;
    let discount = Discount {
        code: rule.code.clone(),
        reason: rule.message.clone(),
        taken,
        cadence,
        services,
        ends_on: None,
        months,
        line_codes: Vec::new(),
        amount: Money::ZERO_JPY,
        pack: pack.identity().clone(),
        decision_id: None,
    };
    Ok(discount.counted_from(first))
}

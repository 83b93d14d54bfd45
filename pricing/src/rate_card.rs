//! Rate cards: what can be chosen and what it costs, from a date.
//!
//! A card is a YAML file. [`RateCard::load`] reads it strictly: unknown, missing and doubled fields,
//! references that lead nowhere, and prices that leave a gap are errors with file, line, column and
//! remedy. What is loaded can be trusted by everything behind.

mod check;
mod error;
mod file;

use std::collections::BTreeMap;

use serde::Deserialize;
use tasuki_core::catalog::{
    BillingCycle, Cadence, Proration, Quantity, RateCardRef, SelectedItem, TaxMode, Unit,
};
use tasuki_core::master_contract::Attachment;
use tasuki_core::money::Rounding;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::text::Text;
use tasuki_core::time::CivilDate;

pub use error::{InvalidRateCard, Level, RateCardError};

use crate::tier::{Model, TierMoves};

/// Prices in force from a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCard {
    /// Its code, version and content hash.
    pub reference: RateCardRef,
    /// The code of the operator that sells by it, such as `ogs`.
    pub operator: String,
    /// The codes of partners that sell by it too.
    pub sold_by: Vec<String>,
    /// Where it is sold: JIS X 0401 codes of prefectures; everywhere if empty.
    pub prefectures: Vec<String>,
    /// What people call it.
    pub name: Text,
    /// Where the prices come from.
    pub source: String,
    /// The first day on which new subscriptions get it.
    pub effective_from: CivilDate,
    /// The first day on which they no longer do; none for until replaced.
    pub effective_to: Option<CivilDate>,
    /// How its prices relate to tax, unless a price says otherwise.
    pub tax: TaxTerms,
    /// Which spans of time monthly fees are for.
    pub cycle: BillingCycle,
    /// Where a fraction of a yen of a partial period goes.
    pub rounding: Rounding,
    /// How many days a quote can be accepted.
    pub valid_days: u32,
    /// The first day after the free trial that the whole card is for.
    pub trial_until: Option<CivilDate>,
    /// How cover comes with it; none for no cover.
    pub cover: Option<Attachment>,
    /// The name of the policy packs that say what suits a company; none for no advice.
    pub packs: Option<String>,
    /// What was assumed since no source says it.
    pub assumptions: Vec<Text>,
    /// What can be chosen.
    pub plans: Vec<Plan>,
    /// What can be added.
    pub options: Vec<PlanOption>,
    /// The prices, in the order of quotes and invoices.
    pub prices: Vec<Price>,
    /// What must be read and accepted, by code.
    pub acknowledgements: Vec<Acknowledgement>,
}

/// What a look at the file of a card found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The card, if there is no error.
    pub card: Option<RateCard>,
    /// Errors and warnings, in the order of the file.
    pub findings: Vec<RateCardError>,
}

/// How prices relate to tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxTerms {
    /// Whether tax is in the prices.
    pub mode: TaxMode,
    /// The rate.
    pub rate: Rate,
    /// Where a fraction of a yen of tax goes.
    pub rounding: Rounding,
}

/// A priced package of one service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its code, such as `utm.basic`.
    pub plan: String,
    /// The service.
    pub service: Service,
    /// The licence tier, such as `basic`; empty for none.
    #[serde(default)]
    pub tier: String,
    /// Whether it is what one gets when no plan is named.
    #[serde(default)]
    pub default: bool,
    /// The name of the provider that sets it up and runs it.
    #[serde(default)]
    pub provider: String,
    /// The component as the provider names it; empty for the service's own.
    #[serde(default)]
    pub component: String,
    /// What people call it.
    pub name: Text,
    /// What it does for the customer.
    pub description: Text,
    /// What is counted, and within which limits.
    #[serde(default)]
    pub quantities: Vec<Limits>,
    /// What is included.
    #[serde(default)]
    pub included: Vec<PlanTerm>,
    /// What is not included and may be expected.
    #[serde(default)]
    pub not_included: Vec<PlanTerm>,
    /// What must hold for it, by code, such as `os.windows`.
    #[serde(default)]
    pub requires: Vec<String>,
    /// What must be read and accepted for it, by code.
    #[serde(default)]
    pub acknowledgements: Vec<String>,
    /// What the customer has to do until it works.
    #[serde(default)]
    pub customer_steps: Vec<Text>,
    /// The shortest term in months; zero for none.
    #[serde(default)]
    pub minimum_term_months: u32,
    /// Days of notice before the end of a period; zero for none.
    #[serde(default)]
    pub cancellation_notice_days: u32,
    /// The longest free trial in days; zero for none.
    #[serde(default)]
    pub trial_days: u32,
    /// Why nothing is charged for it; a plan without prices must say so.
    #[serde(default)]
    pub free: Option<Text>,
}

/// What is counted, and within which limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// What is counted.
    pub unit: Unit,
    /// What is taken when nothing was said; then nothing has to be said.
    #[serde(default)]
    pub default: Option<Quantity>,
    /// The least that is sold.
    #[serde(default)]
    pub minimum: Option<Quantity>,
    /// The most that is sold without asking.
    #[serde(default)]
    pub maximum: Option<Quantity>,
    /// What happens with fewer than the minimum.
    #[serde(default)]
    pub below_minimum: BelowMinimum,
    /// Whether only whole numbers make sense.
    #[serde(default)]
    pub fractions: Fractions,
}

/// What happens with fewer than the minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BelowMinimum {
    /// They are not sold.
    #[default]
    Refuse,
    /// They are sold and charged as the minimum.
    ChargeMinimum,
}

/// Whether parts of a unit can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fractions {
    /// Whole numbers only.
    #[default]
    Refuse,
    /// Any exact decimal.
    Allow,
}

/// One thing a plan contains or does not contain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanTerm {
    /// Stable code, such as `log_retention_1_month`.
    pub code: String,
    /// In plain words.
    pub text: Text,
}

/// An addition to plans.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanOption {
    /// Its code, such as `edr.virus_removal`.
    pub option: String,
    /// The plans it can be added to.
    pub plans: Vec<String>,
    /// What people call it.
    pub name: Text,
    /// What it adds.
    #[serde(default)]
    pub description: Text,
    /// At most one option of a group can be taken, such as one device model; empty for no group.
    #[serde(default)]
    pub group: String,
    /// What must be taken with it, such as a larger device.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// Options that cannot be taken with it.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// The code of the master contract whose cover it is (任意加入); none for an option that is no cover.
    /// Its price is the premium of that contract.
    #[serde(default)]
    pub cover: Option<String>,
}

/// Something that must be taken with an option.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// One of these options.
    pub any_of: Vec<String>,
    /// Why.
    pub rule: Text,
}

/// Something that has to be read and accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Stable code, such as `consent.maintainer`.
    pub code: String,
    /// Whether the quote cannot be accepted without it.
    #[serde(default)]
    pub required: bool,
    /// What is accepted.
    pub text: Text,
}

/// One price.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Its code, such as `utm.monthly`; lines carry it.
    pub price: String,
    /// The plans it is for.
    pub plans: Vec<String>,
    /// The option it is for; none for the plan itself.
    #[serde(default)]
    pub option: Option<String>,
    /// What stands on quotes and invoices.
    pub label: Text,
    /// How often it is charged.
    pub cadence: Cadence,
    /// How it relates to tax, where it differs from the card.
    #[serde(default)]
    pub tax_mode: Option<TaxMode>,
    /// The rate of tax, where it differs from the card.
    #[serde(default)]
    pub tax_rate: Option<Rate>,
    /// Which spans of time it is charged for, where it differs from the card: a yearly fee is
    /// counted from the day of the subscription unless it says `calendar_month`.
    #[serde(default)]
    pub anchor: Option<BillingCycle>,
    /// How a part of a period is charged.
    #[serde(default = "not_prorated")]
    pub proration: Proration,
    /// What is counted; none for one of the thing itself.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// The usage meter it charges by, such as `waf.traffic_gb`; none unless measured.
    #[serde(default)]
    pub meter: Option<String>,
    /// How the step moves with what is measured, of a price by volume.
    #[serde(default)]
    pub moves: TierMoves,
    /// What must happen for it to be charged; none for always.
    #[serde(default)]
    pub trigger: Option<Text>,
    /// Whether the cover may pay for it, so that it is never charged twice.
    #[serde(default)]
    pub covered: bool,
    /// How the amount is found, when it is not plain.
    #[serde(default)]
    pub note: Option<Text>,
    /// The amount.
    pub model: Model,
}

const fn not_prorated() -> Proration {
    Proration::None
}

impl RateCard {
    /// Reads a card and checks it.
    ///
    /// # Errors
    /// [`InvalidRateCard`] with every error that was found: one when the file cannot be read as
    /// YAML, otherwise all that the checks find.
    pub fn load(file: &str, text: &str) -> Result<Self, InvalidRateCard> {
        Self::placed(file, text).map(|(card, _)| card)
    }

    /// Reads a card and says everything that is wrong with it: errors, and warnings about what is
    /// allowed and cannot have been meant. There is a card if there is no error.
    pub fn check(file: &str, text: &str) -> Checked {
        let read = match file::read(file, text) {
            Ok(read) => read,
            Err(invalid) => return Checked { card: None, findings: invalid.errors },
        };
        let findings = check::check(file, &read);
        let is_sound = findings.iter().all(|finding| finding.level != Level::Error);
        let card = is_sound.then(|| file::finish(read, text));
        Checked { card, findings }
    }

    /// A card with the line and column of its days.
    pub(crate) fn placed(file: &str, text: &str) -> Result<(Self, (u64, u64)), InvalidRateCard> {
        let read = file::read(file, text)?;
        let mut errors = check::check(file, &read);
        errors.retain(|finding| finding.level == Level::Error);
        if !errors.is_empty() {
            return Err(InvalidRateCard { errors });
        }
        let at = read.effective.defined;
        Ok((file::finish(read, text), (at.line(), at.column())))
    }

    /// Its code.
    pub fn code(&self) -> &str {
        &self.reference.code
    }

    /// Whether new subscriptions get it on a day.
    pub fn is_in_force_on(&self, day: CivilDate) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|end| day < end)
    }

    /// A plan by its code.
    pub fn plan(&self, code: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.plan == code)
    }

    /// The plan that one gets of a service when none is named.
    pub fn default_plan(&self, service: Service) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.service == service && plan.default)
    }

    /// An option by its code.
    pub fn option(&self, code: &str) -> Option<&PlanOption> {
        self.options.iter().find(|option| option.option == code)
    }

    /// The options of a selection that are cover, each with the code of its contract, in the order of
    /// the selection.
    pub fn chosen_covers<'a>(
        &'a self,
        selection: &'a [SelectedItem],
    ) -> impl Iterator<Item = (&'a SelectedItem, &'a PlanOption, &'a str)> {
        selection.iter().flat_map(move |item| {
            item.options.iter().filter_map(move |taken| {
                let option = self.option(&taken.option)?;
                Some((item, option, option.cover.as_deref()?))
            })
        })
    }

    /// Whether a price is a premium: it is the insurer's, so nothing is taken off it and nobody has a
    /// share in it.
    pub fn is_premium(&self, price: &Price) -> bool {
        let option = price.option.as_deref().and_then(|code| self.option(code));
        option.is_some_and(|option| option.cover.is_some())
    }

    /// A price by its code.
    pub fn price(&self, code: &str) -> Option<&Price> {
        self.prices.iter().find(|price| price.price == code)
    }

    /// The prices of a plan itself, in the order of the card.
    pub fn prices_of<'a>(&'a self, plan: &'a str) -> impl Iterator<Item = &'a Price> {
        self.prices.iter().filter(move |price| price.option.is_none() && price.is_for(plan))
    }

    /// The prices of an option with a plan, in the order of the card.
    pub fn prices_of_option<'a>(
        &'a self,
        plan: &'a str,
        option: &'a str,
    ) -> impl Iterator<Item = &'a Price> {
        self.prices
            .iter()
            .filter(move |price| price.option.as_deref() == Some(option) && price.is_for(plan))
    }

    /// The services it sells, each with the name of the provider of its default plan.
    pub fn providers(&self) -> BTreeMap<Service, &str> {
        self.plans
            .iter()
            .filter(|plan| plan.default)
            .map(|plan| (plan.service, plan.provider.as_str()))
            .collect()
    }

    /// Whether a month cannot be priced without what came before it: prices whose step moves only
    /// after several months, and minimums for a year.
    pub fn looks_back(&self) -> bool {
        self.prices.iter().any(|price| {
            let slow = matches!(price.moves, TierMoves::Hysteresis(_));
            let yearly_minimum = price.cadence == Cadence::Yearly
                && matches!(price.model, Model::MinimumCommitment(_));
            slow || yearly_minimum
        })
    }

    /// How a price relates to tax.
    pub fn tax_mode_of(&self, price: &Price) -> TaxMode {
        price.tax_mode.unwrap_or(self.tax.mode)
    }

    /// The rate of tax of a price; nothing when it bears none.
    pub fn tax_rate_of(&self, price: &Price) -> Rate {
        if self.tax_mode_of(price).is_taxed() {
            price.tax_rate.unwrap_or(self.tax.rate)
        } else {
            Rate::ZERO
        }
    }
}

impl Price {
    /// Whether it is for a plan.
    pub fn is_for(&self, plan: &str) -> bool {
        self.plans.iter().any(|code| code == plan)
    }

    /// Whether it is charged only if something happens.
    pub const fn is_contingent(&self) -> bool {
        self.trigger.is_some()
    }
}

impl Plan {
    /// The limits of a unit, if the plan counts it.
    pub fn limits(&self, unit: Unit) -> Option<&Limits> {
        self.quantities.iter().find(|limits| limits.unit == unit)
    }

    /// How many of a unit are charged for when so many are used: where fewer than the minimum are
    /// sold, at least the minimum.
    pub fn charged_for(&self, unit: Unit, used: Quantity) -> Quantity {
        match self.limits(unit) {
            Some(Limits { minimum: Some(least), below_minimum, .. }) => match below_minimum {
                BelowMinimum::ChargeMinimum => used.max(*least),
                BelowMinimum::Refuse => used,
            },
            Some(Limits { minimum: None, .. }) | None => used,
        }
    }
}

#[cfg(test)]
mod tests;

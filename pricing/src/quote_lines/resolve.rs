//! A selection made complete: plans found, quantities filled in and checked, options allowed.

use tasuki_core::catalog::{Quantity, SelectedItem, SelectedOption, Unit};
use tasuki_core::problem::Violation;
use tasuki_core::time::CivilDate;

use super::{Ask, QuoteError};
use crate::rate_card::{BelowMinimum, Fractions, Plan, PlanOption, Price, RateCard};

/// One service of a selection, complete.
#[derive(Debug, Clone)]
pub(crate) struct Chosen<'a> {
    /// Its plan.
    pub(crate) plan: &'a Plan,
    /// What was chosen, with plan and quantities filled in.
    pub(crate) item: SelectedItem,
}

impl<'a> Chosen<'a> {
    /// The prices that are always charged, each with its quantity, in the order of the card.
    pub(crate) fn prices(&self, card: &'a RateCard) -> Vec<(&'a Price, Quantity)> {
        let plan: &'a str = &self.plan.plan;
        let own = card
            .prices_of(plan)
            .filter(|price| !price.is_contingent())
            .map(|price| (price, self.quantity_of(price)));
        let added = self.item.options.iter().flat_map(|taken| {
            card.prices
                .iter()
                .filter(|price| {
                    price.is_for(plan)
                        && price.option.as_deref() == Some(taken.option.as_str())
                        && !price.is_contingent()
                })
                .map(|price| (price, taken.quantity.unwrap_or(Quantity::ONE)))
        });
        own.chain(added).collect()
    }

    /// How many of a unit were declared; one of the thing itself if nothing was said.
    pub(crate) fn declared(&self, unit: Unit) -> Quantity {
        let default = || self.plan.limits(unit).and_then(|limits| limits.default);
        self.item.chosen(unit).or_else(default).unwrap_or(Quantity::ONE)
    }

    /// How many a price of the plan itself is charged for.
    pub(crate) fn quantity_of(&self, price: &Price) -> Quantity {
        let Some(unit) = price.unit else { return Quantity::ONE };
        self.plan.charged_for(unit, self.declared(unit))
    }
}

/// The whole selection, or everything that is wrong with it.
pub(super) fn resolve<'a>(
    card: &'a RateCard,
    selection: &[SelectedItem],
) -> Result<Vec<Chosen<'a>>, QuoteError> {
    let mut violations = Vec::new();
    let mut chosen: Vec<Chosen<'a>> = Vec::new();
    if selection.is_empty() {
        violations.push(broken("selection".to_owned(), "choose at least one service"));
    }
    for (at, item) in selection.iter().enumerate() {
        match resolve_item(card, item, &format!("selection[{at}]")) {
            Ok(found) => {
                if chosen.iter().any(|other| other.plan.plan == found.plan.plan) {
                    violations.push(broken(
                        format!("selection[{at}].plan"),
                        format!(
                            "`{}` is chosen twice; raise its quantity instead",
                            found.plan.plan
                        ),
                    ));
                }
                chosen.push(found);
            }
            Err(QuoteError::Selection(more)) => violations.extend(more),
            Err(other) => return Err(other),
        }
    }
    if violations.is_empty() { Ok(chosen) } else { Err(QuoteError::Selection(violations)) }
}

/// One service; `field` says where it stands, for messages.
pub(crate) fn resolve_item<'a>(
    card: &'a RateCard,
    item: &SelectedItem,
    field: &str,
) -> Result<Chosen<'a>, QuoteError> {
    let plan =
        find_plan(card, item, field).map_err(|violation| QuoteError::Selection(vec![violation]))?;
    let mut chosen = Chosen { plan, item: item.clone() };
    chosen.item.plan = Some(plan.plan.clone());
    chosen.item.tier = Some(plan.tier.clone()).filter(|tier| !tier.is_empty());
    let mut violations = Vec::new();
    for unit in Unit::ALL {
        check_quantity(&mut chosen, unit, field, &mut violations)?;
    }
    check_options(card, &chosen, field, &mut violations);
    if violations.is_empty() { Ok(chosen) } else { Err(QuoteError::Selection(violations)) }
}

/// The trial that the quote begins with: that of the card, or one that every plan allows.
pub(super) fn trial(
    card: &RateCard,
    ask: &Ask,
    chosen: &[Chosen<'_>],
) -> Result<Option<CivilDate>, QuoteError> {
    let refused = |why: String| QuoteError::Selection(vec![broken("trial_until".to_owned(), why)]);
    let Some(until) = ask.trial_until else {
        return Ok(card.trial_until);
    };
    if let Some(own) = card.trial_until {
        return if own == until {
            Ok(Some(own))
        } else {
            Err(refused(format!("the trial of `{}` ends on {own}", card.reference)))
        };
    }
    let days = chosen.iter().map(|item| item.plan.trial_days).min().unwrap_or_default();
    let latest = ask.start_on.saturating_add(jiff::Span::new().days(i64::from(days)));
    if until <= ask.start_on {
        Err(refused("the trial must end after the first day".to_owned()))
    } else if until > latest {
        Err(refused(format!("the chosen plans have a free trial of at most {days} days")))
    } else {
        Ok(Some(until))
    }
}

fn find_plan<'a>(
    card: &'a RateCard,
    item: &SelectedItem,
    field: &str,
) -> Result<&'a Plan, Violation> {
    let service = item.service;
    let sold: Vec<_> = card.plans.iter().filter(|plan| plan.service == service).collect();
    let listed = || sold.iter().map(|plan| plan.plan.as_str()).collect::<Vec<_>>().join("`, `");
    if sold.is_empty() {
        let why = format!("`{}` does not sell `{service}`", card.reference);
        return Err(broken(format!("{field}.service"), why));
    }
    let found = match (&item.plan, &item.tier) {
        (Some(code), Some(tier)) => {
            sold.iter().find(|plan| plan.plan == *code && plan.tier == *tier)
        }
        (Some(code), None) => sold.iter().find(|plan| plan.plan == *code),
        (None, Some(tier)) => sold.iter().find(|plan| plan.tier == *tier),
        (None, None) => sold.iter().find(|plan| plan.default),
    };
    found.copied().ok_or_else(|| {
        let wanted = if item.plan.is_some() { "plan" } else { "tier" };
        broken(
            format!("{field}.{wanted}"),
            format!("no such {wanted} of `{service}`; expected one of `{}`", listed()),
        )
    })
}

fn check_quantity(
    chosen: &mut Chosen<'_>,
    unit: Unit,
    field: &str,
    violations: &mut Vec<Violation>,
) -> Result<(), QuoteError> {
    let name = SelectedItem::field_of(unit);
    let at = format!("{field}.{name}");
    let given = chosen.item.chosen(unit);
    let Some(limits) = chosen.plan.limits(unit) else {
        // One field serves several units: it is wrong only if the plan counts none of them.
        let served =
            chosen.plan.quantities.iter().any(|of| SelectedItem::field_of(of.unit) == name);
        let once = name == "quantity" && given == Some(Quantity::ONE);
        if let Some(given) = given
            && !served
            && !once
        {
            let why =
                format!("`{}` is not sold by `{name}`, so not {given} of it", chosen.plan.plan);
            if !violations.iter().any(|of| of.field == at) {
                violations.push(broken(at, why));
            }
        }
        return Ok(());
    };
    let Some(quantity) = given.or(limits.default) else {
        let why = format!("say how many: `{}` is priced by `{unit}`", chosen.plan.plan);
        violations.push(broken(at, why));
        return Ok(());
    };
    if limits.fractions == Fractions::Refuse && quantity.as_whole().is_none() {
        violations.push(broken(at, format!("{quantity} is not a whole number")));
        return Ok(());
    }
    if let (Some(least), BelowMinimum::Refuse) = (limits.minimum, limits.below_minimum)
        && quantity < least
    {
        violations.push(broken(at, format!("at least {least} are sold, not {quantity}")));
        return Ok(());
    }
    if limits.maximum.is_some_and(|most| quantity > most) {
        return Err(QuoteError::NeedsQuote { field: at, code: chosen.plan.plan.clone(), quantity });
    }
    chosen.item = chosen.item.clone().with_chosen(unit, quantity);
    Ok(())
}

fn check_options(
    card: &RateCard,
    chosen: &Chosen<'_>,
    field: &str,
    violations: &mut Vec<Violation>,
) {
    for (n, taken) in chosen.item.options.iter().enumerate() {
        let at = format!("{field}.options[{n}]");
        let found = card.option(&taken.option);
        let Some(option) = found.filter(|option| option.plans.contains(&chosen.plan.plan)) else {
            let offered: Vec<_> = card
                .options
                .iter()
                .filter(|option| option.plans.contains(&chosen.plan.plan))
                .map(|option| option.option.as_str())
                .collect();
            let offered = if offered.is_empty() { "none".to_owned() } else { offered.join("`, `") };
            violations.push(broken(
                at,
                format!(
                    "`{}` has no option `{}`; it has `{offered}`",
                    chosen.plan.plan, taken.option
                ),
            ));
            continue;
        };
        let zero = taken.quantity.is_some_and(Quantity::is_zero);
        let unwanted = zero.then(|| "leave out an option that is not wanted".to_owned());
        let before: Vec<_> = chosen.item.options.iter().take(n).collect();
        let broken_rules = rules(card, chosen, option, &before);
        violations
            .extend(unwanted.into_iter().chain(broken_rules).map(|why| broken(at.clone(), why)));
    }
}

/// What an option breaks together with the options taken before it.
fn rules(
    card: &RateCard,
    chosen: &Chosen<'_>,
    option: &PlanOption,
    before: &[&SelectedOption],
) -> Vec<String> {
    let mut found = Vec::new();
    if before.iter().any(|other| other.option == option.option) {
        found.push(format!("`{}` is taken twice; raise its quantity instead", option.option));
    }
    let rival = before.iter().find(|other| {
        let group = card.option(&other.option).map(|of| of.group.as_str());
        !option.group.is_empty() && group == Some(option.group.as_str())
    });
    if let Some(rival) = rival {
        found.push(format!("only one of `{}` and `{}` can be taken", rival.option, option.option));
    }
    for requirement in &option.requires {
        if !requirement.any_of.iter().any(|code| chosen.item.has_option(code)) {
            let needed = requirement.any_of.join("`, `");
            found.push(format!("{}: add one of `{needed}`", requirement.rule.en));
        }
    }
    if let Some(excluded) = option.excludes.iter().find(|code| chosen.item.has_option(code)) {
        found.push(format!("`{}` and `{excluded}` cannot be taken together", option.option));
    }
    found
}

fn broken(field: String, description: impl Into<String>) -> Violation {
    Violation { field, description: description.into() }
}

//! From a selection to the lines and sums of a quote.
//!
//! A quote lists everything that will or may ever be charged: the prices of what was chosen, the
//! prices of what may happen with their triggers, what more use would cost, and the options that
//! were not taken. That nothing is missing is checked on every quote.

mod more_use;
mod others;
mod resolve;
pub(crate) mod totals;

use std::collections::BTreeSet;

use tasuki_core::catalog::{Budget, Quantity, SelectedItem, Unit};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::quote::{
    BudgetCheck, Discount, Line, LineKind, Priced, RequiredAcknowledgement, Totals,
};
use tasuki_core::rate::Rate;
use tasuki_core::reason::Reason;
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, TimeError};

use more_use::more_use;
pub(crate) use others::how_found as how_found_of_others;
pub(crate) use resolve::{Chosen, resolve_item};

use crate::rate_card::{Plan, Price, RateCard};
use crate::tier::{Amount, Model, Tier};

/// What is asked of a rate card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What was chosen.
    pub selection: Vec<SelectedItem>,
    /// The first day of the subscription.
    pub start_on: CivilDate,
    /// The first day after a free trial that is wished for.
    pub trial_until: Option<CivilDate>,
    /// What can be spent.
    pub budget: Option<Budget>,
}

impl Ask {
    /// A selection from a day on, without trial and budget.
    pub const fn on(start_on: CivilDate, selection: Vec<SelectedItem>) -> Self {
        Self { selection, start_on, trial_until: None, budget: None }
    }

    /// With a budget.
    #[must_use]
    pub const fn within(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }
}

/// Why a selection has no quote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The rate card does not sell it like that.
    #[error("the rate card does not sell this selection: {}", first(.0))]
    Selection(Vec<Violation>),
    /// Nobody has priced it: a person must (要見積).
    #[error("`{field}`: {quantity} has no price in the rate card; a person has to quote it")]
    NeedsQuote {
        /// Where in the selection.
        field: String,
        /// Code of the price or option.
        code: String,
        /// What was asked for.
        quantity: Quantity,
    },
    /// A price that can be charged is missing from the quote.
    #[error("the quote does not list `{}`", .0.join("`, `"))]
    Incomplete(Vec<String>),
    /// An amount that cannot be represented.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A day beyond the calendar.
    #[error(transparent)]
    Time(#[from] TimeError),
}

fn first(violations: &[Violation]) -> String {
    violations
        .first()
        .map(|violation| format!("`{}`: {}", violation.field, violation.description))
        .unwrap_or_default()
}

impl From<QuoteError> for Problem {
    fn from(error: QuoteError) -> Self {
        let message = error.to_string();
        match error {
            QuoteError::Selection(violations) => violations
                .into_iter()
                .fold(Self::new(Reason::SelectionInvalid, message), |problem, violation| {
                    problem.violating(violation.field, violation.description)
                }),
            QuoteError::NeedsQuote { field, code, quantity } => {
                Self::new(Reason::NeedsPersonalQuote, message)
                    .with("field", field)
                    .with("code", code)
                    .with("quantity", quantity)
            }
            QuoteError::Incomplete(_) | QuoteError::Money(_) => Self::internal(message),
            QuoteError::Time(error) => error.into(),
        }
    }
}

/// How much of a quote is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Everything that a quote has to say.
    Whole,
    /// What is charged and its sums: for choices that are compared and not shown.
    ChargedOnly,
}

/// Prices a selection.
///
/// # Errors
/// [`QuoteError`].
pub fn quote_lines(card: &RateCard, ask: &Ask) -> Result<Priced, QuoteError> {
    priced(card, ask, Detail::Whole)
}

/// Prices a selection in that detail.
///
/// # Errors
/// [`QuoteError`].
pub fn priced(card: &RateCard, ask: &Ask, detail: Detail) -> Result<Priced, QuoteError> {
    let chosen = resolve::resolve(card, &ask.selection)?;
    let trial_until = resolve::trial(card, ask, &chosen)?;

    let mut lines = Vec::new();
    for (at, item) in chosen.iter().enumerate() {
        charged(card, item, at, trial_until, &mut lines)?;
    }
    others::charged(card, &chosen, trial_until, &mut lines)?;
    let mut texts = (Vec::new(), Vec::new());
    if detail == Detail::Whole {
        not_charged(card, &chosen, &mut lines)?;
        texts = (not_included(&chosen), acknowledgements(card, &chosen));
    }
    let (not_included, acknowledgements) = texts;
    let (totals, budget) = sum_up(card, (&lines, &[]), (ask.start_on, trial_until), ask.budget)?;
    Ok(Priced {
        rate_card: card.reference.clone(),
        start_on: ask.start_on,
        trial_until,
        not_included,
        acknowledgements,
        minimum_term_months: chosen
            .iter()
            .map(|item| item.plan.minimum_term_months)
            .max()
            .unwrap_or_default(),
        selection: chosen.into_iter().map(|item| item.item).collect(),
        lines,
        discounts: Vec::new(),
        payers: Vec::new(),
        declined_payers: Vec::new(),
        totals,
        budget,
    })
}

/// The sums of lines for a subscription that starts on a day and is free until another, and how
/// they compare with a budget. What discounts take off is worked out month by month, as on invoices.
pub(crate) fn sum_up(
    card: &RateCard,
    (lines, discounts): (&[Line], &[Discount]),
    (start_on, trial_until): (CivilDate, Option<CivilDate>),
    budget: Option<Budget>,
) -> Result<(Totals, Option<BudgetCheck>), QuoteError> {
    let months = totals::paid_months(start_on, trial_until)?;
    let totals = totals::totals(card, (lines, discounts), &months)?;
    let budget = budget.map(|budget| totals::budget_check(budget, &totals)).transpose()?;
    Ok((totals, budget))
}

/// The lines of what was chosen.
fn charged(
    card: &RateCard,
    chosen: &Chosen<'_>,
    at: usize,
    trial_until: Option<CivilDate>,
    lines: &mut Vec<Line>,
) -> Result<(), QuoteError> {
    for (price, quantity) in chosen.prices(card) {
        match price.model.amount(quantity, card.rounding)? {
            Amount::Priced { amount, charged } => lines.push(Line {
                kind: LineKind::Charged,
                amount: Some(amount),
                quantity: charged,
                free_until: trial_until,
                note: how_found(price, chosen, charged),
                ..row(card, chosen.plan, price)
            }),
            // Found once everything else is.
            Amount::OfOthers => {}
            Amount::NeedsQuote => {
                let unit = price.unit.unwrap_or(Unit::Unit);
                let (field, code) = match &price.option {
                    Some(option) => ("options", option),
                    None => (SelectedItem::field_of(unit), &price.price),
                };
                return Err(QuoteError::NeedsQuote {
                    field: format!("selection[{at}].{field}"),
                    code: code.clone(),
                    quantity,
                });
            }
        }
    }
    Ok(())
}

/// What is contained and what may happen. A price that would be left out is an error.
fn not_charged(
    card: &RateCard,
    chosen: &[Chosen<'_>],
    lines: &mut Vec<Line>,
) -> Result<(), QuoteError> {
    for item in chosen {
        included(item, lines);
    }
    for item in chosen {
        contingent(card, item, lines)?;
    }
    others::contingent(card, chosen, lines);
    let missing = unlisted(card, chosen, lines);
    if missing.is_empty() { Ok(()) } else { Err(QuoteError::Incomplete(missing)) }
}

/// What the plans contain, each thing once.
fn included(chosen: &Chosen<'_>, lines: &mut Vec<Line>) {
    let free =
        chosen.plan.free.as_ref().map(|why| (&chosen.plan.plan, &chosen.plan.name, Some(why)));
    let terms = chosen.plan.included.iter().map(|term| (&term.code, &term.text, None));
    for (code, label, note) in free.into_iter().chain(terms) {
        if lines.iter().any(|line| line.code == *code) {
            continue;
        }
        lines.push(Line {
            code: code.clone(),
            label: label.clone(),
            service: Some(chosen.plan.service),
            plan: Some(chosen.plan.plan.clone()),
            option: None,
            kind: LineKind::Included,
            cadence: None,
            quantity: Quantity::ONE,
            unit: None,
            unit_price: None,
            amount: Some(Money::ZERO_JPY),
            tax_mode: tasuki_core::catalog::TaxMode::OutOfScope,
            tax_rate: Rate::ZERO,
            proration: tasuki_core::catalog::Proration::None,
            trigger: None,
            free_until: None,
            ends_on: None,
            note: note.cloned(),
            covered: false,
        });
    }
}

/// What may be charged if something happens: triggered prices, more use, options not taken.
fn contingent(
    card: &RateCard,
    chosen: &Chosen<'_>,
    lines: &mut Vec<Line>,
) -> Result<(), QuoteError> {
    let plan = chosen.plan;
    let mut found = Vec::new();
    for price in card.prices_of(&plan.plan) {
        if let Some(trigger) = &price.trigger {
            found.push(possible(card, plan, price, (trigger.clone(), lines))?);
        } else {
            more_use(card, chosen, price, &mut found);
        }
    }
    for option in card.options.iter().filter(|option| option.plans.contains(&plan.plan)) {
        if chosen.item.has_option(&option.option) {
            continue;
        }
        for price in card.prices_of_option(&plan.plan, &option.option) {
            let trigger =
                Text::new("追加でお申し込みいただいた場合のみ", "Only if you order this addition");
            found.push(possible(card, plan, price, (trigger, lines))?);
        }
    }
    for line in found {
        let listed = lines.iter().any(|of| {
            of.kind == LineKind::Contingent && of.code == line.code && of.trigger == line.trigger
        });
        if !listed {
            lines.push(line);
        }
    }
    Ok(())
}

fn possible(
    card: &RateCard,
    plan: &Plan,
    price: &Price,
    (trigger, lines): (Text, &[Line]),
) -> Result<Line, QuoteError> {
    let (amount, quantity) = match price.model.amount(Quantity::ONE, card.rounding)? {
        Amount::Priced { amount, charged } => (Some(amount), charged),
        Amount::OfOthers => (others::amount(card, price, lines)?, Quantity::ONE),
        Amount::NeedsQuote => (None, Quantity::ONE),
    };
    let why = match &price.model {
        Model::NeedsQuote(why) => Some(why.clone()),
        Model::Percentage(_) | Model::MinimumCommitment(_) => Some(others::how_found(card, price)),
        Model::Flat(_)
        | Model::PerUnit(_)
        | Model::Volume(_)
        | Model::Graduated(_)
        | Model::Package(_) => price.note.clone(),
    };
    Ok(Line {
        kind: LineKind::Contingent,
        amount,
        quantity,
        trigger: Some(trigger),
        note: why,
        ..row(card, plan, price)
    })
}

/// What a line and its price have in common.
fn row(card: &RateCard, plan: &Plan, price: &Price) -> Line {
    Line {
        code: price.price.clone(),
        label: price.label.clone(),
        service: Some(plan.service),
        plan: Some(plan.plan.clone()),
        option: price.option.clone(),
        kind: LineKind::Charged,
        cadence: Some(price.cadence),
        quantity: Quantity::ONE,
        unit: price.unit,
        unit_price: price.model.unit_price(),
        amount: None,
        tax_mode: card.tax_mode_of(price),
        tax_rate: card.tax_rate_of(price),
        proration: price.proration,
        trigger: None,
        free_until: None,
        ends_on: None,
        note: None,
        covered: price.covered,
    }
}

/// How an amount was found, where the price alone does not say it.
fn how_found(price: &Price, chosen: &Chosen<'_>, charged: Quantity) -> Option<Text> {
    let unit = price.unit?;
    let label = unit.label();
    let declared = chosen.declared(unit);
    if declared < charged {
        return Some(Text::new(
            format!("{declared}{}のご利用でも{charged}{}分からの料金です", label.ja, label.ja),
            format!("For {declared}, charged as {charged} {}: the least that is sold", label.en),
        ));
    }
    let step = crate::tier::step_of(price.model.tiers(), charged);
    match step.and_then(|tier: &Tier| tier.up_to) {
        Some(end) => Some(Text::new(
            format!("月間{end}{}まで", label.ja),
            format!("Up to {end} {} a month", label.en),
        )),
        None => price.note.clone(),
    }
}

fn not_included(chosen: &[Chosen<'_>]) -> Vec<Text> {
    let mut seen = BTreeSet::new();
    chosen
        .iter()
        .flat_map(|item| &item.plan.not_included)
        .filter(|term| seen.insert(&term.code))
        .map(|term| term.text.clone())
        .collect()
}

fn acknowledgements(card: &RateCard, chosen: &[Chosen<'_>]) -> Vec<RequiredAcknowledgement> {
    let wanted: BTreeSet<&str> =
        chosen.iter().flat_map(|item| &item.plan.acknowledgements).map(String::as_str).collect();
    card.acknowledgements
        .iter()
        .filter(|of| wanted.contains(of.code.as_str()))
        .map(|of| RequiredAcknowledgement {
            code: of.code.clone(),
            document_version: card.reference.to_string(),
            text: of.text.clone(),
            required: of.required,
        })
        .collect()
}

/// The codes of prices that the bundle can be charged by and that no line has.
fn unlisted(card: &RateCard, chosen: &[Chosen<'_>], lines: &[Line]) -> Vec<String> {
    let listed: BTreeSet<&str> = lines.iter().map(|line| line.code.as_str()).collect();
    card.prices
        .iter()
        .filter(|price| chosen.iter().any(|item| price.is_for(&item.plan.plan)))
        .filter(|price| !listed.contains(price.price.as_str()))
        .map(|price| price.price.clone())
        .collect()
}

//! A recommended bundle within a budget: what comes last in the order of priority is left for later.

use tasuki_core::catalog::SelectedItem;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{BudgetVerdict, Priced, Recommended, Unavailable};
use tasuki_core::reason::Reason;
use tasuki_core::text::Text;
use tasuki_pricing::quote_lines::{Ask, Detail};

use super::discounts::Prices;
use super::judged::Judged;
use super::sponsors::Shared;

/// A priced bundle and what was left out of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bundle {
    /// The bundle.
    pub priced: Priced,
    /// Why, and what is advised for later.
    pub recommended: Vec<Recommended>,
    /// What the discount packs were asked about it.
    pub judged: Vec<Judged>,
}

/// Prices a recommended selection and leaves out what comes last until it fits the budget; one
/// service always stays.
///
/// # Errors
/// Of pricing.
pub(super) fn bundle_within(
    prices: &Prices<'_>,
    ask: Ask,
    recommended: Vec<Recommended>,
) -> Result<Bundle, Problem> {
    let Shared { priced, judged } = prices.shared(&ask, Detail::Whole)?;
    let mut bundle = Bundle { priced, recommended, judged };
    let mut ask = ask;
    while !fits(&bundle.priced)
        && ask.selection.len() > 1
        && let Some(left_out) = ask.selection.pop()
    {
        let Shared { priced, judged } = prices.shared(&ask, Detail::Whole)?;
        bundle.priced = priced;
        bundle.judged = judged;
        postpone(&mut bundle.recommended, &left_out);
    }
    Ok(bundle)
}

/// Leaves out what a person has to quote: the rest can be offered now. When nothing is left, that is the answer.
///
/// # Errors
/// `NEEDS_PERSONAL_QUOTE` when that holds for everything.
pub(super) fn leave_to_a_person(
    prices: &Prices<'_>,
    ask: &mut Ask,
    recommended: &mut [Recommended],
) -> Result<Vec<Unavailable>, Problem> {
    let mut left = Vec::new();
    let mut asked_for = Vec::new();
    let mut refused = None;
    for item in std::mem::take(&mut ask.selection) {
        let alone = Ask { selection: vec![item.clone()], ..ask.clone() };
        match prices.of(&alone, Detail::ChargedOnly) {
            Err(problem) if problem.reason() == Reason::NeedsPersonalQuote => {
                postpone(recommended, &item);
                asked_for.push(Unavailable {
                    service: item.service,
                    code: Reason::NeedsPersonalQuote.code().to_owned(),
                    reason: Text::new(
                        "料金表にある量を超えるため、担当者が個別にお見積りします。ほかのサービスは先に始められます",
                        "it is more than the price list has, so a person quotes it; the other services can start before",
                    ),
                    decision_id: None,
                });
                refused = Some(problem);
            }
            // Whatever else is the matter comes out when the bundle is priced.
            Ok(_) | Err(_) => left.push(item),
        }
    }
    ask.selection = left;
    match refused {
        Some(problem) if ask.selection.is_empty() => Err(problem),
        Some(_) | None => Ok(asked_for),
    }
}

fn fits(priced: &Priced) -> bool {
    priced.budget.as_ref().is_none_or(|check| check.verdict == BudgetVerdict::Within)
}

fn postpone(recommended: &mut [Recommended], left_out: &SelectedItem) {
    for of in recommended.iter_mut().filter(|of| of.service == left_out.service) {
        of.in_bundle = false;
        of.plan = None;
    }
}

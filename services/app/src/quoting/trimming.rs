//! A recommended bundle within a budget: what comes last in the order of priority is left for later.

use tasuki_core::catalog::SelectedItem;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{BudgetVerdict, Priced, Recommended};
use tasuki_pricing::quote_lines::Ask;

use super::advice::Judged;
use super::discounts::{Offered, Prices};

/// A priced bundle and what was left out of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bundle {
    /// The bundle.
    pub priced: Priced,
    /// Why, and what is advised for later.
    pub recommended: Vec<Recommended>,
    /// What the discount pack was asked about it.
    pub judged: Option<Judged>,
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
    let Offered { priced, judged } = prices.of(&ask)?;
    let mut bundle = Bundle { priced, recommended, judged };
    let mut ask = ask;
    while !fits(&bundle.priced)
        && ask.selection.len() > 1
        && let Some(left_out) = ask.selection.pop()
    {
        let Offered { priced, judged } = prices.of(&ask)?;
        bundle.priced = priced;
        bundle.judged = judged;
        postpone(&mut bundle.recommended, &left_out);
    }
    Ok(bundle)
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

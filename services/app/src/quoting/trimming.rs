//! A recommended bundle within a budget: what comes last in the order of priority is left for later.

use tasuki_core::catalog::SelectedItem;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{Alternative, BudgetVerdict, Priced, Recommended};
use tasuki_core::text::Text;
use tasuki_pricing::quote_lines::Ask;
use tasuki_pricing::rate_card::RateCard;

use super::advice::Judged;
use super::discounts::{Offered, Prices};

/// A priced bundle and what was left out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The bundle.
    pub priced: Priced,
    /// Why, and what is advised for later.
    pub recommended: Vec<Recommended>,
    /// The whole bundle, when something was left out.
    pub alternatives: Vec<Alternative>,
    /// What the discount pack was asked about it.
    pub judged: Option<Judged>,
}

/// Prices a recommended selection and leaves out what comes last until it fits the budget; one
/// service always stays.
///
/// # Errors
/// Of pricing.
pub fn bundle_within(
    prices: &Prices<'_>,
    ask: Ask,
    recommended: Vec<Recommended>,
) -> Result<Bundle, Problem> {
    let Offered { priced: whole, judged } = prices.of(&ask)?;
    let mut bundle =
        Bundle { priced: whole.clone(), recommended, alternatives: Vec::new(), judged };
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
    if bundle.priced.selection.len() < whole.selection.len() {
        bundle.alternatives.push(Alternative {
            code: "higher".to_owned(),
            label: Text::new("お勧めをすべて含むプラン", "Everything that is recommended"),
            difference: added(prices.card, &bundle.priced, &whole),
            selection: whole.selection,
            totals: whole.totals,
            budget: whole.budget,
        });
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

/// What the whole bundle has that the smaller one has not.
fn added(card: &RateCard, smaller: &Priced, whole: &Priced) -> Text {
    let more = whole.selection.iter().filter(|item| !smaller.selection.contains(item));
    let names: Vec<Text> = more
        .map(|item| {
            let plan = item.plan.as_deref().and_then(|code| card.plan(code));
            plan.map_or_else(|| item.service.label(), |plan| plan.name.clone())
        })
        .collect();
    let join = |pick: fn(&Text) -> &str, between: &str| {
        names.iter().map(pick).collect::<Vec<_>>().join(between)
    };
    Text::new(
        format!("{}が加わります", join(|text| &text.ja, "、")),
        format!("Adds {}", join(|text| &text.en, ", ")),
    )
}

//! Other choices: the same for less money, and more for more.

use tasuki_core::catalog::SelectedItem;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{Alternative, Priced, Recommended, Unavailable};
use tasuki_core::reason::Reason;
use tasuki_core::text::Text;
use tasuki_pricing::quote_lines::{Ask, Detail};
use tasuki_pricing::rate_card::RateCard;

use super::advice::sized;
use super::discounts::Prices;

/// The next smaller bundle and the one with everything that is recommended, as far as there are any.
///
/// # Errors
/// Of pricing, but for services that somebody has to quote first: those are left out.
pub(super) fn alternatives(
    prices: &Prices<'_>,
    bundle: &Priced,
    (recommended, unavailable): (&[Recommended], &[Unavailable]),
) -> Result<Vec<Alternative>, Problem> {
    let lower = lower(prices, bundle, recommended)?;
    let higher = higher(prices, bundle, (recommended, unavailable))?;
    Ok(lower.into_iter().chain(higher).collect())
}

/// Without the service that matters least among those whose absence costs less.
fn lower(
    prices: &Prices<'_>,
    bundle: &Priced,
    recommended: &[Recommended],
) -> Result<Option<Alternative>, Problem> {
    if bundle.selection.len() < 2 {
        return Ok(None);
    }
    let rank = |item: &SelectedItem| {
        let of = recommended.iter().find(|of| of.service == item.service && of.in_bundle);
        of.map_or(u32::MAX, |of| of.priority)
    };
    let mut places: Vec<usize> = (0..bundle.selection.len()).collect();
    places.sort_by_key(|at| bundle.selection.get(*at).map(rank));
    for at in places.into_iter().rev() {
        let mut selection = bundle.selection.clone();
        let left_out = selection.remove(at);
        let priced = priced(prices, bundle, selection)?;
        let Some(priced) = priced.filter(|it| gross(it) < gross(bundle)) else { continue };
        let saved = gross(bundle).minus(gross(&priced))?;
        let Text { ja, en } = name(prices.card, &left_out);
        return Ok(Some(Alternative {
            code: "lower".to_owned(),
            label: Text::new("費用を抑えるプラン", "For less money"),
            difference: Text::new(
                format!("{ja}がなくなり、初年度は税込{saved}安くなります"),
                format!("Without {en}; {saved} less in the first year, with tax"),
            ),
            selection: priced.selection,
            totals: priced.totals,
            budget: priced.budget,
        }));
    }
    Ok(None)
}

/// With everything that is recommended and was left for later or not asked for.
fn higher(
    prices: &Prices<'_>,
    bundle: &Priced,
    (recommended, unavailable): (&[Recommended], &[Unavailable]),
) -> Result<Option<Alternative>, Problem> {
    let later = recommended.iter().filter(|of| !of.in_bundle);
    let wanted = later.filter(|of| unavailable.iter().all(|not| not.service != of.service));
    let more: Vec<SelectedItem> =
        wanted.filter_map(|of| sized(prices.card, prices.profile, of.service)).collect();
    if more.is_empty() {
        return Ok(None);
    }
    let selection = bundle.selection.iter().cloned().chain(more).collect();
    let Some(whole) = priced(prices, bundle, selection)? else { return Ok(None) };
    let added = whole.selection.iter().skip(bundle.selection.len());
    let names: Vec<Text> = added.map(|item| name(prices.card, item)).collect();
    let join = |pick: fn(&Text) -> &str, between: &str| {
        names.iter().map(pick).collect::<Vec<_>>().join(between)
    };
    let more = gross(&whole).minus(gross(bundle))?;
    let (ja, en) = (join(|text| &text.ja, "、"), join(|text| &text.en, ", "));
    Ok(Some(Alternative {
        code: "higher".to_owned(),
        label: Text::new("お勧めをすべて含むプラン", "Everything that is recommended"),
        difference: Text::new(
            format!("{ja}が加わり、初年度は税込{more}高くなります"),
            format!("Adds {en}; {more} more in the first year, with tax"),
        ),
        selection: whole.selection,
        totals: whole.totals,
        budget: whole.budget,
    }))
}

/// Another selection with the days and the budget of a bundle; nothing when somebody has to quote it.
fn priced(
    prices: &Prices<'_>,
    like: &Priced,
    selection: Vec<SelectedItem>,
) -> Result<Option<Priced>, Problem> {
    let ask = Ask {
        selection,
        start_on: like.start_on,
        trial_until: like.trial_until,
        budget: like.budget.as_ref().map(|check| check.budget),
    };
    match prices.shared(&ask, Detail::ChargedOnly) {
        Ok(offered) => Ok(Some(offered.priced)),
        Err(problem)
            if matches!(
                problem.reason(),
                Reason::NeedsPersonalQuote | Reason::SelectionInvalid
            ) =>
        {
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}

const fn gross(priced: &Priced) -> Money {
    priced.totals.first_year.gross
}

fn name(card: &RateCard, item: &SelectedItem) -> Text {
    let plan = item.plan.as_deref().and_then(|code| card.plan(code));
    plan.map_or_else(|| item.service.label(), |plan| plan.name.clone())
}

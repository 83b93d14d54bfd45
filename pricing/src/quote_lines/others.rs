//! Lines of a quote that other lines decide: shares of prices, and agreed minimums.
//!
//! They belong to the bundle and stand once in it, however many of its plans they are for.

use tasuki_core::catalog::Cadence;
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::quote::{Line, LineKind};
use tasuki_core::text::Text;
use tasuki_core::time::CivilDate;

use super::{Chosen, QuoteError, row};
use crate::proration::Fraction;
use crate::rate_card::{Plan, Price, RateCard};
use crate::tier::Model;

/// Months of a year.
const MONTHS: i64 = 12;

/// The lines that are charged.
pub(super) fn charged(
    card: &RateCard,
    chosen: &[Chosen<'_>],
    free_until: Option<CivilDate>,
    lines: &mut Vec<Line>,
) -> Result<(), QuoteError> {
    for (plan, price) in taken(card, chosen) {
        if let Some(amount) = amount(card, price, lines)?
            && !amount.is_zero()
        {
            lines.push(Line {
                amount: Some(amount),
                free_until,
                note: Some(how_found(card, price)),
                ..row(card, plan, price)
            });
        }
    }
    Ok(())
}

/// The lines that are not charged with this selection, and are with another use of it.
pub(super) fn contingent(card: &RateCard, chosen: &[Chosen<'_>], lines: &mut Vec<Line>) {
    for (plan, price) in taken(card, chosen) {
        if lines.iter().any(|line| line.code == price.price) {
            continue;
        }
        let names = names(card, price);
        let (amount, trigger) = match &price.model {
            Model::MinimumCommitment(commitment) => {
                let (minimum, ja, en) = (commitment.amount, &names.ja, &names.en);
                let (period_ja, period_en) = period(price.cadence);
                let trigger = Text::new(
                    format!("{ja}の合計が{period_ja}{minimum}に満たない場合（不足分のみ）"),
                    format!(
                        "If {en} come to less than {minimum} {period_en} (the difference only)"
                    ),
                );
                (Some(minimum), trigger)
            }
            Model::Percentage(_)
            | Model::Flat(_)
            | Model::PerUnit(_)
            | Model::Volume(_)
            | Model::Graduated(_)
            | Model::Package(_)
            | Model::NeedsQuote(_) => {
                let trigger = Text::new(
                    format!("{}の料金が発生した場合", names.ja),
                    format!("When {} are charged", names.en),
                );
                (None, trigger)
            }
        };
        lines.push(Line {
            kind: LineKind::Contingent,
            amount,
            trigger: Some(trigger),
            note: Some(how_found(card, price)),
            ..row(card, plan, price)
        });
    }
}

/// The prices of others that the bundle has, each once, with the plan that brings it.
fn taken<'a>(card: &'a RateCard, chosen: &[Chosen<'a>]) -> Vec<(&'a Plan, &'a Price)> {
    let carries = |item: &&Chosen<'a>, price: &Price| {
        let option = price.option.as_ref();
        price.is_for(&item.plan.plan) && option.is_none_or(|code| item.item.has_option(code))
    };
    let carrier = |price: &'a Price| {
        // In the order of the card: the order of a selection changes nothing.
        let mut plans = card.plans.iter();
        plans.find(|plan| {
            chosen.iter().any(|item| item.plan.plan == plan.plan && carries(&item, price))
        })
    };
    let mut found: Vec<_> = card
        .prices
        .iter()
        .filter(|price| price.model.is_of_others() && !price.is_contingent())
        .filter_map(|price| carrier(price).map(|plan| (plan, price)))
        .collect();
    // A share may count towards a minimum.
    found.sort_by_key(|(_, price)| matches!(price.model, Model::MinimumCommitment(_)));
    found
}

/// What the lines make of a price of others; none for a price that stands for itself.
pub(super) fn amount(
    card: &RateCard,
    price: &Price,
    lines: &[Line],
) -> Result<Option<Money>, MoneyError> {
    let yearly = price.cadence == Cadence::Yearly;
    let counted = lines
        .iter()
        .filter(|line| line.kind == LineKind::Charged)
        .filter(|line| price.model.others().contains(&line.code));
    let sum = Money::total(
        counted
            .filter_map(|line| line.amount.map(|amount| (line.cadence, amount)))
            .map(|(cadence, amount)| match cadence {
                // A year's minimum counts twelve of what is charged each month.
                Some(Cadence::Monthly | Cadence::Usage) if yearly => amount.times(MONTHS),
                Some(_) | None => Ok(amount),
            })
            .collect::<Result<Vec<_>, _>>()?,
    )?;
    match &price.model {
        Model::Percentage(share) => share.share(sum, card.rounding).map(Some),
        Model::MinimumCommitment(commitment) => {
            commitment.missing(sum, Fraction::WHOLE, card.rounding).map(Some)
        }
        Model::Flat(_)
        | Model::PerUnit(_)
        | Model::Volume(_)
        | Model::Graduated(_)
        | Model::Package(_)
        | Model::NeedsQuote(_) => Ok(None),
    }
}

/// How the amount of a price of others is found.
pub(crate) fn how_found(card: &RateCard, price: &Price) -> Text {
    if let Some(note) = &price.note {
        return note.clone();
    }
    let Text { ja, en } = names(card, price);
    match &price.model {
        Model::Percentage(share) => {
            let percent = share.rate.value() * rust_decimal::Decimal::ONE_HUNDRED;
            let percent = percent.normalize();
            Text::new(format!("{ja}の{percent}%"), format!("{percent} % of {en}"))
        }
        Model::MinimumCommitment(commitment) => {
            let minimum = commitment.amount;
            let (period_ja, period_en) = period(price.cadence);
            Text::new(
                format!("{ja}の合計が{period_ja}{minimum}に満たない分"),
                format!("What {en} lack to {minimum} {period_en}"),
            )
        }
        Model::Flat(_)
        | Model::PerUnit(_)
        | Model::Volume(_)
        | Model::Graduated(_)
        | Model::Package(_)
        | Model::NeedsQuote(_) => Text::default(),
    }
}

/// The period of a minimum, in words.
const fn period(cadence: Cadence) -> (&'static str, &'static str) {
    match cadence {
        Cadence::Yearly => ("年間", "a year"),
        Cadence::Initial | Cadence::OneOff | Cadence::Monthly | Cadence::Usage => {
            ("月間", "a month")
        }
    }
}

/// The prices that decide it, as customers know them.
fn names(card: &RateCard, price: &Price) -> Text {
    let labels: Vec<_> = price
        .model
        .others()
        .iter()
        .filter_map(|code| card.price(code))
        .map(|it| &it.label)
        .collect();
    let joined = |of: fn(&Text) -> &String, by: &str| {
        labels.iter().map(|label| of(label).as_str()).collect::<Vec<_>>().join(by)
    };
    Text::new(joined(|text| &text.ja, "・"), joined(|text| &text.en, " and "))
}

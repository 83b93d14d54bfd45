//! What more use than declared leads to: of prices that follow what is measured, a quote names every step above and
//! what each further unit costs (PRC-09).

use rust_decimal::Decimal;
use tasuki_core::catalog::{Quantity, Unit};
use tasuki_core::money::Money;
use tasuki_core::quote::{Line, LineKind};
use tasuki_core::text::Text;

use super::{Chosen, row};
use crate::rate_card::{Price, RateCard};
use crate::tier::{Model, Package, Tier, TierMoves};

/// The lines of one price; none when nothing is measured for it.
pub(super) fn more_use(card: &RateCard, chosen: &Chosen<'_>, price: &Price, found: &mut Vec<Line>) {
    let (Some(unit), Some(_)) = (price.unit, &price.meter) else { return };
    let declared = chosen.quantity_of(price);
    let line = |(trigger, note): (Text, Text), amount: Option<Money>, quantity: Quantity| Line {
        kind: LineKind::Contingent,
        amount,
        quantity,
        trigger: Some(trigger),
        note: Some(note),
        ..row(card, chosen.plan, price)
    };
    match &price.model {
        Model::Volume(tiers) => {
            for (below, tier) in above(tiers, declared) {
                let instead = Text::new("通常の月額に代えて", "Instead of the usual monthly fee");
                let texts = (when_above(price.moves, below, unit), note_of(tier, instead));
                let amount = tier.flat.filter(|_| !tier.needs_quote);
                let step = line(texts, amount, tier.up_to.unwrap_or(below));
                found.push(Line { unit_price: tier.per_unit, ..step });
            }
        }
        Model::Graduated(tiers) => {
            found.extend(graduated(tiers, (declared, unit)).map(|(texts, amount, quantity)| {
                Line { unit_price: None, ..line(texts, amount, quantity) }
            }));
        }
        Model::PerUnit(each) => {
            let from = each.minimum.map_or(declared, |least| declared.max(least));
            let texts = (each_above(Quantity::ONE, from, unit), besides());
            found.push(line(texts, Some(each.amount), Quantity::ONE));
        }
        Model::Package(package) => {
            let texts = (each_above(package.size, paid_for(package, declared), unit), besides());
            found.push(line(texts, Some(package.amount), package.size));
        }
        Model::Flat(_)
        | Model::Percentage(_)
        | Model::MinimumCommitment(_)
        | Model::NeedsQuote(_) => {}
    }
}

/// The steps that begin at a quantity or above it, each with the end of the one before.
fn above(tiers: &[Tier], declared: Quantity) -> impl Iterator<Item = (Quantity, &Tier)> {
    let ends = tiers.iter().map(|tier| tier.up_to);
    let above = ends.zip(tiers.iter().skip(1)).filter_map(|(below, tier)| Some((below?, tier)));
    above.filter(move |(below, _)| *below >= declared)
}

/// What each further unit costs in the step of a quantity, and what the steps above it cost.
fn graduated(
    tiers: &[Tier],
    (declared, unit): (Quantity, Unit),
) -> impl Iterator<Item = ((Text, Text), Option<Money>, Quantity)> {
    let own = tiers.iter().find(|tier| tier.up_to.is_none_or(|end| declared < end));
    let own_begins_above = above(tiers, declared).any(|(_, tier)| Some(tier) == own);
    let rest_of_own = own.filter(|tier| !own_begins_above && !tier.needs_quote);
    let rest_of_own = rest_of_own.and_then(|tier| tier.per_unit).map(|each| {
        ((each_above(Quantity::ONE, declared, unit), besides()), Some(each), Quantity::ONE)
    });
    let steps = above(tiers, declared).flat_map(move |(below, tier)| {
        let once = (when_above(TierMoves::Automatic, below, unit), note_of(tier, besides()));
        let each = (each_above(Quantity::ONE, below, unit), besides());
        let asked = tier.needs_quote.then(|| (once.clone(), None, below));
        let priced = |amount: Option<Money>| amount.filter(|_| !tier.needs_quote);
        let flat = priced(tier.flat).map(|amount| (once, Some(amount), Quantity::ONE));
        let per_unit = priced(tier.per_unit).map(|amount| (each, Some(amount), Quantity::ONE));
        asked.into_iter().chain(flat).chain(per_unit)
    });
    rest_of_own.into_iter().chain(steps)
}

/// What is paid for already when packages are begun for a quantity.
fn paid_for(package: &Package, declared: Quantity) -> Quantity {
    let size = package.size.value();
    let begun =
        declared.value().checked_div(size).map(|packages| packages.ceil().max(Decimal::ONE));
    let paid = begun.and_then(|begun| begun.checked_mul(size)).map(|paid| paid.normalize());
    paid.and_then(Quantity::new).unwrap_or(declared)
}

/// When a month is charged in a higher step.
fn when_above(moves: TierMoves, below: Quantity, unit: Unit) -> Text {
    let Text { ja, en } = unit.label();
    match moves {
        TierMoves::Automatic => Text::new(
            format!("月間の利用量が{below}{ja}を超えた月"),
            format!("In a month with more than {below} {en}"),
        ),
        TierMoves::Approval => Text::new(
            format!("月間の利用量が{below}{ja}を超え、プランの変更にご同意いただいた場合のみ"),
            format!("Only if you agree to move up after a month with more than {below} {en}"),
        ),
        TierMoves::Hysteresis(rule) => {
            let (months, above) = (rule.up_after_months, rule.above(below));
            Text::new(
                format!("月間の利用量が{months}か月続けて{above}{ja}を超えたとき"),
                format!("After {months} month(s) in a row with more than {above} {en}"),
            )
        }
    }
}

/// When each further piece of what is measured is charged.
fn each_above(size: Quantity, from: Quantity, unit: Unit) -> Text {
    let Text { ja, en } = unit.label();
    Text::new(
        format!("月間の利用量が{from}{ja}を超えた分、{size}{ja}ごとに"),
        format!("For each {size} {en} above {from} {en} in a month"),
    )
}

fn note_of(tier: &Tier, priced: Text) -> Text {
    if tier.needs_quote {
        Text::new("個別にお見積りします", "We will quote this for you first")
    } else {
        priced
    }
}

fn besides() -> Text {
    Text::new("通常の料金に加えて", "On top of the usual fee")
}

#[cfg(test)]
mod tests {
    use tasuki_core::catalog::SelectedItem;
    use tasuki_core::service::Service;

    use crate::cards::Cards;
    use crate::quote_lines::{Ask, quote_lines};

    use super::*;

    /// What a plan's quote says about more use: when, and for how much.
    fn said(plan: &str, gb: &str) -> Vec<String> {
        let text = include_str!("../../tests/cards/metered.yaml");
        let cards = Cards::load([("metered.yaml", text)]).unwrap();
        let card = cards.version("metered", "1").unwrap();
        let item = SelectedItem::of(Service::CloudWaf).with_plan(plan.to_owned());
        let item = item.with_traffic_gb(gb.parse().unwrap());
        let ask = Ask::on("2021-04-01".parse().unwrap(), vec![item]);
        let priced = quote_lines(card, &ask).unwrap();
        let lines = priced.lines_of(LineKind::Contingent).map(|line| {
            let amount = line.amount.map_or("a quote".to_owned(), |it| it.amount().to_string());
            format!("{}: {amount}", line.trigger.as_ref().unwrap().en)
        });
        lines.collect()
    }

    /// PRC-09: nobody learns from the invoice what more use costs.
    #[test]
    fn steps_of_a_graduated_price_are_told_from_the_declared_use_on() {
        let last = "In a month with more than 90 GB: a quote";
        let third = [
            "In a month with more than 50 GB: 500",
            "For each 1 GB above 50 GB in a month: 60",
            last,
        ];
        let within = ["For each 1 GB above 12.5 GB in a month: 80"];
        assert_eq!(said("cloud_waf.graduated", "12.5"), [&within[..], &third].concat());
        let at_the_end = ["For each 1 GB above 10 GB in a month: 80"];
        assert_eq!(said("cloud_waf.graduated", "10"), [&at_the_end[..], &third].concat());
        assert_eq!(
            said("cloud_waf.graduated", "60"),
            ["For each 1 GB above 60 GB in a month: 60", last]
        );
    }

    #[test]
    fn each_further_unit_is_told_above_what_is_charged_at_least() {
        assert_eq!(said("cloud_waf.each", "3"), ["For each 1 GB above 5 GB in a month: 120"]);
        assert_eq!(said("cloud_waf.each", "8"), ["For each 1 GB above 8 GB in a month: 120"]);
    }

    #[test]
    fn each_further_package_is_told_above_those_that_are_begun() {
        assert_eq!(said("cloud_waf.packages", "9"), ["For each 4 GB above 12 GB in a month: 400"]);
        assert_eq!(said("cloud_waf.packages", "8"), ["For each 4 GB above 8 GB in a month: 400"]);
    }
}

//! Is everything in the quote that a customer may ever be charged (PRC-09)? Looked up in the rate card
//! anew, without the code that made the lines.

use std::fmt;

use rust_decimal::Decimal;
use tasuki_core::catalog::{Cadence, Quantity, SelectedItem};
use tasuki_core::money::Money;
use tasuki_core::quote::{Line, LineKind, Priced};
use tasuki_core::text::Text;
use tasuki_pricing::rate_card::{Plan, Price, RateCard};
use tasuki_pricing::tier::Model;

/// A charge that the bundle can lead to and that the quote does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Code of the price.
    pub price: String,
    /// What is missing.
    pub missing: Missing,
}

/// What a quote lacks about a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The line that charges it.
    Charge,
    /// The line that says when it would be charged.
    Possibility,
    /// What would have to happen.
    Trigger,
    /// A step that more use would reach.
    Step,
    /// The plan: what was selected is not on the card.
    Plan,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = match self.missing {
            Missing::Charge => "its charge",
            Missing::Possibility => "when it may be charged",
            Missing::Trigger => "what triggers it",
            Missing::Step => "a step that more use reaches",
            Missing::Plan => "its plan",
        };
        write!(f, "`{}`: the quote does not say {missing}", self.price)
    }
}

/// Everything that a quote leaves out; nothing for a complete one.
pub fn gaps(card: &RateCard, priced: &Priced) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for item in &priced.selection {
        let Some(plan) = item.plan.as_deref().and_then(|code| card.plan(code)) else {
            gaps.push(Gap { price: item.service.to_string(), missing: Missing::Plan });
            continue;
        };
        for price in card.prices.iter().filter(|price| price.is_for(&plan.plan)) {
            let missing = lacking(price, (plan, item), priced);
            gaps.extend(missing.map(|missing| Gap { price: price.price.clone(), missing }));
        }
    }
    let silent = priced.lines_of(LineKind::Contingent).filter(|line| !says_when(line));
    gaps.extend(silent.map(|line| Gap { price: line.code.clone(), missing: Missing::Trigger }));
    gaps
}

fn lacking(
    price: &Price,
    (plan, item): (&Plan, &SelectedItem),
    priced: &Priced,
) -> Option<Missing> {
    let has = |kind: LineKind, trigger: Option<&Text>| {
        priced.lines_of(kind).any(|line| {
            line.code == price.price && trigger.is_none_or(|of| line.trigger.as_ref() == Some(of))
        })
    };
    let taken = price.option.as_deref().is_none_or(|option| item.has_option(option));
    match (&price.trigger, taken) {
        (Some(trigger), _) => {
            (!has(LineKind::Contingent, Some(trigger))).then_some(Missing::Possibility)
        }
        (None, false) => (!has(LineKind::Contingent, None)).then_some(Missing::Possibility),
        // What follows other fees is charged when these lead to it, and may be charged otherwise.
        (None, true) if price.model.is_of_others() && !leads_to(price, priced) => {
            let told = has(LineKind::Contingent, None) || has(LineKind::Charged, None);
            (!told).then_some(Missing::Possibility)
        }
        (None, true) if !has(LineKind::Charged, None) => Some(Missing::Charge),
        (None, true) => (!has_steps(price, (plan, item), priced)).then_some(Missing::Step),
    }
}

/// Whether the fees of a quote lead to a share of them, or lack something to an agreed minimum.
fn leads_to(price: &Price, priced: &Priced) -> bool {
    let others =
        priced.lines_of(LineKind::Charged).filter(|line| price.model.others().contains(&line.code));
    let per_year = |cadence: Option<Cadence>| match cadence {
        Some(Cadence::Monthly | Cadence::Usage) if price.cadence == Cadence::Yearly => 12,
        Some(_) | None => 1,
    };
    let sum: i64 = others
        .filter_map(|line| Some(line.amount?.amount().saturating_mul(per_year(line.cadence))))
        .fold(0, i64::saturating_add);
    match &price.model {
        Model::MinimumCommitment(commitment) => sum < commitment.amount.amount(),
        // A share that comes to less than a yen is none.
        Model::Percentage(share) if share.most.is_some_and(Money::is_zero) => false,
        Model::Percentage(share) => {
            share.least.is_some_and(|least| sum > 0 && !least.is_zero())
                || Decimal::from(sum) * share.rate.value() >= Decimal::ONE
        }
        Model::Flat(_)
        | Model::PerUnit(_)
        | Model::Volume(_)
        | Model::Graduated(_)
        | Model::Package(_)
        | Model::NeedsQuote(_) => true,
    }
}

/// Whether what more than the declared use costs stands in the quote, of a measured price: each step above it, and each
/// further unit.
fn has_steps(price: &Price, (plan, item): (&Plan, &SelectedItem), priced: &Priced) -> bool {
    let (Some(unit), Some(_)) = (price.unit, &price.meter) else { return true };
    let usual = plan.quantities.iter().find(|of| of.unit == unit).and_then(|of| of.default);
    let declared = item.chosen(unit).or(usual).unwrap_or(Quantity::ONE);
    let is_listed = |amount: Option<Money>| {
        let mut possible = priced.lines_of(LineKind::Contingent);
        possible.any(|line| line.code == price.price && line.amount == amount && says_when(line))
    };
    match &price.model {
        Model::Volume(tiers) | Model::Graduated(tiers) => {
            let is_graduated = matches!(price.model, Model::Graduated(_));
            let mut begins_at = Quantity::ZERO;
            tiers.iter().all(|tier| {
                let (from, to) = (begins_at, tier.up_to);
                begins_at = to.unwrap_or(from);
                let above = !from.is_zero() && from >= declared;
                // In a step that is not used up, each further unit costs something.
                let further = is_graduated && from < declared && to.is_none_or(|to| declared < to);
                let (once, each) = match (tier.needs_quote, is_graduated) {
                    (true, _) => (Some(None), None),
                    (false, false) => (Some(tier.flat), None),
                    (false, true) => (tier.flat.map(Some), tier.per_unit.map(Some)),
                };
                (!above || once.is_none_or(is_listed))
                    && (!(above || further) || each.is_none_or(is_listed))
            })
        }
        Model::PerUnit(each) => is_listed(Some(each.amount)),
        Model::Package(package) => is_listed(Some(package.amount)),
        Model::Flat(_)
        | Model::Percentage(_)
        | Model::MinimumCommitment(_)
        | Model::NeedsQuote(_) => true,
    }
}

fn says_when(line: &Line) -> bool {
    let said = |text: &Text| !text.ja.trim().is_empty() && !text.en.trim().is_empty();
    line.trigger.as_ref().is_some_and(said)
}

#[cfg(test)]
mod tests {
    use tasuki_core::service::Service;
    use tasuki_pricing::cards::Cards;
    use tasuki_pricing::quote_lines::{Ask, quote_lines};

    use super::*;

    fn priced(cards: &Cards) -> (&RateCard, Priced) {
        let day = "2021-04-01".parse().unwrap();
        let card = cards.in_force("okinawa", day).unwrap();
        let items = vec![
            SelectedItem::of(Service::Utm),
            SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap()),
            SelectedItem::of(Service::Edr).with_endpoints(5).with_option("edr.nothing"),
        ];
        let items = items.into_iter().map(|item| SelectedItem { options: vec![], ..item });
        (card, quote_lines(card, &Ask::on(day, items.collect())).unwrap())
    }

    /// Each line that is taken away, and each trigger that is emptied, is noticed.
    #[test]
    fn a_quote_without_any_one_of_its_charges_is_incomplete() {
        let cards = Cards::built_in().unwrap();
        let (card, whole) = priced(&cards);
        assert_eq!(gaps(card, &whole), vec![]);
        let mut n = 0;
        for at in 0..whole.lines.len() {
            let line = &whole.lines[at];
            if line.kind == LineKind::Included {
                continue;
            }
            let mut broken = whole.clone();
            broken.lines.remove(at);
            let found = gaps(card, &broken);
            assert!(found.iter().any(|gap| gap.price == line.code), "{}: {found:?}", line.code);
            n += 1;
        }
        assert!(n > 10, "only {n} lines");
    }

    #[test]
    fn a_charge_without_its_trigger_is_no_answer() {
        let cards = Cards::built_in().unwrap();
        let (card, mut priced) = priced(&cards);
        let line = priced.lines.iter_mut().find(|line| line.kind == LineKind::Contingent).unwrap();
        line.trigger = Some(Text::new("　", ""));
        let code = line.code.clone();
        let found = gaps(card, &priced);
        assert!(found.contains(&Gap { price: code, missing: Missing::Trigger }), "{found:?}");
    }

    /// A minimum that is reached is not charged, and may be when less is used: both are told.
    #[test]
    fn an_agreed_minimum_is_told_whether_or_not_it_is_reached() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pricing/tests/cards");
        let text = std::fs::read_to_string(format!("{folder}/yearly-minimum.yaml")).unwrap();
        for (yen, kind, missing) in [
            ("146000", LineKind::Charged, Missing::Charge),
            ("120000", LineKind::Contingent, Missing::Possibility),
        ] {
            let text = text.replace("146000", yen);
            let cards = Cards::load([("card.yaml", text.as_str())]).unwrap();
            let day = "2021-04-01".parse().unwrap();
            let card = cards.in_force("yearly-minimum", day).unwrap();
            let ask = Ask::on(day, vec![SelectedItem::of(Service::Utm)]);
            let mut priced = quote_lines(card, &ask).unwrap();
            assert_eq!(gaps(card, &priced), vec![]);
            let at = priced.lines.iter().position(|line| line.code == "minimum").unwrap();
            assert_eq!(priced.lines.remove(at).kind, kind);
            let gap = Gap { price: "minimum".to_owned(), missing };
            assert_eq!(gaps(card, &priced), vec![gap]);
        }
    }

    /// PRC-09, for measured prices that no shipped card has.
    #[test]
    fn what_more_use_costs_is_told_for_every_measured_price() {
        let text = include_str!("../../../../pricing/tests/cards/metered.yaml");
        let cards = Cards::load([("metered.yaml", text)]).unwrap();
        let card = cards.version("metered", "1").unwrap();
        for (plan, lines) in [("graduated", 4), ("each", 1), ("packages", 1)] {
            for gb in ["3", "10", "12.5", "50"] {
                let item = SelectedItem::of(Service::CloudWaf)
                    .with_plan(format!("cloud_waf.{plan}"))
                    .with_traffic_gb(gb.parse().unwrap());
                let ask = Ask::on("2021-04-01".parse().unwrap(), vec![item]);
                let whole = quote_lines(card, &ask).unwrap();
                assert_eq!(gaps(card, &whole), vec![], "{plan} {gb}");
                let possible = |line: &Line| line.kind == LineKind::Contingent;
                let places: Vec<_> =
                    (0..whole.lines.len()).filter(|at| possible(&whole.lines[*at])).collect();
                assert!(places.len() <= lines + 1 && !places.is_empty(), "{plan} {gb}: {places:?}");
                for at in places {
                    let mut broken = whole.clone();
                    broken.lines.remove(at);
                    let gap = Gap { price: plan.to_owned(), missing: Missing::Step };
                    assert_eq!(gaps(card, &broken), vec![gap], "{plan} {gb}");
                }
            }
        }
    }

    #[test]
    fn a_step_with_another_amount_is_not_the_step() {
        let cards = Cards::built_in().unwrap();
        let (card, mut priced) = priced(&cards);
        let step = priced
            .lines
            .iter_mut()
            .find(|line| line.kind == LineKind::Contingent && line.code == "cloud_waf.monthly");
        step.unwrap().amount = Some(Money::jpy(1));
        let found = gaps(card, &priced);
        let gap = Gap { price: "cloud_waf.monthly".to_owned(), missing: Missing::Step };
        assert_eq!(found, vec![gap]);
    }
}

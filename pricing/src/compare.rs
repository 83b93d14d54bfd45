//! What differs between two cards: prices and the terms of plans, each in a sentence.

use std::collections::BTreeSet;

use tasuki_core::catalog::{BillingCycle, Cadence, Proration, TaxMode, Unit};
use tasuki_core::text::Text;

use crate::rate_card::{Plan, Price, RateCard};
use crate::tier::{Model, Tier, TierMoves};

/// How a price differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange<'a> {
    /// Its code.
    pub code: &'a str,
    /// On the first card; none when it is new.
    pub before: Option<&'a Price>,
    /// On the second card; none when it is gone.
    pub after: Option<&'a Price>,
    /// The difference in one sentence.
    pub summary: Text,
}

/// How the terms of a plan differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange<'a> {
    /// Its code.
    pub code: &'a str,
    /// The difference in one sentence.
    pub summary: Text,
}

/// Everything that differs, in the order of the first card and then of the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison<'a> {
    /// The prices.
    pub prices: Vec<PriceChange<'a>>,
    /// The plans.
    pub plans: Vec<PlanChange<'a>>,
}

/// What differs between two cards.
pub fn compare<'a>(base: &'a RateCard, other: &'a RateCard) -> Comparison<'a> {
    let mut seen = BTreeSet::new();
    let codes = base.prices.iter().chain(&other.prices).map(|price| price.price.as_str());
    let prices = codes
        .filter(|code| seen.insert(*code))
        .filter_map(|code| price_change((base, other), code))
        .collect();
    let mut seen = BTreeSet::new();
    let codes = base.plans.iter().chain(&other.plans).map(|plan| plan.plan.as_str());
    let plans = codes
        .filter(|code| seen.insert(*code))
        .filter_map(|code| {
            let summary = match (base.plan(code), other.plan(code)) {
                (Some(before), Some(after)) => plan_summary(before, after)?,
                (None, Some(_)) => Text::new("新しいプラン", "New plan"),
                (Some(_), None) => Text::new("なくなるプラン", "Plan that is gone"),
                (None, None) => return None,
            };
            Some(PlanChange { code, summary })
        })
        .collect();
    Comparison { prices, plans }
}

fn price_change<'a>(
    (base, other): (&'a RateCard, &'a RateCard),
    code: &'a str,
) -> Option<PriceChange<'a>> {
    let (before, after) = (base.price(code), other.price(code));
    let summary = match (before, after) {
        (Some(before), Some(after)) => price_summary((base, before), (other, after))?,
        (None, Some(price)) => prefixed(("新しい料金：", "New price: "), &described(other, price)),
        (Some(price), None) => {
            prefixed(("なくなる料金：", "Price that is gone: "), &described(base, price))
        }
        (None, None) => return None,
    };
    Some(PriceChange { code, before, after, summary })
}

fn prefixed((ja, en): (&str, &str), text: &Text) -> Text {
    Text::new(format!("{ja}{}", text.ja), format!("{en}{}", text.en))
}

/// The differences of a price one after the other; none if it is the same.
fn price_summary(
    (base, before): (&RateCard, &Price),
    (other, after): (&RateCard, &Price),
) -> Option<Text> {
    let mut found = Vec::new();
    let amounts = (amount(before), amount(after));
    if before.model != after.model || before.unit != after.unit {
        found.push(arrow(&amounts.0, &amounts.1));
    }
    let mut differs = |name: (&str, &str), before: Text, after: Text| {
        if before != after {
            found.push(prefixed(
                (&format!("{}：", name.0), &format!("{}: ", name.1)),
                &arrow(&before, &after),
            ));
        }
    };
    let (tax_before, tax_after) = (tax(base, before), tax(other, after));
    differs(("課金", "charged"), cadence(before.cadence), cadence(after.cadence));
    differs(("税", "tax"), tax_before, tax_after);
    differs(("日割り", "part of a period"), proration(before), proration(after));
    differs(("起算", "periods"), anchor(base, before), anchor(other, after));
    differs(("段階の変更", "moves between steps"), moves(before.moves), moves(after.moves));
    differs(("計測", "meter"), plain(before.meter.as_deref()), plain(after.meter.as_deref()));
    differs(("条件", "trigger"), or_always(before), or_always(after));
    differs(("対象", "plans"), listed(&before.plans), listed(&after.plans));
    differs(
        ("オプション", "option"),
        plain(before.option.as_deref()),
        plain(after.option.as_deref()),
    );
    let covered = |price: &Price| {
        if price.covered { Text::new("対象", "yes") } else { Text::new("対象外", "no") }
    };
    differs(("保険", "paid by cover"), covered(before), covered(after));
    differs(("表示", "label"), before.label.clone(), after.label.clone());
    joined(&found)
}

fn plan_summary(before: &Plan, after: &Plan) -> Option<Text> {
    let mut found = Vec::new();
    let mut differs = |name: (&str, &str), before: Text, after: Text| {
        if before != after {
            found.push(prefixed(
                (&format!("{}：", name.0), &format!("{}: ", name.1)),
                &arrow(&before, &after),
            ));
        }
    };
    let number = |n: u32| Text::new(n.to_string(), n.to_string());
    let months = (before.minimum_term_months, after.minimum_term_months);
    differs(("最低利用期間（月）", "minimum term in months"), number(months.0), number(months.1));
    let notice = (before.cancellation_notice_days, after.cancellation_notice_days);
    differs(("解約予告（日）", "days of notice"), number(notice.0), number(notice.1));
    let trial = (before.trial_days, after.trial_days);
    differs(("無料期間（日）", "free trial in days"), number(trial.0), number(trial.1));
    differs(("提供元", "provider"), plain(Some(&before.provider)), plain(Some(&after.provider)));
    let limits = |plan: &Plan| {
        let all: Vec<_> = plan
            .quantities
            .iter()
            .map(|of| {
                let end = |end: Option<_>| {
                    end.map(|of: tasuki_core::catalog::Quantity| of.to_string()).unwrap_or_default()
                };
                format!("{} {}..{}", of.unit, end(of.minimum), end(of.maximum))
            })
            .collect();
        listed(&all)
    };
    differs(("数量", "quantities"), limits(before), limits(after));
    let terms = |plan: &Plan| {
        let codes: Vec<_> = plan.included.iter().map(|term| term.code.clone()).collect();
        listed(&codes)
    };
    differs(("含まれるもの", "included"), terms(before), terms(after));
    differs(("名称", "name"), before.name.clone(), after.name.clone());
    joined(&found)
}

fn joined(found: &[Text]) -> Option<Text> {
    let all = |of: fn(&Text) -> &str, by: &str| found.iter().map(of).collect::<Vec<_>>().join(by);
    let text = || Text::new(all(|text| &text.ja, "、"), all(|text| &text.en, "; "));
    (!found.is_empty()).then(text)
}

fn arrow(before: &Text, after: &Text) -> Text {
    Text::new(format!("{} → {}", before.ja, after.ja), format!("{} → {}", before.en, after.en))
}

/// A price with how often it is charged.
fn described(card: &RateCard, price: &Price) -> Text {
    let (amount, cadence, tax) = (amount(price), cadence(price.cadence), tax(card, price));
    Text::new(
        format!("{} {}（{}）", cadence.ja, amount.ja, tax.ja),
        format!("{}, {}, {}", amount.en, cadence.en, tax.en),
    )
}

/// How the amount of a price is found, in words.
pub fn amount(price: &Price) -> Text {
    let unit = price.unit.unwrap_or(Unit::Unit).label();
    match &price.model {
        Model::Flat(amount) => Text::new(amount.to_string(), amount.to_string()),
        Model::PerUnit(of) => {
            let (ja, en) = match of.minimum {
                Some(least) => {
                    (format!("（最低{least}{}分）", unit.ja), format!(" (at least {least})"))
                }
                None => (String::new(), String::new()),
            };
            Text::new(
                format!("1{}あたり{}{ja}", unit.ja, of.amount),
                format!("{} each ({}){en}", of.amount, unit.en),
            )
        }
        Model::Volume(tiers) => steps(tiers, &unit, ("", "")),
        Model::Graduated(tiers) => steps(tiers, &unit, ("累進 ", "in steps: ")),
        Model::Package(of) => Text::new(
            format!("{}{}ごとに{}", of.size, unit.ja, of.amount),
            format!("{} for every {} {}", of.amount, of.size, unit.en),
        ),
        Model::Percentage(of) => {
            let percent = (of.rate.value() * rust_decimal::Decimal::ONE_HUNDRED).normalize();
            let codes = of.of.join(", ");
            Text::new(format!("{codes} の{percent}%"), format!("{percent} % of {codes}"))
        }
        Model::MinimumCommitment(of) => {
            let codes = of.of.join(", ");
            Text::new(
                format!("{codes} の合計が{}に満たない分", of.amount),
                format!("what {codes} lack to {}", of.amount),
            )
        }
        Model::NeedsQuote(_) => Text::new("要見積", "quoted for each case"),
    }
}

fn steps(tiers: &[Tier], unit: &Text, (ja, en): (&str, &str)) -> Text {
    let one = |tier: &Tier, above: &str, up_to: &dyn Fn(String) -> String| {
        let end = tier.up_to.map_or_else(|| above.to_owned(), |end| up_to(end.to_string()));
        let per_unit = tier.per_unit.map(|of| format!("@{of}"));
        let amounts: Vec<_> =
            tier.flat.map(|of| of.to_string()).into_iter().chain(per_unit).collect();
        (end, amounts.join(" + "))
    };
    let shown = |above: &str, quoted: &str, up_to: &dyn Fn(String) -> String| {
        let all = tiers.iter().map(|tier| {
            let (end, amounts) = one(tier, above, up_to);
            if tier.needs_quote { format!("{end} {quoted}") } else { format!("{end} {amounts}") }
        });
        all.collect::<Vec<_>>().join(", ")
    };
    let (of_ja, of_en) = (&unit.ja, &unit.en);
    Text::new(
        format!("{ja}{}", shown("それ以上", "要見積", &|end| format!("{end}{of_ja}まで"))),
        format!("{en}{}", shown("above", "quoted", &|end| format!("up to {end} {of_en}"))),
    )
}

/// How often a price is charged, in words.
pub fn cadence(cadence: Cadence) -> Text {
    match cadence {
        Cadence::Initial => Text::new("初期", "once at the start"),
        Cadence::OneOff => Text::new("都度", "each time"),
        Cadence::Monthly => Text::new("月額", "a month"),
        Cadence::Yearly => Text::new("年額", "a year"),
        Cadence::Usage => Text::new("従量", "for what was used"),
    }
}

/// How a price relates to tax, in words.
pub fn tax(card: &RateCard, price: &Price) -> Text {
    let rate = card.tax_rate_of(price).value() * rust_decimal::Decimal::ONE_HUNDRED;
    let rate = rate.normalize();
    match card.tax_mode_of(price) {
        TaxMode::Inclusive => Text::new(format!("税込{rate}%"), format!("{rate} % tax included")),
        TaxMode::Exclusive => Text::new(format!("税抜{rate}%"), format!("plus {rate} % tax")),
        TaxMode::Exempt => Text::new("非課税", "exempt"),
        TaxMode::OutOfScope => Text::new("不課税", "outside the scope of tax"),
    }
}

fn proration(price: &Price) -> Text {
    match price.proration {
        Proration::None => Text::new("なし", "charged whole"),
        Proration::ActualDays => Text::new("実日数", "by days"),
        Proration::ThirtyDays => Text::new("30日", "by days of months of 30"),
        Proration::Seconds => Text::new("秒", "by seconds"),
    }
}

fn anchor(card: &RateCard, price: &Price) -> Text {
    let cycle = match price.cadence {
        Cadence::Yearly => price.anchor.unwrap_or(BillingCycle::Anniversary),
        Cadence::Monthly => price.anchor.unwrap_or(card.cycle),
        Cadence::Initial | Cadence::OneOff | Cadence::Usage => return Text::default(),
    };
    match cycle {
        BillingCycle::CalendarMonth => Text::new("暦月", "calendar months"),
        BillingCycle::Anniversary => Text::new("開始日", "from the day of the subscription"),
    }
}

fn moves(moves: TierMoves) -> Text {
    match moves {
        TierMoves::Automatic => Text::new("毎月自動", "each month"),
        TierMoves::Approval => Text::new("同意後", "once it is agreed"),
        TierMoves::Hysteresis(rule) => {
            let (up, down) = (rule.up_after_months, rule.down_after_months);
            Text::new(
                format!("上へは{up}か月、下へは{down}か月続いたとき"),
                format!("after {up} month(s) above, {down} below"),
            )
        }
    }
}

fn or_always(price: &Price) -> Text {
    price.trigger.clone().unwrap_or_else(|| Text::new("常に", "always"))
}

fn plain(text: Option<&str>) -> Text {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("-");
    Text::new(text, text)
}

fn listed(all: &[String]) -> Text {
    plain(Some(&all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OKINAWA: &str = include_str!("../cards/okinawa-2021.yaml");

    fn changed() -> RateCard {
        let text = OKINAWA
            .replacen("version: 2021-01", "version: 2022-04", 1)
            .replacen("{ per_unit: { yen: 1800 } }", "{ per_unit: { yen: 2000 } }", 1)
            .replacen("- { up_to: \"20\", yen: 15000 }", "- { up_to: \"25\", yen: 15000 }", 1)
            .replacen(
                "    meter: waf.traffic_gb\n",
                "    meter: waf.traffic_gb\n    moves: approval\n",
                1,
            )
            .replacen(
                "    quantities: [{ unit: endpoint, minimum: \"5\"",
                "    minimum_term_months: 12\n    quantities: [{ unit: endpoint, minimum: \"3\"",
                1,
            )
            .replacen("  - price: utm.log_retention\n", "  - price: utm.log_keeping\n", 1);
        RateCard::load("changed.yaml", &text).unwrap()
    }

    #[test]
    fn differences_are_said_in_both_languages() {
        let base = RateCard::load("okinawa.yaml", OKINAWA).unwrap();
        let other = changed();
        let found = compare(&base, &other);
        let prices = found.prices.iter().map(|of| (of.code, &of.summary));
        let plans = found.plans.iter().map(|of| (of.code, &of.summary));
        let shown: Vec<_> = prices
            .chain(plans)
            .map(|(code, text)| format!("{code}\n  {}\n  {}\n", text.ja, text.en))
            .collect();
        insta::assert_snapshot!(shown.concat());
        let same = compare(&base, &base);
        assert!(same.prices.is_empty() && same.plans.is_empty());
    }

    #[test]
    fn every_model_can_be_said() {
        let text = include_str!("../tests/cards/every-model.yaml");
        let card = RateCard::load("every-model.yaml", text).unwrap();
        let shown: Vec<_> = card
            .prices
            .iter()
            .map(|price| described(&card, price))
            .map(|text| format!("{}\n  {}\n", text.ja, text.en))
            .collect();
        insta::assert_snapshot!(shown.concat());
    }
}

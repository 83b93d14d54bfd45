//! What selections come to in a year under a card, for comparing cards over many subscriptions.
//!
//! The same sum as a quote's steady year without tax, before anything is taken off, found without
//! making lines and texts: a million subscriptions are repriced one after the other, in the memory of
//! one.

use std::collections::BTreeMap;

use tasuki_core::catalog::{Cadence, Quantity, SelectedItem, TaxMode, Unit};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::service::Service;

use crate::proration::Fraction;
use crate::rate_card::{BelowMinimum, Plan, Price, RateCard};
use crate::tax::{Taxable, tax_sum, tax_totals};
use crate::tier::{Amount, Model};

/// Months of a year.
const MONTHS: i64 = 12;

/// Why a selection has no yearly fees under a card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeesError {
    /// The card does not sell it like that.
    #[error("`{what}` is not sold like that")]
    NotSold {
        /// The service, plan or option.
        what: String,
    },
    /// Nobody has priced it: a person must (要見積).
    #[error("`{code}` has no price for that quantity")]
    NeedsQuote {
        /// Code of the price, or of the plan whose maximum is exceeded.
        code: String,
    },
    /// An amount that cannot be represented.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A card made ready to price many selections.
#[derive(Debug)]
pub struct YearlyFees<'a> {
    card: &'a RateCard,
    plans: BTreeMap<&'a str, PlanPrices<'a>>,
    /// Prices that other prices decide, shares before minimums.
    of_others: Vec<&'a Price>,
    /// Whether tax has to be taken out of any price.
    has_inclusive: bool,
    /// The amounts of the selection at hand, kept for the next one.
    amounts: Vec<(&'a Price, Money)>,
}

/// The prices of a plan that come again each month or year.
#[derive(Debug)]
struct PlanPrices<'a> {
    plan: &'a Plan,
    own: Vec<&'a Price>,
    options: Vec<(&'a str, Vec<&'a Price>)>,
}

impl<'a> YearlyFees<'a> {
    /// A card made ready.
    pub fn of(card: &'a RateCard) -> Self {
        let recurs = |price: &&'a Price| {
            let once = matches!(price.cadence, Cadence::Initial | Cadence::OneOff);
            !once && !price.is_contingent() && !price.model.is_of_others()
        };
        let plans = card.plans.iter().map(|plan| {
            let own = card.prices_of(&plan.plan).filter(recurs).collect();
            let offered = card.options.iter().filter(|option| option.plans.contains(&plan.plan));
            let options = offered
                .map(|option| {
                    let prices = card.prices_of_option(&plan.plan, &option.option);
                    (option.option.as_str(), prices.filter(recurs).collect())
                })
                .collect();
            (plan.plan.as_str(), PlanPrices { plan, own, options })
        });
        let mut of_others: Vec<_> = card
            .prices
            .iter()
            .filter(|price| price.model.is_of_others() && !price.is_contingent())
            .collect();
        of_others.sort_by_key(|price| matches!(price.model, Model::MinimumCommitment(_)));
        let inclusive = |price: &Price| card.tax_mode_of(price) == TaxMode::Inclusive;
        Self {
            card,
            plans: plans.collect(),
            of_others,
            has_inclusive: card.prices.iter().any(inclusive),
            amounts: Vec::new(),
        }
    }

    /// What a selection comes to in a year without tax: each month's fees twelve times and each
    /// year's once, with the quantities that were declared.
    ///
    /// # Errors
    /// [`FeesError`].
    #[expect(clippy::needless_pass_by_value, reason = "callers give references and iterators")]
    pub fn net<'s>(
        &mut self,
        selection: impl IntoIterator<Item = &'s SelectedItem> + Clone,
    ) -> Result<Money, FeesError> {
        let mut amounts = std::mem::take(&mut self.amounts);
        amounts.clear();
        let sum = self.fill(&selection, &mut amounts).and_then(|()| self.sum(&amounts));
        self.amounts = amounts;
        sum
    }

    fn fill<'s>(
        &self,
        selection: &(impl IntoIterator<Item = &'s SelectedItem> + Clone),
        amounts: &mut Vec<(&'a Price, Money)>,
    ) -> Result<(), FeesError> {
        for item in selection.clone() {
            let prices = self.prices_of(item)?;
            within_limits(prices.plan, item)?;
            for price in &prices.own {
                let quantity = price.unit.map_or(Quantity::ONE, |unit| {
                    prices.plan.charged_for(unit, declared(prices.plan, item, unit))
                });
                amounts.push((price, self.amount(price, quantity)?));
            }
            for taken in &item.options {
                let found = prices.options.iter().find(|(code, _)| *code == taken.option);
                let Some((_, own)) = found else {
                    return Err(FeesError::NotSold { what: taken.option.clone() });
                };
                let quantity = taken.quantity.unwrap_or(Quantity::ONE);
                for price in own {
                    amounts.push((price, self.amount(price, quantity)?));
                }
            }
        }
        for price in &self.of_others {
            let carried = selection.clone().into_iter().any(|item| self.carries(item, price));
            if carried {
                let amount = self.of_others(price, amounts)?;
                amounts.push((price, amount));
            }
        }
        Ok(())
    }

    fn prices_of(&self, item: &SelectedItem) -> Result<&PlanPrices<'a>, FeesError> {
        let found = match (&item.plan, &item.tier) {
            (Some(code), _) => self.plans.get(code.as_str()),
            (None, tier) => self.plan_of(item.service, tier.as_deref()),
        };
        found.filter(|prices| prices.plan.service == item.service).ok_or_else(|| {
            let service = || item.service.as_str().to_owned();
            FeesError::NotSold { what: item.plan.clone().unwrap_or_else(service) }
        })
    }

    fn plan_of(&self, service: Service, tier: Option<&str>) -> Option<&PlanPrices<'a>> {
        self.plans.values().find(|of| {
            let plan = of.plan;
            plan.service == service && tier.map_or(plan.default, |tier| plan.tier == tier)
        })
    }

    fn carries(&self, item: &SelectedItem, price: &Price) -> bool {
        let has = price.option.as_ref().is_none_or(|option| item.has_option(option));
        has && self.prices_of(item).is_ok_and(|of| price.is_for(&of.plan.plan))
    }

    fn amount(&self, price: &Price, quantity: Quantity) -> Result<Money, FeesError> {
        match price.model.amount(quantity, self.card.rounding)? {
            Amount::Priced { amount, .. } => Ok(amount),
            Amount::OfOthers => Ok(Money::ZERO_JPY),
            Amount::NeedsQuote => Err(FeesError::NeedsQuote { code: price.price.clone() }),
        }
    }

    fn of_others(&self, price: &Price, amounts: &[(&Price, Money)]) -> Result<Money, FeesError> {
        let mut sum = Money::ZERO_JPY;
        for (of, amount) in amounts {
            if price.model.others().contains(&of.price) {
                let monthly = matches!(of.cadence, Cadence::Monthly | Cadence::Usage);
                let times = if monthly && price.cadence == Cadence::Yearly { MONTHS } else { 1 };
                sum = sum.plus(amount.times(times)?)?;
            }
        }
        let rounding = self.card.rounding;
        Ok(match &price.model {
            Model::Percentage(share) => share.share(sum, rounding)?,
            Model::MinimumCommitment(of) => of.missing(sum, Fraction::WHOLE, rounding)?,
            Model::Flat(_)
            | Model::PerUnit(_)
            | Model::Volume(_)
            | Model::Graduated(_)
            | Model::Package(_)
            | Model::NeedsQuote(_) => Money::ZERO_JPY,
        })
    }

    /// The sum of a year as its invoices would say it.
    fn sum(&self, amounts: &[(&Price, Money)]) -> Result<Money, FeesError> {
        if self.has_inclusive {
            let monthly = self.without_tax(amounts, &[Cadence::Monthly, Cadence::Usage])?;
            let recurring = [Cadence::Monthly, Cadence::Usage, Cadence::Yearly];
            let first = self.without_tax(amounts, &recurring)?;
            return Ok(first.plus(monthly.times(MONTHS - 1)?)?);
        }
        let mut sum = Money::ZERO_JPY;
        for (price, amount) in amounts {
            let times = if price.cadence == Cadence::Yearly { 1 } else { MONTHS };
            sum = sum.plus(amount.times(times)?)?;
        }
        Ok(sum)
    }

    fn without_tax(
        &self,
        amounts: &[(&Price, Money)],
        cadences: &[Cadence],
    ) -> Result<Money, FeesError> {
        let taxable: Vec<_> = amounts
            .iter()
            .filter(|(price, _)| cadences.contains(&price.cadence))
            .map(|(price, amount)| Taxable {
                amount: *amount,
                mode: self.card.tax_mode_of(price),
                rate: self.card.tax_rate_of(price),
            })
            .collect();
        Ok(tax_sum(&tax_totals(&taxable, self.card.tax.rounding)?)?.net)
    }
}

/// How many were declared, or what is taken when nothing was said.
fn declared(plan: &Plan, item: &SelectedItem, unit: Unit) -> Quantity {
    let default = || plan.limits(unit).and_then(|limits| limits.default);
    item.chosen(unit).or_else(default).unwrap_or(Quantity::ONE)
}

fn within_limits(plan: &Plan, item: &SelectedItem) -> Result<(), FeesError> {
    for limits in &plan.quantities {
        let Some(chosen) = item.chosen(limits.unit) else { continue };
        if limits.maximum.is_some_and(|most| chosen > most) {
            return Err(FeesError::NeedsQuote { code: plan.plan.clone() });
        }
        let refused = limits.below_minimum == BelowMinimum::Refuse
            && limits.minimum.is_some_and(|least| chosen < least);
        if refused {
            return Err(FeesError::NotSold { what: plan.plan.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::cards::Cards;
    use crate::quote_lines::{Ask, QuoteError, quote_lines};

    static CARDS: LazyLock<Cards> = LazyLock::new(|| {
        let own = ("every-model.yaml", include_str!("../tests/cards/every-model.yaml"));
        Cards::load(Cards::built_in_files().into_iter().chain([own])).unwrap()
    });

    proptest! {
        #[test]
        fn they_are_the_steady_year_of_a_quote(
            card in prop::sample::select(vec!["okinawa", "kumamoto", "every-model"]),
            utm in any::<bool>(), gb in prop::option::of(0_u32..60),
            endpoints in prop::option::of(0_u32..1_100), option in any::<bool>(),
        ) {
            let day = "2021-04-01".parse().unwrap();
            let card = CARDS.in_force(card, day).unwrap();
            let mut bundle = Vec::new();
            if utm {
                bundle.push(SelectedItem::of(Service::Utm));
            }
            if let Some(gb) = gb {
                let item = SelectedItem::of(Service::CloudWaf);
                bundle.push(item.with_traffic_gb(Quantity::whole(gb)));
            }
            if let Some(endpoints) = endpoints {
                let item = SelectedItem::of(Service::Edr).with_endpoints(endpoints);
                bundle.push(if option { item.with_option("edr.logs") } else { item });
            }
            let fees = YearlyFees::of(card).net(&bundle);
            match quote_lines(card, &Ask::on(day, bundle.clone())) {
                Ok(priced) => prop_assert_eq!(fees, Ok(priced.totals.steady_year.net)),
                Err(QuoteError::Selection(_)) if bundle.is_empty() => {
                    prop_assert_eq!(fees, Ok(Money::ZERO_JPY));
                }
                Err(QuoteError::Selection(_) | QuoteError::NeedsQuote { .. }) => {
                    let refused = matches!(
                        fees,
                        Err(FeesError::NotSold { .. } | FeesError::NeedsQuote { .. })
                    );
                    prop_assert!(refused, "{:?}", fees);
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    #[test]
    fn nothing_is_left_over_from_the_selection_before() {
        let card = CARDS.version("okinawa", "2021-01").unwrap();
        let mut fees = YearlyFees::of(card);
        let utm = [SelectedItem::of(Service::Utm)];
        let too_many = [SelectedItem::of(Service::Edr).with_endpoints(2_000)];
        let first = fees.net(&utm).unwrap();
        assert_eq!(first, Money::jpy(120_000));
        assert!(fees.net(&too_many).is_err());
        assert_eq!(fees.net(&utm).unwrap(), first);
    }
}

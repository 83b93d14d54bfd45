//! How one charge of an item becomes lines: its amount, what is taken off it, and how it was found.

use tasuki_core::catalog::{BillingCycle, Cadence, Quantity};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::quote::{Discount, Taken};
use tasuki_core::subscription::SubscribedItem;
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, Month, TimeError};

use super::fixed::{Below, Fee};
use super::spans::{in_part, year_anchor};
use super::{Attention, InvoiceError, InvoiceLine, MonthAsk, Triggered};
use crate::cards::Cards;
use crate::discount;
use crate::proration::{Fraction, fraction};
use crate::quote_lines::{Chosen, resolve_item};
use crate::rate_card::{Price, RateCard};
use crate::tier::{Amount, TierMoves, step_for};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Charges {
    pub(super) lines: Vec<InvoiceLine>,
    pub(super) attention: Vec<Attention>,
    /// The fees that fixed amounts are taken off; empty when none is given.
    pub(super) fees: Vec<Fee>,
    /// That of the last card that charged something.
    pub(super) tax_rounding: Option<Rounding>,
}

/// An item under the terms of some of its days.
pub(super) struct Context<'a> {
    pub(super) ask: MonthAsk<'a>,
    pub(super) card: &'a RateCard,
    pub(super) item: &'a SubscribedItem,
    pub(super) chosen: &'a Chosen<'a>,
    /// The first day on which the item is charged at all.
    pub(super) billed_from: CivilDate,
}

/// A price with what it is charged for.
pub(super) struct Charge<'a> {
    pub(super) price: &'a Price,
    pub(super) quantity: Quantity,
    pub(super) service_period: DayPeriod,
    pub(super) part: Fraction,
    /// The whole period that the part is of, and the days of it that are charged; none for what is
    /// charged at once.
    pub(super) days: Option<(DayPeriod, Vec<DayPeriod>)>,
    /// The amount, where other prices decide it.
    pub(super) amount: Option<Money>,
}

impl<'a> Charge<'a> {
    pub(super) const fn whole(
        price: &'a Price,
        quantity: Quantity,
        service_period: DayPeriod,
    ) -> Self {
        Self { price, quantity, service_period, part: Fraction::WHOLE, days: None, amount: None }
    }
}

pub(super) fn charge_triggered(
    cards: &Cards,
    ask: MonthAsk<'_>,
    happened: &Triggered,
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let unknown = || InvoiceError::UnknownPrice { code: happened.price.clone(), on: happened.on };
    let subscription = ask.subscription;
    let phase = subscription.phase_on(happened.on).ok_or_else(unknown)?;
    let card = cards
        .pinned(&phase.rate_card)
        .ok_or_else(|| InvoiceError::UnknownCard(phase.rate_card.clone()))?;
    let mut items = subscription.items.iter();
    let item = items.find(|item| item.item_id == happened.item_id).ok_or_else(unknown)?;
    let selected = item.selected_on(happened.on);
    let chosen = resolve_item(card, selected, selected.service.as_str())?;
    let price = card
        .price(&happened.price)
        .filter(|price| price.is_for(&chosen.plan.plan))
        .filter(|price| price.is_contingent() || price.option.is_some())
        .ok_or_else(unknown)?;
    let context = Context { ask, card, item, chosen: &chosen, billed_from: happened.on };
    let day = happened.on.tomorrow().map_err(|_| TimeError::OutOfRange)?;
    let charge = Charge::whole(price, happened.quantity, DayPeriod::new(happened.on, day)?);
    match price.model.amount(happened.quantity, card.rounding)? {
        // What only may happen was not discounted in the quote, and is not here.
        Amount::Priced { .. } => context.add(&charge, charges).map(|_| ()),
        // A share of nothing in particular is no amount: like one that nobody has priced.
        Amount::NeedsQuote | Amount::OfOthers => {
            let agreed = happened
                .agreed
                .ok_or_else(|| InvoiceError::NoAgreedAmount { code: happened.price.clone() })?;
            let note = Text::new("事前にご了承いただいた金額です", "As agreed beforehand");
            charges.lines.push(context.line(&charge, (agreed, happened.quantity), Some(note)));
            charges.tax_rounding = Some(card.tax.rounding);
            Ok(())
        }
    }
}

impl Context<'_> {
    /// What was measured for a price by meter; the sum if several reports are given.
    pub(super) fn measured(&self, price: &Price) -> Result<Option<Quantity>, InvoiceError> {
        let Some(meter) = &price.meter else { return Ok(None) };
        let reports = self.ask.measured.iter();
        total(
            reports
                .filter(|of| of.item_id == self.item.item_id && of.meter == *meter)
                .map(|of| of.quantity),
        )
    }

    /// What was measured for a price, or the least that it is charged for.
    pub(super) fn counted(&self, price: &Price) -> Result<Option<Quantity>, InvoiceError> {
        let measured = self.measured(price)?;
        let plan = self.chosen.plan;
        Ok(match price.unit {
            Some(unit) => measured.map(|used| plan.charged_for(unit, used)),
            None => measured,
        })
    }

    /// Charges something that was quoted, with what is taken off it.
    pub(super) fn charge(
        &self,
        charge: &Charge<'_>,
        charges: &mut Charges,
    ) -> Result<(), InvoiceError> {
        let whole = self.add(charge, charges)?;
        let Some(charged) = charges.lines.last() else { return Ok(()) };
        let (line, mut left) = (charged.clone(), charged.amount);
        let (service, cadence) = (Some(line.service), charge.price.cadence);
        let mut discounts = self.ask.subscription.discounts_given();
        if self.card.is_premium(charge.price) {
            discounts.clear();
        }
        for discount in discounts.iter().filter(|of| of.is_off(service, cadence)) {
            let Taken::Rate(rate) = discount.taken else { continue };
            let Some(part) = self.reduced(charge, discount.ends_on)? else { continue };
            let reduced = part.of(whole, self.card.rounding)?;
            let off = discount::share(reduced, rate, left)?;
            if off.is_zero() {
                continue;
            }
            left = left.minus(off)?;
            charges.lines.push(InvoiceLine {
                code: discount.line_code(),
                label: Discount::label(&line.label),
                quantity: Quantity::ONE,
                unit: None,
                unit_price: None,
                amount: off.zero().minus(off)?,
                note: Some(discount::reason(discount)),
                ..line.clone()
            });
        }
        if discounts.iter().any(|of| of.fixed().is_some() && of.is_off(service, cadence)) {
            charges.fees.extend(self.fee(charge, (line, whole, left), charges.lines.len()));
        }
        Ok(())
    }

    /// What fixed amounts are taken off: nothing that follows other fees, and only what falls due in
    /// the rhythm of the subscription, so that no amount is given twice in a period.
    fn fee(
        &self,
        charge: &Charge<'_>,
        (line, whole, left): (InvoiceLine, Money, Money),
        below: usize,
    ) -> Option<Fee> {
        let (subscription, price) = (self.ask.subscription, charge.price);
        let first = subscription.first_paid_on()?;
        let cycle = price.anchor.unwrap_or(subscription.cycle);
        let in_rhythm = match price.cadence {
            Cadence::Usage => true,
            Cadence::Initial | Cadence::OneOff => line.service_period.start() == first,
            Cadence::Monthly => cycle == BillingCycle::CalendarMonth || self.billed_from == first,
            Cadence::Yearly => {
                year_anchor(price.anchor, self.billed_from) == year_anchor(price.anchor, first)
            }
        };
        (in_rhythm && charge.amount.is_none()).then(|| Fee {
            whole,
            left,
            days: charge.days.clone(),
            proration: price.proration,
            rounding: self.card.rounding,
            below: Below::Line(below),
            line,
        })
    }

    /// The part of a charge before a discount ends; nothing when it is over. A fee for a period is
    /// divided as it is charged itself, anything else belongs to its first day.
    fn reduced(
        &self,
        charge: &Charge<'_>,
        ends_on: Option<CivilDate>,
    ) -> Result<Option<Fraction>, InvoiceError> {
        let part = match (ends_on, &charge.days) {
            (None, _) => charge.part,
            (Some(end), None) if charge.service_period.start() < end => charge.part,
            (Some(_), None) => return Ok(None),
            (Some(end), Some((nominal, days))) => {
                let before: Vec<_> = days.iter().filter_map(|days| days.before_day(end)).collect();
                fraction(charge.price.proration, *nominal, &before, self.ask.zone)?
            }
        };
        Ok(Some(part).filter(|part| !part.is_nothing()))
    }

    /// Charges a price; gives the amount for a whole period.
    fn add(&self, charge: &Charge<'_>, charges: &mut Charges) -> Result<Money, InvoiceError> {
        let price = charge.price;
        let rounding = self.card.rounding;
        let mut found = self.found(charge, charges)?;
        if found == Amount::NeedsQuote
            && let Some(largest) = price.model.largest_priced()
        {
            // Nothing is charged that no quote named: the largest step, and a person looks.
            charges.attention.push(self.too_much(charge, largest));
            found = price.model.amount(largest, rounding)?;
        }
        let Amount::Priced { amount, charged } = found else {
            return Err(InvoiceError::NoAgreedAmount { code: price.price.clone() });
        };
        let part = charge.part.of(amount, rounding)?;
        let note = self.how_found(charge);
        charges.lines.push(self.line(charge, (part, charged), note));
        charges.tax_rounding = Some(self.card.tax.rounding);
        Ok(amount)
    }

    /// The amount of a charge for a whole period. Where the months decide the step, they do.
    fn found(&self, charge: &Charge<'_>, charges: &mut Charges) -> Result<Amount, InvoiceError> {
        let (price, rounding) = (charge.price, self.card.rounding);
        if let Some(amount) = charge.amount {
            return Ok(Amount::Priced { amount, charged: charge.quantity });
        }
        let (tiers, is_measured) = (price.model.tiers(), price.meter.is_some());
        if price.moves == TierMoves::Automatic || tiers.is_empty() || !is_measured {
            return Ok(price.model.amount(charge.quantity, rounding)?);
        }
        let agreed = self.chosen.quantity_of(price);
        let decided = step_for(price.moves, tiers, agreed, &self.months(price)?);
        if decided.to_agree.is_some() {
            charges.attention.push(self.to_agree(charge, agreed));
        }
        Ok(price.model.amount_in_step(decided.step, charge.quantity, rounding)?)
    }

    /// What was measured for a price, month by month since it is charged, this month last.
    fn months(&self, price: &Price) -> Result<Vec<Option<Quantity>>, InvoiceError> {
        let Some(meter) = &price.meter else { return Ok(Vec::new()) };
        let mut months = Vec::new();
        let mut month = Month::of(self.billed_from);
        while month < self.ask.month {
            let reports = self.ask.past.measured.iter().filter(|(of, it)| {
                *of == month && it.item_id == self.item.item_id && it.meter == *meter
            });
            months.push(total(reports.map(|(_, it)| it.quantity))?);
            month = month.next()?;
        }
        months.push(self.measured(price)?);
        Ok(months)
    }

    fn line(
        &self,
        charge: &Charge<'_>,
        (amount, quantity): (Money, Quantity),
        note: Option<Text>,
    ) -> InvoiceLine {
        let price = charge.price;
        InvoiceLine {
            code: price.price.clone(),
            label: price.label.clone(),
            item_id: self.item.item_id,
            service: self.chosen.plan.service,
            plan: self.chosen.plan.plan.clone(),
            option: price.option.clone(),
            rate_card: self.card.reference.clone(),
            cadence: price.cadence,
            service_period: charge.service_period,
            quantity,
            unit: price.unit,
            unit_price: price.model.unit_price(),
            amount,
            tax_mode: self.card.tax_mode_of(price),
            tax_rate: self.card.tax_rate_of(price),
            note,
            corrects: false,
        }
    }

    fn how_found(&self, charge: &Charge<'_>) -> Option<Text> {
        let part = charge.part;
        if charge.amount.is_some() {
            return Some(crate::quote_lines::how_found_of_others(self.card, charge.price));
        }
        if !part.is_whole() {
            return Some(in_part(charge.price.proration, part));
        }
        let unit = charge.price.unit.filter(|_| charge.price.meter.is_some())?;
        let label = unit.label();
        let quantity = charge.quantity;
        Some(match self.measured(charge.price) {
            Ok(Some(_)) => Text::new(
                format!("当月の実績 {quantity}{}", label.ja),
                format!("{quantity} {} used in the month", label.en),
            ),
            Ok(None) | Err(_) => Text::new(
                format!("お申込み時の {quantity}{} による", label.ja),
                format!("By the {quantity} {} that were declared", label.en),
            ),
        })
    }

    fn to_agree(&self, charge: &Charge<'_>, agreed: Quantity) -> Attention {
        let quantity = charge.quantity;
        Attention {
            item_id: self.item.item_id,
            code: charge.price.price.clone(),
            message: Text::new(
                format!(
                    "当月の {quantity} は、お申込みの {agreed} とは別の段階です。変更にはお客様の同意が\
                     必要なため、お申込みの段階で計上しました"
                ),
                format!(
                    "{quantity} lies in another step than the {agreed} that were agreed: charged as \
                     agreed until the customer agrees to the other"
                ),
            ),
        }
    }

    fn too_much(&self, charge: &Charge<'_>, largest: Quantity) -> Attention {
        let quantity = charge.quantity;
        Attention {
            item_id: self.item.item_id,
            code: charge.price.price.clone(),
            message: Text::new(
                format!(
                    "{quantity} は料金表の上限 {largest} を超えています。上限の料金で計上しました"
                ),
                format!(
                    "{quantity} is above {largest}, the most that has a price: charged as that"
                ),
            ),
        }
    }
}

/// The sum of what was reported; nothing if nothing was.
fn total(mut reports: impl Iterator<Item = Quantity>) -> Result<Option<Quantity>, InvoiceError> {
    let Some(first) = reports.next() else { return Ok(None) };
    let sum = reports.try_fold(first, Quantity::plus).ok_or(MoneyError::Overflow)?;
    Ok(Some(sum))
}

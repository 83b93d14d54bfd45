//! How one charge of an item becomes lines: its amount, what is taken off it, and how it was found.

use tasuki_core::catalog::Quantity;
use tasuki_core::days::DayPeriod;
use tasuki_core::money::{Money, Rounding};
use tasuki_core::quote::Discount;
use tasuki_core::subscription::SubscribedItem;
use tasuki_core::text::Text;
use tasuki_core::time::CivilDate;

use super::{Attention, InvoiceError, InvoiceLine, MonthAsk, Triggered};
use crate::cards::Cards;
use crate::discount;
use crate::proration::{Fraction, fraction};
use crate::quote_lines::{Chosen, resolve_item};
use crate::rate_card::{Price, RateCard};
use crate::tier::Amount;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Charges {
    pub(super) lines: Vec<InvoiceLine>,
    pub(super) attention: Vec<Attention>,
    /// That of the last card that charged something.
    pub(super) tax_rounding: Option<Rounding>,
}

/// An item under the terms of some of its days.
pub(super) struct Context<'a> {
    pub(super) ask: MonthAsk<'a>,
    pub(super) card: &'a RateCard,
    pub(super) item: &'a SubscribedItem,
    pub(super) chosen: &'a Chosen<'a>,
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
}

impl<'a> Charge<'a> {
    pub(super) const fn whole(
        price: &'a Price,
        quantity: Quantity,
        service_period: DayPeriod,
    ) -> Self {
        Self { price, quantity, service_period, part: Fraction::WHOLE, days: None }
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
    let context = Context { ask, card, item, chosen: &chosen };
    let day = happened.on.tomorrow().map_err(|_| tasuki_core::time::TimeError::OutOfRange)?;
    let charge = Charge::whole(price, happened.quantity, DayPeriod::new(happened.on, day)?);
    match price.model.amount(happened.quantity, card.rounding)? {
        // What only may happen was not discounted in the quote, and is not here.
        Amount::Priced { .. } => context.add(&charge, charges).map(|_| ()),
        Amount::NeedsQuote => {
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
        let mut reports = self
            .ask
            .measured
            .iter()
            .filter(|of| of.item_id == self.item.item_id && of.meter == *meter)
            .map(|of| of.quantity);
        let Some(first) = reports.next() else { return Ok(None) };
        reports
            .try_fold(first, Quantity::plus)
            .ok_or(tasuki_core::money::MoneyError::Overflow)
            .map(Some)
            .map_err(InvoiceError::from)
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
        let discounts = self.ask.subscription.discounts.iter();
        for discount in discounts.filter(|of| of.is_off(service, cadence)) {
            let Some(part) = self.reduced(charge, discount.ends_on)? else { continue };
            let reduced = part.of(whole, self.card.rounding)?;
            let off = discount::off(reduced, discount, left)?;
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
        Ok(())
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
        let mut found = price.model.amount(charge.quantity, rounding)?;
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
        }
    }

    fn how_found(&self, charge: &Charge<'_>) -> Option<Text> {
        let part = charge.part;
        if !part.is_whole() {
            return Some(Text::new(
                format!("日割り {}/{}", part.used(), part.whole()),
                format!("For {} of {} days", part.used(), part.whole()),
            ));
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

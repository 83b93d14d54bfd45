//! The charges of one month: each price of an item, period by period.

use tasuki_core::catalog::{BillingCycle, Cadence, Proration, Quantity};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::Money;
use tasuki_core::subscription::SubscribedItem;
use tasuki_core::time::{CivilDate, Month};

use super::course::{Course, Stretch};
use super::fixed::{Below, Fee};
use super::month::{Charge, Charges, Context};
use super::spans::{MONTHS_OF_YEAR, year_anchor};
use super::{InvoiceError, InvoiceLine, MonthAsk, charged_alike, corrections};
use crate::cards::Cards;
use crate::proration::fraction;
use crate::rate_card::Price;
use crate::tier::Amount;

/// Days of a period that are charged by one price.
struct Share<'a, 'c> {
    stretch: &'c Stretch<'a>,
    price: &'a Price,
    quantity: Quantity,
    days: Vec<DayPeriod>,
}

/// An item in a month.
struct Billing<'a, 'c> {
    ask: MonthAsk<'a>,
    item: &'a SubscribedItem,
    /// As it is known at the end of the month.
    now: &'c Course<'a>,
    /// As it was known at its start.
    before: Option<Course<'a>>,
}

pub(super) fn charge_item<'a>(
    cards: &'a Cards,
    ask: MonthAsk<'a>,
    item: &'a SubscribedItem,
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let calendar = DayPeriod::of_month(ask.month)?;
    let course = |known| Course::known_at(cards, ask.subscription, item, known);
    let Some(now) = course(calendar.end())? else { return Ok(()) };
    let before = course(calendar.start())?;
    let billing = Billing { ask, item, now: &now, before };
    let mut seen: Vec<&str> = Vec::new();
    for stretch in &now.stretches {
        for (price, _) in stretch.chosen.prices(stretch.card) {
            if !seen.contains(&price.price.as_str()) {
                seen.push(&price.price);
                billing.charge_code(price, calendar, charges)?;
            }
        }
    }
    Ok(())
}

impl<'a> Billing<'a, '_> {
    /// Charges what has one code, in whatever version of the prices.
    fn charge_code(
        &self,
        price: &'a Price,
        calendar: DayPeriod,
        charges: &mut Charges,
    ) -> Result<(), InvoiceError> {
        if price.model.is_of_others() {
            return Ok(());
        }
        let (code, cadence, month) = (price.price.as_str(), price.cadence, self.ask.month);
        let cycle = price.anchor.unwrap_or(self.ask.subscription.cycle);
        match cadence {
            Cadence::Initial | Cadence::OneOff => self.charge_added(code, calendar, charges),
            Cadence::Usage => self.charge_used(code, calendar, charges),
            Cadence::Monthly if cycle == BillingCycle::CalendarMonth => {
                self.charge_period(self.now, (code, cadence, calendar), charges)
            }
            Cadence::Monthly | Cadence::Yearly => {
                let billed_from = self.now.billed_from;
                let (anchor, months) = match cadence {
                    Cadence::Yearly => (year_anchor(price.anchor, billed_from), MONTHS_OF_YEAR),
                    Cadence::Monthly | Cadence::Initial | Cadence::OneOff | Cadence::Usage => {
                        (billed_from, 1)
                    }
                };
                if let Some(period) = running(anchor, months, calendar.start())? {
                    self.correct(code, cadence, period, charges)?;
                }
                match DayPeriod::starting_in(anchor, months, month)? {
                    Some((_, period)) if self.now.runs_on(period.start().max(billed_from)) => {
                        self.charge_period(self.now, (code, cadence, period), charges)
                    }
                    Some(_) | None => Ok(()),
                }
            }
        }
    }

    /// Charges a period that was charged in an earlier month as it is now, less what it was.
    fn correct(
        &self,
        code: &str,
        cadence: Cadence,
        period: DayPeriod,
        charges: &mut Charges,
    ) -> Result<(), InvoiceError> {
        let runs = |of: &&Course<'a>| of.runs_on(period.start().max(of.billed_from));
        let Some(before) = self.before.as_ref().filter(runs) else {
            return Ok(());
        };
        let mut lines = |course: &Course<'a>, below| -> Result<Vec<InvoiceLine>, InvoiceError> {
            let mut found = Charges::default();
            self.charge_period(course, (code, cadence, period), &mut found)?;
            charges.fees.extend(found.fees.into_iter().map(|fee| Fee { below, ..fee }));
            Ok(found.lines)
        };
        let was = lines(before, Below::AsBefore)?;
        let more = corrections::difference(was, lines(self.now, Below::AsNow)?)?;
        if let Some(last) = self.now.stretches.last().filter(|_| !more.is_empty()) {
            charges.tax_rounding = Some(last.card.tax.rounding);
        }
        charges.lines.extend(more);
        Ok(())
    }

    /// Charges one period by the terms of its days.
    fn charge_period(
        &self,
        course: &Course<'a>,
        (code, cadence, period): (&str, Cadence, DayPeriod),
        charges: &mut Charges,
    ) -> Result<(), InvoiceError> {
        let mut shares: Vec<Share<'a, '_>> = Vec::new();
        let dearest = self.dearest(course, (cadence, period))?;
        let mut begun = Vec::new();
        for (at, stretch) in course.stretches.iter().enumerate() {
            let days = course.charged_days(stretch, period);
            begun.extend(days.iter().copied());
            let found = stretch.chosen.prices(stretch.card).into_iter();
            let found = found.filter(|(price, _)| price.price == code && price.cadence == cadence);
            for (price, quantity) in found {
                let once = price.proration == Proration::None;
                if days.is_empty() || (once && !dearest.contains(&(price.option.as_deref(), at))) {
                    continue;
                }
                let this = (stretch.card, price);
                let same = shares.iter_mut().find(|of| {
                    of.quantity == quantity && charged_alike((of.stretch.card, of.price), this)
                });
                match same {
                    Some(same) => {
                        same.days.extend(days.iter().copied());
                        same.stretch = stretch;
                        same.price = price;
                    }
                    None => shares.push(Share { stretch, price, quantity, days: days.clone() }),
                }
            }
        }
        for share in shares {
            self.charge_share(share, (cadence, period), &begun, charges)?;
        }
        Ok(())
    }

    fn charge_share(
        &self,
        share: Share<'a, '_>,
        (cadence, period): (Cadence, DayPeriod),
        begun: &[DayPeriod],
        charges: &mut Charges,
    ) -> Result<(), InvoiceError> {
        let Share { stretch, price, quantity, days } = share;
        let context = self.context(stretch);
        let part = fraction(price.proration, period, &days, self.ask.zone)?;
        // What is charged whole is for all days of the period, whoever had them.
        let of = if price.proration == Proration::None { begun } else { &days };
        let (Some(first), Some(last)) = (of.first(), of.last()) else { return Ok(()) };
        if part.is_nothing() {
            return Ok(());
        }
        let service_period = if cadence == Cadence::Yearly && part.is_whole() {
            period
        } else {
            DayPeriod::new(first.start(), last.end())?
        };
        let quantity = context.counted(price)?.unwrap_or(quantity);
        let days = (cadence == Cadence::Monthly || !part.is_whole()).then_some((period, days));
        let charge = Charge { part, days, ..Charge::whole(price, quantity, service_period) };
        context.charge(&charge, charges)
    }

    /// Of the prices that are charged whole: for the plan and for each option, the place of the
    /// dearest choice of a period; the first of those that cost the same.
    fn dearest<'c>(
        &self,
        course: &'c Course<'a>,
        (cadence, period): (Cadence, DayPeriod),
    ) -> Result<Vec<(Option<&'a str>, usize)>, InvoiceError>
    where
        'a: 'c,
    {
        let mut found: Vec<(Option<&'a str>, usize, Money)> = Vec::new();
        let mut is_first = true;
        for (at, stretch) in course.stretches.iter().enumerate() {
            if course.charged_days(stretch, period).is_empty() {
                continue;
            }
            if !(is_first || stretch.is_new_choice) {
                continue;
            }
            is_first = false;
            let mut sums: Vec<(Option<&'a str>, Money)> = Vec::new();
            for (price, quantity) in stretch.chosen.prices(stretch.card) {
                if price.cadence != cadence || price.proration != Proration::None {
                    continue;
                }
                let amount = self.amount(stretch, price, quantity)?;
                let slot = price.option.as_deref();
                match sums.iter_mut().find(|(of, _)| *of == slot) {
                    Some((_, sum)) => *sum = sum.plus(amount)?,
                    None => sums.push((slot, amount)),
                }
            }
            for (slot, sum) in sums {
                match found.iter_mut().find(|(of, _, _)| *of == slot) {
                    Some((_, place, most)) if *most < sum => (*place, *most) = (at, sum),
                    Some(_) => {}
                    None => found.push((slot, at, sum)),
                }
            }
        }
        Ok(found.into_iter().map(|(slot, at, _)| (slot, at)).collect())
    }

    /// Charges what is paid once: with the first day, and later for what is added.
    fn charge_added(
        &self,
        code: &str,
        calendar: DayPeriod,
        charges: &mut Charges,
    ) -> Result<(), InvoiceError> {
        let mut most: Option<(Money, Quantity)> = None;
        for (at, stretch) in self.now.stretches.iter().enumerate() {
            if at > 0 && !stretch.is_new_choice {
                continue;
            }
            let found = stretch.chosen.prices(stretch.card).into_iter();
            for (price, quantity) in found.filter(|(price, _)| price.price == code) {
                let amount = self.amount(stretch, price, quantity)?;
                if most.is_some_and(|(most, _)| amount <= most) {
                    continue;
                }
                let before = most.replace((amount, quantity));
                let start = stretch.days.start();
                if !calendar.contains(start) {
                    continue;
                }
                let end = stretch.days.end().min(calendar.end());
                let days = DayPeriod::new(start, end)?;
                let context = self.context(stretch);
                let Some((paid, had)) = before else {
                    context.charge(&Charge::whole(price, quantity, days), charges)?;
                    continue;
                };
                let added =
                    Quantity::new(quantity.value() - had.value()).filter(|added| !added.is_zero());
                let rest = amount.minus(paid)?;
                match added {
                    Some(added) if self.amount(stretch, price, added)? == rest => {
                        context.charge(&Charge::whole(price, added, days), charges)?;
                    }
                    Some(_) | None => {
                        let mut whole = Charges::default();
                        context.charge(&Charge::whole(price, quantity, days), &mut whole)?;
                        let mut old = Charges::default();
                        context.charge(&Charge::whole(price, had, days), &mut old)?;
                        // Both are charged once, whenever the first of them was.
                        let more = corrections::difference(old.lines, whole.lines)?.into_iter();
                        let more = more.map(|line| InvoiceLine { corrects: false, ..line });
                        charges.lines.extend(more);
                    }
                }
            }
        }
        Ok(())
    }

    /// Charges what was measured, once, by the terms that held last.
    fn charge_used(
        &self,
        code: &str,
        calendar: DayPeriod,
        charges: &mut Charges,
    ) -> Result<(), InvoiceError> {
        for stretch in self.now.stretches.iter().rev() {
            let days = self.now.charged_days(stretch, calendar);
            let Some(first) = days.first() else { continue };
            let mut prices = stretch.chosen.prices(stretch.card).into_iter();
            let Some((price, _)) = prices.find(|(price, _)| price.price == code) else { continue };
            let context = self.context(stretch);
            return match context.measured(price)?.filter(|used| !used.is_zero()) {
                Some(used) => context.charge(&Charge::whole(price, used, *first), charges),
                None => Ok(()),
            };
        }
        Ok(())
    }

    fn context<'c>(&self, stretch: &'c Stretch<'a>) -> Context<'c>
    where
        'a: 'c,
    {
        Context {
            ask: self.ask,
            card: stretch.card,
            item: self.item,
            chosen: &stretch.chosen,
            billed_from: self.now.billed_from,
        }
    }

    /// What a price comes to for a whole period; the largest step where there is none.
    fn amount(
        &self,
        stretch: &Stretch<'a>,
        price: &Price,
        quantity: Quantity,
    ) -> Result<Money, InvoiceError> {
        let quantity = self.context(stretch).counted(price)?.unwrap_or(quantity);
        let rounding = stretch.card.rounding;
        match price.model.amount(quantity, rounding)? {
            Amount::Priced { amount, .. } => Ok(amount),
            Amount::NeedsQuote => match price.model.largest_priced() {
                Some(largest) => match price.model.amount(largest, rounding)? {
                    Amount::Priced { amount, .. } => Ok(amount),
                    Amount::NeedsQuote | Amount::OfOthers => Ok(Money::ZERO_JPY),
                },
                None => Ok(Money::ZERO_JPY),
            },
            Amount::OfOthers => Ok(Money::ZERO_JPY),
        }
    }
}

/// The period of a rhythm that a day lies in and that began in an earlier month.
fn running(
    anchor: CivilDate,
    months: i32,
    day: CivilDate,
) -> Result<Option<DayPeriod>, InvoiceError> {
    if day <= anchor {
        return Ok(None);
    }
    let years = i32::from(day.year()) - i32::from(anchor.year());
    let distance = years * 12 + i32::from(day.month()) - i32::from(anchor.month());
    let k = distance / months;
    for k in [k, k - 1].into_iter().filter(|k| *k >= 0) {
        let period = DayPeriod::nth(anchor, months, k)?;
        if period.contains(day) && Month::of(period.start()) != Month::of(day) {
            return Ok(Some(period));
        }
    }
    Ok(None)
}

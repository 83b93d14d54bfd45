//! What the minimum term still costs when somebody leaves before its end.

use tasuki_core::days::DayPeriod;
use tasuki_core::subscription::{Pause, Standing, Subscription, SubscriptionState};
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, Month};

use super::month::Charges;
use super::{InvoiceError, InvoiceLine, MonthAsk, fixed, others, periods};
use crate::cards::Cards;

/// Charges, in the month in which a subscription ended, the rest of its minimum term: what its
/// services would have cost until then, one line for each price.
pub(super) fn charge_minimum_term(
    cards: &Cards,
    ask: MonthAsk<'_>,
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let SubscriptionState::Cancelled { on, because } = *ask.subscription.state() else {
        return Ok(());
    };
    let term = ask.subscription.minimum_term_until().filter(|until| on < *until);
    let Some(until) = term.filter(|_| because.may_come_back() && Month::of(on) == ask.month) else {
        return Ok(());
    };
    let rest = DayPeriod::new(on, until)?;
    let mut longer = ask.subscription.clone();
    longer.standing = Standing::pending();
    for item in longer.items.iter_mut().filter(|item| item.ends_on == Some(on)) {
        item.ends_on = Some(until);
        end_pauses(&mut item.pauses, on);
    }
    // Who leaves while it stands still owes the rest of the term all the same.
    end_pauses(&mut longer.pauses, on);
    for line in rest_of(cards, ask, (&longer, ask.subscription), rest)? {
        charges.lines.push(line);
    }
    if let Some(card) = ask.subscription.phase_on(on).and_then(|of| cards.pinned(&of.rate_card)) {
        charges.tax_rounding = charges.tax_rounding.or(Some(card.tax.rounding));
    }
    Ok(())
}

fn end_pauses(pauses: &mut [Pause], on: CivilDate) {
    for pause in pauses {
        pause.until = pause.until.or(Some(on.max(pause.from)));
    }
}

/// What the longer one costs more than the one that ended, by price.
fn rest_of(
    cards: &Cards,
    ask: MonthAsk<'_>,
    (longer, ended): (&Subscription, &Subscription),
    rest: DayPeriod,
) -> Result<Vec<InvoiceLine>, InvoiceError> {
    let mut lines: Vec<InvoiceLine> = Vec::new();
    let mut month = ask.month;
    while month.first_day() < rest.end() {
        for (subscription, sign) in [(longer, 1_i64), (ended, -1)] {
            let ask = MonthAsk { subscription, month, ..ask };
            let mut found = Charges::default();
            for item in &subscription.items {
                periods::charge_item(cards, ask, item, &mut found)?;
            }
            for phase in &subscription.phases {
                others::charge_phase(cards, ask, phase, &mut found)?;
            }
            fixed::take_off(ask, &mut found)?;
            for line in found.lines {
                let amount = line.amount.times(sign)?;
                let same = lines.iter_mut().find(|of| {
                    of.item_id == line.item_id && of.code == line.code && of.label == line.label
                });
                match same {
                    Some(same) => same.amount = same.amount.plus(amount)?,
                    None => lines.push(InvoiceLine { amount, corrects: false, ..line }),
                }
            }
        }
        month = month.next()?;
    }
    lines.retain(|line| !line.amount.is_zero());
    for line in &mut lines {
        line.service_period = rest;
        line.label = Text::new(
            format!("{}（最低利用期間の残り）", line.label.ja),
            format!("{} (rest of the minimum term)", line.label.en),
        );
        line.note = Some(Text::new(
            format!("最低利用期間（{}の前日まで）の途中での解約のため", rest.end()),
            format!("Ended before the minimum term is over on {}", rest.end()),
        ));
    }
    Ok(lines)
}

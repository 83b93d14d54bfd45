//! What a month gives back of earlier invoices, when it gives back more than it charges.
//!
//! An invoice is never negative. As long as a month charges enough, what it gives back stands on its
//! invoice as rows. Otherwise those rows are left out of it, and a credit note gives them back from the
//! invoices that charged them, whoever paid these.

use std::collections::BTreeMap;

use tasuki_core::credit_note::{Ask, AskedLine, AskedPart};
use tasuki_core::days::DayPeriod;
use tasuki_core::id::{InvoiceId, ItemId};
use tasuki_core::invoice::{Invoice, InvoiceLine, Payer};
use tasuki_core::money::{Money, Rounding};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::Subscription;
use tasuki_core::time::{CivilDate, Month};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::invoice_lines::InvoiceLine as PricedLine;
use tasuki_store::{Scope, Tx, invoices, subscriptions};

use super::books::all_invoices;
use super::charges::{as_known, invoice_line};
use super::issue_credit_note::credit;
use super::payers;
use super::preview_invoice::Preview;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;

/// Takes the rows that give back out of a month in which some payer's invoice would be negative; gives
/// them.
///
/// # Errors
/// For amounts that cannot be represented.
pub(super) fn set_apart(
    cards: &Cards,
    subscription: &Subscription,
    lines: &mut Vec<PricedLine>,
) -> Result<Vec<PricedLine>, Problem> {
    let card = lines.last().and_then(|last| cards.pinned(&last.rate_card));
    let rounding = card.map_or(Rounding::Down, |card| card.tax.rounding);
    if !payers::any_pays_out(&payers::divided(subscription, lines.iter(), rounding)?)? {
        return Ok(Vec::new());
    }
    let (apart, rest) = std::mem::take(lines).into_iter().partition(|line| line.corrects);
    *lines = rest;
    Ok(apart)
}

/// What a credit note will give back beside the customer's invoice of a month, as far as it is known
/// now.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`.
pub async fn preview_given_back(
    ctx: &Context,
    call: &Call,
    preview: &Preview,
) -> Result<Vec<InvoiceLine>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, preview.tenant_id, Permission::Read).await?;
    let stored = subscriptions::get(&tx, preview.tenant_id, preview.subscription_id).await?;
    let stored = stored
        .ok_or_else(|| Problem::not_found(Reason::SubscriptionNotFound, preview.subscription_id))?;
    if preview.payer_code != Payer::CUSTOMER {
        return Ok(Vec::new());
    }
    let subscription = stored.subscription.turned(preview.month.last_day(), entered.now);
    let cards = ctx.cards();
    let of = (&*cards, &entered.tenant.zone);
    let mut lines = as_known(&tx, of, &subscription, preview.month).await?.lines;
    let apart = set_apart(&cards, &subscription, &mut lines)?.into_iter();
    let row = |line: PricedLine| {
        let card = cards.pinned(&line.rate_card)?;
        Some(invoice_line(card, &[], line))
    };
    Ok(apart.filter_map(row).collect())
}

/// Gives back, in the transaction that closes a month, what its invoice does not.
///
/// # Errors
/// Of the store, or `LOST_RACE`.
pub(super) async fn give_back(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: &Subscription,
    month: Month,
) -> Result<(), Problem> {
    if !may_give_back(subscription, month)? {
        return Ok(());
    }
    let cards = ctx.cards();
    let of = (&*cards, &entered.tenant.zone);
    let mut lines = as_known(tx, of, subscription, month).await?.lines;
    let apart = set_apart(&cards, subscription, &mut lines)?;
    if apart.is_empty() {
        return Ok(());
    }
    let before = invoices::Filter {
        subscription: Some(subscription.id),
        ..invoices::Filter::of(Scope::Tenant(subscription.tenant_id))
    };
    let mut open: Vec<Open> = Vec::new();
    for invoice in all_invoices(tx, &before).await?.into_iter().rev() {
        if invoice.content.month < month {
            open.push(Open::of(invoice)?);
        }
    }
    open.sort_by_key(|of| std::cmp::Reverse(of.invoice.content.month));
    for (of, amount) in owed(&apart)? {
        let left = take(&mut open, amount, &|line| of.is_charged_by(line))?;
        // What was given back by hand before has no rows left: whatever else was charged, then.
        take(&mut open, left, &|_| true)?;
    }
    let reason = format!(
        "{month}のご契約の変更により、ご請求済みでご利用のない期間の料金をお返しします / \
         Charged before and not used, because of what changed in {month}"
    );
    for of in open.into_iter().filter(|of| !of.asked.is_empty()) {
        let asked = of.asked.iter();
        let asked = asked
            .map(|(number, amount)| AskedLine { number: *number, part: AskedPart::Amount(*amount) })
            .collect();
        let read = lock(tx, entered, of.invoice.id).await?;
        credit(ctx, tx, entered, (read, &Ask::Lines(asked), reason.clone())).await?;
    }
    Ok(())
}

async fn lock(tx: &Tx, entered: &Entered, id: InvoiceId) -> Result<invoices::Stored, Problem> {
    let read = invoices::lock(tx, entered.tenant.id, id).await?;
    read.ok_or_else(|| Problem::not_found(Reason::InvoiceNotFound, id))
}

/// Whether anything changes or stands still in a month: otherwise nothing is given back.
fn may_give_back(subscription: &Subscription, month: Month) -> Result<bool, Problem> {
    let days = DayPeriod::of_month(month)?;
    let within = |day: CivilDate| days.contains(day);
    let still =
        subscription.pauses.iter().chain(subscription.items.iter().flat_map(|it| &it.pauses));
    let mut still = still
        .filter(|pause| pause.from < days.end())
        .filter(|pause| pause.until.is_none_or(|until| until >= days.start()));
    let mut ends = subscription.items.iter().filter_map(|item| item.ends_on);
    let mut terms = subscription.items.iter().flat_map(|item| &item.terms);
    let mut phases = subscription.phases.iter().skip(1).filter_map(|phase| phase.from);
    Ok(still.next().is_some()
        || ends.any(within)
        || terms.any(|terms| within(terms.from))
        || phases.any(within))
}

/// Fees that one service paid for the same days.
#[derive(Debug, PartialEq, Eq)]
struct Charged {
    item_id: ItemId,
    days: DayPeriod,
    codes: Vec<String>,
}

impl Charged {
    fn is_charged_by(&self, line: &InvoiceLine) -> bool {
        line.item_id == Some(self.item_id)
            && self.codes.contains(&line.code)
            && line.service_period.is_some_and(|period| period.contains(self.days.start()))
    }
}

/// What is owed for the same days of a service, after what had been taken off it.
fn owed(apart: &[PricedLine]) -> Result<Vec<(Charged, Money)>, Problem> {
    let mut owed: Vec<(Charged, Money)> = Vec::new();
    for line in apart {
        let (item_id, days) = (line.item_id, line.service_period);
        let back = line.amount.zero().minus(line.amount)?;
        let same = owed.iter_mut().find(|(of, _)| (of.item_id, of.days) == (item_id, days));
        match same {
            Some((of, sum)) => {
                of.codes.push(line.code.clone());
                *sum = sum.plus(back)?;
            }
            None => {
                owed.push((Charged { item_id, days, codes: vec![line.code.clone()] }, back));
            }
        }
    }
    Ok(owed)
}

/// An invoice with what is to be given back of it.
struct Open {
    invoice: Invoice,
    /// What is left of it, in the tax modes of its rows.
    left: Money,
    asked: BTreeMap<u32, Money>,
}

impl Open {
    fn of(invoice: Invoice) -> Result<Self, Problem> {
        let lines = invoice.content.lines.iter();
        let left = Money::total(lines.filter_map(|line| invoice.left_of(line.number)))?;
        Ok(Self { invoice, left, asked: BTreeMap::new() })
    }

    /// What is left of a row.
    fn left_of(&self, number: u32) -> Result<Money, Problem> {
        let left = self.invoice.left_of(number).unwrap_or(Money::ZERO_JPY);
        let asked = self.asked.get(&number).copied().unwrap_or(Money::ZERO_JPY);
        Ok(left.minus(asked)?)
    }
}

/// Takes an amount from rows, those of the newest month first; gives what they do not have. Where
/// several invoices of a month have such rows, each payer gets back by what it was charged.
fn take(
    open: &mut [Open],
    amount: Money,
    wanted: &dyn Fn(&InvoiceLine) -> bool,
) -> Result<Money, Problem> {
    let mut owed = amount;
    let months: Vec<Month> = open.iter().map(|of| of.invoice.content.month).collect();
    let mut last = None;
    for month in months {
        if owed.amount() <= 0 {
            break;
        }
        if last.replace(month) == Some(month) {
            continue;
        }
        let mut rows: Vec<(usize, u32, Money)> = Vec::new();
        for (at, of) in open.iter().enumerate().filter(|(_, of)| of.invoice.content.month == month)
        {
            for line in of.invoice.content.lines.iter().filter(|line| wanted(line)) {
                let left = of.left_of(line.number)?.at_most(of.left)?;
                if left.amount() > 0 {
                    rows.push((at, line.number, left));
                }
            }
        }
        if rows.is_empty() {
            continue;
        }
        let all = Money::total(rows.iter().map(|(_, _, left)| *left))?;
        let weights: Vec<_> = rows.iter().map(|(_, _, left)| left.amount()).collect();
        let parts = owed.at_most(all)?.allocated(&weights)?;
        for ((at, number, _), part) in rows.into_iter().zip(parts) {
            let Some(of) = open.get_mut(at) else { continue };
            // Rows that take something off leave less of an invoice than its other rows add up to.
            let part = part.at_most(of.left)?;
            if part.amount() > 0 {
                of.left = of.left.minus(part)?;
                let so_far = of.asked.get(&number).copied().unwrap_or(Money::ZERO_JPY);
                of.asked.insert(number, so_far.plus(part)?);
                owed = owed.minus(part)?;
            }
        }
    }
    Ok(owed)
}

//! Draws up the settlement of a month with a provider, a partner or an insurer.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::id::{EventId, InsurerId, SettlementId};
use tasuki_core::money::Rounding;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::settlement::{Counterpart, Settlement, SettlementDraft, SettlementLine};
use tasuki_core::tenant::{Partner, PartnerKind};
use tasuki_core::time::{Month, Timestamp, Zone};
use tasuki_pricing::tax::{Taxable, tax_totals};
use tasuki_store::outbox::{self, Event};
use tasuki_store::{Scope, StoreError, Tx, invoices, partners, providers, settlements};

use super::books::Book;
use super::bordereau::{bordereau_of, contracts_of, may_see};
use super::{Effect, SettlementView, closing, shares};
use crate::call::Call;
use crate::context::Context;

/// Partners read at once.
const PARTNERS_AT_ONCE: u64 = 200;

/// Draws up the settlement of a month; one that was drawn up before is given back as it is. Without
/// effect nothing is stored.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `COUNTERPART_NOT_FOUND`; `MONTH_NOT_CLOSED` while an invoice of the month is
/// not final, `MONTH_NOT_OVER` for a month without any that is not over.
pub async fn settle_month(
    ctx: &Context,
    call: &Call,
    month: Month,
    counterpart: Counterpart,
    effect: Effect,
) -> Result<SettlementView, Problem> {
    call.require(ctx, Permission::Settle)?;
    must_be_visible(call, &counterpart)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }
    if let Some(known) = settlements::of_month(&tx, month, &counterpart).await? {
        return Ok(known.into());
    }
    must_be_closed(ctx, &tx, scope_of(&counterpart), month).await?;

    let (counterpart_name, lines) = balance(ctx, &tx, month, &counterpart).await?;
    let taxable: Vec<_> = lines
        .iter()
        .map(|line| Taxable { amount: line.amount, mode: line.tax_mode, rate: line.tax_rate })
        .collect();
    let draft = SettlementDraft {
        id: ctx.ids.next(),
        month,
        counterpart,
        counterpart_name,
        lines,
        tax_totals: tax_totals(&taxable, Rounding::Down)?,
        drafted_by: Actor::from(&call.principal),
    };
    let settlement = Settlement::draft(draft, now)?;
    if !settlements::insert(&tx, &settlement).await? {
        let known = settlements::of_month(&tx, month, &counterpart).await?;
        return Ok(known.ok_or(StoreError::LostRace)?.into());
    }
    let payload = json!({ "month": month, "gross": settlement.gross, "hash": settlement.hash });
    tell(ctx, &tx, ("settlement.drafted", settlement.id), payload, now).await?;
    let view = SettlementView { settlement, version: 1 };
    if effect == Effect::Store {
        call.remember(&tx, &view).await?;
        tx.commit().await?;
    }
    Ok(view)
}

/// An insurer settles for itself only.
///
/// # Errors
/// `COUNTERPART_NOT_FOUND`.
pub(crate) fn must_be_visible(call: &Call, counterpart: &Counterpart) -> Result<(), Problem> {
    let visible = match counterpart {
        Counterpart::Insurer(insurer) => may_see(call, *insurer),
        Counterpart::Provider(_) | Counterpart::Partner(_) => {
            call.principal.role != tasuki_core::party::Role::Insurer
        }
    };
    if visible { Ok(()) } else { Err(unknown(counterpart)) }
}

/// Tells what happened to a settlement, which belongs to no tenant.
///
/// # Errors
/// Of the store.
pub(crate) async fn tell(
    ctx: &Context,
    tx: &Tx,
    (topic, subject): (&'static str, SettlementId),
    payload: serde_json::Value,
    occurred_at: Timestamp,
) -> Result<(), Problem> {
    let id: EventId = ctx.ids.next();
    let subject = subject.to_string();
    let event = Event { id, tenant: None, topic, subject, payload, occurred_at };
    Ok(outbox::append(tx, &event).await?)
}

/// Whose invoices a settlement rests on.
const fn scope_of(counterpart: &Counterpart) -> Scope {
    match counterpart {
        Counterpart::Partner(partner) => Scope::Partner(*partner),
        Counterpart::Provider(_) | Counterpart::Insurer(_) => Scope::All,
    }
}

/// Every subscription that ran in the month is closed for it.
async fn must_be_closed(ctx: &Context, tx: &Tx, scope: Scope, month: Month) -> Result<(), Problem> {
    let closed = invoices::closed(tx, month).await?;
    let mut n_running = 0_usize;
    for subscription in closing::subscriptions_of(tx, scope).await? {
        if !closing::runs_in(&subscription, month) {
            continue;
        }
        n_running += 1;
        if !closed.contains(&subscription.id) {
            let text = format!("`{month}` of `{}` is not closed yet", subscription.id);
            return Err(Problem::new(Reason::MonthNotClosed, text)
                .with("month", month)
                .with("tenant_id", subscription.tenant_id)
                .with("subscription_id", subscription.id));
        }
    }
    // Without any subscription only the calendar can tell whether more will come.
    let end = month.in_zone(&Zone::named(Zone::TOKYO)?)?.end();
    if n_running == 0 && ctx.clock.now() < end {
        let text = format!("`{month}` is over at `{end}`");
        return Err(Problem::new(Reason::MonthNotOver, text).with("month", month));
    }
    Ok(())
}

/// The name of the counterpart and what is to be settled with it.
async fn balance(
    ctx: &Context,
    tx: &Tx,
    month: Month,
    counterpart: &Counterpart,
) -> Result<(String, Vec<SettlementLine>), Problem> {
    match counterpart {
        Counterpart::Provider(id) => {
            let provider = providers::get(tx, *id).await?.ok_or_else(|| unknown(counterpart))?;
            let book = Book::of(tx, Scope::All, month).await?;
            Ok((provider.name.clone(), shares::provider_lines(&book, &provider)?))
        }
        Counterpart::Partner(id) => {
            let partner = partners::get(tx, *id).await?.ok_or_else(|| unknown(counterpart))?;
            let book = Book::of(tx, Scope::Partner(*id), month).await?;
            Ok((partner.name.clone(), shares::commission_lines(&book, &partner)?))
        }
        Counterpart::Insurer(id) => {
            let name = insurer_name(tx, *id).await?;
            let contracts = contracts_of(tx, Some(*id)).await?;
            if contracts.is_empty() && name.is_none() {
                return Err(unknown(counterpart));
            }
            let mut lines = Vec::new();
            for contract in &contracts {
                let list = bordereau_of(ctx, tx, contract, month, None).await?;
                lines.extend(shares::premium_lines(&list));
            }
            Ok((name.unwrap_or_else(|| id.to_string()), lines))
        }
    }
}

/// The name of the insurer, if it takes part in the scheme as a partner of its own code.
async fn insurer_name(tx: &Tx, id: InsurerId) -> Result<Option<String>, Problem> {
    let mut after = String::new();
    loop {
        let page = partners::list(tx, &after, PARTNERS_AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after.clone_from(&last.code);
        let is_it = |partner: &&Partner| {
            partner.kind == PartnerKind::Insurer && InsurerId::of_code(&partner.code) == id
        };
        if let Some(found) = page.iter().find(is_it) {
            return Ok(Some(found.name.clone()));
        }
    }
}

fn unknown(counterpart: &Counterpart) -> Problem {
    Problem::not_found(Reason::CounterpartNotFound, counterpart.id_text())
}

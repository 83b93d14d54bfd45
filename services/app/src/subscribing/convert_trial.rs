//! Orders the paid plan that follows a free trial.

use serde_json::json;
use tasuki_core::catalog::RateCardRef;
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::CivilDate;
use tasuki_store::subscriptions::{self, Stored};
use tasuki_store::{Tx, partners};

use super::{check_etag, lock};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::{Context, News};

/// The order of a paid plan after the trial.
#[derive(Debug, Clone)]
pub struct ConvertTrial {
    /// The subscription on trial.
    pub subscription_id: SubscriptionId,
    /// The version that the caller has read.
    pub etag: String,
    /// The first paid day, if the caller names it: the first day after the trial.
    pub paid_from: Option<CivilDate>,
    /// The rate card to pay by, `code` or `code@version`; the one that the partner sells by on the
    /// first paid day if left out.
    pub rate_card: Option<String>,
}

/// Orders the paid plan that follows a free trial. It begins on the first day after the trial.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `ETAG_MISMATCH`, `RATE_CARD_NOT_FOUND`;
/// `SUBSCRIPTION_STATE` unless it is on a trial that nothing follows yet.
pub async fn convert_trial(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: &ConvertTrial,
) -> Result<Stored, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Sell).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(stored(first));
    }

    let read = lock(&tx, &entered, command.subscription_id).await?;
    check_etag(&command.etag, &read)?;
    let paid_from = first_paid_day(&read, command.paid_from)?;
    let card = card_for(ctx, &tx, &entered, (command.rate_card.as_deref(), paid_from)).await?;
    let next = read.subscription.clone().with_conversion_ordered(card)?;
    let version = subscriptions::save(&tx, &next, read.version).await?;
    let payload = json!({ "paid_from": paid_from });
    let news = News::new("subscription.conversion_ordered", next.id, payload);
    ctx.tell(&tx, entered.when(), news).await?;
    call.remember(&tx, &(&next, version)).await?;

    tx.commit().await?;
    Ok(Stored { subscription: next, version })
}

fn stored((subscription, version): (tasuki_core::subscription::Subscription, i64)) -> Stored {
    Stored { subscription, version }
}

fn first_paid_day(read: &Stored, asked: Option<CivilDate>) -> Result<CivilDate, Problem> {
    let until = read.subscription.trial_until().ok_or_else(|| {
        let text = "the subscription has no free trial that could be converted";
        Problem::new(Reason::SubscriptionState, text)
    })?;
    match asked {
        Some(day) if day != until => Err(Problem::invalid(
            "paid_from",
            format!("must be `{until}`, the first day after the trial, or be left out"),
        )),
        Some(_) | None => Ok(until),
    }
}

async fn card_for(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (named, day): (Option<&str>, CivilDate),
) -> Result<RateCardRef, Problem> {
    let cards = ctx.cards();
    let card = if let Some(name) = named {
        cards.named(name, day)
    } else {
        let partner = partners::get(tx, entered.tenant.partner_id).await?;
        let code = partner.map(|partner| partner.code).unwrap_or_default();
        cards.sold_by(&code, entered.tenant.prefecture(), day).into_iter().next()
    };
    card.map(|card| card.reference.clone()).ok_or_else(|| {
        let text = format!("no rate card is in force on `{day}` for this tenant: name one");
        Problem::new(Reason::RateCardNotFound, text).with("day", day)
    })
}

//! Puts a draft of a rate card in force from a day on.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::catalog::CardPeriod;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::CivilDate;
use tasuki_store::rate_cards;

use super::adopt::refresh_cards;
use super::draft::{Named, not_found, view};
use super::views::{RateCardView, read};
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// Which draft comes into force, and when.
#[derive(Debug, Clone)]
pub struct CardActivation {
    /// The draft, `code@version`.
    pub rate_card: String,
    /// The version of the card's record that the caller has read.
    pub etag: String,
    /// The first day on which new subscriptions get it.
    pub effective_on: CivilDate,
    /// Whether nothing is stored.
    pub validate_only: bool,
}

/// Puts a draft in force: new subscriptions get it from that day on, until the day that its file
/// names as its end or another version takes over; the version before ends on that day. Quotes that
/// were issued and subscriptions keep the prices that they are pinned to.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `RATE_CARD_NOT_FOUND`, `ETAG_MISMATCH`, `SECOND_PERSON_NEEDED`,
/// `RATE_CARD_STATE`, `RATE_CARD_PERIOD_OVERLAP`, `RATE_CARD_PERIOD_GAP`; `REQUEST_INVALID` for a day
/// on which the card's own days, or its trial, are over.
pub async fn activate_rate_card(
    ctx: &Context,
    call: &Call,
    activation: &CardActivation,
) -> Result<RateCardView, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let CardActivation { rate_card, etag, effective_on, validate_only } = activation;
    let (code, version) = rate_card
        .split_once('@')
        .ok_or_else(|| Problem::invalid("rate_card", "must name a version: `code@version`"))?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    let first: Option<Named> = call.first_answer(&tx, now).await?;
    if let Some(Named { code, version }) = first {
        return view(ctx, &tx, &code, &version).await;
    }

    let locked = rate_cards::lock(&tx, code).await?;
    let draft = rate_cards::version(&tx, code, version).await?;
    let draft = draft.ok_or_else(|| not_found(code, version))?;
    etag::check(etag, locked)?;
    let card = read(&draft)?;
    if card.trial_until.is_some_and(|until| until <= *effective_on) {
        let text = "must be before the end of the free trial that the card is for";
        return Err(Problem::invalid("effective_on", text));
    }
    let active = draft.activated(Actor::from(&call.principal), now)?;
    let period =
        CardPeriod { version: version.to_owned(), from: *effective_on, until: card.effective_to };
    let timeline = rate_cards::timeline(&tx, code).await?.activated(period)?;

    rate_cards::update_version(&tx, &active).await?;
    rate_cards::keep_timeline(&tx, code, &timeline).await?;
    rate_cards::touch(&tx, code).await?;
    let payload = json!({
        "hash": active.hash,
        "effective_on": effective_on,
        "by": call.principal.subject,
    });
    let news = News::new("rate_card.activated", &card.reference, payload);
    ctx.tell_scheme(&tx, now, news).await?;
    call.remember(&tx, &Named { code: code.to_owned(), version: version.to_owned() }).await?;
    let view = view(ctx, &tx, code, version).await?;
    if !validate_only {
        tx.commit().await?;
        refresh_cards(ctx).await?;
    }
    Ok(view)
}

//! Rate cards as callers see them.

use std::sync::Arc;

use tasuki_core::catalog::{CardState, RateCardVersion};
use tasuki_core::party::{Permission, Relation};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::CivilDate;
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::rate_cards;

use crate::call::Call;
use crate::context::Context;

/// Where a version stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardStanding {
    /// Never in force so far.
    Draft,
    /// In force today, or to come.
    Active,
    /// No longer for new subscriptions.
    Retired,
}

/// A version of a rate card.
#[derive(Debug, Clone)]
pub struct RateCardView {
    /// What it says, on the days it was put in force for.
    pub card: Arc<RateCard>,
    /// Where it stands.
    pub standing: CardStanding,
    /// The version of the card's record, for changes.
    pub etag: String,
}

/// The versions in use by code and first day: those that new subscriptions get on a day, or all.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub fn cards_on(
    ctx: &Context,
    call: &Call,
    on: Option<CivilDate>,
) -> Result<Vec<Arc<RateCard>>, Problem> {
    call.require(ctx, Permission::Read)?;
    let cards = ctx.cards();
    let wanted = cards.all().iter().filter(|card| on.is_none_or(|day| card.is_in_force_on(day)));
    Ok(wanted.cloned().collect())
}

/// Every version by code, the newest first, those in force on a day if one is named. Drafts are
/// shown to those who may put them in force.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn list_rate_cards(
    ctx: &Context,
    call: &Call,
    on: Option<CivilDate>,
) -> Result<Vec<RateCardView>, Problem> {
    let day = today(ctx)?;
    let tx = ctx.store.begin_read().await?;
    let records = rate_cards::records(&tx).await?;
    let etag = |card: &RateCard| records.get(card.code()).copied().unwrap_or_default().to_string();
    let mut views: Vec<_> = cards_on(ctx, call, on)?
        .into_iter()
        .map(|card| RateCardView { etag: etag(&card), standing: standing(&card, day), card })
        .collect();
    if on.is_none() && may_draft(ctx, call) {
        for version in rate_cards::versions(&tx).await? {
            if version.state == CardState::Draft {
                let card = read(&version)?;
                let etag = etag(&card);
                views.push(RateCardView { card, standing: CardStanding::Draft, etag });
            }
        }
    }
    views.sort_by(|a, b| {
        let newest = b.card.effective_from.cmp(&a.card.effective_from);
        let code = a.card.code().cmp(b.card.code());
        code.then(newest).then_with(|| b.card.reference.version.cmp(&a.card.reference.version))
    });
    Ok(views)
}

/// A rate card by its name, `code` for the version in force on the day or `code@version`, which may
/// be a draft for those who may put it in force.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `RATE_CARD_NOT_FOUND`.
pub async fn get_rate_card(
    ctx: &Context,
    call: &Call,
    name: &str,
    on: CivilDate,
) -> Result<RateCardView, Problem> {
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin_read().await?;
    let records = rate_cards::records(&tx).await?;
    let etag = |card: &RateCard| records.get(card.code()).copied().unwrap_or_default().to_string();
    let cards = ctx.cards();
    if let Some(found) = cards.named(name, on) {
        let same = |card: &&Arc<RateCard>| card.reference == found.reference;
        if let Some(card) = cards.all().iter().find(same) {
            let (etag, card) = (etag(card), Arc::clone(card));
            return Ok(RateCardView { standing: standing(&card, today(ctx)?), etag, card });
        }
    }
    if let Some((code, version)) = name.split_once('@')
        && may_draft(ctx, call)
        && let Some(stored) = rate_cards::version(&tx, code, version).await?
    {
        let card = read(&stored)?;
        let etag = etag(&card);
        return Ok(RateCardView { card, standing: CardStanding::Draft, etag });
    }
    let text = format!("no rate card `{name}` is in force on `{on}`");
    Err(Problem::new(Reason::RateCardNotFound, text).with("rate_card", name).with("day", on))
}

/// Today, for calls that concern no tenant: in Japan, where the schemes run.
///
/// # Errors
/// Only if the zone database is broken.
pub fn today(ctx: &Context) -> Result<CivilDate, Problem> {
    let zone = tasuki_core::time::Zone::named(tasuki_core::time::Zone::TOKYO)?;
    Ok(ctx.clock.now().day_in(&zone))
}

pub(super) fn standing(card: &RateCard, today: CivilDate) -> CardStanding {
    if card.effective_to.is_some_and(|end| end <= today) {
        CardStanding::Retired
    } else {
        CardStanding::Active
    }
}

/// What a stored version says, on its own days.
pub(super) fn read(version: &RateCardVersion) -> Result<Arc<RateCard>, Problem> {
    RateCard::load(&version.file, &version.text).map(Arc::new).map_err(|wrong| {
        let (code, name) = (&version.code, &version.version);
        Problem::internal(format!("the stored rate card `{code}@{name}` cannot be read: {wrong}"))
    })
}

fn may_draft(ctx: &Context, call: &Call) -> bool {
    call.may(ctx, Permission::ManageScheme, Relation::Scheme)
}

//! Takes rate cards into use: those that come with the program into the store, those of the store
//! into this process.

use std::sync::Arc;

use tasuki_core::actor::Actor;
use tasuki_core::catalog::{CardPeriod, CardState, RateCardVersion};
use tasuki_core::party::Principal;
use tasuki_core::problem::Problem;
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::{Tx, rate_cards};

use crate::context::Context;
use crate::library::ServedCards;

/// Stores the versions that the program, or its folder of cards, brings and that are new, puts them
/// in force on their days, and takes what is stored into use.
///
/// A version that is stored with other content stays as it is stored: quotes and subscriptions are
/// pinned to it. A new version that does not fit between those in force is stored as a draft. Both
/// are logged.
///
/// # Errors
/// When the store does not answer, or a stored version cannot be read by this program.
pub async fn adopt_cards(ctx: &Context) -> Result<(), Problem> {
    let tx = ctx.store.begin().await?;
    let mut brought = Vec::new();
    for (file, text) in &ctx.library.card_sources {
        let card =
            RateCard::load(file, text).map_err(|wrong| Problem::internal(wrong.to_string()))?;
        brought.push((card, file, text));
    }
    brought.sort_by(|(a, ..), (b, ..)| {
        (a.code(), a.effective_from).cmp(&(b.code(), b.effective_from))
    });
    let mut changed = false;
    for (card, file, text) in brought {
        changed |= adopt(ctx, &tx, &card, (file, text)).await?;
    }
    if changed {
        tx.commit().await?;
    } else {
        drop(tx);
    }
    refresh_cards(ctx).await.map(|_| ())
}

async fn adopt(
    ctx: &Context,
    tx: &Tx,
    card: &RateCard,
    (file, text): (&str, &str),
) -> Result<bool, Problem> {
    let reference = &card.reference;
    let mut known = rate_cards::version(tx, &reference.code, &reference.version).await?;
    if known.is_none() {
        // Another server may be bringing the same: whoever comes second finds it after the lock.
        rate_cards::lock(tx, &reference.code).await?;
        known = rate_cards::version(tx, &reference.code, &reference.version).await?;
    }
    if let Some(known) = known {
        if known.hash != reference.hash {
            tracing::warn!(
                rate_card = %reference,
                "is stored with other content, which is kept: give the changed card another version"
            );
        }
        return Ok(false);
    }
    let by = Actor::from(&Principal::system());
    let now = ctx.clock.now();
    let period = CardPeriod {
        version: reference.version.clone(),
        from: card.effective_from,
        until: card.effective_to,
    };
    let timeline = rate_cards::timeline(tx, &reference.code).await?.activated(period);
    let fits = timeline.is_ok();
    let version = RateCardVersion {
        code: reference.code.clone(),
        version: reference.version.clone(),
        hash: reference.hash.clone(),
        state: if fits { CardState::Active } else { CardState::Draft },
        file: file.to_owned(),
        text: text.to_owned(),
        author: by.clone(),
        created_at: now,
        activated_by: fits.then_some(by),
        activated_at: fits.then_some(now),
    };
    rate_cards::insert_version(tx, &version).await?;
    match timeline {
        Ok(timeline) => rate_cards::keep_timeline(tx, &reference.code, &timeline).await?,
        Err(problem) => {
            tracing::warn!(rate_card = %reference, "is stored as a draft: {problem}");
        }
    }
    rate_cards::touch(tx, &reference.code).await?;
    Ok(true)
}

/// Takes the stored cards into use if they are others than those in use: all of them or, when any
/// cannot be read, none. Says whether they are others.
///
/// # Errors
/// When the store does not answer. A set that cannot be read is no error here: the old one stays in
/// use, and why is kept with it.
pub async fn refresh_cards(ctx: &Context) -> Result<bool, Problem> {
    let served = ctx.library.cards.served();
    let tx = ctx.store.begin_read().await?;
    let revision = rate_cards::revision(&tx).await?;
    if revision == served.revision {
        return Ok(false);
    }
    let stored = stored(&tx, &served.cards).await;
    drop(tx);
    let next = match stored {
        Ok(cards) => ServedCards { cards: Arc::new(cards), revision, failure: None },
        Err(problem) => {
            let failure = problem.to_string();
            if served.failure.as_deref() != Some(failure.as_str()) {
                tracing::error!(revision, "the stored rate cards cannot be used: {failure}");
            }
            ServedCards { failure: Some(failure), ..served.as_ref().clone() }
        }
    };
    let is_other = next.revision != served.revision;
    ctx.library.cards.serve(next);
    Ok(is_other)
}

/// The active versions on their days. What is in use already is not read again.
async fn stored(tx: &Tx, used: &Cards) -> Result<Cards, Problem> {
    let periods = rate_cards::periods(tx).await?;
    let mut cards = Vec::new();
    for version in rate_cards::versions(tx).await? {
        let period = periods
            .iter()
            .find(|(code, period)| *code == version.code && period.version == version.version);
        let Some((_, period)) = period else { continue };
        let known = used.all().iter().find(|card| card.reference.hash == version.hash);
        let known = known.filter(|card| card.reference.version == version.version);
        let card = match known {
            Some(card) => Arc::clone(card),
            None => super::views::read(&version)?,
        };
        let as_scheduled = (card.effective_from, card.effective_to) == (period.from, period.until);
        cards.push(if as_scheduled {
            card
        } else {
            let (effective_from, effective_to) = (period.from, period.until);
            Arc::new(RateCard { effective_from, effective_to, ..card.as_ref().clone() })
        });
    }
    Ok(Cards::of(cards))
}

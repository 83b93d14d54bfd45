//! Stores a rate card as a draft.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::catalog::{CardState, RateCardVersion};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_pricing::rate_card::{Checked, Level, RateCard, RateCardError};
use tasuki_store::{Tx, rate_cards};

use super::views::{CardStanding, RateCardView, read, standing, today};
use crate::call::Call;
use crate::context::{Context, News};

/// A card to be stored.
#[derive(Debug, Clone)]
pub struct NewCardDraft {
    /// Its file: name and text.
    pub files: Vec<(String, String)>,
    /// Whether nothing is stored.
    pub validate_only: bool,
}

/// What came of a draft.
#[derive(Debug, Clone)]
pub struct CardDraft {
    /// The card.
    pub view: RateCardView,
    /// What somebody should look at.
    pub warnings: Vec<RateCardError>,
}

/// The version that was stored, for repeats.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Named {
    pub(super) code: String,
    pub(super) version: String,
}

/// Stores a rate card as a draft. The same content under the same version is no second draft.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `REQUEST_INVALID` unless it is one file; `RATE_CARD_INVALID` with everything that
/// is wrong in it; `RATE_CARD_VERSION_EXISTS` if the version has other content.
pub async fn create_card_draft(
    ctx: &Context,
    call: &Call,
    new: NewCardDraft,
) -> Result<CardDraft, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let [(file, text)] = new.files.as_slice() else {
        return Err(Problem::invalid("files", "must be one file: a rate card is one YAML file"));
    };
    let Checked { card, findings } = RateCard::check(file, text);
    let Some(card) = card else { return Err(invalid(&findings)) };
    let reference = card.reference;

    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    let first: Option<Named> = call.first_answer(&tx, now).await?;
    if let Some(Named { code, version }) = first {
        return Ok(CardDraft { view: view(ctx, &tx, &code, &version).await?, warnings: findings });
    }
    rate_cards::lock(&tx, &reference.code).await?;
    match rate_cards::version(&tx, &reference.code, &reference.version).await? {
        Some(known) if known.hash != reference.hash => {
            let text = format!(
                "`{reference}` is stored with other content: give the changed card another `version`"
            );
            return Err(Problem::new(Reason::RateCardVersionExists, text).with("hash", known.hash));
        }
        Some(_) => {}
        None => {
            let draft = RateCardVersion {
                code: reference.code.clone(),
                version: reference.version.clone(),
                hash: reference.hash.clone(),
                state: CardState::Draft,
                file: file.clone(),
                text: text.clone(),
                author: Actor::from(&call.principal),
                created_at: now,
                activated_by: None,
                activated_at: None,
            };
            rate_cards::insert_version(&tx, &draft).await?;
            rate_cards::touch(&tx, &reference.code).await?;
            let payload = json!({ "hash": draft.hash, "author": draft.author.subject });
            let news = News::new("rate_card.drafted", &reference, payload);
            ctx.tell_scheme(&tx, now, news).await?;
        }
    }
    let named = Named { code: reference.code.clone(), version: reference.version.clone() };
    call.remember(&tx, &named).await?;
    let view = view(ctx, &tx, &reference.code, &reference.version).await?;
    if !new.validate_only {
        tx.commit().await?;
    }
    Ok(CardDraft { view, warnings: findings })
}

/// A version as it is stored in a transaction.
pub(super) async fn view(
    ctx: &Context,
    tx: &Tx,
    code: &str,
    version: &str,
) -> Result<RateCardView, Problem> {
    let stored = rate_cards::version(tx, code, version).await?;
    let stored = stored.ok_or_else(|| not_found(code, version))?;
    let etag = rate_cards::records(tx).await?.get(code).copied().unwrap_or_default().to_string();
    let card = read(&stored)?;
    let timeline = rate_cards::timeline(tx, code).await?;
    let period = timeline.periods().iter().find(|period| period.version == version);
    let Some(period) = period else {
        return Ok(RateCardView { card, standing: CardStanding::Draft, etag });
    };
    let (effective_from, effective_to) = (period.from, period.until);
    let card = RateCard { effective_from, effective_to, ..card.as_ref().clone() };
    Ok(RateCardView { standing: standing(&card, today(ctx)?), card: card.into(), etag })
}

pub(super) fn not_found(code: &str, version: &str) -> Problem {
    let name = format!("{code}@{version}");
    let text = format!("there is no rate card `{name}`");
    Problem::new(Reason::RateCardNotFound, text).with("rate_card", name)
}

/// The problem that names every error of a file.
fn invalid(findings: &[RateCardError]) -> Problem {
    let errors: Vec<_> = findings.iter().filter(|it| it.level == Level::Error).collect();
    let text = format!("the rate card has {} error(s)", errors.len());
    errors.iter().fold(Problem::new(Reason::RateCardInvalid, text), |problem, error| {
        let place = format!("{}:{}:{}", error.file, error.line, error.column);
        let words = match error.suggestion.as_str() {
            "" => error.message.clone(),
            remedy => format!("{}; {remedy}", error.message),
        };
        problem.violating(place, words)
    })
}

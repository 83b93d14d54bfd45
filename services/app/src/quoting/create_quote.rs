//! Issues a quote: recommends or takes a selection, prices it, and keeps it as a snapshot.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::catalog::{CompanyProfile, SelectedItem};
use tasuki_core::decision::{Decision, Occasion};
use tasuki_core::id::{PartnerId, QuoteId, TenantId};
use tasuki_core::master_contract::{Attachment, PremiumPayer};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{CoverOffer, Offer, Quote, QuoteDraft};
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::{CivilDate, Timestamp, Zone};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::{Tx, decisions, master_contracts, partners, quotes};

use super::composing::{Enquiry, compose};
use super::judged::Judged;
use super::{Intent, QuoteView};
use crate::access;
use crate::call::Call;
use crate::context::{Context, News};

/// What is to be offered to whom.
#[derive(Debug, Clone)]
pub struct NewQuote {
    /// The tenant; it may be left out by who only asks.
    pub tenant_id: Option<TenantId>,
    /// The partner that offers, if it is not the tenant's.
    pub partner_id: Option<PartnerId>,
    /// What is said about the company; it is completed by what is known about the tenant.
    pub profile: Option<CompanyProfile>,
    /// What is wanted; a bundle is recommended if empty.
    pub selection: Vec<SelectedItem>,
    /// `code` or `code@version`; the one that the partner sells by on the first day if left out.
    pub rate_card: Option<String>,
    /// The first day of the subscription; today if left out.
    pub start_on: Option<CivilDate>,
    /// The first day after a free trial.
    pub trial_until: Option<CivilDate>,
    /// How many days it can be accepted; as the rate card says if left out.
    pub valid_days: Option<u32>,
    /// Which cover is wanted.
    pub cover: WantedCover,
    /// Code of the campaign that the customer names.
    pub campaign: Option<String>,
    /// Whether it is issued.
    pub intent: Intent,
}

/// Which cover is wanted with a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedCover {
    /// As the rate card has it.
    AsSold,
    /// None.
    None,
}

/// More contracts of one operator at a time than any scheme has.
const CONTRACTS: u64 = 16;

/// Who is to get the offer, and when.
struct Buyer {
    tenant: Option<Tenant>,
    partner_id: PartnerId,
    now: Timestamp,
    zone: Zone,
}

/// Issues a quote, or says what it would be.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `RATE_CARD_NOT_FOUND`, `SELECTION_INVALID`, `NEEDS_PERSONAL_QUOTE`.
pub async fn create_quote(ctx: &Context, call: &Call, new: NewQuote) -> Result<QuoteView, Problem> {
    let tx = match new.intent {
        Intent::Do => ctx.store.begin().await?,
        Intent::OnlyAsk => ctx.store.begin_read().await?,
    };
    let buyer = buyer(ctx, &tx, call, &new).await?;
    if let Some((quote, version, decisions)) = call.first_answer(&tx, buyer.now).await? {
        return Ok(QuoteView { quote, version, decisions });
    }

    let start_on = new.start_on.unwrap_or_else(|| buyer.now.day_in(&buyer.zone));
    let profile = known(new.profile.clone(), buyer.tenant.as_ref());
    let named = new.rate_card.as_deref();
    let cards = ctx.cards();
    let card =
        choose_card(&cards, &tx, buyer.partner_id, (named, profile.prefecture(), start_on)).await?;
    let cover = match new.cover {
        WantedCover::AsSold => cover(&tx, card, (start_on, &buyer.zone)).await?,
        WantedCover::None => None,
    };
    let composed = compose(Enquiry {
        library: &ctx.library,
        card,
        profile: &profile,
        asked: &new.selection,
        days: (start_on, new.trial_until),
        campaign: new.campaign.as_deref(),
        cover: cover.into(),
        now: (buyer.now, &buyer.zone),
    })?;
    let id: QuoteId = ctx.ids.next();
    let decisions = record(ctx, call, &buyer, (id, &composed.judged));
    let offer = composed.decided(&decisions);
    let valid_days = new.valid_days.unwrap_or(card.valid_days);
    let quote = issue(call, &buyer, (id, valid_days), (profile, offer))?;

    if new.intent == Intent::OnlyAsk {
        return Ok(QuoteView { quote, version: 0, decisions });
    }
    quotes::insert(&tx, &quote).await?;
    for decision in &decisions {
        decisions::record(&tx, decision)?;
    }
    let payload = json!({
        "rate_card": quote.offer.priced.rate_card.to_string(),
        "first_year_yen": quote.offer.priced.totals.first_year.gross.amount(),
        "hash": quote.hash,
    });
    let news = News::new("quote.issued", quote.id, payload);
    ctx.tell(&tx, (quote.tenant_id, buyer.now), news).await?;
    let view = QuoteView { quote, version: 1, decisions };
    call.remember(&tx, &(&view.quote, view.version, &view.decisions)).await?;

    tx.commit().await?;
    Ok(view)
}

async fn buyer(ctx: &Context, tx: &Tx, call: &Call, new: &NewQuote) -> Result<Buyer, Problem> {
    if let Some(id) = new.tenant_id {
        let entered = access::enter(ctx, tx, call, id, Permission::Sell).await?;
        let (now, zone) = (entered.now, entered.tenant.zone.clone());
        let partner_id = new.partner_id.unwrap_or(entered.tenant.partner_id);
        return Ok(Buyer { tenant: Some(entered.tenant), partner_id, now, zone });
    }
    call.require(ctx, Permission::Sell)?;
    if new.intent == Intent::Do {
        return Err(Problem::invalid("tenant_id", "is required to issue a quote"));
    }
    let (now, zone) = (ctx.clock.now(), Zone::named(Zone::TOKYO)?);
    let cards = ctx.cards();
    let operator = |name: &str| {
        let card = cards.named(name, now.day_in(&zone))?;
        Some(PartnerId::of_code(&card.operator))
    };
    let partner_id = new
        .partner_id
        .or(call.principal.partner_id)
        .or_else(|| new.rate_card.as_deref().and_then(operator))
        .ok_or_else(|| {
            let text =
                "is required without a tenant: name the partner that offers, or a `rate_card`";
            Problem::invalid("partner_id", text)
        })?;
    Ok(Buyer { tenant: None, partner_id, now, zone })
}

/// The card that was named, or the one that the partner sells by on the first day.
async fn choose_card<'a>(
    cards: &'a Cards,
    tx: &Tx,
    seller: PartnerId,
    (named, prefecture, day): (Option<&str>, Option<&str>, CivilDate),
) -> Result<&'a RateCard, Problem> {
    if let Some(name) = named {
        return cards.named(name, day).ok_or_else(|| {
            let text = format!("no rate card `{name}` is in force on `{day}`");
            Problem::new(Reason::RateCardNotFound, text).with("rate_card", name).with("day", day)
        });
    }
    let code = partners::get(tx, seller).await?.map(|partner| partner.code);
    let found = cards.sold_by(&code.unwrap_or_default(), prefecture, day);
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let text = format!("no rate card is in force on `{day}`");
            Err(Problem::new(Reason::RateCardNotFound, text).with("day", day))
        }
        several => {
            let names: Vec<_> = several.iter().map(|card| card.code()).collect();
            let names = names.join("`, `");
            let text = format!("several rate cards are in force on `{day}`: name one of `{names}`");
            Err(Problem::new(Reason::RateCardNotFound, text).with("rate_cards", names))
        }
    }
}

/// The cover of the operator's contract that is in force on the first day.
async fn cover(
    tx: &Tx,
    card: &RateCard,
    (start_on, zone): (CivilDate, &Zone),
) -> Result<Option<CoverOffer>, Problem> {
    if card.cover != Some(Attachment::Automatic) {
        return Ok(None);
    }
    let filter = master_contracts::Filter {
        insurer_id: None,
        holder_id: Some(PartnerId::of_code(&card.operator)),
        in_force_at: Some(Timestamp::start_of(start_on, zone)?),
    };
    let contracts = master_contracts::list(tx, &filter, None, CONTRACTS).await?;
    Ok(contracts
        .into_iter()
        .map(|stored| stored.contract)
        // What a customer would have to pay for is chosen, it does not come by itself (INS-10).
        .find(|contract| {
            contract.terms.attachment == Attachment::Automatic
                && contract.terms.premium.payer != PremiumPayer::Tenant
        })
        .map(|contract| CoverOffer {
            attachment: Attachment::Automatic,
            master_contract_id: contract.id,
            contract: contract.code,
            terms: contract.terms,
        }))
}

fn record(
    ctx: &Context,
    call: &Call,
    buyer: &Buyer,
    (id, judged): (QuoteId, &[Judged]),
) -> Vec<Decision> {
    judged
        .iter()
        .map(|of| {
            let occasion = Occasion {
                id: ctx.ids.next(),
                tenant_id: buyer.tenant.as_ref().map(|tenant| tenant.id),
                subject: id.to_string(),
                as_of: buyer.now,
                decided_at: buyer.now,
                decided_by: Actor::from(&call.principal),
            };
            let Judged { pack, facts, explanation } = of.clone();
            Decision::record(occasion, pack, facts, explanation)
        })
        .collect()
}

fn issue(
    call: &Call,
    buyer: &Buyer,
    (id, valid_days): (QuoteId, u32),
    (profile, offer): (CompanyProfile, Offer),
) -> Result<Quote, Problem> {
    let draft = QuoteDraft {
        id,
        // Invariant: who only asks may leave the tenant out, and then nothing is stored.
        tenant_id: buyer
            .tenant
            .as_ref()
            .map_or_else(|| TenantId::from(uuid::Uuid::nil()), |tenant| tenant.id),
        partner_id: buyer.partner_id,
        issued_by: Actor::from(&call.principal),
        valid_until: buyer.now.plus_days_in(i64::from(valid_days), &buyer.zone)?,
        profile,
        offer,
    };
    Ok(Quote::issue(draft, buyer.now))
}

/// What the request says, completed by what is known about the tenant.
fn known(said: Option<CompanyProfile>, tenant: Option<&Tenant>) -> CompanyProfile {
    let said = said.unwrap_or_default();
    match tenant {
        Some(tenant) => said.completed_by(&tenant.profile),
        None => said,
    }
}

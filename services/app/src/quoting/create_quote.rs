//! Issues a quote: recommends or takes a selection, prices it, and keeps it as a snapshot.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::catalog::{CompanyProfile, SelectedItem};
use tasuki_core::decision::{Decision, Occasion};
use tasuki_core::id::{PartnerId, QuoteId, TenantId};
use tasuki_core::master_contract::{Attachment, MasterContract, PremiumPayer};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{CoverOffer, Quote, QuoteDraft};
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::{CivilDate, Timestamp, Zone};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::{Tx, decisions, master_contracts, partners, quotes};

use super::chosen::{self, Choices};
use super::composing::{Composed, Enquiry, compose, decided};
use super::judged::Judged;
use super::{Intent, PackSaid, QuoteView};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::claiming::cover;
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
/// `TENANT_NOT_FOUND`, `RATE_CARD_NOT_FOUND`, `SELECTION_INVALID`, `NEEDS_PERSONAL_QUOTE`; for cover that
/// is chosen also `LICENCE_NOT_VALID`, `MASTER_CONTRACT_NOT_FOUND`, `RATE_CARD_INVALID`.
pub async fn create_quote(ctx: &Context, call: &Call, new: NewQuote) -> Result<QuoteView, Problem> {
    match new.intent {
        Intent::Do => issue(ctx, call, &new).await,
        Intent::OnlyAsk => only_ask(ctx, call, &new).await,
    }
}

async fn issue(ctx: &Context, call: &Call, new: &NewQuote) -> Result<QuoteView, Problem> {
    let Some(tenant_id) = new.tenant_id else {
        call.require(ctx, Permission::Sell)?;
        return Err(Problem::invalid("tenant_id", "is required to issue a quote"));
    };
    let tx = ctx.store.begin().await?;
    let buyer = known_buyer(ctx, &tx, call, (tenant_id, new.partner_id)).await?;
    if let Some((quote, version, said)) = call.first_answer(&tx, buyer.now).await? {
        return Ok(QuoteView { quote, version, said });
    }

    let wanted = Wanted::of(new, &buyer);
    let cards = ctx.cards();
    let seller = seller_code(&tx, new, &buyer).await?;
    let card = card(&cards, new, (&seller, &wanted))?;
    let choices = chosen::choices(card, &new.selection, new.cover)?;
    let start = Timestamp::start_of(wanted.start_on, &buyer.zone)?;
    let cover = match holder(new, card) {
        None => None,
        Some(holder) => that_comes(&master_contracts::held(&tx, holder, start).await?, start),
    };
    let chosen = chosen_covers(&tx, (&buyer, card), (choices, start)).await?;
    let (mut draft, judged) = draft(ctx, call, (&buyer, new), (wanted, card, (cover, chosen)))?;
    let decisions = record(ctx, call, (tenant_id, buyer.now), (draft.id, judged))?;
    draft.offer = decided(draft.offer, &decisions);
    let quote = Quote::issue(draft, buyer.now);

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
    let said = decisions.into_iter().map(PackSaid::from).collect();
    let view = QuoteView { quote, version: 1, said };
    call.remember(&tx, &(&view.quote, view.version, &view.said)).await?;

    tx.commit().await?;
    Ok(view)
}

/// What it would be. It is asked far more often than a quote is issued, so the database is read only for what nobody
/// named; contracts come from a picture that is a second old at most.
async fn only_ask(ctx: &Context, call: &Call, new: &NewQuote) -> Result<QuoteView, Problem> {
    let cards = ctx.cards();
    let (buyer, seller) = match (new.tenant_id, &new.rate_card) {
        (None, Some(_)) => (unknown_buyer(ctx, call, new, &cards)?, String::new()),
        (None, None) => {
            let buyer = unknown_buyer(ctx, call, new, &cards)?;
            let seller = seller_code(&ctx.store.begin_read().await?, new, &buyer).await?;
            (buyer, seller)
        }
        (Some(tenant_id), _) => {
            let tx = ctx.store.begin_read().await?;
            let buyer = known_buyer(ctx, &tx, call, (tenant_id, new.partner_id)).await?;
            let seller = seller_code(&tx, new, &buyer).await?;
            (buyer, seller)
        }
    };
    let wanted = Wanted::of(new, &buyer);
    let card = card(&cards, new, (&seller, &wanted))?;
    let choices = chosen::choices(card, &new.selection, new.cover)?;
    let start = Timestamp::start_of(wanted.start_on, &buyer.zone)?;
    let cover = match holder(new, card) {
        None => None,
        Some(holder) => that_comes(&ctx.store.recent_contracts(holder, start).await?, start),
    };
    let chosen = if choices.is_empty() {
        Vec::new()
    } else {
        let tx = ctx.store.begin_read().await?;
        chosen_covers(&tx, (&buyer, card), (choices, start)).await?
    };
    let (draft, judged) = draft(ctx, call, (&buyer, new), (wanted, card, (cover, chosen)))?;
    let said = judged.into_iter().map(|Judged { pack, explanation, .. }| PackSaid {
        decision_id: None,
        pack,
        explanation,
    });
    let said = said.collect();
    Ok(QuoteView { quote: Quote::only_asked(draft, buyer.now), version: 0, said })
}

/// A tenant as buyer.
async fn known_buyer(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    (tenant_id, partner_id): (TenantId, Option<PartnerId>),
) -> Result<Buyer, Problem> {
    let Entered { tenant, now, .. } =
        access::enter(ctx, tx, call, tenant_id, Permission::Sell).await?;
    let partner_id = partner_id.unwrap_or(tenant.partner_id);
    let zone = tenant.zone.clone();
    Ok(Buyer { tenant: Some(tenant), partner_id, now, zone })
}

/// A buyer of whom nothing is on record.
fn unknown_buyer(
    ctx: &Context,
    call: &Call,
    new: &NewQuote,
    cards: &Cards,
) -> Result<Buyer, Problem> {
    call.require(ctx, Permission::Sell)?;
    let (now, zone) = (ctx.clock.now(), Zone::named(Zone::TOKYO)?);
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

/// About whom an offer is made, and from when on.
struct Wanted {
    profile: CompanyProfile,
    start_on: CivilDate,
}

impl Wanted {
    fn of(new: &NewQuote, buyer: &Buyer) -> Self {
        Self {
            profile: known(new.profile.clone(), buyer.tenant.as_ref()),
            start_on: new.start_on.unwrap_or_else(|| buyer.now.day_in(&buyer.zone)),
        }
    }
}

/// The card that was named, or the one that the partner sells by on the first day.
fn card<'a>(
    cards: &'a Cards,
    new: &NewQuote,
    (seller, wanted): (&str, &Wanted),
) -> Result<&'a RateCard, Problem> {
    match &new.rate_card {
        Some(name) => named_card(cards, name, wanted.start_on),
        None => only_card(cards, seller, wanted),
    }
}

fn named_card<'a>(cards: &'a Cards, name: &str, day: CivilDate) -> Result<&'a RateCard, Problem> {
    cards.named(name, day).ok_or_else(|| {
        let text = format!("no rate card `{name}` is in force on `{day}`");
        Problem::new(Reason::RateCardNotFound, text).with("rate_card", name).with("day", day)
    })
}

/// The one card that a partner sells by on the first day.
fn only_card<'a>(cards: &'a Cards, seller: &str, wanted: &Wanted) -> Result<&'a RateCard, Problem> {
    let day = wanted.start_on;
    match cards.sold_by(seller, wanted.profile.prefecture(), day).as_slice() {
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

/// The code of the partner that offers; nobody asks for it where a card is named.
async fn seller_code(tx: &Tx, new: &NewQuote, buyer: &Buyer) -> Result<String, Problem> {
    if new.rate_card.is_some() {
        return Ok(String::new());
    }
    Ok(partners::get(tx, buyer.partner_id).await?.map(|seller| seller.code).unwrap_or_default())
}

/// Whose contract covers what is offered, if cover is wanted and comes with the card.
fn holder(new: &NewQuote, card: &RateCard) -> Option<PartnerId> {
    let comes = card.cover == Some(Attachment::Automatic) && new.cover == WantedCover::AsSold;
    comes.then(|| PartnerId::of_code(&card.operator))
}

/// The cover that comes with a bundle, on the terms that hold at its start. What a customer would have to pay for is chosen, it does not come by itself
/// (INS-10).
fn that_comes(contracts: &[MasterContract], at: Timestamp) -> Option<CoverOffer> {
    let mut on_terms = contracts.iter().map(|contract| (contract, contract.terms_at(at)));
    let (contract, terms) = on_terms.find(|(_, terms)| {
        terms.attachment == Attachment::Automatic && terms.premium.payer != PremiumPayer::Tenant
    })?;
    Some(CoverOffer {
        attachment: Attachment::Automatic,
        master_contract_id: contract.id,
        contract: contract.code.clone(),
        terms: terms.clone(),
        choice: None,
    })
}

/// The cover that was chosen with a bundle, solicited by who offers it; nothing is read where none was.
async fn chosen_covers(
    tx: &Tx,
    (buyer, card): (&Buyer, &RateCard),
    (choices, at): (Choices, Timestamp),
) -> Result<Vec<CoverOffer>, Problem> {
    if choices.is_empty() {
        return Ok(Vec::new());
    }
    let today = buyer.now.day_in(&buyer.zone);
    let licensed = cover::solicitor(tx, buyer.partner_id, today).await?;
    let contracts = master_contracts::held(tx, PartnerId::of_code(&card.operator), at).await?;
    chosen::offers(choices, &contracts, &licensed, at)
}

/// The cover that comes with a bundle, and that which was chosen with it.
type Covers = (Option<CoverOffer>, Vec<CoverOffer>);

/// The quote to be, and what policies were asked for it.
fn draft(
    ctx: &Context,
    call: &Call,
    (buyer, new): (&Buyer, &NewQuote),
    (wanted, card, (cover, chosen_covers)): (Wanted, &RateCard, Covers),
) -> Result<(QuoteDraft, Vec<Judged>), Problem> {
    let composed = compose(Enquiry {
        library: &ctx.library,
        card,
        profile: &wanted.profile,
        asked: &new.selection,
        days: (wanted.start_on, new.trial_until),
        campaign: new.campaign.as_deref(),
        cover: cover.into(),
        chosen_covers,
        now: (buyer.now, &buyer.zone),
    })?;
    let id: QuoteId = ctx.ids.next();
    let valid_days = i64::from(new.valid_days.unwrap_or(card.valid_days));
    let Composed { offer, judged } = composed;
    let draft = QuoteDraft {
        id,
        // Invariant: who only asks may leave the tenant out, and then nothing is stored.
        tenant_id: buyer
            .tenant
            .as_ref()
            .map_or_else(|| TenantId::from(uuid::Uuid::nil()), |tenant| tenant.id),
        partner_id: buyer.partner_id,
        issued_by: Actor::from(&call.principal),
        valid_until: buyer.now.plus_days_in(valid_days, &buyer.zone)?,
        profile: wanted.profile,
        offer,
    };
    Ok((draft, judged))
}

/// The records of what policies were asked for a quote.
fn record(
    ctx: &Context,
    call: &Call,
    (tenant_id, now): (TenantId, Timestamp),
    (id, judged): (QuoteId, Vec<Judged>),
) -> Result<Vec<Decision>, Problem> {
    let records = judged.into_iter().map(|judged| {
        judged.recorded(Occasion {
            id: ctx.ids.next(),
            tenant_id: Some(tenant_id),
            subject: id.to_string(),
            as_of: now,
            decided_at: now,
            decided_by: Actor::from(&call.principal),
        })
    });
    records.collect()
}

/// What the request says, completed by what is known about the tenant.
fn known(said: Option<CompanyProfile>, tenant: Option<&Tenant>) -> CompanyProfile {
    let said = said.unwrap_or_default();
    match tenant {
        Some(tenant) => said.completed_by(&tenant.profile),
        None => said,
    }
}

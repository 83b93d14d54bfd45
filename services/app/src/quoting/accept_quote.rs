//! Turns a quote into a subscription, its order and its certificate, exactly once.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::id::{CertificateId, ItemId, OrderId, QuoteId, SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::quote::{AcceptedText, Quote, QuoteCommand, QuoteState};
use tasuki_core::reason::Reason;
use tasuki_core::subscription::{AfterTrial, Subscription, SubscriptionDraft, Trial};
use tasuki_core::text::Language;
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::quotes::{self, Stored};
use tasuki_store::{Tx, certificates, subscriptions};

use super::chosen;
use super::ordering::place_orders;
use super::{Intent, QuoteView, lock, view};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::claiming::cover;
use crate::context::{Context, News};

/// The acceptance of a quote.
#[derive(Debug, Clone)]
pub struct AcceptQuote {
    /// The quote.
    pub quote_id: QuoteId,
    /// The version that the caller has read.
    pub etag: String,
    /// What the customer has read and accepted.
    pub accepted: Vec<ReadText>,
    /// The first day of the subscription, if not as quoted.
    pub start_on: Option<CivilDate>,
    /// Who accepted for the customer, as the partner wrote it down.
    pub accepted_by: String,
    /// Whether it is done.
    pub intent: Intent,
}

/// A text that the customer has read and accepted, as the caller tells it.
#[derive(Debug, Clone)]
pub struct ReadText {
    /// Stable code of the text.
    pub code: String,
    /// Version of the document that it is from; empty when it has only one.
    pub document_version: String,
    /// The language it was shown in.
    pub language: Language,
    /// When it was shown.
    pub shown_at: Timestamp,
    /// When it was accepted; none for with the quote.
    pub accepted_at: Option<Timestamp>,
    /// Who accepted it.
    pub accepted_by: String,
}

impl ReadText {
    pub(crate) fn accepted(self, now: Timestamp) -> AcceptedText {
        AcceptedText {
            code: self.code,
            document_version: self.document_version,
            language: self.language,
            shown_at: self.shown_at,
            accepted_at: self.accepted_at.unwrap_or(now),
            accepted_by: self.accepted_by,
        }
    }
}

/// What came of an acceptance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The quote.
    pub quote: QuoteView,
    /// The subscription, unless it was only asked for.
    pub subscription_id: Option<SubscriptionId>,
    /// The orders.
    pub order_ids: Vec<OrderId>,
    /// The certificate, not in force yet; none without cover. That of the cover that comes by itself first.
    pub certificate_id: Option<CertificateId>,
    /// All certificates: several where cover was chosen beside the one that comes by itself.
    #[serde(default)]
    pub certificate_ids: Vec<CertificateId>,
}

/// Accepts a quote.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `QUOTE_NOT_FOUND`, `ETAG_MISMATCH`, `QUOTE_STATE`, `QUOTE_EXPIRED`;
/// `REQUEST_INVALID` when a text that must be read was not accepted; for cover that was chosen also
/// `LICENCE_NOT_VALID` and `CLAUSE_NOT_ACKNOWLEDGED`.
pub async fn accept_quote(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: AcceptQuote,
) -> Result<Accepted, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Sell).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }

    let read = lock(&tx, &entered, command.quote_id, &command.etag).await?;
    let cards = ctx.cards();
    let card = card_of(&cards, &read.quote)?;
    let texts: Vec<_> =
        command.accepted.into_iter().map(|text| text.accepted(entered.now)).collect();
    everything_read(&read.quote, &texts)?;
    nothing_to_come(&texts, entered.now)?;
    let subscription_id: SubscriptionId = ctx.ids.next();
    let accept =
        QuoteCommand::Accept { subscription_id, accepted_by: command.accepted_by, accepted: texts };
    let (next, event) = read.quote.step(&accept, entered.now)?;
    if command.intent == Intent::OnlyAsk {
        let quote = view(&tx, read, entered.now).await?;
        return Ok(Accepted {
            quote,
            subscription_id: None,
            order_ids: vec![],
            certificate_id: None,
            certificate_ids: vec![],
        });
    }

    let subscription = opened(ctx, &entered, card, (&next, subscription_id, command.start_on));
    let version = quotes::save(&tx, &next, read.version).await?;
    subscriptions::insert(&tx, &subscription).await?;
    // Before the order: a service that preflight refuses ends its cover at once.
    let certificate_ids = covers(ctx, &tx, &entered, (&next, &subscription, card)).await?;
    let order_ids = place_orders(ctx, &tx, call, &entered, (&next, &subscription, card)).await?;
    let payload = json!({ "subscription_id": subscription_id });
    ctx.tell(&tx, entered.when(), News::new(event.topic(), next.id, payload)).await?;
    let payload = json!({ "quote_id": next.id, "start_on": subscription.start_on });
    let opened = News::new("subscription.opened", subscription_id, payload);
    ctx.tell(&tx, entered.when(), opened).await?;
    let quote = view(&tx, Stored { quote: next, version }, entered.now).await?;
    let accepted = Accepted {
        quote,
        subscription_id: Some(subscription_id),
        order_ids,
        certificate_id: certificate_ids.first().copied(),
        certificate_ids,
    };
    call.remember(&tx, &accepted).await?;

    tx.commit().await?;
    Ok(accepted)
}

/// Issues the certificates of the cover that was offered and chosen, and hands over which of its clauses
/// were read and accepted.
async fn covers(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (quote, subscription, card): (&Quote, &Subscription, &RateCard),
) -> Result<Vec<CertificateId>, Problem> {
    let QuoteState::Accepted { accepted, .. } = &quote.state else { return Ok(Vec::new()) };
    let mut certificate_ids = Vec::new();
    for offer in quote.offer.cover.iter().chain(&quote.offer.chosen_covers) {
        let contract = offer.master_contract_id;
        let wording = &offer.terms.wording;
        let read = accepted.iter().filter(|of| {
            of.document_version == wording.version && wording.clause(&of.code).is_some()
        });
        for of in read {
            let whose = (entered.tenant.id, contract);
            certificates::acknowledge(tx, whose, &chosen::acknowledgement(of)).await?;
        }
        let of = (subscription.id, contract);
        let certificate = match &offer.choice {
            None => cover::issue(ctx, tx, entered, of.0, of.1).await?,
            Some(choice) => {
                let chosen = cover::Chosen {
                    partner_id: choice.partner_id,
                    consent: chosen::consented(offer, accepted),
                    carriers: chosen::carriers(card, subscription, offer),
                };
                cover::issue_chosen(ctx, tx, entered, of, chosen).await?
            }
        };
        certificate_ids.push(certificate.id);
    }
    Ok(certificate_ids)
}

/// The version of the prices that the quote was made with; with another content it is not the same.
fn card_of<'a>(cards: &'a Cards, quote: &Quote) -> Result<&'a RateCard, Problem> {
    let pinned = &quote.offer.priced.rate_card;
    cards.pinned(pinned).ok_or_else(|| {
        let text = format!("the rate card `{pinned}` that the quote was made with is not loaded");
        Problem::new(Reason::RateCardNotFound, text).with("hash", &pinned.hash)
    })
}

/// Everything that has to be read was accepted, in the version that was offered.
fn everything_read(quote: &Quote, accepted: &[AcceptedText]) -> Result<(), Problem> {
    let missing: Vec<_> = quote
        .offer
        .priced
        .acknowledgements
        .iter()
        .filter(|needed| needed.required)
        .filter(|needed| {
            !accepted
                .iter()
                .any(|of| of.code == needed.code && of.document_version == needed.document_version)
        })
        .map(|needed| Violation {
            field: "acknowledgements".to_owned(),
            description: format!(
                "`{}` of `{}` must be read and accepted",
                needed.code, needed.document_version
            ),
        })
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(Problem::all_invalid(missing)) }
}

/// Nothing was accepted before it was shown, and nothing in the future.
fn nothing_to_come(accepted: &[AcceptedText], now: Timestamp) -> Result<(), Problem> {
    let wrong: Vec<_> = accepted
        .iter()
        .enumerate()
        .filter(|(_, of)| of.shown_at > of.accepted_at || of.accepted_at > now)
        .map(|(at, _)| Violation {
            field: format!("acknowledgements[{at}].acknowledged_at"),
            description: "must not be before it was shown, nor in the future".to_owned(),
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::all_invalid(wrong)) }
}

fn opened(
    ctx: &Context,
    entered: &Entered,
    card: &RateCard,
    (quote, id, start_on): (&Quote, SubscriptionId, Option<CivilDate>),
) -> Subscription {
    let priced = &quote.offer.priced;
    let items = priced
        .selection
        .iter()
        .map(|selected| (ctx.ids.next::<ItemId>(), selected.clone()))
        .collect();
    let then = if card.trial_until.is_some() { AfterTrial::Ends } else { AfterTrial::Paid };
    let draft = SubscriptionDraft {
        id,
        tenant_id: quote.tenant_id,
        partner_id: quote.partner_id,
        quote_id: quote.id,
        items,
        rate_card: priced.rate_card.clone(),
        cycle: card.cycle,
        start_on: start_on.unwrap_or(priced.start_on),
        trial: priced.trial_until.map(|until| Trial { until, then }),
        minimum_term_months: priced.minimum_term_months,
        discounts: priced.discounts.clone(),
    };
    let payers = priced.payers.iter().filter_map(|payer| payer.terms.clone()).collect();
    Subscription::open(draft, entered.now).with_payers(payers)
}

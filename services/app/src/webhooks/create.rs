//! Registers an address that events are sent to.

use serde_json::json;
use tasuki_core::id::PartnerId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_core::webhook::{
    AddressRules, Endpoint, EndpointState, MOST_ENDPOINTS, Secret, SigningKey, check_topics,
};
use tasuki_store::webhooks::{FIRST_VERSION, Stored};
use tasuki_store::{Tx, outbox, partners, webhooks};

use super::door::{self, Sees};
use super::{Made, WithSecret};
use crate::call::Call;
use crate::context::{Context, News};

/// An endpoint that is to be registered.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Whose tenants' events it gets; left out by a partner, or by the operator for all events.
    pub partner_id: Option<PartnerId>,
    /// Where to.
    pub url: String,
    /// Which topics, `quote.*` for all of a noun; all if empty.
    pub topics: Vec<String>,
    /// What people call it.
    pub description: String,
}

/// Registers an endpoint. It gets what happens from now on.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PARTNER_NOT_FOUND`, `WEBHOOK_ADDRESS_REFUSED`, `TOO_MANY_WEBHOOK_ENDPOINTS`; `REQUEST_INVALID`
/// for a topic that there is not.
pub async fn create_endpoint(
    ctx: &Context,
    call: &Call,
    new: NewEndpoint,
    rules: &AddressRules,
    key: SigningKey,
) -> Result<WithSecret, Problem> {
    let sees = door::enter(ctx, call)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(made) = call.first_answer::<Made>(&tx, now).await? {
        return repeat(&tx, sees, made, now).await;
    }
    let partner_id = owner(&tx, sees, new.partner_id).await?;
    must_be_allowed(rules, &new.url)?;
    check_topics("topics", &new.topics)?;
    if webhooks::count(&tx, partner_id).await? >= MOST_ENDPOINTS {
        let text = format!("there are {MOST_ENDPOINTS} endpoints already: no more are allowed");
        let problem = Problem::new(Reason::TooManyWebhookEndpoints, text);
        return Err(problem.with("most", MOST_ENDPOINTS));
    }

    let endpoint = Endpoint {
        id: ctx.ids.next(),
        partner_id,
        url: new.url,
        topics: new.topics,
        description: new.description,
        state: EndpointState::Active,
        created_at: now,
        updated_at: now,
    };
    let secret = Secret { id: ctx.ids.next(), key, created_at: now, valid_until: None };
    let after_seq = outbox::end(&tx).await?.seq;
    webhooks::insert(&tx, &endpoint, after_seq).await?;
    webhooks::insert_secret(&tx, endpoint.id, &secret).await?;
    let payload = json!({ "partner_id": partner_id });
    let news = News::new("webhook_endpoint.created", endpoint.id, payload);
    ctx.tell_scheme(&tx, now, news).await?;
    call.remember(&tx, &Made { endpoint: endpoint.id, secret: secret.id }).await?;

    tx.commit().await?;
    let progress = tasuki_core::webhook::Progress::at(after_seq);
    let stored = Stored { endpoint, version: FIRST_VERSION, progress };
    Ok(WithSecret { stored, secret: Some(secret) })
}

/// What a repeat gets: the endpoint as it is now, and the same secret while it is used.
pub(super) async fn repeat(
    tx: &Tx,
    sees: Sees,
    made: Made,
    now: Timestamp,
) -> Result<WithSecret, Problem> {
    let stored = sees.get(tx, made.endpoint).await?;
    let secrets = webhooks::secrets(tx, made.endpoint, now).await?;
    let secret = secrets.into_iter().find(|secret| secret.id == made.secret);
    Ok(WithSecret { stored, secret })
}

/// Refuses an address that events may not be sent to.
pub(super) fn must_be_allowed(rules: &AddressRules, url: &str) -> Result<(), Problem> {
    rules.target(url).map(drop).map_err(|refusal| {
        Problem::new(Reason::WebhookAddressRefused, format!("`url`: {refusal}"))
            .with("why", refusal.code())
            .violating("url", refusal.to_string())
    })
}

async fn owner(
    tx: &Tx,
    sees: Sees,
    named: Option<PartnerId>,
) -> Result<Option<PartnerId>, Problem> {
    let missing = |id: PartnerId| Problem::not_found(Reason::PartnerNotFound, id);
    match (sees, named) {
        (Sees::Partner(own), Some(other)) if own != other => Err(missing(other)),
        (Sees::Partner(own), _) => Ok(Some(own)),
        (Sees::Everybody, None) => Ok(None),
        (Sees::Everybody, Some(id)) => {
            partners::get(tx, id).await?.ok_or_else(|| missing(id))?;
            Ok(Some(id))
        }
    }
}

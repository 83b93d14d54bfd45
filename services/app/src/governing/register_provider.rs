//! Makes a provider known, so that orders can be sent to it.

use tasuki_core::calendar;
use tasuki_core::id::{PartnerId, ProviderId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::tenant::Provider;
use tasuki_store::{StoreError, partners, providers};

use crate::call::Call;
use crate::context::Context;

/// A provider that is to be known.
#[derive(Debug, Clone)]
pub struct NewProvider {
    /// Its short permanent name; the id is derived from it.
    pub name: String,
    /// The URL of its server of the provider contract.
    pub endpoint: String,
    /// What it serves.
    pub services: Vec<Service>,
    /// The partner behind it.
    pub partner_id: Option<PartnerId>,
    /// The share of the fees that it gets for its services.
    pub fee_rate: Option<Rate>,
    /// The service calendar within which its people come on site; none for any time.
    pub visit_calendar: Option<String>,
}

/// Makes a provider known.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `PROVIDER_EXISTS` if the name is taken; `PARTNER_NOT_FOUND`, `CALENDAR_NOT_FOUND`.
pub async fn register_provider(
    ctx: &Context,
    call: &Call,
    new: NewProvider,
) -> Result<Provider, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }
    if let Some(partner) = new.partner_id
        && partners::get(&tx, partner).await?.is_none()
    {
        return Err(Problem::not_found(Reason::PartnerNotFound, partner));
    }

    check_calendar(new.visit_calendar.as_deref())?;

    let provider = Provider {
        id: ProviderId::of_code(&new.name),
        name: new.name,
        services: new.services,
        endpoint: new.endpoint,
        partner_id: new.partner_id,
        fee_rate: new.fee_rate,
        paused: false,
        visit_calendar: new.visit_calendar,
        created_at: now,
    };
    match providers::insert(&tx, &provider).await {
        Ok(()) => {}
        Err(StoreError::Duplicate(_)) => {
            let text = format!("a provider called `{}` is registered already", provider.name);
            return Err(Problem::new(Reason::ProviderExists, text).with("id", provider.id));
        }
        Err(error) => return Err(error.into()),
    }
    call.remember(&tx, &provider).await?;

    tx.commit().await?;
    Ok(provider)
}

/// Whether there is a service calendar of that name.
pub(super) fn check_calendar(name: Option<&str>) -> Result<(), Problem> {
    let Some(name) = name else { return Ok(()) };
    match calendar::named(name) {
        Ok(_) => Ok(()),
        Err(error) => {
            let text =
                format!("`visit_calendar`: {error}; there are {}", calendar::NAMES.join(", "));
            Err(Problem::new(Problem::from(error).reason(), text).with("calendar", name))
        }
    }
}

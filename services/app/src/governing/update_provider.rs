//! Changes what is known about a provider, or keeps new work back from it.

use serde_json::json;
use tasuki_core::id::ProviderId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::tenant::Provider;
use tasuki_store::providers;

use super::register_provider::check_calendar;
use crate::call::Call;
use crate::context::{Context, News};

/// A change of a provider; what is left out stays as it is.
#[derive(Debug, Clone)]
pub struct ProviderChange {
    /// The provider.
    pub provider_id: ProviderId,
    /// The state that the caller has read.
    pub etag: String,
    /// New URL of its server of the provider contract.
    pub endpoint: Option<String>,
    /// Whether new work is kept back from it.
    pub paused: Option<bool>,
    /// New services, in place of the old ones as a whole.
    pub services: Option<Vec<Service>>,
    /// New service calendar of its visits; an empty name for any time.
    pub visit_calendar: Option<String>,
}

/// Changes a provider. What is under way goes on, at the new address if there is one.
///
/// A change that changes nothing makes no event.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`, `ETAG_MISMATCH`, `CALENDAR_NOT_FOUND`.
pub async fn update_provider(
    ctx: &Context,
    call: &Call,
    change: ProviderChange,
) -> Result<Provider, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }

    let id = change.provider_id;
    let before = providers::lock(&tx, id).await?;
    let before = before.ok_or_else(|| Problem::not_found(Reason::ProviderNotFound, id))?;
    let current = before.etag();
    if change.etag != current {
        let text = format!("the provider was changed since it was read: its etag is `{current}`");
        return Err(Problem::new(Reason::EtagMismatch, text).with("etag", current));
    }
    let (next, changed) = changed(&before, change);
    check_calendar(next.visit_calendar.as_deref())?;
    if !changed.is_empty() {
        providers::update(&tx, &next).await?;
        let payload = json!({ "changed": changed, "by": call.principal.subject });
        ctx.tell_scheme(&tx, now, News::new("provider.updated", id, payload)).await?;
    }
    call.remember(&tx, &next).await?;

    tx.commit().await?;
    Ok(next)
}

/// The provider after the change, and the names of what differs.
fn changed(before: &Provider, change: ProviderChange) -> (Provider, Vec<&'static str>) {
    let kept = before.clone();
    let next = Provider {
        endpoint: change.endpoint.unwrap_or(kept.endpoint),
        paused: change.paused.unwrap_or(kept.paused),
        services: change.services.unwrap_or(kept.services),
        visit_calendar: match change.visit_calendar {
            Some(name) => (!name.is_empty()).then_some(name),
            None => kept.visit_calendar,
        },
        ..kept
    };
    let differs = [
        ("endpoint", next.endpoint != before.endpoint),
        ("paused", next.paused != before.paused),
        ("services", next.services != before.services),
        ("visit_calendar", next.visit_calendar != before.visit_calendar),
    ];
    let names = differs.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    (next, names)
}

//! Messages about tenants into commands, and back.

use tasuki_app::governing::{
    Advanced, EventList, NewTenant, StartAt, StoredEvent, TenantChange, TenantList, TenantView,
    WatchEvents,
};
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_proto::tenant::v1 as proto;

use crate::{fields, profiles, words};

pub(crate) fn new_tenant(message: proto::CreateTenantRequest) -> Result<NewTenant, Problem> {
    let profile = message.profile.map(|of| profiles::from_proto("profile", of)).transpose()?;
    not_blank("name", &message.name)?;
    Ok(NewTenant {
        partner_id: fields::optional_id("partner_id", &message.partner_id)?,
        partner_reference: message.partner_reference,
        name: message.name,
        name_en: message.name_en,
        zone: fields::zone("zone", &message.zone)?,
        profile: profile.unwrap_or_default(),
        simulated_clock_start: fields::optional_timestamp(
            "simulated_clock_start",
            message.simulated_clock_start,
        )?,
    })
}

pub(crate) fn change(message: proto::UpdateTenantRequest) -> Result<TenantChange, Problem> {
    if let Some(name) = &message.name {
        not_blank("name", name)?;
    }
    Ok(TenantChange {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        etag: message.etag,
        name: message.name,
        name_en: message.name_en,
        profile: message.profile.map(|of| profiles::from_proto("profile", of)).transpose()?,
        partner_reference: message.partner_reference,
    })
}

pub(crate) fn list(message: &proto::ListTenantsRequest) -> Result<TenantList, Problem> {
    Ok(TenantList {
        partner_id: fields::optional_id("partner_id", &message.partner_id)?,
        partner_reference: fields::optional_text(message.partner_reference.clone()),
    })
}

pub(crate) fn advance(
    message: &proto::AdvanceClockRequest,
) -> Result<(TenantId, Timestamp), Problem> {
    let id = fields::id("tenant_id", &message.tenant_id)?;
    Ok((id, fields::timestamp("to", message.to)?))
}

pub(crate) fn events(message: &proto::ListEventsRequest) -> Result<EventList, Problem> {
    let (occurred_from, occurred_before) = fields::bounds("occurred", message.occurred)?;
    Ok(EventList {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        topics: message.topics.clone(),
        subject: fields::optional_text(message.subject.clone()),
        occurred_from,
        occurred_before,
    })
}

pub(crate) fn watch(message: proto::WatchEventsRequest) -> Result<WatchEvents, Problem> {
    let start = match (message.resume_token.as_str(), message.from_beginning) {
        ("", true) => StartAt::Beginning,
        ("", false) => StartAt::Now,
        (_, _) => StartAt::After(message.resume_token),
    };
    Ok(WatchEvents {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        topics: message.topics,
        start,
    })
}

pub(crate) fn tenant(view: &TenantView) -> proto::Tenant {
    let tenant = &view.tenant;
    let profile = &tenant.profile;
    proto::Tenant {
        id: tenant.id.to_string(),
        partner_id: tenant.partner_id.to_string(),
        name: tenant.name.clone(),
        name_en: tenant.name_en.clone(),
        industry: tenant.industry().to_owned(),
        employees: profile.employees.and_then(|n| i32::try_from(n).ok()).unwrap_or_default(),
        sites: profile.sites.iter().map(profiles::site).collect(),
        zone: tenant.zone.name().to_owned(),
        memberships: profile.memberships.iter().map(profiles::membership).collect(),
        profile: Some(profiles::to_proto(profile)),
        clock_at: tenant.clock_at.map(words::timestamp),
        created_at: Some(words::timestamp(tenant.created_at)),
        updated_at: Some(words::timestamp(tenant.updated_at)),
        etag: view.etag(),
        partner_reference: tenant.partner_reference.clone(),
        sponsors: profile.sponsors.iter().map(profiles::sponsor).collect(),
    }
}

pub(crate) fn advanced(advanced: &Advanced) -> proto::AdvanceClockResponse {
    proto::AdvanceClockResponse {
        tenant: Some(tenant(&advanced.tenant)),
        n_jobs: i32::try_from(advanced.n_stops).unwrap_or(i32::MAX),
        next_due_at: advanced.next_due_at.map(words::timestamp),
        ..proto::AdvanceClockResponse::default()
    }
}

pub(crate) fn event(event: &StoredEvent) -> proto::Event {
    proto::Event {
        id: event.id.to_string(),
        tenant_id: event.tenant.map(|id| id.to_string()).unwrap_or_default(),
        topic: event.topic.clone(),
        subject: event.subject.clone(),
        occurred_at: Some(words::timestamp(event.occurred_at)),
        payload_json: event.payload.to_string(),
        sequence: event.seq,
    }
}

fn not_blank(field: &str, text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::invalid(field, "must not be blank"));
    }
    Ok(())
}

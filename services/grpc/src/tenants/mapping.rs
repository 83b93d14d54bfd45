//! Messages about tenants into commands, and back.

use tasuki_app::governing::StoredEvent;
use tasuki_app::governing::{Advanced, NewTenant};
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_core::tenant::{Membership, Site, Tenant};
use tasuki_core::time::Timestamp;
use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::types::v1::DayPeriod;

use crate::{fields, words};

pub(crate) fn new_tenant(message: proto::CreateTenantRequest) -> Result<NewTenant, Problem> {
    let profile = message.profile.unwrap_or_default();
    let employees = profile
        .employees
        .map(u32::try_from)
        .transpose()
        .map_err(|_| Problem::invalid("profile.employees", "must not be negative"))?;
    Ok(NewTenant {
        partner_id: fields::optional_id("partner_id", &message.partner_id)?,
        name: message.name,
        name_en: message.name_en,
        industry: profile.industry.unwrap_or_default(),
        employees,
        zone: fields::zone("zone", &message.zone)?,
        sites: profile.sites.into_iter().map(site_from).collect(),
        memberships: profile
            .memberships
            .into_iter()
            .map(membership_from)
            .collect::<Result<_, _>>()?,
        simulated_clock_start: fields::optional_timestamp(
            "simulated_clock_start",
            message.simulated_clock_start,
        )?,
    })
}

pub(crate) fn advance(
    message: &proto::AdvanceClockRequest,
) -> Result<(TenantId, Timestamp), Problem> {
    let id = fields::id("tenant_id", &message.tenant_id)?;
    Ok((id, fields::timestamp("to", message.to)?))
}

pub(crate) fn tenant(tenant: &Tenant) -> proto::Tenant {
    proto::Tenant {
        id: tenant.id.to_string(),
        partner_id: tenant.partner_id.to_string(),
        name: tenant.name.clone(),
        name_en: tenant.name_en.clone(),
        industry: tenant.industry.clone(),
        employees: tenant.employees.and_then(|n| i32::try_from(n).ok()).unwrap_or_default(),
        sites: tenant.sites.iter().map(site).collect(),
        zone: tenant.zone.name().to_owned(),
        memberships: tenant.memberships.iter().map(membership).collect(),
        clock_at: tenant.clock_at.map(words::timestamp),
        created_at: Some(words::timestamp(tenant.created_at)),
        ..proto::Tenant::default()
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

fn site_from(site: proto::Site) -> Site {
    let remote_island = site.remote_island.unwrap_or(false);
    Site { name: site.name, prefecture: site.prefecture, remote_island }
}

fn site(site: &Site) -> proto::Site {
    proto::Site {
        code: String::new(),
        name: site.name.clone(),
        prefecture: site.prefecture.clone(),
        remote_island: Some(site.remote_island),
    }
}

fn membership_from(membership: proto::Membership) -> Result<Membership, Problem> {
    let valid = membership.valid.unwrap_or_default();
    Ok(Membership {
        association: membership.association,
        valid_from: fields::optional_day("profile.memberships.valid.start", valid.start)?,
        valid_to: fields::optional_day("profile.memberships.valid.end", valid.end)?,
    })
}

fn membership(membership: &Membership) -> proto::Membership {
    proto::Membership {
        association: membership.association.clone(),
        valid: Some(DayPeriod {
            start: membership.valid_from.map(words::day),
            end: membership.valid_to.map(words::day),
        }),
        evidence: String::new(),
    }
}

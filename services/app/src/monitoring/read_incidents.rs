//! Reads incidents.

use tasuki_core::escalation::Rung;
use tasuki_core::id::{DecisionId, IncidentId, TenantId};
use tasuki_core::incident::Phase;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::incidents::{self, Answered, Filter, Openness, Place, Stored};
use tasuki_store::{claims, decisions};

use super::IncidentView;
use super::open_incident::view;
use super::scene::Scene;
use super::scope;
use super::token::{Parts, token};
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Which incidents are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentList {
    /// Of this tenant; left out, of all that the caller may see.
    pub tenant_id: Option<TenantId>,
    /// In one of these phases; none: in any.
    pub phases: Vec<Phase>,
    /// On this rung.
    pub rung: Option<Rung>,
    /// Of whatever acknowledgement, or only those that nobody has.
    pub answered: Answered,
    /// Of whatever phase, or only those that are not closed.
    pub openness: Openness,
    /// Opened at or after this instant.
    pub opened_from: Option<Timestamp>,
    /// Opened before this instant.
    pub opened_until: Option<Timestamp>,
}

/// One incident with its history.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `INCIDENT_NOT_FOUND`.
pub async fn get_incident(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: IncidentId,
) -> Result<IncidentView, Problem> {
    let tx = ctx.store.begin_read().await?;
    let scene = Scene::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let stored = incidents::get(&tx, tenant, id).await?;
    let stored = stored.ok_or_else(|| Problem::not_found(Reason::IncidentNotFound, id))?;
    view(&scene, stored.incident, stored.version).await
}

/// Incidents, the worst first, then the longest open.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_incidents(
    ctx: &Context,
    call: &Call,
    wanted: &IncidentList,
    request: &PageRequest,
) -> Result<Page<IncidentView>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let filter = Filter {
        scope: scope::of_list(ctx, &tx, call, wanted.tenant_id).await?,
        phases: wanted.phases.clone(),
        rung: wanted.rung,
        answered: wanted.answered,
        openness: wanted.openness,
        opened_from: wanted.opened_from,
        opened_until: wanted.opened_until,
    };
    let after = request.after.as_deref().map(place).transpose()?;
    let rows = incidents::list(&tx, &filter, after.as_ref(), request.to_read()).await?;
    let ids: Vec<DecisionId> = rows.iter().filter_map(|row| row.incident.decision_id).collect();
    let decisions = decisions::by_ids(&tx, &ids).await?;
    let ids: Vec<IncidentId> = rows.iter().map(|row| row.incident.id).collect();
    let mut claims = claims::of_incidents(&tx, filter.scope, &ids).await?;
    let page = request.page(rows, |row| {
        let incident = &row.incident;
        let at = incident.opened_at.as_microseconds();
        token(&[&incident.severity, &at, &incident.id])
    });
    let rows = page.rows.into_iter().map(|Stored { incident, version }| {
        let decision = incident.decision_id.and_then(|id| decisions.get(&id).cloned());
        let claim_ids = claims.remove(&incident.id).unwrap_or_default();
        IncidentView { incident, decision, claim_ids, version }
    });
    Ok(Page { rows: rows.collect(), next: page.next })
}

/// An incident of the tenant that is to be changed.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`.
pub(crate) async fn lock(scene: &Scene<'_>, id: IncidentId) -> Result<Stored, Problem> {
    let stored = incidents::lock(scene.tx, scene.tenant_id(), id).await?;
    stored.ok_or_else(|| Problem::not_found(Reason::IncidentNotFound, id))
}

fn place(text: &str) -> Result<Place, Problem> {
    let mut parts = Parts::of(text);
    Ok(Place {
        severity: parts.next()?,
        opened_at: Timestamp::from_microseconds(parts.next()?)?,
        id: parts.last()?,
    })
}

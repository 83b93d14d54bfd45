//! Says that an incident is solved.

use tasuki_core::id::{IncidentId, TenantId};
use tasuki_core::incident::{AfterResolution, for_resolution};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::text::Text;
use tasuki_store::incidents;

use super::open_incident::view;
use super::read_incidents::lock;
use super::scene::Scene;
use super::{IncidentView, etag};
use crate::call::Call;
use crate::context::Context;

/// How an incident ended.
#[derive(Debug, Clone)]
pub struct ResolveIncident {
    /// Whose incident.
    pub tenant_id: TenantId,
    /// The incident.
    pub incident_id: IncidentId,
    /// Whether it was a security incident in the end.
    pub security_incident: bool,
    /// What it was and what was done, for the customer.
    pub summary: Text,
    /// What to do so that it does not happen again.
    pub prevention: Option<Text>,
    /// What follows.
    pub then: AfterResolution,
    /// The version that was read; empty for whatever.
    pub etag: String,
}

/// Says that an incident is solved; it goes to review or is closed. What was not said to anybody yet
/// is not said any more; a customer who knew of it is told that it is solved.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`; `INCIDENT_STATE` when it is closed; `ETAG_MISMATCH`.
pub async fn resolve_incident(
    ctx: &Context,
    call: &Call,
    command: ResolveIncident,
) -> Result<IncidentView, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, command.tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    let stored = lock(&scene, command.incident_id).await?;
    etag::check(&command.etag, stored.version)?;

    let mut incident = stored.incident;
    let said = (command.security_incident, command.summary, command.prevention);
    let event = incident.resolve(said, command.then, &scene.deed())?;
    let version = incidents::save(&tx, &incident, stored.version).await?;
    scene.tell(&incident, &[event]).await?;
    if let Some(message) = for_resolution(&incident) {
        scene.notify_solved(&incident, message).await?;
    }
    let answer = view(&scene, incident, version).await?;
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

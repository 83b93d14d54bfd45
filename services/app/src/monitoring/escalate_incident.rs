//! A person takes an incident up the ladder.

use tasuki_core::escalation::Rung;
use tasuki_core::id::{IncidentId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_store::incidents;

use super::open_incident::view;
use super::read_incidents::lock;
use super::scene::Scene;
use super::{IncidentView, etag};
use crate::call::Call;
use crate::context::Context;

/// Where an incident is to go.
#[derive(Debug, Clone)]
pub struct EscalateIncident {
    /// Whose incident.
    pub tenant_id: TenantId,
    /// The incident.
    pub incident_id: IncidentId,
    /// To a rung above the present one; left out, the next.
    pub to: Option<Rung>,
    /// Why.
    pub reason: String,
    /// The version that was read; empty for whatever.
    pub etag: String,
}

/// Takes an incident up the ladder.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`; `LADDER_TOP`; `INCIDENT_STATE` when it is solved; `ETAG_MISMATCH`.
pub async fn escalate_incident(
    ctx: &Context,
    call: &Call,
    command: EscalateIncident,
) -> Result<IncidentView, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, command.tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    let stored = lock(&scene, command.incident_id).await?;
    etag::check(&command.etag, stored.version)?;

    let mut incident = stored.incident;
    let event = incident.escalate(command.to, command.reason, scene.deed())?;
    let version = incidents::save(&tx, &incident, stored.version).await?;
    scene.tell(&incident, &[event]).await?;
    let answer = view(&scene, incident, version).await?;
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

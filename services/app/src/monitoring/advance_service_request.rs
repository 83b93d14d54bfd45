//! Moves a service request on.

use tasuki_core::id::{IncidentId, ProviderId, TenantId};
use tasuki_core::incident::RequestCommand;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_store::incidents;

use super::open_incident::view;
use super::read_incidents::lock;
use super::scene::Scene;
use super::{IncidentView, etag};
use crate::call::Call;
use crate::context::Context;

/// Where a service request is to go.
#[derive(Debug, Clone)]
pub struct AdvanceServiceRequest {
    /// Whose incident.
    pub tenant_id: TenantId,
    /// The incident.
    pub incident_id: IncidentId,
    /// The request's number within the incident.
    pub number: u32,
    /// What is asked of it.
    pub command: RequestCommand,
    /// Who does it from now on; left out, as before.
    pub provider_id: Option<ProviderId>,
    /// What happened.
    pub note: String,
    /// The version that was read; empty for whatever.
    pub etag: String,
}

/// Moves a service request on.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`; `PREREQUISITE_MISSING`; `SERVICE_REQUEST_STATE`; `ETAG_MISMATCH`.
pub async fn advance_service_request(
    ctx: &Context,
    call: &Call,
    command: AdvanceServiceRequest,
) -> Result<IncidentView, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, command.tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    let stored = lock(&scene, command.incident_id).await?;
    etag::check(&command.etag, stored.version)?;

    let mut incident = stored.incident;
    let deed = scene.deed();
    let AdvanceServiceRequest { number, command, provider_id, note, .. } = command;
    let event = incident.advance_request(number, command, provider_id, (note, &deed))?;
    let version = incidents::save(&tx, &incident, stored.version).await?;
    scene.tell(&incident, &[event]).await?;
    let answer = view(&scene, incident, version).await?;
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

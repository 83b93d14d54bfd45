//! Opens a workflow with prerequisites, such as data recovery.

use tasuki_core::id::{IncidentId, ProviderId, TenantId};
use tasuki_core::incident::RequestKind;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_store::incidents;

use super::IncidentView;
use super::open_incident::view;
use super::read_incidents::lock;
use super::scene::Scene;
use crate::call::Call;
use crate::context::Context;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct OpenServiceRequest {
    /// Whose incident.
    pub tenant_id: TenantId,
    /// The incident.
    pub incident_id: IncidentId,
    /// What is asked for.
    pub kind: RequestKind,
    /// Who shall do it; left out, the operator chooses later.
    pub provider_id: Option<ProviderId>,
    /// What the provider should know.
    pub note: String,
}

/// Opens a service request; it is blocked while a prerequisite is missing (DRC-01). It is the last
/// of the incident.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`; `INCIDENT_STATE` when the incident is closed.
pub async fn open_service_request(
    ctx: &Context,
    call: &Call,
    command: OpenServiceRequest,
) -> Result<IncidentView, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, command.tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    let stored = lock(&scene, command.incident_id).await?;

    let mut incident = stored.incident;
    let OpenServiceRequest { kind, provider_id, note, .. } = command;
    let event = incident.open_request(kind, provider_id, note, &scene.deed())?;
    let version = incidents::save(&tx, &incident, stored.version).await?;
    scene.tell(&incident, &[event]).await?;
    let answer = view(&scene, incident, version).await?;
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

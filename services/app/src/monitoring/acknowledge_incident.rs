//! "I have it": the incident stops climbing by itself.

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

/// Takes an incident on.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`; `INCIDENT_STATE` when somebody has it already or it is solved;
/// `ETAG_MISMATCH`.
pub async fn acknowledge_incident(
    ctx: &Context,
    call: &Call,
    (tenant_id, incident_id): (TenantId, IncidentId),
    read_etag: &str,
) -> Result<IncidentView, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    let stored = lock(&scene, incident_id).await?;
    etag::check(read_etag, stored.version)?;

    let mut incident = stored.incident;
    let event = incident.acknowledge(scene.deed())?;
    let version = incidents::save(&tx, &incident, stored.version).await?;
    scene.tell(&incident, &[event]).await?;
    let answer = view(&scene, incident, version).await?;
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

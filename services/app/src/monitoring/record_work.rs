//! Records work that was done on an incident.

use tasuki_core::id::{IncidentId, TenantId};
use tasuki_core::incident::{Phase, WorkReport};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::{incidents, providers};

use super::open_incident::view;
use super::read_incidents::lock;
use super::scene::Scene;
use super::{IncidentView, etag};
use crate::call::Call;
use crate::context::Context;

/// What was done.
#[derive(Debug, Clone)]
pub struct RecordWork {
    /// Whose incident.
    pub tenant_id: TenantId,
    /// The incident.
    pub incident_id: IncidentId,
    /// The work.
    pub report: WorkReport,
    /// The phase after it; left out, as before.
    pub next_phase: Option<Phase>,
    /// The version that was read; empty for whatever.
    pub etag: String,
}

/// Records work, the phase after it, and what it opens the way for. Work that did not help takes
/// the incident one rung up. The work is the last of the incident.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`; `INCIDENT_STATE`; `PROVIDER_NOT_FOUND`; `ETAG_MISMATCH`.
pub async fn record_work(
    ctx: &Context,
    call: &Call,
    command: RecordWork,
) -> Result<IncidentView, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, command.tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    if let Some(provider) = command.report.provider_id
        && providers::get(&tx, provider).await?.is_none()
    {
        return Err(Problem::not_found(Reason::ProviderNotFound, provider));
    }
    let stored = lock(&scene, command.incident_id).await?;
    etag::check(&command.etag, stored.version)?;

    let mut incident = stored.incident;
    let events = incident.record_work(command.report, command.next_phase, &scene.deed())?;
    let version = incidents::save(&tx, &incident, stored.version).await?;
    scene.tell(&incident, &events).await?;
    let answer = view(&scene, incident, version).await?;
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

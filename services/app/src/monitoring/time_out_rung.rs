//! Nobody has taken an incident in time: it goes up.

use serde::{Deserialize, Serialize};
use tasuki_core::escalation::Rung;
use tasuki_core::id::{IncidentId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::incidents;
use tasuki_store::jobs::{self, Claimed};

use super::scene::Scene;
use crate::call::Call;
use crate::context::Context;

/// The timer of a rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungDue {
    /// Whose incident.
    pub tenant_id: TenantId,
    /// The incident.
    pub incident_id: IncidentId,
    /// The rung whose patience ends.
    pub rung: Rung,
}

/// Takes an incident up that nobody on this rung has acknowledged. A timer of a rung that was left,
/// or of an incident that somebody has or that is solved, does nothing.
///
/// # Errors
/// Of the store; the job is then tried again.
pub async fn time_out_rung(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let due: RungDue = job.payload()?;
    let tx = ctx.store.begin().await?;
    let call = Call::system();
    let scene = Scene::enter(ctx, &tx, &call, due.tenant_id, Permission::Respond).await?;

    if let Some(stored) = incidents::lock(&tx, due.tenant_id, due.incident_id).await? {
        let mut incident = stored.incident;
        match incident.time_out(due.rung, scene.deed()) {
            Ok(event) => {
                incidents::save(&tx, &incident, stored.version).await?;
                scene.tell(&incident, &[event]).await?;
            }
            Err(stale) if stale.reason() == Reason::IncidentState => {}
            Err(problem) => return Err(problem),
        }
    }

    jobs::complete(&tx, job, scene.now()).await?;
    tx.commit().await?;
    Ok(())
}

//! Records what the SOC says about an alert.

use tasuki_core::alert::{Judgement, NoAction, Verdict};
use tasuki_core::id::{AlertId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::{alerts, decisions};

use super::scene::Scene;
use super::{AlertView, etag, rows};
use crate::call::Call;
use crate::context::Context;

/// What the SOC says.
#[derive(Debug, Clone)]
pub struct RecordVerdict {
    /// Whose alert.
    pub tenant_id: TenantId,
    /// The alert.
    pub alert_id: AlertId,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// When the SOC looked at it; left out, now.
    pub reviewed_at: Option<Timestamp>,
    /// The version that was read; empty for whatever.
    pub etag: String,
}

/// Records a verdict. Action needed opens or joins an incident.
///
/// # Errors
/// `ALERT_NOT_FOUND`, `ALERT_STATE` when it belongs to an incident, `ETAG_MISMATCH`.
pub async fn record_verdict(
    ctx: &Context,
    call: &Call,
    command: RecordVerdict,
) -> Result<AlertView, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, command.tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    let stored = alerts::lock(&tx, command.tenant_id, command.alert_id).await?;
    let stored =
        stored.ok_or_else(|| Problem::not_found(Reason::AlertNotFound, command.alert_id))?;
    etag::check(&command.etag, stored.version)?;
    let given_at = command.reviewed_at.unwrap_or_else(|| scene.now());
    rows::not_in_future("reviewed_at", given_at, scene.now())?;

    let mut alert = stored.alert;
    let judgement = Judgement {
        given_by: scene.by.clone(),
        given_at,
        reason: command.reason,
        decision_id: None,
    };
    match command.verdict {
        Verdict::BlockedAuto => {
            settle(&scene, &mut alert, NoAction::BlockedAuto, judgement).await?;
        }
        Verdict::FalsePositive => {
            settle(&scene, &mut alert, NoAction::FalsePositive, judgement).await?;
        }
        Verdict::ActionNeeded => scene.act(&mut alert, judgement).await?,
    }
    let version = alerts::save(&tx, &alert, stored.version).await?;
    let triage = match alert.triage_id {
        Some(id) => decisions::get(&tx, id).await?,
        None => None,
    };
    let answer = AlertView { alert, triage, version };
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

async fn settle(
    scene: &Scene<'_>,
    alert: &mut tasuki_core::alert::Alert,
    verdict: NoAction,
    judgement: Judgement,
) -> Result<(), Problem> {
    let event = alert.settle(verdict, judgement)?;
    scene.tell_alert(alert, event).await
}

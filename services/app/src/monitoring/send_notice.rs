//! Lets a notice go out when its time has come.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::id::{IncidentId, NoticeId, TenantId};
use tasuki_core::notice::{Notice, NoticeEvent};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::{alerts, notices};

use super::scene::Scene;
use crate::call::Call;
use crate::context::{Context, News};

/// Tries before a notice counts as failed.
const MAX_ATTEMPTS: u32 = 8;

/// An incident tells the customer about so many of its alerts at once.
const ALERTS_OF_ONE_NOTICE: u64 = 1_000;

/// A notice whose time has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeDue {
    /// Whom it concerns.
    pub tenant_id: TenantId,
    /// The notice.
    pub notice_id: NoticeId,
}

/// The notice of a job, if it is still to be sent; otherwise the job is done.
///
/// # Errors
/// Of the store.
pub async fn due_notice(ctx: &Context, job: &Claimed) -> Result<Option<Notice>, Problem> {
    let due: NoticeDue = job.payload()?;
    let tx = ctx.store.begin().await?;
    let call = Call::system();
    let scene = Scene::enter(ctx, &tx, &call, due.tenant_id, Permission::Respond).await?;
    let stored = notices::lock(&tx, due.tenant_id, due.notice_id).await?;

    let open = stored.filter(|stored| !stored.notice.state.is_final());
    let notice = if let Some(stored) = open {
        let mut notice = stored.notice;
        notice.fall_due(scene.now())?;
        notices::save(&tx, &notice, stored.version).await?;
        Some(notice)
    } else {
        jobs::complete(&tx, job, scene.now()).await?;
        None
    };

    tx.commit().await?;
    Ok(notice)
}

/// Records that a notice went out.
///
/// # Errors
/// Of the store; the job is then tried again, and the receiver drops the repeat by the notice's id.
pub async fn notice_sent(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let due: NoticeDue = job.payload()?;
    let tx = ctx.store.begin().await?;
    let call = Call::system();
    let scene = Scene::enter(ctx, &tx, &call, due.tenant_id, Permission::Respond).await?;
    let stored = notices::lock(&tx, due.tenant_id, due.notice_id).await?;

    // One that was cancelled while it went out stays cancelled: both are true.
    if let Some(stored) = stored.filter(|stored| !stored.notice.state.is_final()) {
        let mut notice = stored.notice;
        let event = notice.deliver(scene.now())?;
        notices::save(&tx, &notice, stored.version).await?;
        tell(&scene, &notice, event).await?;
        if notice.tells_the_customer()
            && let Some(incident) = notice.incident_id
        {
            note_told(&scene, incident).await?;
        }
    }

    jobs::complete(&tx, job, scene.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether trying again is of any use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastTry {
    /// It is, until the tries are used up.
    No,
    /// It is not.
    Yes,
}

/// Records that a try failed; tells whether there will be another. After the last one the job is
/// done and the notice failed.
///
/// # Errors
/// Of the store.
pub async fn notice_failed(
    ctx: &Context,
    job: &Claimed,
    error: &str,
    last: LastTry,
) -> Result<bool, Problem> {
    let due: NoticeDue = job.payload()?;
    let tx = ctx.store.begin().await?;
    let call = Call::system();
    let scene = Scene::enter(ctx, &tx, &call, due.tenant_id, Permission::Respond).await?;
    let stored = notices::lock(&tx, due.tenant_id, due.notice_id).await?;

    let mut again = false;
    if let Some(stored) = stored.filter(|stored| !stored.notice.state.is_final()) {
        let mut notice = stored.notice;
        let most = match last {
            LastTry::No => MAX_ATTEMPTS,
            LastTry::Yes => 0,
        };
        let event = notice.fail(error, most, scene.now())?;
        notices::save(&tx, &notice, stored.version).await?;
        again = event == NoticeEvent::AttemptFailed;
        tell(&scene, &notice, event).await?;
    }
    if !again {
        jobs::complete(&tx, job, scene.now()).await?;
    }

    tx.commit().await?;
    Ok(again)
}

async fn tell(scene: &Scene<'_>, notice: &Notice, event: NoticeEvent) -> Result<(), Problem> {
    let topic = match event {
        NoticeEvent::Sent => "notice.sent",
        NoticeEvent::Failed => "notice.failed",
        NoticeEvent::AttemptFailed | NoticeEvent::FellDue | NoticeEvent::Cancelled => return Ok(()),
    };
    let payload = json!({
        "incident_id": notice.incident_id,
        "subject_id": notice.subject_id,
        "channel": notice.channel,
        "audience": notice.audience,
        "n_attempts": notice.n_attempts,
    });
    let news = News::new(topic, notice.id, payload);
    Ok(scene.ctx.tell(scene.tx, scene.entered.when(), news).await?)
}

/// The customer now knows of the incident's alerts.
async fn note_told(scene: &Scene<'_>, incident: IncidentId) -> Result<(), Problem> {
    let (tx, tenant) = (scene.tx, scene.tenant_id());
    for id in alerts::of_incident(tx, tenant, incident, ALERTS_OF_ONE_NOTICE).await? {
        if let Some(mut stored) = alerts::lock(tx, tenant, id).await?
            && stored.alert.notified_at.is_none()
        {
            stored.alert.notified_at = Some(scene.now());
            alerts::save(tx, &stored.alert, stored.version).await?;
        }
    }
    Ok(())
}

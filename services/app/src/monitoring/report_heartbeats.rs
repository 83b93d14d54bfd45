//! Takes in signs of life.

use serde_json::json;
use tasuki_core::alert::{AlertKind, Judgement, NoAction};
use tasuki_core::heartbeat::Heartbeat;
use tasuki_core::id::{ItemId, JobId, ProviderId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_store::heartbeats::{self, Watch};
use tasuki_store::jobs::{self, Lane, NewJob};
use tasuki_store::{Tx, alerts};

use super::check_heartbeat::SilenceDue;
use super::rows::{self, RowAnswer, RowOutcome};
use super::scene::Scene;
use crate::call::Call;
use crate::context::{Context, News};

/// A device has few alerts that wait for a verdict about its silence.
const AWAITING_ALERTS: u64 = 100;

/// A sign of life as a provider reports it.
#[derive(Debug, Clone)]
pub struct HeartbeatRow {
    /// Whose device it is; may be left out when the instance says it.
    pub tenant_id: Option<TenantId>,
    /// The provider's instance of the service.
    pub instance_id: Option<ItemId>,
    /// The service it belongs to.
    pub service: Service,
    /// The provider's id of the device or endpoint.
    pub device_id: String,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// Version of the agent or firmware.
    pub agent_version: Option<String>,
    /// Whether a bypass rule is active.
    pub bypass_active: Option<bool>,
}

/// Takes in signs of life, each answered by itself. A device that came back ends its offline alert.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`, and problems of the server: then nothing was taken in.
pub async fn report_heartbeats(
    ctx: &Context,
    call: &Call,
    provider_id: ProviderId,
    rows: Vec<Result<HeartbeatRow, RowAnswer>>,
) -> Result<Vec<RowAnswer>, Problem> {
    rows::own_provider(ctx, call, provider_id)?;
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }

    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        answers.push(match row {
            Err(refused) => refused,
            Ok(row) => {
                let taken = take_in(ctx, &tx, call, (provider_id, row)).await;
                rows::answer(taken.map(|outcome| RowAnswer::of(outcome, "")))?
            }
        });
    }
    call.remember(&tx, &answers).await?;

    tx.commit().await?;
    Ok(answers)
}

async fn take_in(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    (provider_id, row): (ProviderId, HeartbeatRow),
) -> Result<RowOutcome, Problem> {
    let named = (row.tenant_id, row.instance_id);
    let tenant_id = rows::tenant_of(tx, provider_id, named).await?;
    let scene = Scene::enter(ctx, tx, call, tenant_id, Permission::Report).await?;
    rows::not_in_future("last_seen_at", row.last_seen_at, scene.now())?;
    let heartbeat = Heartbeat {
        tenant_id,
        instance_id: row.instance_id,
        provider_id,
        service: row.service,
        device_id: row.device_id,
        last_seen_at: row.last_seen_at,
        agent_version: row.agent_version,
        bypass_active: row.bypass_active,
    };
    let is_new = heartbeats::keep(tx, &heartbeat, scene.now()).await?;
    let before = watch(&scene, &heartbeat).await?;
    if before == Before::Offline {
        came_back(&scene, &heartbeat).await?;
    }
    end_awaiting(&scene, &heartbeat).await?;
    let taken = is_new && before != Before::Later;
    Ok(if taken { RowOutcome::Accepted } else { RowOutcome::Repeated })
}

/// How a device stood before a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Never seen, or seen earlier.
    Earlier,
    /// A check had found it offline.
    Offline,
    /// It was seen later: the report is late or repeated.
    Later,
}

/// Notes when a device was last seen, and makes sure that its silence will be noticed: one check is
/// pending for each watched device, however often it reports.
///
/// # Errors
/// Of the store.
pub(crate) async fn watch(scene: &Scene<'_>, heartbeat: &Heartbeat) -> Result<Before, Problem> {
    let (tx, tenant) = (scene.tx, heartbeat.tenant_id);
    let known = heartbeats::lock(tx, tenant, heartbeat.service, &heartbeat.device_id).await?;
    if let Some(known) = &known
        && known.heartbeat.last_seen_at >= heartbeat.last_seen_at
    {
        return Ok(Before::Later);
    }
    let watch = known.map(|known| known.watch);
    if !heartbeat.is_watched() {
        heartbeats::put(tx, heartbeat, Watch::Unwatched).await?;
        return Ok(Before::Earlier);
    }
    heartbeats::put(tx, heartbeat, Watch::Checking).await?;
    if watch != Some(Watch::Checking) {
        enqueue_check(scene, heartbeat).await?;
    }
    Ok(if watch == Some(Watch::Offline) { Before::Offline } else { Before::Earlier })
}

/// Looks again when the silence since this sign of life has lasted long enough.
///
/// # Errors
/// Of the store.
pub(crate) async fn enqueue_check(scene: &Scene<'_>, heartbeat: &Heartbeat) -> Result<(), Problem> {
    let (tenant_id, service) = (heartbeat.tenant_id, heartbeat.service);
    let device_id = heartbeat.device_id.clone();
    let seen = heartbeat.last_seen_at.as_microseconds();
    let key = format!("check_heartbeat:{tenant_id}:{service}:{device_id}:{seen}");
    let due = SilenceDue { tenant_id, service, device_id };
    let job = NewJob {
        id: scene.ctx.ids.next::<JobId>(),
        tenant: Some(tenant_id),
        lane: Lane::Alerts,
        kind: "check_heartbeat",
        key,
        payload: jobs::payload(&due)?,
        run_at: heartbeat.offline_at()?,
    };
    jobs::enqueue(scene.tx, &job).await?;
    Ok(())
}

async fn came_back(scene: &Scene<'_>, heartbeat: &Heartbeat) -> Result<(), Problem> {
    let payload = json!({
        "service": heartbeat.service,
        "device_id": heartbeat.device_id,
        "last_seen_at": heartbeat.last_seen_at,
    });
    let news = News::new("device.came_back", heartbeat.tenant_id, payload);
    Ok(scene.ctx.tell(scene.tx, scene.entered.when(), news).await?)
}

/// Alerts about the device's silence that still wait for a verdict are settled: it is back.
async fn end_awaiting(scene: &Scene<'_>, heartbeat: &Heartbeat) -> Result<(), Problem> {
    if !heartbeat.is_watched() {
        return Ok(());
    }
    let (tx, tenant) = (scene.tx, scene.tenant_id());
    let kind = AlertKind::DeviceOffline;
    for mut stored in alerts::lock_awaiting(tx, tenant, kind, AWAITING_ALERTS).await? {
        let report = &stored.alert.report;
        let same = report.service == heartbeat.service
            && report.device_id.as_deref() == Some(heartbeat.device_id.as_str());
        if same && report.detected_at <= heartbeat.last_seen_at {
            let judgement = Judgement {
                given_by: scene.by.clone(),
                given_at: scene.now(),
                reason: format!("the device was seen again at {}", heartbeat.last_seen_at),
                decision_id: None,
            };
            let event = stored.alert.settle(NoAction::FalsePositive, judgement)?;
            alerts::save(tx, &stored.alert, stored.version).await?;
            scene.tell_alert(&stored.alert, event).await?;
        }
    }
    Ok(())
}

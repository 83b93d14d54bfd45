//! Looks whether a watched device has been silent for 24 hours (ESC-02).

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::alert::{
    Alert, AlertKey, AlertKind, AlertReport, Detail, DeviceOffline, ProviderAlertId, SymptomKey,
};
use tasuki_core::heartbeat::Heartbeat;
use tasuki_core::id::TenantId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::service::Service;
use tasuki_store::heartbeats::{self, Watch};
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::{StoreError, alerts, orders};

use super::judging::Ruling;
use super::report_heartbeats::enqueue_check;
use super::scene::Scene;
use crate::call::Call;
use crate::context::{Context, News};
use crate::provisioning::is_over;

/// A tenant has few alerts about silence in one day; more than this are not all judged again.
const ALERTS_OF_SILENCE: u64 = 1_000;

/// A device whose silence is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilenceDue {
    /// Whose device.
    pub tenant_id: TenantId,
    /// The service it belongs to.
    pub service: Service,
    /// The provider's id of it.
    pub device_id: String,
}

/// Looks at a device. Silent for 24:00:00 or more: an alert, judged like any other. Seen meanwhile:
/// looks again 24 hours after that. Taken away meanwhile: its silence means nothing.
///
/// # Errors
/// Of the store; the job is then tried again.
pub async fn check_heartbeat(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let due: SilenceDue = job.payload()?;
    let tx = ctx.store.begin().await?;
    let call = Call::system();
    let scene = Scene::enter(ctx, &tx, &call, due.tenant_id, Permission::Report).await?;
    let known = heartbeats::lock(&tx, due.tenant_id, due.service, &due.device_id).await?;

    if let Some(known) = known
        && known.watch == Watch::Checking
    {
        let heartbeat = known.heartbeat;
        if is_taken_away(&scene, &heartbeat).await? {
            heartbeats::put(&tx, &heartbeat, Watch::Unwatched).await?;
        } else if heartbeat.offline_at()? > scene.now() {
            enqueue_check(&scene, &heartbeat).await?;
        } else {
            heartbeats::put(&tx, &heartbeat, Watch::Offline).await?;
            went_offline(&scene, &heartbeat).await?;
        }
    }

    jobs::complete(&tx, job, scene.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether the instance that the device belongs to has ended, or never came to run.
async fn is_taken_away(scene: &Scene<'_>, heartbeat: &Heartbeat) -> Result<bool, Problem> {
    let Some(item_id) = heartbeat.instance_id else { return Ok(false) };
    let Some((tenant_id, order_id)) = orders::of_item(scene.tx, item_id).await? else {
        return Ok(false);
    };
    let order = orders::get(scene.tx, tenant_id, order_id).await?;
    let item = order.as_ref().and_then(|order| order.item(item_id));
    Ok(item.is_some_and(|stored| is_over(&stored.item.state)))
}

/// The provider may have reported the silence before it was long enough: then that alert is judged
/// again. Otherwise the silence is an alert of our own.
async fn went_offline(scene: &Scene<'_>, heartbeat: &Heartbeat) -> Result<(), Problem> {
    let payload = json!({
        "service": heartbeat.service,
        "device_id": heartbeat.device_id,
        "last_seen_at": heartbeat.last_seen_at,
    });
    let news = News::new("device.offline", heartbeat.tenant_id, payload);
    scene.ctx.tell(scene.tx, scene.entered.when(), news).await?;

    let (tx, tenant) = (scene.tx, scene.tenant_id());
    let since = (AlertKind::DeviceOffline, heartbeat.last_seen_at);
    let mut is_reported = false;
    for mut stored in alerts::lock_since(tx, tenant, since, ALERTS_OF_SILENCE).await? {
        let report = &stored.alert.report;
        if report.service == heartbeat.service
            && report.device_id.as_deref() == Some(heartbeat.device_id.as_str())
        {
            is_reported = true;
            let is_open = stored.alert.state.incident_id().is_none();
            if is_open && !stored.alert.is_reviewed_by_a_person() {
                judge_again(scene, &mut stored.alert).await?;
                alerts::save(tx, &stored.alert, stored.version).await?;
            }
        }
    }
    if !is_reported {
        let report = own_report(scene, heartbeat);
        let mut alert = Alert::receive(scene.ctx.ids.next(), report, scene.now());
        scene.follow(&mut alert).await?;
        if !alerts::insert(tx, &alert).await? {
            return Err(StoreError::LostRace.into());
        }
    }
    Ok(())
}

async fn judge_again(scene: &Scene<'_>, alert: &mut Alert) -> Result<(), Problem> {
    let history = scene.history(Some(&alert.report.symptom)).await?;
    let triage = scene.triage(alert, history).await?;
    alert.triage_id = triage.decision.map(|decision| decision.id).or(alert.triage_id);
    match triage.ruling {
        Ruling::Settle(verdict, judgement) => alert.settle(verdict, judgement).map(|_| ())?,
        Ruling::Act(judgement) => scene.act(alert, judgement).await?,
        Ruling::AskSoc => {}
    }
    Ok(())
}

fn own_report(scene: &Scene<'_>, heartbeat: &Heartbeat) -> AlertReport {
    let kind = AlertKind::DeviceOffline;
    let device = Some(heartbeat.device_id.as_str());
    AlertReport {
        tenant_id: heartbeat.tenant_id,
        instance_id: heartbeat.instance_id,
        key: AlertKey {
            provider_id: heartbeat.provider_id,
            provider_alert_id: own_alert_id(heartbeat),
        },
        service: heartbeat.service,
        detail: Detail::DeviceOffline(DeviceOffline { last_seen_at: heartbeat.last_seen_at }),
        n_detections: 1,
        detected_at: scene.now(),
        detected_within: None,
        symptom: SymptomKey::derived(heartbeat.service, kind, device),
        blocked: false,
        device_id: Some(heartbeat.device_id.clone()),
        endpoint_id: None,
        summary: String::new(),
    }
}

/// An id that no provider gives, the same for the same silence of the same device.
fn own_alert_id(heartbeat: &Heartbeat) -> ProviderAlertId {
    let Heartbeat { tenant_id, service, device_id, last_seen_at, .. } = heartbeat;
    let what = format!("{tenant_id}:{service}:{device_id}:{}", last_seen_at.as_microseconds());
    ProviderAlertId::of_own("tasuki:offline:", &what)
}

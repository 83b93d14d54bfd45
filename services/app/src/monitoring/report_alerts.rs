//! Takes in what providers detect.

use serde::{Deserialize, Serialize};
use tasuki_core::alert::{Alert, AlertKey, AlertReport, Detail, DeviceOffline, SymptomKey};
use tasuki_core::heartbeat::Heartbeat;
use tasuki_core::id::{AlertId, ItemId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::{Period, Timestamp};
use tasuki_store::{Tx, alerts, decisions, providers};

use super::AlertView;
use super::report_heartbeats::watch;
use super::rows::{self, RowAnswer, RowOutcome};
use super::scene::Scene;
use crate::call::Call;
use crate::context::Context;

/// A detection as a provider reports it.
#[derive(Debug, Clone)]
pub struct AlertRow {
    /// Whose it is; may be left out when the instance says it.
    pub tenant_id: Option<TenantId>,
    /// The provider's instance of the service.
    pub instance_id: Option<ItemId>,
    /// By which a repeat is known.
    pub key: AlertKey,
    /// The service that detected it.
    pub service: Service,
    /// What was detected.
    pub detail: Detail,
    /// How many equal detections this row stands for.
    pub n_detections: u32,
    /// When, by the provider's clock.
    pub detected_at: Timestamp,
    /// The span that an aggregated row covers.
    pub detected_within: Option<Period>,
    /// The symptom; left out, one is derived from the service, the kind and the device.
    pub symptom: Option<SymptomKey>,
    /// Whether the service stopped it by itself.
    pub blocked: bool,
    /// The provider's id of the device.
    pub device_id: Option<String>,
    /// The provider's id of the endpoint.
    pub endpoint_id: Option<String>,
    /// What was seen, in the provider's words.
    pub summary: String,
}

/// An alert that was taken in, or was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The alert.
    pub view: AlertView,
    /// Whether the provider had reported it before.
    pub repeated: bool,
}

/// Takes in one alert: drops a repeat, runs triage, and opens or joins an incident when a person
/// has to act.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `PROVIDER_NOT_FOUND`, `ROLE_FORBIDDEN`, `REQUEST_INVALID`.
pub async fn report_alert(ctx: &Context, call: &Call, row: AlertRow) -> Result<Reported, Problem> {
    rows::own_provider(ctx, call, row.key.provider_id)?;
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }

    let key = row.key.clone();
    let (_, outcome) = take_in(ctx, &tx, call, row).await?;
    let stored = alerts::by_key(&tx, &key).await?;
    let stored = stored.ok_or_else(|| Problem::internal("an alert that was stored is gone"))?;
    let triage = match stored.alert.triage_id {
        Some(id) => decisions::get(&tx, id).await?,
        None => None,
    };
    let view = AlertView { alert: stored.alert, triage, version: stored.version };
    let answer = Reported { view, repeated: outcome == RowOutcome::Repeated };
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

/// Takes in many alerts, each answered by itself. Rows that the edge refused come with their answer.
///
/// # Errors
/// `ROLE_FORBIDDEN`, and problems of the server: then nothing was taken in.
pub async fn report_alerts(
    ctx: &Context,
    call: &Call,
    rows: Vec<Result<AlertRow, RowAnswer>>,
) -> Result<Vec<RowAnswer>, Problem> {
    call.require(ctx, Permission::Report)?;
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }

    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        answers.push(match row {
            Err(refused) => refused,
            Ok(row) => {
                let own = rows::own_provider(ctx, call, row.key.provider_id);
                let taken = match own {
                    Ok(()) => take_in(ctx, &tx, call, row).await,
                    Err(problem) => Err(problem),
                };
                rows::answer(taken.map(|(id, outcome)| RowAnswer::of(outcome, id)))?
            }
        });
    }
    call.remember(&tx, &answers).await?;

    tx.commit().await?;
    Ok(answers)
}

/// Takes in one alert. A problem of the row is found before anything is written.
async fn take_in(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    row: AlertRow,
) -> Result<(AlertId, RowOutcome), Problem> {
    let named = (row.tenant_id, row.instance_id);
    let tenant = rows::tenant_of(tx, row.key.provider_id, named).await?;
    let scene = Scene::enter(ctx, tx, call, tenant, Permission::Report).await?;
    if providers::get(tx, row.key.provider_id).await?.is_none() {
        return Err(Problem::not_found(Reason::ProviderNotFound, row.key.provider_id));
    }
    rows::not_in_future("detected_at", row.detected_at, scene.now())?;
    if let Some(known) = alerts::by_key(tx, &row.key).await? {
        return Ok((known.alert.id, RowOutcome::Repeated));
    }

    let mut alert = Alert::receive(ctx.ids.next(), report(tenant, row), scene.now());
    watch_silent_device(&scene, &alert).await.map_err(server_side)?;
    scene.follow(&mut alert).await.map_err(server_side)?;

    if alerts::insert(tx, &alert).await? {
        Ok((alert.id, RowOutcome::Accepted))
    } else {
        // Another call has taken in the same alert since we looked; what we did is undone.
        Err(tasuki_store::StoreError::LostRace.into())
    }
}

/// A device that a provider reports as silent is checked when its silence has lasted long enough.
async fn watch_silent_device(scene: &Scene<'_>, alert: &Alert) -> Result<(), Problem> {
    let Detail::DeviceOffline(DeviceOffline { last_seen_at }) = &alert.report.detail else {
        return Ok(());
    };
    let Some(device_id) = alert.report.device_id.clone() else {
        return Ok(());
    };
    let heartbeat = Heartbeat {
        tenant_id: alert.report.tenant_id,
        instance_id: alert.report.instance_id,
        provider_id: alert.report.key.provider_id,
        service: alert.report.service,
        device_id,
        last_seen_at: *last_seen_at,
        agent_version: None,
        bypass_active: None,
    };
    watch(scene, &heartbeat).await.map(|_| ())
}

/// After the first write a refusal must not leave half a row behind: it ends the batch.
fn server_side(problem: Problem) -> Problem {
    if problem.reason() == Reason::LostRace || problem.reason() == Reason::StoreUnavailable {
        problem
    } else {
        Problem::internal(problem.to_string())
    }
}

fn report(tenant_id: TenantId, row: AlertRow) -> AlertReport {
    let kind = row.detail.kind();
    let symptom = row
        .symptom
        .unwrap_or_else(|| SymptomKey::derived(row.service, kind, row.device_id.as_deref()));
    AlertReport {
        tenant_id,
        instance_id: row.instance_id,
        key: row.key,
        service: row.service,
        detail: row.detail,
        n_detections: row.n_detections,
        detected_at: row.detected_at,
        detected_within: row.detected_within,
        symptom,
        blocked: row.blocked,
        device_id: row.device_id,
        endpoint_id: row.endpoint_id,
        summary: row.summary,
    }
}

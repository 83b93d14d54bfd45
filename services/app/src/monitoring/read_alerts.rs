//! Reads alerts.

use tasuki_core::alert::{AlertKind, AlertSummary, SummaryRow};
use tasuki_core::id::{AlertId, DecisionId, IncidentId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_store::alerts::{self, Filter, Place, Stored};
use tasuki_store::decisions;

use super::AlertView;
use super::scope;
use super::token::{Parts, token};
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Rows read at once while counting.
const COUNTED_AT_ONCE: u64 = 1_000;

/// Which alerts are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertList {
    /// Of this tenant; left out, of all that the caller may see.
    pub tenant_id: Option<TenantId>,
    /// In one of these states, by their words; none: in any.
    pub states: Vec<&'static str>,
    /// Of this service.
    pub service: Option<Service>,
    /// Of this kind.
    pub kind: Option<AlertKind>,
    /// Of this incident.
    pub incident_id: Option<IncidentId>,
    /// Detected at or after this instant.
    pub detected_from: Option<Timestamp>,
    /// Detected before this instant.
    pub detected_until: Option<Timestamp>,
}

/// One alert.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ALERT_NOT_FOUND`.
pub async fn get_alert(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: AlertId,
) -> Result<AlertView, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let stored = alerts::get(&tx, tenant, id).await?;
    let stored = stored.ok_or_else(|| Problem::not_found(Reason::AlertNotFound, id))?;
    let triage = match stored.alert.triage_id {
        Some(id) => decisions::get(&tx, id).await?,
        None => None,
    };
    let view = AlertView { alert: stored.alert, triage, version: stored.version };
    Ok(for_reader(call, view))
}

/// Alerts, the newest received first, then by provider and the provider's alert id.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_alerts(
    ctx: &Context,
    call: &Call,
    wanted: &AlertList,
    request: &PageRequest,
) -> Result<Page<AlertView>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let filter = filter(wanted, scope::of_list(ctx, &tx, call, wanted.tenant_id).await?);
    let after = request.after.as_deref().map(place).transpose()?;
    let rows = alerts::list(&tx, &filter, after.as_ref(), request.to_read()).await?;
    let ids: Vec<DecisionId> = rows.iter().filter_map(|row| row.alert.triage_id).collect();
    let decisions = decisions::by_ids(&tx, &ids).await?;
    let page = request.page(rows, |row| {
        let key = &row.alert.report.key;
        let at = row.alert.received_at.as_microseconds();
        token(&[&at, &key.provider_id, &key.provider_alert_id])
    });
    let rows = page.rows.into_iter().map(|Stored { alert, version }| {
        let triage = alert.triage_id.and_then(|id| decisions.get(&id).cloned());
        for_reader(call, AlertView { alert, triage, version })
    });
    Ok(Page { rows: rows.collect(), next: page.next })
}

/// Counts of alerts by service and kind, derived from the alerts.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`.
pub async fn summarize_alerts(
    ctx: &Context,
    call: &Call,
    wanted: &AlertList,
) -> Result<Vec<SummaryRow>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let filter = filter(wanted, scope::of_list(ctx, &tx, call, wanted.tenant_id).await?);
    let mut summary = AlertSummary::default();
    let mut after = None;
    loop {
        let rows = alerts::list(&tx, &filter, after.as_ref(), COUNTED_AT_ONCE).await?;
        let Some(last) = rows.last() else {
            return Ok(summary.rows());
        };
        let key = &last.alert.report.key;
        after = Some(Place {
            received_at: last.alert.received_at,
            provider_id: key.provider_id,
            provider_alert_id: key.provider_alert_id.to_string(),
        });
        summary.extend(rows.into_iter().map(|row| row.alert));
    }
}

/// The provider's and the SOC's own words are not for the customer, who reads the incident's notice.
fn for_reader(call: &Call, mut view: AlertView) -> AlertView {
    if call.principal.role == Role::Tenant {
        view.alert.report.summary.clear();
        view.alert.verdicts.iter_mut().for_each(|record| record.reason.clear());
    }
    view
}

fn filter(wanted: &AlertList, scope: tasuki_store::Scope) -> Filter {
    Filter {
        scope,
        states: wanted.states.clone(),
        service: wanted.service,
        kind: wanted.kind,
        incident: wanted.incident_id,
        detected_from: wanted.detected_from,
        detected_until: wanted.detected_until,
    }
}

fn place(text: &str) -> Result<Place, Problem> {
    let mut parts = Parts::of(text);
    Ok(Place {
        received_at: Timestamp::from_microseconds(parts.next()?)?,
        provider_id: parts.next()?,
        provider_alert_id: parts.last()?,
    })
}

//! Reads usage, and says what a month comes to.

use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::text::Text;
use tasuki_core::time::{Month, Timestamp};
use tasuki_core::usage::{Meter, MeterSummary, Quantity, UsageRecord, summarize};
use tasuki_store::subscriptions;
use tasuki_store::usage::{self, Filter, Place};

use super::token::{Parts, token};
use crate::access;
use crate::billing;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Rows read at once while adding up.
const ADDED_AT_ONCE: u64 = 1_000;

/// Which measurements are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageList {
    /// Whose.
    pub tenant_id: TenantId,
    /// Of this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Of this meter.
    pub meter: Option<Meter>,
    /// Whose period ends after this instant.
    pub ends_after: Option<Timestamp>,
    /// Whose period ends at or before this instant.
    pub ends_by: Option<Timestamp>,
}

/// Measurements by the end of their period, then meter, then the provider's id.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_usage(
    ctx: &Context,
    call: &Call,
    wanted: UsageList,
    request: &PageRequest,
) -> Result<Page<UsageRecord>, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, wanted.tenant_id, Permission::Read).await?;
    let after = request.after.as_deref().map(place).transpose()?;
    let rows = usage::list(&tx, &filter(wanted), after.as_ref(), request.to_read()).await?;
    let page = request.page(rows, |row| {
        let report = &row.record.report;
        let at = report.measured.end().as_microseconds();
        token(&[&at, &report.meter, &report.provider_event_id])
    });
    Ok(Page { rows: page.rows.into_iter().map(|row| row.record).collect(), next: page.next })
}

/// What a month comes to for one meter, and how it is billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterView {
    /// What was measured.
    pub summary: MeterSummary,
    /// Code of the price that it is billed by; none when it is not billed.
    pub price: Option<String>,
    /// How many are billed.
    pub billed: Quantity,
    /// Why that is another quantity than was measured.
    pub note: Option<Text>,
}

/// What a month of a subscription comes to, by meter. A measurement belongs to the month in which
/// its period ends, the end of the month included.
///
/// # Errors
/// `TENANT_NOT_FOUND`.
pub async fn summarize_usage(
    ctx: &Context,
    call: &Call,
    (tenant_id, subscription): (TenantId, SubscriptionId),
    month: Month,
) -> Result<Vec<MeterView>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant_id, Permission::Read).await?;
    let period = month.in_zone(&entered.tenant.zone)?;
    let filter = Filter {
        tenant: tenant_id,
        subscription: Some(subscription),
        meter: None,
        ends_after: Some(period.start()),
        ends_by: Some(period.end()),
    };
    let mut records = Vec::new();
    let mut after: Option<Place> = None;
    loop {
        let rows = usage::list(&tx, &filter, after.as_ref(), ADDED_AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        let report = &last.record.report;
        after = Some(Place {
            measured_until: report.measured.end(),
            meter: report.meter.to_string(),
            provider_event_id: report.provider_event_id.clone(),
        });
        records.extend(rows.into_iter().map(|row| row.record));
    }
    let meters = summarize(&records).map_err(|error| Problem::internal(error.to_string()))?;
    let metered = match subscriptions::get(&tx, tenant_id, subscription).await? {
        Some(stored) => billing::metered(ctx, &tx, &entered, &stored.subscription, month).await?,
        None => Vec::new(),
    };
    Ok(meters.into_iter().map(|summary| view(summary, &metered)).collect())
}

fn view(summary: MeterSummary, metered: &[billing::Metered]) -> MeterView {
    let Some(by) = metered.iter().find(|by| by.meter == summary.meter.as_str()) else {
        return MeterView { summary, price: None, billed: Quantity::ZERO, note: None };
    };
    let billed = Quantity::new(by.quantity.value());
    let note = by.note.clone().filter(|_| billed != summary.quantity);
    MeterView { price: Some(by.code.clone()), billed, note, summary }
}

fn filter(wanted: UsageList) -> Filter {
    Filter {
        tenant: wanted.tenant_id,
        subscription: wanted.subscription_id,
        meter: wanted.meter,
        ends_after: wanted.ends_after,
        ends_by: wanted.ends_by,
    }
}

fn place(text: &str) -> Result<Place, Problem> {
    let mut parts = Parts::of(text);
    Ok(Place {
        measured_until: Timestamp::from_microseconds(parts.next()?)?,
        meter: parts.next()?,
        provider_event_id: parts.last()?,
    })
}

//! Takes in what providers measure.

use tasuki_core::id::{ProviderId, SubscriptionId, TenantId, UsageId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::{Month, Period, Timestamp};
use tasuki_core::usage::{Meter, Quantity, UsageKind, UsageRecord, UsageReport};
use tasuki_store::{StoreError, Tx, invoices, subscriptions, usage};

use super::rows::{self, RowAnswer, RowOutcome};
use super::scene::Scene;
use crate::call::Call;
use crate::context::Context;

/// A measurement as a provider reports it.
#[derive(Debug, Clone)]
pub struct UsageRow {
    /// The provider's own id of it.
    pub provider_event_id: String,
    /// Whose usage it is.
    pub tenant_id: TenantId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The service.
    pub service: Service,
    /// What was measured.
    pub meter: Meter,
    /// What the quantity means; none for a correction, which means what the corrected one meant.
    pub kind: Option<UsageKind>,
    /// How much.
    pub quantity: Quantity,
    /// Over which period.
    pub measured: Period,
    /// For a correction: the provider's id of what it replaces.
    pub corrects_event_id: Option<String>,
    /// Location it was measured at.
    pub site_code: Option<String>,
    /// For people.
    pub note: String,
}

/// Takes in measurements, each answered by itself.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`, and problems of the server: then nothing was taken in.
pub async fn report_usage(
    ctx: &Context,
    call: &Call,
    provider_id: ProviderId,
    rows: Vec<Result<UsageRow, RowAnswer>>,
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
                rows::answer(taken.map(|(id, outcome)| RowAnswer::of(outcome, id)))?
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
    (provider_id, row): (ProviderId, UsageRow),
) -> Result<(UsageId, RowOutcome), Problem> {
    let scene = Scene::enter(ctx, tx, call, row.tenant_id, Permission::Report).await?;
    rows::not_in_future("measured.end", row.measured.end(), scene.now())?;
    if subscriptions::tenant_of(tx, row.subscription_id).await? != Some(row.tenant_id) {
        return Err(Problem::not_found(Reason::SubscriptionNotFound, row.subscription_id));
    }
    if let Some(known) = usage::lock_event(tx, provider_id, &row.provider_event_id).await? {
        return Ok((known.record.id, RowOutcome::Repeated));
    }
    let replaced = replaced(tx, provider_id, &row).await?;
    let kind = match (&replaced, row.kind) {
        (Some(replaced), _) => replaced.record.report.kind,
        (None, Some(kind)) => kind,
        (None, None) => return Err(Problem::invalid("kind", "is required")),
    };

    makes_sense(tx, &row, kind, replaced.as_ref()).await?;

    let month = month_of(&scene, row.measured)?;
    if let Some(replaced) = &replaced
        && month_of(&scene, replaced.record.report.measured)? != month
    {
        let text = "must end in the month of what it replaces; report the rest anew";
        return Err(Problem::invalid("measured", text));
    }
    let of = (row.tenant_id, row.subscription_id);
    let late = invoices::is_closed(tx, of, month).await?;
    if late {
        usage::note_late(tx, of, month).await?;
    }
    let id: UsageId = ctx.ids.next();
    let record = UsageRecord {
        id,
        report: UsageReport {
            provider_id,
            provider_event_id: row.provider_event_id,
            tenant_id: row.tenant_id,
            subscription_id: row.subscription_id,
            service: row.service,
            meter: row.meter,
            kind,
            quantity: row.quantity,
            measured: row.measured,
            corrects_event_id: row.corrects_event_id,
            site_code: row.site_code,
            note: row.note,
        },
        received_at: scene.now(),
        late,
        corrected_by: None,
        invoice_id: None,
    };
    if !usage::insert(tx, &record).await? {
        return Err(StoreError::LostRace.into());
    }
    if let Some(mut replaced) = replaced {
        replaced.record.corrected_by = Some(id);
        usage::save(tx, &replaced.record, replaced.version).await?;
    }
    Ok((id, if late { RowOutcome::AcceptedLate } else { RowOutcome::Accepted }))
}

/// Only a correction of what is added up may be negative, and a meter is either added up or counted.
async fn makes_sense(
    tx: &Tx,
    row: &UsageRow,
    kind: UsageKind,
    replaced: Option<&usage::Stored>,
) -> Result<(), Problem> {
    let is_negative = row.quantity < Quantity::ZERO;
    if is_negative && (kind == UsageKind::Snapshot || replaced.is_none()) {
        let text = "may be negative in corrections of a delta only";
        return Err(Problem::invalid("quantity", text));
    }
    let of = (row.tenant_id, row.subscription_id);
    match usage::last_of_meter(tx, of, &row.meter).await? {
        Some(last) if last.report.kind != kind => {
            let (meter, known) = (&row.meter, last.report.kind.as_str());
            let text = format!("`{meter}` is measured as `{known}` by this subscription");
            Err(Problem::invalid("kind", text))
        }
        Some(_) | None => Ok(()),
    }
}

/// The month that a measurement belongs to: the one in which it ends.
fn month_of(scene: &Scene<'_>, measured: Period) -> Result<Month, Problem> {
    // A month's last measurement ends with the first instant of the next month.
    let end = measured.end().as_microseconds();
    let last = Timestamp::from_microseconds(end.saturating_sub(1))?;
    Ok(Month::of(last.day_in(&scene.entered.tenant.zone)))
}

/// The measurement that a correction replaces; none for others.
async fn replaced(
    tx: &Tx,
    provider_id: ProviderId,
    row: &UsageRow,
) -> Result<Option<usage::Stored>, Problem> {
    let Some(event_id) = &row.corrects_event_id else {
        return match row.kind {
            Some(_) => Ok(None),
            None => {
                Err(Problem::invalid("corrects_event_id", "a correction names what it replaces"))
            }
        };
    };
    let field = "corrects_event_id";
    let Some(stored) = usage::lock_event(tx, provider_id, event_id).await? else {
        return Err(Problem::invalid(field, format!("`{event_id}` was never reported")));
    };
    let report = &stored.record.report;
    if (report.tenant_id, report.subscription_id) != (row.tenant_id, row.subscription_id)
        || report.meter != row.meter
    {
        let text = format!("`{event_id}` is of another tenant, subscription or meter");
        return Err(Problem::invalid(field, text));
    }
    if stored.record.corrected_by.is_some() {
        let text = format!("`{event_id}` was replaced before: correct the last correction");
        return Err(Problem::invalid(field, text));
    }
    Ok(Some(stored))
}

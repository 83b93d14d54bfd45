//! Messages about usage into commands, and back.

use tasuki_app::monitoring::{MeterView, RowAnswer, RowOutcome, UsageList, UsageRow};
use tasuki_app::paging::PageRequest;
use tasuki_core::problem::Problem;
use tasuki_core::usage::{UsageKind, UsageRecord};
use tasuki_proto::usage::v1 as proto;

use crate::{edge, fields, words};

/// A row of a batch: what is wrong with it is its own answer.
pub(crate) fn row(message: proto::UsageReport) -> Result<UsageRow, RowAnswer> {
    edge::row(message).and_then(reported).map_err(|problem| RowAnswer::refused(&problem))
}

fn reported(message: proto::UsageReport) -> Result<UsageRow, Problem> {
    let kind = match message.kind() {
        proto::UsageKind::Unspecified => return Err(Problem::invalid("kind", "is required")),
        proto::UsageKind::Delta => Some(UsageKind::Delta),
        proto::UsageKind::Snapshot => Some(UsageKind::Snapshot),
        proto::UsageKind::Correction => None,
    };
    if kind.is_some() && message.quantity.starts_with('-') {
        return Err(Problem::invalid("quantity", "may be negative in corrections only"));
    }
    if kind.is_some() && !message.corrects_event_id.is_empty() {
        return Err(Problem::invalid("corrects_event_id", "belongs to corrections only"));
    }
    Ok(UsageRow {
        provider_event_id: message.provider_event_id,
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        subscription_id: fields::id("subscription_id", &message.subscription_id)?,
        service: fields::service("service", message.service)?,
        meter: fields::id("meter", &message.meter)?,
        kind,
        quantity: fields::id("quantity", &message.quantity)?,
        measured: fields::period("measured", message.measured)?,
        corrects_event_id: fields::optional_text(message.corrects_event_id),
        site_code: fields::optional_text(message.site_code),
        note: message.note,
    })
}

pub(crate) fn list(message: proto::ListUsageRequest) -> Result<(UsageList, PageRequest), Problem> {
    let (ends_after, ends_by) = fields::bounds("measured", message.measured)?;
    let wanted = UsageList {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        subscription_id: fields::optional_id("subscription_id", &message.subscription_id)?,
        meter: fields::optional_id("meter", &message.meter)?,
        ends_after,
        ends_by,
    };
    Ok((wanted, fields::page(message.page_size, message.page_token)))
}

pub(crate) fn result(answer: RowAnswer) -> proto::UsageResult {
    let outcome = match answer.outcome {
        RowOutcome::Accepted => proto::UsageOutcome::Accepted,
        RowOutcome::Repeated => proto::UsageOutcome::Repeated,
        RowOutcome::Refused => proto::UsageOutcome::Refused,
        RowOutcome::AcceptedLate => proto::UsageOutcome::AcceptedLate,
    };
    proto::UsageResult {
        outcome: outcome.into(),
        usage_id: answer.id,
        reason: answer.reason,
        message: answer.message,
    }
}

pub(crate) fn record(record: &UsageRecord) -> proto::UsageRecord {
    let report = &record.report;
    let kind = match &report.corrects_event_id {
        Some(_) => proto::UsageKind::Correction,
        None => kind(report.kind),
    };
    proto::UsageRecord {
        id: record.id.to_string(),
        provider_id: report.provider_id.to_string(),
        report: Some(proto::UsageReport {
            provider_event_id: report.provider_event_id.clone(),
            tenant_id: report.tenant_id.to_string(),
            subscription_id: report.subscription_id.to_string(),
            service: words::service(report.service).into(),
            meter: report.meter.to_string(),
            kind: kind.into(),
            quantity: report.quantity.to_string(),
            measured: Some(words::period(report.measured)),
            corrects_event_id: report.corrects_event_id.clone().unwrap_or_default(),
            site_code: report.site_code.clone().unwrap_or_default(),
            note: report.note.clone(),
        }),
        received_at: Some(words::timestamp(record.received_at)),
        late: record.late,
        corrected_by: record.corrected_by.map(|id| id.to_string()).unwrap_or_default(),
        invoice_id: record.invoice_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

pub(crate) fn meter(view: &MeterView) -> proto::MeterSummary {
    let summary = &view.summary;
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    proto::MeterSummary {
        meter: summary.meter.to_string(),
        kind: kind(summary.kind).into(),
        quantity: summary.quantity.to_string(),
        billed_quantity: view.billed.to_string(),
        note: view.note.as_ref().map(words::text),
        n_records: count(summary.n_records),
        n_corrected: count(summary.n_corrected),
        n_late: count(summary.n_late),
        line_code: view.price.clone().unwrap_or_default(),
        service: words::service(summary.service).into(),
    }
}

fn kind(kind: UsageKind) -> proto::UsageKind {
    match kind {
        UsageKind::Delta => proto::UsageKind::Delta,
        UsageKind::Snapshot => proto::UsageKind::Snapshot,
    }
}

//! Requests about settlements into commands, and settlements as messages.

use tasuki_app::billing::{SettlementChange, SettlementList, SettlementView};
use tasuki_core::problem::Problem;
use tasuki_core::settlement::{Counterpart, Settlement, SettlementLine, SettlementState};
use tasuki_proto::settlement::v1 as proto;

use crate::billing::tax_total;
use crate::{fields, prices, words};

pub(crate) fn counterpart_from(value: Option<proto::Counterpart>) -> Result<Counterpart, Problem> {
    let value = value.ok_or_else(|| Problem::invalid("counterpart", "is required"))?;
    let field = "counterpart.id";
    match value.kind() {
        proto::CounterpartKind::Unspecified => {
            Err(Problem::invalid("counterpart.kind", "is required"))
        }
        proto::CounterpartKind::Provider => fields::id(field, &value.id).map(Counterpart::Provider),
        proto::CounterpartKind::Partner => fields::id(field, &value.id).map(Counterpart::Partner),
        proto::CounterpartKind::Insurer => fields::id(field, &value.id).map(Counterpart::Insurer),
    }
}

pub(crate) fn change(settlement_id: &str, etag: String) -> Result<SettlementChange, Problem> {
    Ok(SettlementChange { settlement_id: fields::id("settlement_id", settlement_id)?, etag })
}

pub(crate) fn list(message: proto::ListSettlementsRequest) -> Result<SettlementList, Problem> {
    let month = fields::optional_text(message.month.clone());
    let kind = match message.kind() {
        proto::CounterpartKind::Unspecified => None,
        proto::CounterpartKind::Provider => Some("provider"),
        proto::CounterpartKind::Partner => Some("partner"),
        proto::CounterpartKind::Insurer => Some("insurer"),
    };
    Ok(SettlementList {
        month: month.map(|text| fields::month("month", &text)).transpose()?,
        kind,
        counterpart_id: fields::optional_text(message.counterpart_id.clone()),
        states: message.states().flat_map(states).copied().collect(),
        page: fields::page(message.page_size, message.page_token),
    })
}

/// The words of the states that a caller means. One that the counterpart has confirmed is paid.
const fn states(state: proto::SettlementState) -> &'static [&'static str] {
    match state {
        proto::SettlementState::Unspecified => &[],
        proto::SettlementState::Draft => &["draft"],
        proto::SettlementState::Approved => &["approved"],
        proto::SettlementState::Remitted => &["remitted", "closed"],
    }
}

/// A settlement as it is stored.
pub(crate) fn settlement(view: &SettlementView) -> proto::Settlement {
    let SettlementView { settlement, version } = view;
    let state = match settlement.state {
        SettlementState::Draft => proto::SettlementState::Draft,
        SettlementState::Approved { .. } => proto::SettlementState::Approved,
        SettlementState::Remitted { .. } | SettlementState::Closed { .. } => {
            proto::SettlementState::Remitted
        }
    };
    let approval = settlement.state.approval();
    let remittance = settlement.state.remittance();
    proto::Settlement {
        id: settlement.id.to_string(),
        state: state.into(),
        drafted_at: Some(words::timestamp(settlement.drafted_at)),
        drafted_by: Some(words::actor(&settlement.drafted_by)),
        approved_at: approval.map(|approval| words::timestamp(approval.at)),
        approved_by: approval.map(|approval| words::actor(&approval.by)),
        remitted_at: remittance.map(|remittance| words::timestamp(remittance.remitted_at)),
        remittance_reference: remittance.map(|it| it.reference.clone()).unwrap_or_default(),
        etag: version.to_string(),
        ..preview(settlement)
    }
}

/// A settlement as it would be: without id and state.
pub(crate) fn preview(settlement: &Settlement) -> proto::Settlement {
    proto::Settlement {
        month: settlement.month.to_string(),
        counterpart: Some(counterpart(settlement)),
        lines: settlement.lines.iter().map(line).collect(),
        tax_totals: settlement.tax_totals.iter().map(tax_total).collect(),
        net: Some(words::money(settlement.net)),
        tax: Some(words::money(settlement.tax)),
        gross: Some(words::money(settlement.gross)),
        hash: settlement.hash.clone(),
        ..proto::Settlement::default()
    }
}

fn counterpart(settlement: &Settlement) -> proto::Counterpart {
    let kind = match settlement.counterpart {
        Counterpart::Provider(_) => proto::CounterpartKind::Provider,
        Counterpart::Partner(_) => proto::CounterpartKind::Partner,
        Counterpart::Insurer(_) => proto::CounterpartKind::Insurer,
    };
    proto::Counterpart {
        kind: kind.into(),
        id: settlement.counterpart.id_text(),
        name: settlement.counterpart_name.clone(),
    }
}

fn line(line: &SettlementLine) -> proto::SettlementLine {
    let taxed = line.tax_mode.is_taxed();
    proto::SettlementLine {
        code: line.code.clone(),
        label: Some(words::text(&line.label)),
        tenant_id: line.tenant_id.to_string(),
        subject: line.subject.clone(),
        quantity: line.quantity.to_string(),
        basis: line.basis.map(words::money),
        rate: line.rate.map(|rate| rate.to_string()).unwrap_or_default(),
        amount: Some(words::money(line.amount)),
        tax_mode: prices::tax_mode(line.tax_mode).into(),
        tax_rate: if taxed { line.tax_rate.to_string() } else { String::new() },
        note: line.note.as_ref().map(words::text),
    }
}

//! Messages about orders into commands.

use tasuki_app::provisioning::{OrderFilter, StepDetail, StepSaid, Which};
use tasuki_core::id::{OrderId, TenantId};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Cause, EndpointCounts, ReasonCode, ThirdPartyConsent};
use tasuki_core::time::Period;
use tasuki_proto::provisioning::v1 as proto;
use tasuki_proto::provisioning::v1::confirm_customer_action_request::Detail;
use tasuki_proto::types::v1::Period as ProtoPeriod;

use super::words;
use crate::fields;

pub(super) fn which_order(tenant: &str, order: &str) -> Result<(TenantId, OrderId), Problem> {
    Ok((fields::id("tenant_id", tenant)?, fields::id("order_id", order)?))
}

pub(super) fn filter(message: &proto::ListOrdersRequest) -> Result<OrderFilter, Problem> {
    let state = message.item_state();
    let item_state = (state != proto::ItemState::Unspecified)
        .then(|| state.as_str_name().strip_prefix("ITEM_STATE_").map(str::to_ascii_lowercase))
        .flatten();
    let ordered = message.ordered.unwrap_or_default();
    Ok(OrderFilter {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        subscription_id: fields::optional_id("subscription_id", &message.subscription_id)?,
        partner_id: fields::optional_id("partner_id", &message.partner_id)?,
        // A state that no order of ours is ever in finds none; it does not widen the list.
        states: message.states().filter_map(words::order_state_from).collect(),
        item_state,
        service: fields::optional_service("service", message.service)?,
        ordered_from: fields::optional_timestamp("ordered.start", ordered.start)?,
        ordered_until: fields::optional_timestamp("ordered.end", ordered.end)?,
    })
}

pub(super) fn confirmed(
    message: proto::ConfirmCustomerActionRequest,
) -> Result<(Which, StepSaid), Problem> {
    use proto::CustomerActionResult as Result_;
    let (tenant_id, order_id) = which_order(&message.tenant_id, &message.order_id)?;
    let item_id = fields::id("item_id", &message.item_id)?;
    let kind = words::action_kind_from(message.kind())
        .ok_or_else(|| Problem::invalid("kind", "is required"))?;
    let (note, etag) = (message.note.clone(), message.etag.clone());
    let which = Which { tenant_id, order_id, item_id, kind, note, etag };
    let result = message.result();
    let said = match result {
        Result_::Done | Result_::DoneWithWaiver => {
            let waiver = message.waiver.as_ref().map(|waiver| waiver.code.clone());
            if result == Result_::DoneWithWaiver && waiver.is_none() {
                let text = "is required: say which waiver the customer accepted";
                return Err(Problem::invalid("waiver", text));
            }
            StepSaid::Done(Box::new(StepDetail { waiver, ..detail(message.detail)? }))
        }
        Result_::Refused => {
            let said = message.reason();
            let code = if said == proto::ReasonCode::Unspecified {
                ReasonCode::CustomerActionRefused
            } else {
                words::reason_from("reason", said)?
            };
            StepSaid::Refused(Cause::new(code, message.note))
        }
        Result_::NeedsHelp => StepSaid::NeedsHelp,
        Result_::Unspecified => return Err(Problem::invalid("result", "is required")),
    };
    Ok((which, said))
}

fn detail(detail: Option<Detail>) -> Result<StepDetail, Problem> {
    let nothing = StepDetail::default();
    Ok(match detail {
        None | Some(Detail::InformationReference(_)) => nothing,
        Some(Detail::Visit(visit)) => {
            StepDetail { visit: Some(period("visit", Some(visit))?), ..nothing }
        }
        Some(Detail::Endpoints(counts)) => {
            StepDetail { endpoints: Some(endpoints(&counts)?), ..nothing }
        }
        Some(Detail::Consent(consent)) => {
            StepDetail { consent: Some(self::consent(consent)?), ..nothing }
        }
    })
}

pub(super) fn consent(consent: proto::ThirdPartyConsent) -> Result<ThirdPartyConsent, Problem> {
    Ok(ThirdPartyConsent {
        given_by: consent.given_by,
        scope: consent.scope,
        valid_within: period("consent.valid", consent.valid)?,
        document_reference: consent.document_reference,
    })
}

pub(super) fn period(field: &str, period: Option<ProtoPeriod>) -> Result<Period, Problem> {
    let period = period.unwrap_or_default();
    let start = fields::timestamp(&format!("{field}.start"), period.start)?;
    let end = fields::timestamp(&format!("{field}.end"), period.end)?;
    Period::new(start, end).map_err(|error| Problem::invalid(field, error.to_string()))
}

fn endpoints(counts: &proto::EndpointCounts) -> Result<EndpointCounts, Problem> {
    let count = |name: &str, n: i32| {
        u32::try_from(n)
            .map_err(|_| Problem::invalid(format!("endpoints.{name}"), "must not be negative"))
    };
    Ok(EndpointCounts {
        sent: count("n_sent", counts.n_sent)?,
        downloaded: count("n_downloaded", counts.n_downloaded)?,
        installed: count("n_installed", counts.n_installed)?,
        reporting: count("n_reporting", counts.n_reporting)?,
        unsupported: count("n_unsupported", counts.n_unsupported)?,
        removed: count("n_removed", counts.n_removed)?,
    })
}

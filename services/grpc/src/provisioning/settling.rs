//! Messages that settle an order or an item: cancelled, tried again, resolved by an operator.

use tasuki_app::provisioning::{CancelOrder, Intent, Resolution, ResolveItem, RetryItem};
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::Cause;
use tasuki_proto::provisioning::v1 as proto;

use super::{commands, words};
use crate::fields;

pub(super) fn cancelled(
    message: proto::CancelOrderRequest,
) -> Result<(TenantId, CancelOrder), Problem> {
    let (tenant, order_id) = commands::which_order(&message.tenant_id, &message.order_id)?;
    let code = words::reason_from("reason", message.reason())?;
    let item_ids = message
        .item_ids
        .iter()
        .enumerate()
        .map(|(at, id)| fields::id(&format!("item_ids[{at}]"), id))
        .collect::<Result<_, _>>()?;
    let intent = if message.validate_only { Intent::OnlyAsk } else { Intent::Do };
    let cause = Cause::new(code, message.note);
    Ok((tenant, CancelOrder { order_id, item_ids, cause, etag: message.etag, intent }))
}

pub(super) fn retried(message: proto::RetryItemRequest) -> Result<(TenantId, RetryItem), Problem> {
    let (tenant, order_id) = commands::which_order(&message.tenant_id, &message.order_id)?;
    let item_id = fields::id("item_id", &message.item_id)?;
    let parameters = message.parameters.into_iter().collect();
    Ok((tenant, RetryItem { order_id, item_id, parameters, etag: message.etag }))
}

pub(super) fn resolved(
    message: proto::ResolveItemRequest,
) -> Result<(TenantId, ResolveItem), Problem> {
    let (tenant, order_id) = commands::which_order(&message.tenant_id, &message.order_id)?;
    let said = message.reason();
    let reason = if said == proto::ReasonCode::Unspecified {
        None
    } else {
        Some(words::reason_from("reason", said)?)
    };
    let resolution = match message.resolution() {
        proto::Resolution::Unspecified => {
            return Err(Problem::invalid("resolution", "is required"));
        }
        proto::Resolution::Adopt => Resolution::Adopt,
        proto::Resolution::Retry => Resolution::Retry,
        proto::Resolution::Clean => Resolution::Clean,
        proto::Resolution::ConfirmGone => Resolution::ConfirmGone,
        proto::Resolution::Fail => Resolution::Fail,
        proto::Resolution::Repair => Resolution::Repair,
        proto::Resolution::AcceptDrift => Resolution::AcceptDrift,
        proto::Resolution::Proceed => Resolution::Proceed,
    };
    let command = ResolveItem {
        order_id,
        item_id: fields::id("item_id", &message.item_id)?,
        resolution,
        reason,
        note: message.note,
        evidence_id: message.evidence_id,
        etag: message.etag,
    };
    Ok((tenant, command))
}

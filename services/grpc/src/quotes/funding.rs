//! Public money, as messages.

use tasuki_core::quote::SubsidyEstimate;
use tasuki_core::text::Text;
use tasuki_proto::quote::v1 as proto;

use crate::words;

pub(super) fn subsidy(of: &SubsidyEstimate) -> proto::SubsidyEstimate {
    let text = |text: &Text| Some(words::text(text));
    proto::SubsidyEstimate {
        code: of.code.clone(),
        name: text(&of.name),
        rate: of.rate.to_string(),
        ceiling: of.ceiling.map(words::money),
        estimate: Some(words::money(of.estimate)),
        conditions: text(&of.conditions),
    }
}

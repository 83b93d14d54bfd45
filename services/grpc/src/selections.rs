//! What a customer chose, between message and domain.

use tasuki_core::catalog::{Quantity, SelectedItem, SelectedOption};
use tasuki_core::problem::Problem;
use tasuki_proto::quote::v1 as proto;

use crate::{fields, words};

/// A chosen service; `field` is where it stands in the request.
pub(crate) fn selection_from(
    field: &str,
    selection: proto::Selection,
) -> Result<SelectedItem, Problem> {
    let count = |name: &str, value: Option<i32>| {
        value
            .map(|n| {
                u32::try_from(n).map_err(|_| {
                    Problem::invalid(format!("{field}.{name}"), "must not be negative")
                })
            })
            .transpose()
    };
    let options = selection
        .options
        .into_iter()
        .enumerate()
        .map(|(at, option)| {
            let quantity = quantity(&format!("{field}.options[{at}].quantity"), &option.quantity)?;
            Ok(SelectedOption { option: option.code, quantity })
        })
        .collect::<Result<_, Problem>>()?;
    let traffic = selection.traffic_gb.unwrap_or_default();
    let text = |text: String| (!text.is_empty()).then_some(text);
    Ok(SelectedItem {
        service: fields::service(&format!("{field}.service"), selection.service)?,
        plan: text(selection.plan_code),
        tier: text(selection.tier),
        quantity: quantity(&format!("{field}.quantity"), &selection.quantity)?,
        endpoints: count("endpoints", selection.endpoints)?,
        traffic_gb: quantity(&format!("{field}.traffic_gb"), &traffic)?,
        web_screens: count("web_screens", selection.web_screens)?,
        global_ips: count("global_ips", selection.global_ips)?,
        mails: count("mails", selection.mails)?,
        options,
        sites: selection.site_codes,
    })
}

/// A chosen service as a message.
pub(crate) fn selection(item: &SelectedItem) -> proto::Selection {
    let count = |n: Option<u32>| n.and_then(|n| i32::try_from(n).ok());
    let decimal = |quantity: Option<Quantity>| quantity.map(|quantity| quantity.to_string());
    proto::Selection {
        service: words::service(item.service).into(),
        plan_code: item.plan.clone().unwrap_or_default(),
        quantity: decimal(item.quantity).unwrap_or_default(),
        endpoints: count(item.endpoints),
        traffic_gb: decimal(item.traffic_gb),
        tier: item.tier.clone().unwrap_or_default(),
        options: item
            .options
            .iter()
            .map(|option| proto::OptionChoice {
                code: option.option.clone(),
                quantity: decimal(option.quantity).unwrap_or_default(),
            })
            .collect(),
        site_codes: item.sites.clone(),
        web_screens: count(item.web_screens),
        global_ips: count(item.global_ips),
        mails: count(item.mails),
    }
}

fn quantity(field: &str, text: &str) -> Result<Option<Quantity>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| Problem::invalid(field, format!("`{text}` is not a quantity such as `10.5`")))
}

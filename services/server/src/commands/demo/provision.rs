//! Orders on their way: the provider's part as a scenario, the customer's part as calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tasuki_proto::provisioning::v1 as proto;
use tasuki_proto::provisioning::v1::{
    CustomerActionKind, CustomerActionResult, EndpointCounts, ItemState, ThirdPartyConsent,
};
use tasuki_proto::types::v1::Service;

use super::callers::ask;
use super::pilot::{Applicant, How, MaintainerConsent, Outcome, Wanted};
use super::play::{Firm, Instance, Play, provider_of};
use super::words;

const DAY_SECONDS: i64 = 86_400;

/// At which parts of the way to live the customer does what it is asked, in percent: a little before
/// the provider goes on.
const LOOKS: [(Wanted, &[i64]); 5] = [
    (Wanted::Utm, &[45, 97]),
    (Wanted::CloudWaf, &[85]),
    (Wanted::Edr, &[97]),
    (Wanted::DiagnosisWeb, &[38]),
    (Wanted::DiagnosisPlatform, &[38]),
];

/// When a firm's orders have to be looked at, because the customer acts then.
pub(crate) fn looks(applicant: &Applicant, ordered_at: Timestamp) -> BTreeSet<Timestamp> {
    let mut all = BTreeSet::new();
    for outcome in applicant.outcomes.iter().filter(|outcome| acts(outcome.how_it_happens)) {
        let days = i64::from(outcome.active_after_days.unwrap_or(1));
        let parts = LOOKS.iter().find(|(wanted, _)| *wanted == outcome.service);
        for percent in parts.map_or(&[][..], |(_, parts)| parts) {
            let after = SignedDuration::from_secs(days * DAY_SECONDS * percent / 100);
            all.extend(ordered_at.checked_add(after).ok());
        }
    }
    all
}

/// Whether the customer does its steps.
const fn acts(how: How) -> bool {
    match how {
        How::Normal
        | How::SlowProvider
        | How::FailsOnce
        | How::DuplicateCallback
        | How::OutcomeUnknownOnce
        | How::CustomerActsLate
        | How::OperatorChangesDns
        | How::CustomerRollsBack
        | How::InternetLostAfterInstall
        | How::TerminalsOfflineAfterInstall => true,
        How::CustomerNeverActs
        | How::ThirdPartyRefuses
        | How::ExistingDeviceOnSite
        | How::VisitNeverScheduled
        | How::VisitRefused
        | How::InstallFails
        | How::SiteNotReady
        | How::RefusedAtPreflight => false,
    }
}

/// What the provider of a service is told to do, as its scenario file.
pub(crate) fn scenario<'a>(
    provider: &str,
    firms: impl Iterator<Item = (&'a Applicant, &'a str)>,
) -> String {
    let mut text = String::from("# Written by `tasuki demo` from the pilot's data.\ninstances:\n");
    let mut is_empty = true;
    for (firm, reference) in firms {
        for outcome in &firm.outcomes {
            let ours = provider_of(outcome.service) == provider;
            if ours && outcome.how_it_happens != How::RefusedAtPreflight {
                entry(&mut text, reference, (firm, outcome));
                is_empty = false;
            }
        }
    }
    if is_empty { "instances: []\n".to_owned() } else { text }
}

/// What happens to an order: its cause, never its outcome. Why it is not live is found out by the orders themselves.
fn entry(text: &mut String, reference: &str, (firm, outcome): (&Applicant, &Outcome)) {
    let component = outcome.service.component();
    let behaviour = serde_json::to_value(outcome.how_it_happens)
        .ok()
        .and_then(|word| word.as_str().map(str::to_lowercase))
        .unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "  - {{ tenant_reference: {reference:?}, component: {component}, behaviour: {behaviour}"
    );
    let days = [
        ("active_after_days", outcome.active_after_days),
        ("removed_after_days", outcome.removed_after_days),
        ("installed", outcome.installed),
        ("reporting", outcome.reporting),
    ];
    for (key, value) in days {
        if let Some(value) = value {
            let _ = write!(text, ", {key}: {value}");
        }
    }
    if let Some(step) = withheld(firm, outcome) {
        let _ = write!(text, ", withholds: {step}");
    }
    if let Some(found) = found(outcome) {
        let _ = write!(text, ", reason: {found}");
    }
    text.push_str(" }\n");
}

/// The step that keeps a diagnosis waiting: who was asked for consent and never answered does not give it; the others
/// do not say how to log in.
fn withheld(firm: &Applicant, outcome: &Outcome) -> Option<&'static str> {
    let never = outcome.how_it_happens == How::CustomerNeverActs;
    let of_diagnosis = outcome.service.service() == Service::Diagnosis;
    (never && of_diagnosis).then_some(match firm.maintainer_consent {
        MaintainerConsent::Asked => "consent",
        MaintainerConsent::NotAsked
        | MaintainerConsent::NotNeeded
        | MaintainerConsent::Given
        | MaintainerConsent::Refused => "information",
    })
}

/// What the engineer finds who is sent when a line is lost: something of somebody else upstream.
fn found(outcome: &Outcome) -> Option<&'static str> {
    let lost = outcome.how_it_happens == How::InternetLostAfterInstall;
    lost.then_some("UPSTREAM_CONFLICT")
}

impl Play {
    /// A firm's orders as they are.
    pub(crate) async fn orders(&self, firm: &Firm) -> anyhow::Result<Vec<proto::Order>> {
        let mut orders = Vec::new();
        for order_id in &firm.order_ids {
            let request = proto::GetOrderRequest {
                tenant_id: firm.tenant_id.clone(),
                order_id: order_id.clone(),
                include_history: false,
            };
            let answer = ask!(self.people.operator.orders(), get_order, request)?;
            orders.push(answer.order.context("the answer has no order")?);
        }
        Ok(orders)
    }

    /// Keeps which instance is which service.
    pub(crate) async fn learn_instances(&self, firm: &mut Firm) -> anyhow::Result<()> {
        let mut instances = BTreeMap::new();
        for order in self.orders(firm).await? {
            for item in &order.items {
                let Some(wanted) = wanted(item) else { continue };
                let instance = Instance { instance_id: item.instance_id.clone() };
                instances.insert(wanted, instance);
            }
        }
        firm.instances = instances;
        Ok(())
    }

    /// The customer does what the data says that it did.
    pub(crate) async fn customer_acts(
        &self,
        firm: &Firm,
        applicant: &Applicant,
    ) -> anyhow::Result<()> {
        for order in self.orders(firm).await? {
            for item in &order.items {
                let Some(outcome) = wanted(item).and_then(|it| applicant.outcome(it)) else {
                    continue;
                };
                let waits = item.state() == ItemState::AwaitingCustomer;
                if waits && acts(outcome.how_it_happens) {
                    self.confirm(firm, item, outcome).await?;
                }
            }
        }
        Ok(())
    }

    async fn confirm(
        &self,
        firm: &Firm,
        item: &proto::OrderItem,
        outcome: &Outcome,
    ) -> anyhow::Result<()> {
        let action = item.customer_step.as_ref().and_then(|step| step.action.as_ref());
        let kind = action.map(proto::CustomerAction::kind).unwrap_or_default();
        let waiver = (outcome.how_it_happens == How::OperatorChangesDns)
            .then(|| words::acknowledged("waiver.operator_changes_dns", "", firm.now));
        let result = match waiver {
            Some(_) => CustomerActionResult::DoneWithWaiver,
            None => CustomerActionResult::Done,
        };
        let which = format!("{}.{}", outcome.service.component(), i32::from(kind));
        let request = proto::ConfirmCustomerActionRequest {
            request_id: firm.request("confirm", &format!("{which}.{}", firm.now.as_second())),
            tenant_id: firm.tenant_id.clone(),
            order_id: item.order_id.clone(),
            item_id: item.id.clone(),
            kind: kind.into(),
            result: result.into(),
            waiver,
            detail: detail(kind, firm.now, outcome)?,
            ..proto::ConfirmCustomerActionRequest::default()
        };
        ask!(self.people.ogs.orders(), confirm_customer_action, request)
            .with_context(|| format!("the step of {} cannot be confirmed", firm.key))?;
        Ok(())
    }
}

fn detail(
    kind: CustomerActionKind,
    now: Timestamp,
    outcome: &Outcome,
) -> anyhow::Result<Option<proto::confirm_customer_action_request::Detail>> {
    use proto::confirm_customer_action_request::Detail;
    Ok(match kind {
        CustomerActionKind::Schedule => {
            let two_hours = now.checked_add(SignedDuration::from_hours(26))?;
            let tomorrow = now.checked_add(SignedDuration::from_hours(24))?;
            Some(Detail::Visit(words::period(tomorrow, two_hours)))
        }
        CustomerActionKind::AgentInstall => {
            let reporting = outcome.reporting.unwrap_or_default();
            let silent = outcome.installed.unwrap_or(reporting) - reporting;
            Some(Detail::Endpoints(EndpointCounts {
                n_installed: silent,
                n_reporting: reporting,
                ..EndpointCounts::default()
            }))
        }
        CustomerActionKind::Consent => Some(Detail::Consent(ThirdPartyConsent {
            given_by: "maintainer".to_owned(),
            ..ThirdPartyConsent::default()
        })),
        CustomerActionKind::Information => {
            Some(Detail::InformationReference("vault:demo".to_owned()))
        }
        CustomerActionKind::Unspecified
        | CustomerActionKind::DnsChange
        | CustomerActionKind::DeviceInstall => None,
    })
}

/// Which service an item is.
pub(crate) fn wanted(item: &proto::OrderItem) -> Option<Wanted> {
    let component = item.spec.as_ref().map_or("", |spec| spec.component.as_str());
    [Wanted::Utm, Wanted::CloudWaf, Wanted::Edr, Wanted::DiagnosisWeb, Wanted::DiagnosisPlatform]
        .into_iter()
        .find(|wanted| wanted.component() == component)
}

#[cfg(test)]
mod tests {
    use super::super::people::PROVIDERS;
    use super::super::pilot::Pilot;
    use super::*;

    #[test]
    fn providers_are_told_causes_and_no_outcomes() {
        let pilot = Pilot::read().unwrap();
        let all: String = PROVIDERS
            .into_iter()
            .map(|name| scenario(name, pilot.applicants.iter().map(|firm| (firm, "x"))))
            .collect();
        let reasons: Vec<_> = all.lines().filter(|line| line.contains("reason:")).collect();
        assert_eq!(reasons.len(), 1, "what the engineer finds at the line that was lost");
        let outcomes = || pilot.applicants.iter().flat_map(|firm| &firm.outcomes);
        let never = outcomes().filter(|it| it.how_it_happens == How::CustomerNeverActs);
        let waiting = never.filter(|it| it.service.service() == Service::Diagnosis).count();
        assert_eq!(all.matches("withholds:").count(), waiting);
        // What preflight refuses never reaches a provider.
        let ordered = outcomes().filter(|it| it.how_it_happens != How::RefusedAtPreflight).count();
        assert_eq!(all.matches("tenant_reference").count(), ordered);
    }
}

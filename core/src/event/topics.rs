//! Every topic with what stands in its payload: what receivers may rely on.
//!
//! `docs/events.md` shows this list; a test compares the two, another one compares it with what the code tells.

use std::fmt::Write as _;

use serde_json::Value;

/// A topic and its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Noun and past, such as `quote.issued`.
    pub name: &'static str,
    /// When it is told.
    pub told_when: &'static str,
    /// What stands in its payload; a name with `?` is there only sometimes.
    pub fields: &'static [&'static str],
}

/// A field of payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
}

const fn t(name: &'static str, told_when: &'static str, fields: &'static [&'static str]) -> Topic {
    Topic { name, told_when, fields }
}

const fn f(name: &'static str, says: &'static str) -> Field {
    Field { name, says }
}
const SUBSCRIPTION: &[&str] = &["event", "reason?", "invoice_id?"];
const INCIDENT: &[&str] = &["event", "phase", "severity", "rung", "service", "symptom"];
const CERTIFICATE: &[&str] = &["number", "at"];
const CLAIM: &[&str] =
    &["number", "state", "outcome", "master_contract_id", "payable_yen", "paid_yen"];
const INVOICE: &[&str] = &["event", "subscription_id"];
/// Every topic, by what it is about.
pub const TOPICS: &[(&str, &[Topic])] = &[
    (
        "Tenants",
        &[
            t("tenant.created", "a tenant was created", &["partner_id", "industry"]),
            t("tenant.updated", "what is known about a tenant was changed", &["changed"]),
        ],
    ),
    (
        "Quotes and subscriptions",
        &[
            t("quote.issued", "a quote was made", &["rate_card", "first_year_yen", "hash"]),
            t(
                "quote.accepted",
                "a quote was accepted and became a subscription",
                &["subscription_id"],
            ),
            t("quote.withdrawn", "a quote was taken back", &[]),
            t("quote.expired", "the validity of a quote has ended", &[]),
            t(
                "subscription.opened",
                "a subscription began to be set up",
                &["quote_id", "start_on"],
            ),
            t(
                "subscription.activated",
                "everything is set up; the subscription runs",
                SUBSCRIPTION,
            ),
            t("subscription.converted", "a trial became a paid subscription", SUBSCRIPTION),
            t(
                "subscription.conversion_ordered",
                "a trial is to become a paid subscription",
                SUBSCRIPTION,
            ),
            t(
                "subscription.conversion_withdrawn",
                "a trial is not to become a paid subscription after all",
                SUBSCRIPTION,
            ),
            t("subscription.changed", "services, plan or prices were changed", SUBSCRIPTION),
            t(
                "subscription.services_suspended",
                "some services were stopped for a while",
                SUBSCRIPTION,
            ),
            t("subscription.services_resumed", "some services run again", SUBSCRIPTION),
            t("subscription.change_scheduled", "a change is to take effect later", SUBSCRIPTION),
            t(
                "subscription.change_withdrawn",
                "a change that was to take effect later was taken back",
                SUBSCRIPTION,
            ),
            t(
                "subscription.change_lapsed",
                "a change that was to take effect later cannot any more",
                SUBSCRIPTION,
            ),
            t("subscription.reinstated", "a cancelled subscription runs again", SUBSCRIPTION),
            t("subscription.suspended", "the subscription was stopped for a while", SUBSCRIPTION),
            t("subscription.resumed", "the subscription runs again", SUBSCRIPTION),
            t("subscription.marked_past_due", "a payment is late", SUBSCRIPTION),
            t("subscription.past_due_cleared", "no payment is late any more", SUBSCRIPTION),
            t(
                "subscription.cancellation_scheduled",
                "the subscription is to end later",
                SUBSCRIPTION,
            ),
            t(
                "subscription.cancellation_withdrawn",
                "the subscription is not to end after all",
                SUBSCRIPTION,
            ),
            t("subscription.cancelled", "the subscription has ended", SUBSCRIPTION),
        ],
    ),
    (
        "Provisioning",
        &[
            t(
                "order.placed",
                "an order was placed with providers",
                &["subscription_id", "state", "services"],
            ),
            t(
                "order.changed",
                "the state of an order, which follows from its items, has changed",
                &["state", "subscription_id"],
            ),
            t(
                "order_item.changed",
                "an item of an order went from one state to another",
                &["order_id", "service", "component", "from", "to", "reason"],
            ),
            t(
                "order_item.drifted",
                "a provider has something else than was ordered",
                &["order_id", "service", "component", "policy", "generation", "spec_hash"],
            ),
            t(
                "work.offered",
                "work waits for a provider without a server",
                &["provider_id", "service", "kind", "item_id"],
            ),
            t(
                "provider.updated",
                "what is known about a provider was changed, or it was paused",
                &["changed", "by"],
            ),
            t(
                "provider.stray_found",
                "a provider has something that nobody ordered, or lacks something",
                &["provider_id", "ours"],
            ),
            t(
                "provider.stray_removed",
                "something left over at a provider was removed",
                &["provider_id", "order_id"],
            ),
            t(
                "job.retried",
                "a person had a job tried again that had been given up",
                &["kind", "by"],
            ),
            t(
                "job.discarded",
                "a person dropped a job that had been given up",
                &["kind", "key", "last_error", "by", "reason"],
            ),
        ],
    ),
    (
        "Alerts, incidents, notices",
        &[
            t(
                "alert.referred",
                "an alert waits for the verdict of the SOC",
                &["event", "service", "kind", "symptom", "detected_at"],
            ),
            t(
                "alert.settled",
                "an alert needs nobody any more",
                &["event", "service", "kind", "symptom", "detected_at"],
            ),
            t(
                "alert.action_needed",
                "an alert needs a person",
                &["event", "service", "kind", "symptom", "detected_at"],
            ),
            t("incident.opened", "an incident was opened", INCIDENT),
            t("incident.joined", "another alert belongs to an incident", INCIDENT),
            t("incident.acknowledged", "somebody said: I have it", INCIDENT),
            t("incident.escalated", "nobody acknowledged in time; the next rung is told", INCIDENT),
            t("incident.unanswered", "nobody acknowledged on any rung", INCIDENT),
            t("incident.worked_on", "work on an incident was recorded", INCIDENT),
            t("incident.request_moved", "a service request of an incident moved on", INCIDENT),
            t("incident.resolved", "an incident is dealt with", INCIDENT),
            t("incident.closed", "an incident is closed", INCIDENT),
            t(
                "notice.requested",
                "a call or mail is to be made",
                &["incident_id", "channel", "audience", "not_before"],
            ),
            t(
                "notice.sent",
                "a call or mail was made",
                &["incident_id", "subject_id", "channel", "audience", "n_attempts"],
            ),
            t(
                "notice.failed",
                "a call or mail could not be made",
                &["incident_id", "subject_id", "channel", "audience", "n_attempts"],
            ),
            t(
                "device.offline",
                "a device or agent went silent",
                &["service", "device_id", "last_seen_at"],
            ),
            t(
                "device.came_back",
                "a silent device or agent is back",
                &["service", "device_id", "last_seen_at"],
            ),
        ],
    ),
    (
        "Cover and claims",
        &[
            t(
                "master_contract.endorsed",
                "the terms of a master contract were changed",
                &["code", "version", "effective_at", "cancels"],
            ),
            t(
                "certificate.issued",
                "a tenant has a certificate, not yet in force",
                &["number", "contract"],
            ),
            t("certificate.in_force", "cover begins", CERTIFICATE),
            t("certificate.lapsed", "cover stops for a while", CERTIFICATE),
            t("certificate.reinstated", "cover goes on", CERTIFICATE),
            t("certificate.ended", "cover has ended", CERTIFICATE),
            t(
                "evidence.recorded",
                "somebody showed something about a tenant or one of its services",
                &["kind", "instance_id", "observed_at", "corrects"],
            ),
            t("claim.notified", "notice of a loss was given", CLAIM),
            t("claim.assessment_started", "somebody looks into a claim", CLAIM),
            t("claim.information_wanted", "something is asked of the claimant", CLAIM),
            t("claim.information_received", "what was asked of the claimant came", CLAIM),
            t("claim.document_added", "a document was added to a claim", CLAIM),
            t("claim.reserve_changed", "what is set aside for a claim has changed", CLAIM),
            t("claim.decided", "a claim was decided by its policies", CLAIM),
            t(
                "claim.decision_proposed",
                "a decision waits for the consent of a second person",
                CLAIM,
            ),
            t("claim.referred", "a claim needs a person", CLAIM),
            t("claim.approved", "a claim is to be paid", CLAIM),
            t("claim.denied", "a claim is not covered", CLAIM),
            t("claim.appealed", "the claimant objects", CLAIM),
            t("claim.paid_in_part", "a part of a claim was paid", CLAIM),
            t("claim.paid", "a claim was paid", CLAIM),
            t("claim.recovered", "money was got back from somebody else", CLAIM),
            t("claim.closed", "a claim is closed", CLAIM),
            t("claim.expired", "nobody acted in time", CLAIM),
            t("claim.reopened", "a closed claim is open again", CLAIM),
            t("claim.withdrawn", "the claimant took a claim back", CLAIM),
            t(
                "claim_payment.requested",
                "the insurer is asked to pay",
                &["number", "insurer_id", "payable_yen", "items"],
            ),
            t(
                "limit.reinstated",
                "a used-up limit is available again",
                &["limit", "subject", "master_contract_id", "n_used", "charge_yen"],
            ),
        ],
    ),
    (
        "Billing and settlement",
        &[
            t(
                "invoice.finalized",
                "an invoice got its number",
                &["event", "month", "subscription_id", "attention"],
            ),
            t("invoice.partly_paid", "a part of an invoice was paid", INVOICE),
            t("invoice.paid", "an invoice was paid", INVOICE),
            t("invoice.credited", "a credit note lowers an invoice", INVOICE),
            t("invoice.voided", "nothing is left of an invoice", INVOICE),
            t("invoice.past_due", "an invoice is late", INVOICE),
            t("credit_note.issued", "a credit note was issued", &["invoice_id", "gross", "number"]),
            t("payment.recorded", "money came in", &["amount", "allocations"]),
            t(
                "settlement.drafted",
                "a monthly settlement was drawn up",
                &["month", "gross", "hash"],
            ),
            t("settlement.approved", "a settlement was approved", &["event", "month"]),
            t("settlement.remitted", "the money of a settlement was sent", &["event", "month"]),
            t("settlement.closed", "a settlement is closed", &["event", "month"]),
        ],
    ),
    (
        "Policies and rate cards",
        &[
            t("policy.drafted", "a version of a policy was drafted", &["hash", "author"]),
            t("policy.withdrawn", "a draft of a policy was taken back", &["hash", "author"]),
            t(
                "policy.activated",
                "a version of a policy is to be in force",
                &["hash", "effective_from", "by"],
            ),
            t(
                "policy.rolled_back",
                "an earlier version of a policy is to be in force again",
                &["hash", "effective_from", "by"],
            ),
            t("rate_card.drafted", "a version of a rate card was drafted", &["hash", "author"]),
            t(
                "rate_card.activated",
                "a version of a rate card is to be in force",
                &["hash", "effective_on", "by"],
            ),
        ],
    ),
    (
        "Webhook endpoints",
        &[
            t("webhook_endpoint.created", "an endpoint was registered", &["partner_id"]),
            t("webhook_endpoint.updated", "an endpoint was changed", &["changed"]),
            t(
                "webhook_endpoint.secret_rotated",
                "an endpoint has a new secret",
                &["old_valid_until"],
            ),
            t("webhook_endpoint.enabled", "deliveries to an endpoint go on", &["start"]),
            t(
                "webhook_endpoint.disabled",
                "deliveries to an endpoint have stopped",
                &["partner_id", "reason"],
            ),
            t("webhook_endpoint.deleted", "an endpoint is gone", &["partner_id"]),
            t(
                "webhook_endpoint.tested",
                "somebody wants to see whether an endpoint works; sent to that endpoint, whatever its topics",
                &["by"],
            ),
        ],
    ),
];

/// Every field of payloads.
const FIELDS: &[Field] = &[
    f("allocations", "which invoices a payment pays, with the amount of each"),
    f("amount", "money received, in whole units of its currency"),
    f("at", "when cover begins, stops or goes on"),
    f("attention", "what a person should look at before the invoice goes out"),
    f("audience", "who is to be told"),
    f("author", "who wrote it, as its credentials name it"),
    f("by", "who did it, as its credentials name it"),
    f("cancels", "the endorsement that this one takes back"),
    f("changed", "the names of what was changed"),
    f("channel", "phone, mail and the like"),
    f("charge_yen", "the premium that the reinstatement costs"),
    f("code", "the code of the contract"),
    f("component", "the component of the rate card that was ordered"),
    f("contract", "the code of the master contract"),
    f("corrects", "the record that this one corrects; null when none"),
    f("detected_at", "when the provider detected it, by its clock"),
    f("device_id", "the device or agent, as its provider names it"),
    f("effective_at", "from when it holds"),
    f("effective_from", "from when it holds"),
    f("effective_on", "the day from which it holds"),
    f(
        "event",
        "what happened, in the words of its state machine: a text, or an object with details",
    ),
    f("first_year_yen", "everything that the first year costs, with tax"),
    f("from", "the state before"),
    f("generation", "the generation that we ordered and the one that is there"),
    f("gross", "the amount with tax"),
    f("hash", "SHA-256 of the content"),
    f("incident_id", "the incident it belongs to"),
    f("industry", "the industry of the tenant"),
    f("instance_id", "the service that it is about; null for the whole firm"),
    f("insurer_id", "the insurer that is to pay"),
    f("invoice_id", "the invoice it belongs to"),
    f("item_id", "the item of the order"),
    f("items", "the items of the claim with what is payable for each"),
    f("key", "the key of the job"),
    f("kind", "what sort of alert, evidence, work or job it is"),
    f("last_error", "why the job failed last"),
    f("last_seen_at", "the last sign of life"),
    f("limit", "the code of the limit"),
    f("master_contract_id", "the master contract"),
    f("month", "the month, such as `2021-04`"),
    f("n_attempts", "how often it was tried"),
    f("n_used", "how often the limit was reinstated so far"),
    f("not_before", "the time before which nobody is to be disturbed"),
    f("number", "the number on the paper"),
    f("observed_at", "when it was so"),
    f("old_valid_until", "until when the secrets before are used, too"),
    f("order_id", "the order it belongs to"),
    f("ours", "whether we know of it"),
    f("outcome", "how the claim was decided, once it is"),
    f("paid_yen", "what was paid so far"),
    f("partner_id", "the partner it belongs to; null for the operator of the scheme"),
    f("payable_yen", "what is payable, once it is approved"),
    f("phase", "the phase of the incident"),
    f("policy", "what is done about drift"),
    f("provider_id", "the provider"),
    f("quote_id", "the quote it came from"),
    f("rate_card", "the rate card, with its version"),
    f("reason", "why: a closed code, or what the person wrote"),
    f("rung", "the rung of the ladder"),
    f("service", "the security service"),
    f("services", "the security services"),
    f("severity", "how bad it is"),
    f("spec_hash", "SHA-256 of what we ordered and of what is there"),
    f("start", "`where_it_stopped` or `now`"),
    f("start_on", "the first day"),
    f("state", "the state after it"),
    f("subject", "whose limit it is"),
    f("subject_id", "whom or what the notice is about"),
    f("subscription_id", "the subscription it belongs to"),
    f("symptom", "what the alert shows, as a code"),
    f("to", "the state after it"),
    f("version", "the version of the contract"),
];

/// A topic by its name.
pub fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().flat_map(|(_, topics)| *topics).find(|topic| topic.name == name)
}

/// What a payload has, or lacks, against the list; nothing if it keeps to it.
pub fn undocumented(name: &str, payload: &Value) -> Option<String> {
    let Some(topic) = topic(name) else { return Some(format!("`{name}` is no topic")) };
    let there = payload.as_object()?;
    for field in there.keys() {
        if !topic.fields.iter().any(|known| known.trim_end_matches('?') == field) {
            return Some(format!("`{name}` has `{field}` in its payload"));
        }
    }
    let missing = topic.fields.iter().find(|it| !it.ends_with('?') && !there.contains_key(**it))?;
    Some(format!("`{name}` lacks `{missing}` in its payload"))
}

/// The tables of the documentation.
pub fn markdown() -> String {
    let mut text = String::new();
    for (group, topics) in TOPICS {
        let _ = write!(text, "### {group}\n\n| topic | told when | payload |\n|---|---|---|\n");
        for topic in *topics {
            let fields: Vec<String> =
                topic.fields.iter().map(|field| format!("`{field}`")).collect();
            let fields = if fields.is_empty() { "—".to_owned() } else { fields.join(", ") };
            let _ = writeln!(text, "| `{}` | {} | {fields} |", topic.name, topic.told_when);
        }
        text.push('\n');
    }
    text.push_str("### Fields\n\n| field | says |\n|---|---|\n");
    for field in FIELDS {
        let _ = writeln!(text, "| `{}` | {} |", field.name, field.says);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_documentation_shows_this_list() {
        let page = include_str!("../../../docs/events.md");
        let (_, from) = page.split_once("<!-- topics -->\n\n").unwrap();
        let (shown, _) = from.split_once("\n<!-- end of topics -->").unwrap();
        assert_eq!(
            shown,
            markdown(),
            "docs/events.md has other topics than core/src/event/topics.rs"
        );
    }

    #[test]
    fn every_topic_is_listed_once_and_every_field_is_explained() {
        let all: Vec<&Topic> = TOPICS.iter().flat_map(|(_, topics)| *topics).collect();
        let names: BTreeSet<&str> = all.iter().map(|topic| topic.name).collect();
        assert_eq!(names.len(), all.len());
        let used: BTreeSet<&str> =
            all.iter().flat_map(|it| it.fields).map(|it| it.trim_end_matches('?')).collect();
        let explained: BTreeSet<&str> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(used, explained);
    }

    #[test]
    fn a_payload_that_differs_from_the_list_is_noticed() {
        let of = |payload: Value| undocumented("order.changed", &payload);
        assert_eq!(of(json!({ "state": "active", "subscription_id": null })), None);
        let more = of(json!({ "state": "active", "subscription_id": null, "name": "x" }));
        assert_eq!(more.unwrap(), "`order.changed` has `name` in its payload");
        assert_eq!(
            of(json!({ "state": 1 })).unwrap(),
            "`order.changed` lacks `subscription_id` in its payload"
        );
        assert!(undocumented("order.vanished", &json!({})).is_some());
        assert_eq!(
            undocumented("subscription.paused", &json!({})).unwrap(),
            "`subscription.paused` is no topic"
        );
        assert_eq!(undocumented("subscription.resumed", &json!({ "event": "resumed" })), None);
    }
}

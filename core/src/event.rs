//! Events as others see them: `CloudEvents` 1.0, one form for files, webhooks and streams.

mod topics;

use serde::Serialize;
use serde_json::Value;

use crate::id::{EventId, TenantId};
use crate::time::Timestamp;

pub use topics::{Field, TOPICS, Topic, markdown, topic, undocumented};

/// The topic of the event that an endpoint is sent to try it out.
pub const WEBHOOK_TESTED: &str = "webhook_endpoint.tested";

/// The version of the payloads; a change that receivers could trip over makes a new one.
pub const PAYLOAD_VERSION: u32 = 1;

/// Something that happened, as the outbox keeps it.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// Its id; receivers drop repeats by it.
    pub id: EventId,
    /// Its place among all events of the installation; grows, with gaps.
    pub seq: i64,
    /// Whose it is; none for events of the scheme.
    pub tenant: Option<TenantId>,
    /// Noun and past, such as `quote.issued`.
    pub topic: &'a str,
    /// The id of what it happened to.
    pub subject: &'a str,
    /// What a receiver needs to know.
    pub payload: &'a Value,
    /// When it happened, on the tenant's clock.
    pub occurred_at: Timestamp,
}

/// An event in the structured JSON form of `CloudEvents` 1.0.
///
/// The same event always has the same bytes, also when it is sent again.
#[derive(Debug, Clone, Serialize)]
pub struct CloudEvent<'a> {
    specversion: &'static str,
    id: EventId,
    source: &'a str,
    #[serde(rename = "type")]
    kind: String,
    subject: &'a str,
    time: Timestamp,
    datacontenttype: &'static str,
    dataschema: String,
    /// Orders the events of a source when it is compared as text.
    sequence: String,
    /// Absent for events of the scheme as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenantid: Option<TenantId>,
    data: &'a Value,
}

impl<'a> CloudEvent<'a> {
    /// The media type of one event in this form.
    pub const MEDIA_TYPE: &'static str = "application/cloudevents+json; charset=utf-8";

    /// An event of the outbox; the source names the installation that it comes from.
    pub fn new(source: &'a str, happened: &Happened<'a>) -> Self {
        let topic = happened.topic;
        Self {
            specversion: "1.0",
            id: happened.id,
            source,
            kind: format!("tasuki.{topic}.v{PAYLOAD_VERSION}"),
            subject: happened.subject,
            time: happened.occurred_at,
            datacontenttype: "application/json",
            dataschema: format!("urn:tasuki:event:{topic}:v{PAYLOAD_VERSION}"),
            // As many digits as the largest place has: then the order of texts is that of numbers.
            sequence: format!("{:019}", happened.seq),
            tenantid: happened.tenant,
            data: happened.payload,
        }
    }

    /// The event as JSON text.
    pub fn to_json(&self) -> String {
        // Invariant: texts, numbers and a JSON value always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn event(tenant: Option<TenantId>, seq: i64) -> Value {
        let payload = json!({ "state": "active", "subscription_id": null });
        let happened = Happened {
            id: EventId::from(Uuid::from_u128(7)),
            seq,
            tenant,
            topic: "order.changed",
            subject: "ord_00000000-0000-0000-0000-000000000003",
            payload: &payload,
            occurred_at: "2021-04-01T00:00:00.000001Z".parse().unwrap(),
        };
        serde_json::from_str(&CloudEvent::new("tasuki", &happened).to_json()).unwrap()
    }

    #[test]
    fn an_event_has_every_attribute_that_the_specification_requires() {
        let tenant = TenantId::from(Uuid::from_u128(1));
        assert_eq!(
            event(Some(tenant), 42),
            json!({
                "specversion": "1.0",
                "id": "evt_00000000-0000-0000-0000-000000000007",
                "source": "tasuki",
                "type": "tasuki.order.changed.v1",
                "subject": "ord_00000000-0000-0000-0000-000000000003",
                "time": "2021-04-01T00:00:00.000001Z",
                "datacontenttype": "application/json",
                "dataschema": "urn:tasuki:event:order.changed:v1",
                "sequence": "0000000000000000042",
                "tenantid": "ten_00000000-0000-0000-0000-000000000001",
                "data": { "state": "active", "subscription_id": null },
            })
        );
    }

    #[test]
    fn names_of_attributes_are_lower_case_letters_and_digits_and_none_is_null() {
        for tenant in [None, Some(TenantId::from(Uuid::from_u128(1)))] {
            let event = event(tenant, 1);
            for (name, value) in event.as_object().unwrap() {
                assert!(name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()));
                assert!(!value.is_null(), "{name}");
            }
            assert_eq!(event.get("tenantid").is_some(), tenant.is_some());
        }
    }

    #[test]
    fn sequences_compare_like_numbers() {
        let sequence = |seq| event(None, seq)["sequence"].as_str().unwrap().to_owned();
        assert!(sequence(9) < sequence(10));
        assert!(sequence(999) < sequence(i64::MAX));
    }
}

//! Webhook endpoints: who is sent which events, where to, and when it is tried again.
//!
//! Deliveries keep the order of events: an endpoint that does not take one gets no later one until it does. How
//! deliveries look is the Standard Webhooks specification, and so is the schedule of tries.

mod address;
mod progress;
mod secret;

use serde::{Deserialize, Serialize};

use crate::event;
use crate::id::{PartnerId, WebhookEndpointId};
use crate::problem::{Problem, Refused};
use crate::reason::Reason;
use crate::time::Timestamp;

pub use address::{AddressRules, Host, Refusal, Target};
pub use progress::{Outcome, Progress, SCHEDULE_SECONDS, Verdict};
pub use secret::{KEY_BYTES, Secret, SigningKey};

/// Endpoints of one partner: enough for each of its systems, few enough for every event to be sent to all.
pub const MOST_ENDPOINTS: u64 = 20;

/// An address that events are sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Whose it is, and whose tenants' events it gets; none for the operator of the scheme, who gets all.
    pub partner_id: Option<PartnerId>,
    /// Where to.
    pub url: String,
    /// Which topics, `quote.*` for all of a noun; all if empty.
    pub topics: Vec<String>,
    /// What people call it.
    pub description: String,
    /// Whether it gets anything.
    pub state: EndpointState,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Whether an endpoint gets anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum EndpointState {
    /// It does.
    Active,
    /// Nothing is sent.
    Disabled {
        /// Why.
        reason: DisabledBecause,
        /// Since when.
        at: Timestamp,
    },
}

/// Why nothing is sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledBecause {
    /// A person wanted it.
    ByHand,
    /// It answered that it is gone (410).
    Gone,
    /// It took nothing for days.
    Unreachable,
}

impl DisabledBecause {
    /// The word in events and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Gone => "gone",
            Self::Unreachable => "unreachable",
        }
    }
}

/// What is done with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointCommand {
    /// Send events, and those that wait at once.
    Enable,
    /// Send nothing.
    Disable(DisabledBecause),
}

impl EndpointState {
    /// The word in tables and messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled { .. } => "disabled",
        }
    }

    /// The next state. One that is active may be enabled: what waits for its next try is then tried at once.
    ///
    /// # Errors
    /// [`Reason::WebhookEndpointState`] when one that is disabled is to be disabled.
    pub fn step(&self, command: EndpointCommand, now: Timestamp) -> Result<Self, Refused> {
        match self {
            Self::Active => match command {
                EndpointCommand::Enable => Ok(Self::Active),
                EndpointCommand::Disable(reason) => Ok(Self::Disabled { reason, at: now }),
            },
            Self::Disabled { .. } => match command {
                EndpointCommand::Enable => Ok(Self::Active),
                EndpointCommand::Disable(_) => Err(Refused {
                    reason: Reason::WebhookEndpointState,
                    subject: "webhook endpoint",
                    state: self.as_str(),
                    command: "disable",
                }),
            },
        }
    }
}

/// Refuses topics that no event will ever have.
///
/// # Errors
/// [`Reason::RequestInvalid`], naming the first of them.
pub fn check_topics(field: &str, topics: &[String]) -> Result<(), Problem> {
    for (at, wanted) in topics.iter().enumerate() {
        let all = event::TOPICS.iter().flat_map(|(_, topics)| *topics);
        let known = match wanted.strip_suffix('*') {
            Some(noun) => noun.ends_with('.') && all.clone().any(|it| it.name.starts_with(noun)),
            None => event::topic(wanted).is_some(),
        };
        if !known {
            let text = format!("no event has the topic `{wanted}`; `docs/events.md` lists them");
            return Err(Problem::invalid(format!("{field}[{at}]"), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2021-04-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn an_endpoint_is_disabled_once_and_enabled_as_often_as_wanted() {
        let active = EndpointState::Active;
        let off = active.step(EndpointCommand::Disable(DisabledBecause::Gone), noon()).unwrap();
        assert_eq!(off, EndpointState::Disabled { reason: DisabledBecause::Gone, at: noon() });
        let again = off.step(EndpointCommand::Disable(DisabledBecause::ByHand), noon());
        assert_eq!(again.unwrap_err().reason, Reason::WebhookEndpointState);
        assert_eq!(off.step(EndpointCommand::Enable, noon()), Ok(EndpointState::Active));
        assert_eq!(active.step(EndpointCommand::Enable, noon()), Ok(EndpointState::Active));
    }

    #[test]
    fn topics_that_no_event_has_are_refused_by_name() {
        let check = |topics: &[&str]| {
            let topics: Vec<String> = topics.iter().map(|&it| it.to_owned()).collect();
            check_topics("topics", &topics)
        };
        assert_eq!(check(&["order.changed", "quote.*"]), Ok(()));
        for (wrong, field) in [
            (&["order.changed", "ordr.*"], "topics[1]"),
            (&["order.vanished", "quote.*"], "topics[0]"),
        ] {
            assert_eq!(check(wrong).unwrap_err().violations()[0].field, field);
        }
        assert!(check(&["*"]).is_err(), "all topics are asked for by none");
        assert!(check(&["quote*"]).is_err());
    }
}

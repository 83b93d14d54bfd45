//! Whether a provider answers, and whether what it says it can do is what it is registered for.

use serde::{Deserialize, Serialize};

use crate::service::Service;
use crate::tenant::Provider;

/// The first part of the version of the contract that we speak.
const CONTRACT: &str = "1";

/// What a provider says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// The version of the contract that it implements, such as `1.0`.
    pub contract_version: String,
    /// The services of what it offers, each once.
    pub services: Vec<Service>,
    /// Whether it lists what it has.
    pub lists_instances: bool,
    /// Whether it reports by itself what happens.
    pub sends_events: bool,
}

/// What came of asking a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCheck {
    /// What it says of itself; none when it did not answer.
    pub capabilities: Option<Capabilities>,
    /// How long the answer took, in milliseconds; 0 when there was none.
    pub took_milliseconds: u32,
    /// What does not fit, one sentence each.
    pub problems: Vec<String>,
}

impl ProviderCheck {
    /// The provider did not answer, or with an error.
    pub fn failed(why: impl Into<String>) -> Self {
        Self { capabilities: None, took_milliseconds: 0, problems: vec![why.into()] }
    }

    /// The provider answered.
    pub fn answered(provider: &Provider, says: Capabilities, took_milliseconds: u32) -> Self {
        let problems = says.problems(provider);
        Self { capabilities: Some(says), took_milliseconds, problems }
    }
}

impl Capabilities {
    /// What does not fit to what is registered.
    fn problems(&self, provider: &Provider) -> Vec<String> {
        let mut problems = Vec::new();
        if self.contract_version.split('.').next() != Some(CONTRACT) {
            let version = &self.contract_version;
            problems.push(format!(
                "it implements version `{version}` of the contract, not `{CONTRACT}`"
            ));
        }
        for service in &provider.services {
            if !self.services.contains(service) {
                problems.push(format!("it is registered for `{service}` and does not offer it"));
            }
        }
        for service in &self.services {
            if !provider.services.contains(service) {
                problems.push(format!("it offers `{service}` and is not registered for it"));
            }
        }
        if !self.lists_instances {
            problems
                .push("it does not list what it has: nobody finds what is left over".to_owned());
        }
        if !self.sends_events {
            problems
                .push("it reports nothing by itself: changes are seen a little later".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ProviderId;

    fn provider(services: &[Service]) -> Provider {
        Provider {
            id: ProviderId::of_code("edr"),
            name: "edr".to_owned(),
            services: services.to_vec(),
            endpoint: "http://127.0.0.1:1".to_owned(),
            partner_id: None,
            fee_rate: None,
            paused: false,
            visit_calendar: None,
            created_at: "2021-04-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn what_does_not_fit_is_named_and_nothing_else() {
        let says = Capabilities {
            contract_version: "1.3".to_owned(),
            services: vec![Service::Edr],
            lists_instances: true,
            sends_events: true,
        };
        let fits = ProviderCheck::answered(&provider(&[Service::Edr]), says.clone(), 12);
        assert_eq!((fits.problems.len(), fits.took_milliseconds), (0, 12));
        let other = Capabilities {
            contract_version: "2.0".to_owned(),
            lists_instances: false,
            sends_events: false,
            ..says
        };
        let problems = ProviderCheck::answered(&provider(&[Service::Utm]), other, 1).problems;
        for part in ["`2.0`", "for `utm`", "offers `edr`", "does not list", "reports nothing"] {
            assert_eq!(problems.iter().filter(|it| it.contains(part)).count(), 1, "{part}");
        }
        assert_eq!(problems.len(), 5);
    }

    #[test]
    fn every_change_of_a_provider_changes_its_etag() {
        let edr = provider(&[Service::Edr]);
        let paused = Provider { paused: true, ..edr.clone() };
        let moved = Provider { endpoint: "http://127.0.0.1:2".to_owned(), ..edr.clone() };
        assert_eq!(edr.etag(), edr.clone().etag());
        assert_ne!(edr.etag(), paused.etag());
        assert_ne!(edr.etag(), moved.etag());
    }
}

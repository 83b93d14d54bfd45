//! What a provider shall set up, and what it reports to have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::service::Service;
use crate::time::Timestamp;

/// The desired state of one instance at one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The service.
    pub service: Service,
    /// The component as the provider names it, such as `cloud_waf` or `diagnosis.web`.
    pub component: String,
    /// The provider's plan; empty when the component has only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan: String,
    /// The version of that plan; empty means the provider's present one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan_version: String,
    /// How many; 1 where there is nothing to count.
    pub quantity: u32,
    /// The other parameters, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// A pseudonym of the tenant that stays the same for the provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant_reference: String,
    /// Where it is; empty when it does not matter.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
}

impl Spec {
    /// One of a component, without a plan or parameters.
    pub fn of(service: Service, component: impl Into<String>) -> Self {
        Self {
            service,
            component: component.into(),
            plan: String::new(),
            plan_version: String::new(),
            quantity: 1,
            parameters: BTreeMap::new(),
            tenant_reference: String::new(),
            region: String::new(),
        }
    }

    /// The component that a service has when nobody names one.
    pub const fn default_component(service: Service) -> &'static str {
        match service {
            Service::Utm => "utm",
            Service::CloudWaf => "cloud_waf",
            Service::Edr => "edr",
            Service::Diagnosis => "diagnosis.web",
            Service::Training => "training",
            Service::HelpDesk => "help_desk",
            Service::OnSiteResponse => "on_site_response",
            Service::DataRecovery => "data_recovery",
        }
    }

    /// `sha256:` and 64 hexadecimal digits over everything in it. Two specs that ask for the same
    /// have the same hash, on every machine and in every version.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let quantity = self.quantity.to_string();
        let fixed = [
            "tasuki.spec/1",
            self.service.as_str(),
            &self.component,
            &self.plan,
            &self.plan_version,
            &quantity,
            &self.tenant_reference,
            &self.region,
        ];
        let pairs = self.parameters.iter().flat_map(|(name, value)| [name.as_str(), value]);
        for part in fixed.into_iter().chain(pairs) {
            // The length before each part keeps `ab`,`c` and `a`,`bc` apart.
            hasher.update(part.len().to_string());
            hasher.update(":");
            hasher.update(part);
        }
        format!("sha256:{}", hex::encode(hasher.finalize()))
    }
}

/// How far a roll-out to endpoints has come. Each endpoint counts once, at the furthest it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointCounts {
    /// Sent to the customer, not downloaded.
    pub sent: u32,
    /// Downloaded, not installed.
    pub downloaded: u32,
    /// Installed, has never reported.
    pub installed: u32,
    /// Has reported.
    pub reporting: u32,
    /// Cannot be installed: the operating system is not supported.
    pub unsupported: u32,
    /// Taken off again.
    pub removed: u32,
}

impl EndpointCounts {
    /// Endpoints that have the agent, reporting or not: what is billed on a declared snapshot (C-2).
    pub const fn with_agent(self) -> u32 {
        self.installed.saturating_add(self.reporting)
    }
}

/// A rented unit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Device {
    /// The maker's serial number.
    pub serial: String,
    /// The model, such as `firebox_t20`.
    pub model: String,
    /// How it stands in the network, such as `transparent`.
    pub mode: String,
    /// The licence on it.
    pub licence: String,
}

/// A record that has to stand in DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsRecord {
    /// The name.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`, `NS` or `TXT`.
    pub kind: String,
    /// The value to be set.
    pub value: String,
    /// The value before the change, for the roll-back; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub previous_value: String,
}

/// Whether an instance works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Not known.
    Unknown,
    /// Works.
    Ok,
    /// Works in part.
    Degraded,
    /// Does not work.
    Down,
}

/// What is there, as a provider or an engineer saw it. An instance that does not exist is an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Whether it exists.
    pub exists: bool,
    /// The generation that it is at; 0 when it does not exist.
    pub generation: u32,
    /// Hash of the spec that it is set up with.
    pub spec_hash: String,
    /// Whether it works.
    pub health: Health,
    /// When it went live, by the tenant's clock.
    pub activated_at: Option<Timestamp>,
    /// The rented unit.
    pub device: Option<Device>,
    /// How far the roll-out has come.
    pub endpoints: Option<EndpointCounts>,
    /// Since when it is as it is, as far as the provider says.
    pub changed_at: Option<Timestamp>,
    /// The operation under way on it, such as a repair; empty when there is none.
    pub operation_id: String,
    /// Id of the provider's record of this observation; empty when it keeps none.
    pub evidence_id: String,
    /// When it was looked at, by the tenant's clock.
    pub observed_at: Timestamp,
}

/// What an observation means for an item that is being verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    /// It is there as ordered and works.
    Live,
    /// It is there, but does not work or not yet.
    NotLive,
    /// It is there with something else than what was ordered.
    Other,
    /// It is not there.
    Gone,
}

impl Observation {
    /// What it means, given what was ordered.
    ///
    /// Endpoints that do not report leave the health degraded; one that reports is enough to be
    /// live, since a roll-out is hardly ever complete (C-2).
    pub fn means(&self, generation: u32, spec_hash: &str) -> Seen {
        if !self.exists {
            return Seen::Gone;
        }
        if self.generation != generation || self.spec_hash != spec_hash {
            return Seen::Other;
        }
        let reporting = self.endpoints.map(|endpoints| endpoints.reporting > 0);
        let works = match self.health {
            Health::Ok | Health::Degraded => self.activated_at.is_some() || reporting == Some(true),
            Health::Down | Health::Unknown => false,
        };
        let reports = reporting.unwrap_or(true);
        if works && reports { Seen::Live } else { Seen::NotLive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_keeps_neighbouring_parts_apart() {
        let one = Spec { plan: "ab".into(), plan_version: "c".into(), ..edr() };
        let other = Spec { plan: "a".into(), plan_version: "bc".into(), ..edr() };
        assert_ne!(one.hash(), other.hash());
        assert_eq!(one.hash(), one.clone().hash());
    }

    /// Stored with every instance and known to every provider.
    const HASH: &str = "sha256:3d1ac696e0352389d70a45cb1022cb7a0572766adc0fc104f195257ade754d28";

    #[test]
    fn the_hash_of_a_spec_never_changes() {
        let spec = Spec {
            quantity: 5,
            parameters: [("mode".to_owned(), "transparent".to_owned())].into(),
            tenant_reference: "F001".into(),
            region: "okinawa".into(),
            ..edr()
        };
        assert_eq!(spec.hash(), HASH);
    }

    #[test]
    fn one_reporting_endpoint_makes_a_roll_out_live_and_none_does_not() {
        let mut seen = Observation {
            exists: true,
            generation: 1,
            spec_hash: edr().hash(),
            health: Health::Degraded,
            activated_at: Some("2020-11-01T00:00:00Z".parse().unwrap()),
            device: None,
            endpoints: Some(EndpointCounts { sent: 4, reporting: 1, ..EndpointCounts::default() }),
            changed_at: None,
            operation_id: String::new(),
            evidence_id: "obs-1".into(),
            observed_at: "2020-11-02T00:00:00Z".parse().unwrap(),
        };
        assert_eq!(seen.means(1, &edr().hash()), Seen::Live);
        assert_eq!(seen.means(2, &edr().hash()), Seen::Other);
        seen.endpoints = Some(EndpointCounts { installed: 5, ..EndpointCounts::default() });
        assert_eq!(seen.means(1, &edr().hash()), Seen::NotLive);
        seen.exists = false;
        assert_eq!(seen.means(1, &edr().hash()), Seen::Gone);
    }

    fn edr() -> Spec {
        Spec::of(Service::Edr, "edr")
    }
}

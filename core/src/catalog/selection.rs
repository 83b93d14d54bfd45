//! What a customer chose.

use serde::{Deserialize, Serialize};

use crate::catalog::quantity::{Quantity, Unit};
use crate::service::Service;

/// One service of a bundle, as it was chosen.
///
/// What is left out is filled in from the rate card: the default plan, one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectedItem {
    /// The service.
    pub service: Service,
    /// The plan, such as `utm.basic`; the service's default plan if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The licence tier of the plan, such as `basic`: chooses the plan when `plan` is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// How many boxes, plans or times; one if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// How many computers get an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<u32>,
    /// The traffic of a month in gigabytes, as declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_gb: Option<Quantity>,
    /// Screens to diagnose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_screens: Option<u32>,
    /// Global IP addresses to diagnose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_ips: Option<u32>,
    /// Mails of a training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mails: Option<u32>,
    /// Additions to the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<SelectedOption>,
    /// Locations it is for, by their codes; the main one if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
}

/// An addition to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectedOption {
    /// The option's code in the rate card, such as `edr.virus_removal`.
    pub option: String,
    /// How many; one if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
}

impl SelectedItem {
    /// A service with everything left to the rate card.
    pub const fn of(service: Service) -> Self {
        Self {
            service,
            plan: None,
            tier: None,
            quantity: None,
            endpoints: None,
            traffic_gb: None,
            web_screens: None,
            global_ips: None,
            mails: None,
            options: Vec::new(),
            sites: Vec::new(),
        }
    }

    /// With a number of computers.
    #[must_use]
    pub const fn with_endpoints(mut self, endpoints: u32) -> Self {
        self.endpoints = Some(endpoints);
        self
    }

    /// With a declared monthly traffic.
    #[must_use]
    pub const fn with_traffic_gb(mut self, traffic_gb: Quantity) -> Self {
        self.traffic_gb = Some(traffic_gb);
        self
    }

    /// With a plan.
    #[must_use]
    pub fn with_plan(mut self, plan: impl Into<String>) -> Self {
        self.plan = Some(plan.into());
        self
    }

    /// With one of an option.
    #[must_use]
    pub fn with_option(mut self, option: impl Into<String>) -> Self {
        self.options.push(SelectedOption { option: option.into(), quantity: None });
        self
    }

    /// How many of a unit were chosen; none if nothing was said.
    pub fn chosen(&self, unit: Unit) -> Option<Quantity> {
        match unit {
            Unit::Unit | Unit::Time | Unit::Visit | Unit::Hour => self.quantity,
            Unit::Endpoint => self.endpoints.map(Quantity::whole),
            Unit::Gb => self.traffic_gb,
            Unit::Screen => self.web_screens.map(Quantity::whole),
            Unit::GlobalIp => self.global_ips.map(Quantity::whole),
            Unit::Mail => self.mails.map(Quantity::whole),
        }
    }

    /// With a quantity of a unit. What is counted in whole numbers keeps what it had when the
    /// quantity is none.
    #[must_use]
    pub fn with_chosen(mut self, unit: Unit, quantity: Quantity) -> Self {
        let whole = quantity.as_whole().and_then(|n| u32::try_from(n).ok());
        match unit {
            Unit::Unit | Unit::Time | Unit::Visit | Unit::Hour => self.quantity = Some(quantity),
            Unit::Gb => self.traffic_gb = Some(quantity),
            Unit::Endpoint => self.endpoints = whole.or(self.endpoints),
            Unit::Screen => self.web_screens = whole.or(self.web_screens),
            Unit::GlobalIp => self.global_ips = whole.or(self.global_ips),
            Unit::Mail => self.mails = whole.or(self.mails),
        }
        self
    }

    /// Whether an option was chosen.
    pub fn has_option(&self, code: &str) -> bool {
        self.options.iter().any(|option| option.option == code)
    }

    /// The field that a quantity of a unit is given in, for messages.
    pub const fn field_of(unit: Unit) -> &'static str {
        match unit {
            Unit::Unit | Unit::Time | Unit::Visit | Unit::Hour => "quantity",
            Unit::Endpoint => "endpoints",
            Unit::Gb => "traffic_gb",
            Unit::Screen => "web_screens",
            Unit::GlobalIp => "global_ips",
            Unit::Mail => "mails",
        }
    }
}

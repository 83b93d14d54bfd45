//! What the customer, or somebody whom only the customer can ask, has to do: asked, reminded,
//! escalated and expired, never waited for without end.

use serde::{Deserialize, Serialize};

use crate::provisioning::reason_code::ReasonCode;
use crate::provisioning::spec::DnsRecord;
use crate::service::Service;
use crate::text::Text;
use crate::time::{TimeError, Timestamp, Zone};

/// What has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerActionKind {
    /// Change DNS records so that the traffic goes through the WAF (WAF-01).
    DnsChange,
    /// Be there when an engineer brings and installs a device (UTM-05).
    DeviceInstall,
    /// Install the agent on the endpoints (EDR-03).
    AgentInstall,
    /// Bring the consent of a third party, with scope and validity (DIA-04).
    Consent,
    /// Agree on a date.
    Schedule,
    /// Give information: login data, a list of domains, mail addresses for a training.
    Information,
}

/// How it is found out that a step was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyMethod {
    /// We look the records up in DNS ourselves.
    DnsLookup,
    /// A heartbeat of the device or of the endpoints.
    Heartbeat,
    /// The provider observes it.
    ProviderObserves,
    /// A document is checked by a person.
    Document,
    /// The word of the customer is enough, such as for a date.
    Declaration,
}

/// What a provider asks the customer for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRequest {
    /// What has to be done.
    pub kind: CustomerActionKind,
    /// In single steps and plain words.
    pub instructions: Text,
    /// For a DNS change: the records that are expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected_records: Vec<DnsRecord>,
    /// How it is found out that it was done.
    pub verify: VerifyMethod,
    /// A page or file that the customer needs; empty when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// From when on it can be done; none means now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible_from: Option<Timestamp>,
    /// Until when the provider waits; none means as long as our own terms allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible_until: Option<Timestamp>,
}

/// How long a step may take, in calendar days of the tenant after it was asked for.
///
/// The reports name no figures; these are assumed, and a contract may set others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerTerms {
    /// The customer is reminded on these days.
    pub remind_after_days: Vec<u16>,
    /// The partner is asked to help.
    pub escalate_after_days: u16,
    /// The item is rolled back.
    pub expire_after_days: u16,
}

/// A step with its deadlines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerStep {
    /// What was asked for.
    pub request: CustomerRequest,
    /// When.
    pub asked_at: Timestamp,
    /// When the customer is or was reminded, in order; all before the end.
    pub remind_at: Vec<Timestamp>,
    /// How many of these reminders went out.
    pub n_reminded: u32,
    /// When the partner is asked to help.
    pub escalate_at: Timestamp,
    /// When the partner was asked to help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl CustomerActionKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::DnsChange,
        Self::DeviceInstall,
        Self::AgentInstall,
        Self::Consent,
        Self::Schedule,
        Self::Information,
    ];

    /// The word in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DnsChange => "dns_change",
            Self::DeviceInstall => "device_install",
            Self::AgentInstall => "agent_install",
            Self::Consent => "consent",
            Self::Schedule => "schedule",
            Self::Information => "information",
        }
    }

    /// What customers call it.
    pub fn label(self) -> Text {
        match self {
            Self::DnsChange => Text::new("DNSの切り替え", "DNS change"),
            Self::DeviceInstall => {
                Text::new("機器設置への立ち会い", "presence at the installation")
            }
            Self::AgentInstall => Text::new("エージェントの導入", "installation of the agent"),
            Self::Consent => Text::new("保守会社等の同意", "consent of the maintenance vendor"),
            Self::Schedule => Text::new("日程の調整", "agreement on a date"),
            Self::Information => Text::new("情報のご提供", "information to be given"),
        }
    }

    /// Why an item ends whose step of this kind nobody did.
    pub const fn reason_when_expired(self, service: Service) -> ReasonCode {
        match self {
            Self::DnsChange => ReasonCode::UserDidNotDoDns,
            Self::AgentInstall => ReasonCode::AgentNotInstalledByUser,
            Self::Consent => ReasonCode::NoConsentFromMaintainer,
            Self::Schedule | Self::DeviceInstall => ReasonCode::ScheduleNotFixed,
            Self::Information => match service {
                Service::Diagnosis => ReasonCode::NoLoginInfo,
                Service::Utm
                | Service::CloudWaf
                | Service::Edr
                | Service::Training
                | Service::HelpDesk
                | Service::OnSiteResponse
                | Service::DataRecovery => ReasonCode::CustomerActionExpired,
            },
        }
    }

    /// The terms when a contract sets none.
    pub fn terms(self) -> CustomerTerms {
        let (remind, escalate, expire): (&[u16], u16, u16) = match self {
            Self::DnsChange | Self::Information => (&[3, 7, 14], 10, 30),
            Self::DeviceInstall => (&[3, 7], 7, 30),
            Self::AgentInstall => (&[3, 7, 14], 14, 30),
            // Somebody else has to answer, often a company in another prefecture.
            Self::Consent => (&[5, 10, 20], 14, 45),
            Self::Schedule => (&[2, 5, 10], 7, 21),
        };
        CustomerTerms {
            remind_after_days: remind.to_vec(),
            escalate_after_days: escalate,
            expire_after_days: expire,
        }
    }
}

impl CustomerStep {
    /// A step asked for now. It ends by our terms or when the provider stops waiting, whatever comes
    /// first; reminders at or after the end are left out.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn ask(
        request: CustomerRequest,
        terms: &CustomerTerms,
        asked_at: Timestamp,
        zone: &Zone,
    ) -> Result<Self, TimeError> {
        let after = |days: u16| asked_at.plus_days_in(i64::from(days), zone);
        let ours = after(terms.expire_after_days)?;
        let expires_at = request.possible_until.map_or(ours, |until| until.min(ours)).max(asked_at);
        let mut remind_at = Vec::with_capacity(terms.remind_after_days.len());
        for days in terms.remind_after_days.iter().copied() {
            let at = after(days)?;
            if asked_at < at && at < expires_at {
                remind_at.push(at);
            }
        }
        remind_at.sort_unstable();
        let escalate_at = after(terms.escalate_after_days)?.min(expires_at);
        Ok(Self {
            request,
            asked_at,
            remind_at,
            n_reminded: 0,
            escalate_at,
            escalated_at: None,
            expires_at,
        })
    }

    /// The next reminder that has not gone out.
    pub fn next_reminder(&self) -> Option<Timestamp> {
        let sent = usize::try_from(self.n_reminded).unwrap_or(usize::MAX);
        self.remind_at.get(sent).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::provisioning) fn request(kind: CustomerActionKind) -> CustomerRequest {
        CustomerRequest {
            kind,
            instructions: kind.label(),
            expected_records: Vec::new(),
            verify: VerifyMethod::ProviderObserves,
            url: String::new(),
            possible_from: None,
            possible_until: None,
        }
    }

    #[test]
    fn a_dns_change_is_reminded_escalated_and_expires_on_days_of_the_tenant() {
        let zone = Zone::named(Zone::TOKYO).unwrap();
        let kind = CustomerActionKind::DnsChange;
        let asked_at = "2020-10-01T03:00:00Z".parse().unwrap();
        let step = CustomerStep::ask(request(kind), &kind.terms(), asked_at, &zone).unwrap();
        insta::assert_debug_snapshot!((
            &step.remind_at,
            step.escalate_at,
            step.expires_at,
            step.next_reminder()
        ));
    }

    proptest! {
        #[test]
        fn deadlines_stand_in_order_whatever_the_terms_are(
            days in proptest::collection::vec(0_u16..400, 0..6), escalate in 0_u16..400, expire in 0_u16..400,
            until in proptest::option::of(-100_i64..400),
        ) {
            let zone = Zone::named(Zone::TOKYO).unwrap();
            let asked_at: Timestamp = "2020-10-01T03:00:00Z".parse().unwrap();
            let possible_until = until.map(|days| asked_at.plus_days_in(days, &zone).unwrap());
            let terms = CustomerTerms {
                remind_after_days: days, escalate_after_days: escalate, expire_after_days: expire,
            };
            let request = CustomerRequest { possible_until, ..request(CustomerActionKind::Consent) };
            let step = CustomerStep::ask(request, &terms, asked_at, &zone).unwrap();
            prop_assert!(step.asked_at <= step.expires_at && step.escalate_at <= step.expires_at);
            prop_assert!(step.remind_at.is_sorted());
            prop_assert!(step.remind_at.iter().all(|at| asked_at < *at && *at < step.expires_at));
        }
    }
}

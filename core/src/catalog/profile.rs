//! What is known about a company that asks for a quote.
//!
//! Everything may be unknown: a fact that nobody asked for is absent, which is neither "no" nor
//! zero. A policy that needs an absent fact is undetermined.

use serde::{Deserialize, Serialize};

use crate::catalog::price::TaxMode;
use crate::catalog::quantity::Quantity;
use crate::days::DayPeriod;
use crate::money::Money;
use crate::rate::Rate;
use crate::service::Service;
use crate::time::CivilDate;

/// A company, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompanyProfile {
    /// Division of the Japan Standard Industrial Classification, `A` to `T`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// People who work there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<u32>,
    /// Paid-in capital.
    #[serde(rename = "capital_yen", with = "yen", skip_serializing_if = "Option::is_none")]
    pub capital: Option<Money>,
    /// Endpoints in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<EndpointCounts>,
    /// Whether a UTM is in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_utm: Option<bool>,
    /// Whether endpoints have antivirus software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_antivirus: Option<bool>,
    /// Whether it has a web site of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_website: Option<bool>,
    /// Whether a web application firewall is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waf: Option<WafState>,
    /// Who can change the DNS records of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_control: Option<DnsControl>,
    /// Traffic of the web site in gigabytes per month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_traffic_gb: Option<Quantity>,
    /// Its locations; the first is the main one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<ProfileSite>,
    /// What it is ready to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Services it asks for, in its own order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<Service>,
    /// Whether whoever maintains the upstream network helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_maintainer: Option<MaintainerCooperation>,
    /// Consent of the site's maintainer or host to a diagnosis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_consent: Option<Consent>,
    /// Whether the executives have approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_executive_approval: Option<bool>,
    /// Associations it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<ProfileMembership>,
    /// Who pays a share of its fees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sponsors: Vec<Sponsor>,
    /// Screens of the web application to diagnose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_screens: Option<u32>,
    /// Global IP addresses to diagnose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_ips: Option<u32>,
    /// Whether a login account for the diagnosis can be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_login_account: Option<bool>,
    /// Day of the last targeted-mail training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_training_on: Option<CivilDate>,
    /// Declared stars of SECURITY ACTION, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_action_stars: Option<u32>,
    /// People who use the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<u32>,
    /// Speed of the line in megabits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput_mbps: Option<Quantity>,
    /// Whether software updates follow a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updates_are_managed: Option<bool>,
    /// Whether data is backed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_backup: Option<bool>,
    /// Whether the cloud WAF needs a change of the domain's name server, and not of a record only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nameserver_change_needed: Option<bool>,
    /// Whether other services use the same domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_is_shared: Option<bool>,
}

impl CompanyProfile {
    /// This, completed by what is known from elsewhere: what is said here wins, a list as a whole.
    #[must_use]
    pub fn completed_by(self, known: &Self) -> Self {
        Self {
            industry: self.industry.or_else(|| known.industry.clone()),
            employees: self.employees.or(known.employees),
            capital: self.capital.or(known.capital),
            endpoints: merged(self.endpoints, known.endpoints),
            has_utm: self.has_utm.or(known.has_utm),
            has_antivirus: self.has_antivirus.or(known.has_antivirus),
            has_website: self.has_website.or(known.has_website),
            waf: self.waf.or(known.waf),
            dns_control: self.dns_control.or(known.dns_control),
            monthly_traffic_gb: self.monthly_traffic_gb.or(known.monthly_traffic_gb),
            sites: filled(self.sites, &known.sites),
            budget: self.budget.or(known.budget),
            wishes: filled(self.wishes, &known.wishes),
            upstream_maintainer: self.upstream_maintainer.or(known.upstream_maintainer),
            maintainer_consent: self.maintainer_consent.or(known.maintainer_consent),
            has_executive_approval: self.has_executive_approval.or(known.has_executive_approval),
            memberships: filled(self.memberships, &known.memberships),
            sponsors: filled(self.sponsors, &known.sponsors),
            web_screens: self.web_screens.or(known.web_screens),
            global_ips: self.global_ips.or(known.global_ips),
            has_login_account: self.has_login_account.or(known.has_login_account),
            last_training_on: self.last_training_on.or(known.last_training_on),
            security_action_stars: self.security_action_stars.or(known.security_action_stars),
            users: self.users.or(known.users),
            throughput_mbps: self.throughput_mbps.or(known.throughput_mbps),
            updates_are_managed: self.updates_are_managed.or(known.updates_are_managed),
            has_backup: self.has_backup.or(known.has_backup),
            nameserver_change_needed: self
                .nameserver_change_needed
                .or(known.nameserver_change_needed),
            domain_is_shared: self.domain_is_shared.or(known.domain_is_shared),
        }
    }

    /// Code of the prefecture of the main site, if it is known.
    pub fn prefecture(&self) -> Option<&str> {
        self.sites.first().and_then(|site| site.prefecture.as_deref())
    }
}

fn filled<T: Clone>(said: Vec<T>, known: &[T]) -> Vec<T> {
    if said.is_empty() { known.to_vec() } else { said }
}

/// Count by count: who tells the number of one system says nothing about the others.
fn merged(said: Option<EndpointCounts>, known: Option<EndpointCounts>) -> Option<EndpointCounts> {
    let (Some(said), Some(known)) = (said, known) else { return said.or(known) };
    Some(EndpointCounts {
        windows: said.windows.or(known.windows),
        mac: said.mac.or(known.mac),
        linux: said.linux.or(known.linux),
        mobile: said.mobile.or(known.mobile),
    })
}

/// Endpoints by operating system; an absent count is unknown, not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointCounts {
    /// Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<u32>,
    /// macOS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<u32>,
    /// Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linux: Option<u32>,
    /// Telephones and tablets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<u32>,
}

/// Declares a closed list of words with their texts.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $variant,)*
        }

        impl $name {
            /// The word in files, policies and interfaces.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

words! {
    /// Whether a web application firewall is there already.
    WafState {
        /// There is none.
        None = "none",
        /// There is one and it works.
        Active = "active",
        /// There is one, but it is switched off: advise to switch it on.
        Off = "off",
    }
}

words! {
    /// Who can change the DNS records of the company's site.
    DnsControl {
        /// The company itself.
        Itself = "itself",
        /// The operator, after the company accepts unexpected effects.
        OperatorWithWaiver = "operator_with_waiver",
        /// A third party, and it agrees.
        ThirdPartyAgrees = "third_party_agrees",
        /// A third party, and it refuses.
        ThirdPartyRefuses = "third_party_refuses",
        /// The company was asked and does not know.
        Unknown = "unknown",
    }
}

words! {
    /// Whether whoever maintains the upstream network helps with the set-up.
    MaintainerCooperation {
        /// There is no such third party.
        NotNeeded = "not_needed",
        /// It helps.
        Agreed = "agreed",
        /// It does not help.
        Refused = "refused",
        /// The company was asked and does not know.
        Unknown = "unknown",
    }
}

words! {
    /// Whether a third party consents.
    Consent {
        /// No third party is concerned.
        NotNeeded = "not_needed",
        /// Given.
        Given = "given",
        /// Refused.
        Refused = "refused",
        /// Asked for, not answered yet.
        Requested = "requested",
    }
}

/// A location of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileSite {
    /// Short code, unique within the company, such as `head-office`.
    pub code: String,
    /// Name as the company calls it.
    #[serde(default)]
    pub name: String,
    /// Prefecture by its JIS X 0401 code, `01` to `47`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefecture: Option<String>,
    /// Whether it lies on a remote island.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_island: Option<bool>,
}

/// Membership of an association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileMembership {
    /// Stable code of the association, such as `naha-chamber-of-commerce`.
    pub association: String,
    /// First day; none for since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<CivilDate>,
    /// First day after it; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<CivilDate>,
    /// Where the evidence is kept.
    #[serde(default)]
    pub evidence: String,
}

/// Somebody who pays a share of a company's fees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sponsor {
    /// Short code, unique within the company.
    pub code: String,
    /// Name as it stands on the invoice.
    pub name: String,
    /// Share of the fees, above 0 and at most 1.
    pub share_rate: Rate,
    /// The most it pays per month.
    #[serde(rename = "monthly_cap_yen", with = "yen", skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub monthly_cap: Option<Money>,
    /// Days on which it pays; none for without limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<DayPeriod>,
    /// Services it pays for; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
}

/// What a company can spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The ceiling for an average month.
    #[serde(rename = "monthly_yen", with = "whole_yen")]
    pub monthly: Money,
    /// Whether the ceiling contains consumption tax: `Inclusive` or `Exclusive`.
    pub tax_mode: TaxMode,
}

/// Amounts that salespeople write as whole yen.
mod whole_yen {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::money::Money;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like this")]
    pub(super) fn serialize<S: Serializer>(amount: &Money, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(amount.amount())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        i64::deserialize(from).map(Money::jpy)
    }
}

/// Amounts that salespeople write as whole yen or leave out.
mod yen {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::money::Money;

    #[expect(clippy::ref_option, reason = "serde calls it like this")]
    pub(super) fn serialize<S: Serializer>(
        amount: &Option<Money>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => to.serialize_i64(amount.amount()),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Money>, D::Error> {
        Option::<i64>::deserialize(from).map(|amount| amount.map(Money::jpy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asked_for_is_absent_and_not_no() {
        let profile: CompanyProfile = serde_json::from_str(r#"{"has_utm": false}"#).unwrap();
        assert_eq!(profile.has_utm, Some(false));
        assert_eq!(profile.has_antivirus, None);
        assert_eq!(serde_json::to_string(&profile).unwrap(), r#"{"has_utm":false}"#);
    }

    #[test]
    fn what_is_said_wins_over_what_is_known_and_the_rest_is_completed() {
        let read = |text: &str| serde_json::from_str::<CompanyProfile>(text).unwrap();
        let said = read(
            r#"{"has_utm": false, "endpoints": {"windows": 5}, "sites": [{"code": "b"}],
                "budget": {"monthly_yen": 30000, "tax_mode": "exclusive"}}"#,
        );
        let known = read(
            r#"{"has_utm": true, "industry": "I", "endpoints": {"windows": 9, "mac": 3},
                "sites": [{"code": "a", "prefecture": "47"}], "wishes": ["edr"]}"#,
        );
        let both = said.clone().completed_by(&known);
        let expected = read(
            r#"{"has_utm": false, "industry": "I", "endpoints": {"windows": 5, "mac": 3},
                "sites": [{"code": "b"}], "wishes": ["edr"],
                "budget": {"monthly_yen": 30000, "tax_mode": "exclusive"}}"#,
        );
        assert_eq!(both, expected);
        assert_eq!(known.prefecture(), Some("47"));
        assert_eq!(both.prefecture(), None, "the sites that were named, not those that were known");
        assert_eq!(
            CompanyProfile::default().completed_by(&known),
            known,
            "every fact is taken over"
        );
    }

    #[test]
    fn a_misspelt_fact_is_refused_and_not_forgotten() {
        assert!(serde_json::from_str::<CompanyProfile>(r#"{"has_umt": false}"#).is_err());
    }

    #[test]
    fn a_budget_is_written_in_whole_yen() {
        let text = r#"{"budget":{"monthly_yen":30000,"tax_mode":"exclusive"}}"#;
        let profile: CompanyProfile = serde_json::from_str(text).unwrap();
        assert_eq!(profile.budget.map(|budget| budget.monthly), Some(Money::jpy(30_000)));
        assert_eq!(serde_json::to_string(&profile).unwrap(), text);
    }

    #[test]
    fn words_are_written_as_they_are_read() {
        let text = serde_json::to_string(&DnsControl::OperatorWithWaiver).unwrap();
        assert_eq!(text, format!("\"{}\"", DnsControl::OperatorWithWaiver.as_str()));
    }
}

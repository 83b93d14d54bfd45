//! The firms that applied, and the four companies of O-fig 2.

#![expect(
    dead_code,
    reason = "every key is named so that an unknown one is refused; not all are played"
)]

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Text, Wanted};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Applicants {
    pub(super) firms: Vec<Applicant>,
}

/// A firm that applied in Okinawa.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the data")]
pub(crate) struct Applicant {
    pub(crate) id: String,
    pub(crate) name: Text,
    pub(crate) industry: String,
    pub(crate) employees: i32,
    pub(crate) endpoints: Endpoints,
    pub(crate) site: Site,
    pub(crate) has_av: bool,
    pub(crate) has_website: bool,
    pub(crate) has_utm: bool,
    pub(crate) waf: Waf,
    pub(crate) dns_control: Dns,
    pub(crate) domain_shared: bool,
    pub(crate) subdomain_work_needed: bool,
    pub(crate) upstream_maintainer: Maintainer,
    pub(crate) maintainer_consent: MaintainerConsent,
    pub(crate) executive_approval: bool,
    pub(crate) monthly_traffic_gb: String,
    pub(crate) budget_monthly_yen: i64,
    pub(crate) ordered_on: Date,
    pub(crate) applied: Vec<Wanted>,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Applicant {
    /// What became of what it applied for.
    pub(crate) fn outcome(&self, wanted: Wanted) -> Option<&Outcome> {
        self.outcomes.iter().find(|outcome| outcome.service == wanted)
    }
}

/// Computers by operating system.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoints {
    pub(crate) windows: i32,
    pub(crate) mac: i32,
    pub(crate) linux: i32,
}

/// Where a firm is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    pub(crate) prefecture: String,
    pub(crate) remote_island: Island,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Island {
    None,
    Ishigaki,
    Miyakojima,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Waf {
    None,
    Active,
    PresentOff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Dns {
    Customer,
    Maintainer,
    OperatorWithWaiver,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Maintainer {
    NotNeeded,
    Agreed,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MaintainerConsent {
    NotAsked,
    NotNeeded,
    Given,
    Refused,
    Asked,
}

/// What became of an application for one service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) service: Wanted,
    pub(crate) provided: bool,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) found_in: Option<Found>,
    pub(crate) how_it_happens: How,
    #[serde(default)]
    pub(crate) active_after_days: Option<i32>,
    #[serde(default)]
    pub(crate) removed_after_days: Option<i32>,
    #[serde(default)]
    pub(crate) installed: Option<i32>,
    #[serde(default)]
    pub(crate) reporting: Option<i32>,
}

/// Where it is found out that a service cannot be provided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Found {
    Preflight,
    Provisioning,
    AfterInstall,
}

/// How it happens, in the words of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum How {
    Normal,
    SlowProvider,
    FailsOnce,
    DuplicateCallback,
    OutcomeUnknownOnce,
    CustomerActsLate,
    OperatorChangesDns,
    CustomerNeverActs,
    CustomerRollsBack,
    ThirdPartyRefuses,
    ExistingDeviceOnSite,
    VisitNeverScheduled,
    VisitRefused,
    InstallFails,
    SiteNotReady,
    RefusedAtPreflight,
    InternetLostAfterInstall,
    TerminalsOfflineAfterInstall,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Companies {
    pub(super) companies: Vec<Company>,
}

/// A company of O-fig 2.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Company {
    pub(crate) id: String,
    pub(crate) name: Text,
    pub(crate) has_av: bool,
    pub(crate) has_website: bool,
    pub(crate) has_utm: bool,
    pub(crate) industry: String,
    pub(crate) employees: i32,
    pub(crate) endpoints: Endpoints,
    pub(crate) waf: Waf,
    pub(crate) dns_control: Dns,
    pub(crate) monthly_traffic_gb: String,
    pub(crate) budget_monthly_yen: i64,
    pub(crate) expected: Recommended,
    pub(crate) expected_diagnosis: Option<ExpectedDiagnosis>,
    pub(crate) expected_price_yen: PriceYen,
    pub(crate) expected_first_year_yen: i64,
}

/// What the figure offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a published table")]
pub(crate) struct Recommended {
    pub(crate) utm: bool,
    pub(crate) cloud_waf: bool,
    pub(crate) edr: bool,
    pub(crate) diagnosis: bool,
    /// A questionnaire, which everybody gets and nobody pays for.
    pub(crate) survey: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ExpectedDiagnosis {
    DiagnosisWeb,
    DiagnosisPlatform,
    None,
}

/// What a bundle costs, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceYen {
    pub(crate) initial: i64,
    pub(crate) monthly: i64,
    pub(crate) yearly: i64,
    pub(crate) one_off: i64,
}

//! Customer companies, and the partners and providers around them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::catalog::CompanyProfile;
use crate::id::{PartnerId, ProviderId, TenantId};
use crate::rate::Rate;
use crate::registration_number::RegistrationNumber;
use crate::service::Service;
use crate::time::{Timestamp, Zone};

/// A customer company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// The partner that sells to it and may act for it.
    pub partner_id: PartnerId,
    /// The partner's own name for it, unique within the partner; empty if it has none.
    pub partner_reference: String,
    /// What it is called, as on an invoice.
    pub name: String,
    /// Its name in Latin letters; empty if unknown.
    pub name_en: String,
    /// Where its days begin and end.
    pub zone: Zone,
    /// What is known about it.
    pub profile: CompanyProfile,
    /// The present of a simulated tenant; none for one that runs on real time.
    pub clock_at: Option<Timestamp>,
    /// When it was made, by its own clock.
    pub created_at: Timestamp,
    /// When it was last changed, by its own clock. A clock that moves is no change.
    pub updated_at: Timestamp,
}

impl Tenant {
    /// Division of the Japan Standard Industrial Classification, `A` to `T`; empty if unknown.
    pub fn industry(&self) -> &str {
        self.profile.industry.as_deref().unwrap_or_default()
    }

    /// Code of the prefecture of its main site by JIS X 0401, such as `47`, if it is known.
    pub fn prefecture(&self) -> Option<&str> {
        self.profile.prefecture()
    }
}

/// What a partner is to the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartnerKind {
    /// Runs the scheme and holds the master contract (ACT-01).
    Operator,
    /// Sells or provides (ACT-02).
    Isv,
    /// Carries the risk (ACT-03).
    Insurer,
    /// Sells insurance (ACT-04).
    Agent,
}

impl PartnerKind {
    /// The word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Isv => "isv",
            Self::Insurer => "insurer",
            Self::Agent => "agent",
        }
    }
}

/// A company that takes part in the scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Derived from the code: [`PartnerId::of_code`].
    pub id: PartnerId,
    /// Its short name, unique and permanent, such as `ogs`; settings and files use it.
    pub code: String,
    /// What customers call it.
    pub name: String,
    /// Its name in Latin letters.
    pub name_en: String,
    /// What it is to the scheme.
    pub kind: PartnerKind,
    /// What it can do, such as `provision:waf` or `soc`.
    pub capabilities: Vec<String>,
    /// Its licence to solicit insurance, if it has one (募集人資格, INS-10).
    pub solicitor_licence: Option<Licence>,
    /// What stands on the invoices it issues, and what it gets for selling.
    #[serde(default)]
    pub terms: PartnerTerms,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What stands on the invoices that a company issues, and what it gets for selling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartnerTerms {
    /// Its number as issuer of qualified invoices, if it is one.
    pub registration_number: Option<RegistrationNumber>,
    /// Its address; empty if unknown.
    pub address: String,
    /// The share of the fees, without tax, that it gets for selling; none for nothing.
    pub commission_rate: Option<Rate>,
}

/// A licence to solicit insurance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Its number.
    pub number: String,
    /// First day.
    pub valid_from: Date,
    /// First day after it.
    pub valid_to: Date,
}

/// Who runs security services, and where it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Derived from the name: [`ProviderId::of_code`].
    pub id: ProviderId,
    /// Its short name, unique and permanent.
    pub name: String,
    /// What it serves.
    pub services: Vec<Service>,
    /// The URL of its server of the provider contract.
    pub endpoint: String,
    /// The partner behind it, if that takes part in the scheme.
    pub partner_id: Option<PartnerId>,
    /// The share of the fees, without tax, that it gets for its services; none for nothing.
    #[serde(default)]
    pub fee_rate: Option<Rate>,
    /// Whether new work is kept back from it.
    #[serde(default)]
    pub paused: bool,
    /// The service calendar within which its people come on site, such as `kumamoto_on_site`; none for any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit_calendar: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Provider {
    /// The text that a caller sends back to show which state of it was read: a digest of all of it.
    pub fn etag(&self) -> String {
        // Invariant: texts, numbers and times always have a JSON form.
        let text = serde_json::to_vec(self).unwrap_or_default();
        let digest = hex::encode(Sha256::digest(&text));
        digest.chars().take(16).collect()
    }
}

//! What the scenes of the demo share: who calls, the data, and the clocks of the firms.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tasuki_proto::tenant::v1::AdvanceClockRequest;

use super::callers::ask;
use super::people::People;
use super::pilot::{Applicant, Pilot, Wanted};
use super::setup::Scheme;
use super::words;

/// The stage on which the scenes are played.
#[derive(Debug)]
pub(crate) struct Play {
    pub(crate) people: People,
    pub(crate) pilot: Pilot,
    pub(crate) scheme: Scheme,
}

/// A firm as the server knows it.
#[derive(Debug, Clone)]
pub(crate) struct Firm {
    /// Its key in the data, such as `F001`.
    pub(crate) key: String,
    pub(crate) tenant_id: String,
    pub(crate) subscription_id: String,
    pub(crate) order_ids: Vec<String>,
    /// Its present. It moves forward only.
    pub(crate) now: Timestamp,
    /// The instances of its services.
    pub(crate) instances: BTreeMap<Wanted, Instance>,
}

/// A service of a firm at a provider.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) instance_id: String,
}

impl Play {
    /// Moves a firm's clock forward; the server does all work due on the way.
    pub(crate) async fn advance(&self, firm: &mut Firm, to: Timestamp) -> anyhow::Result<()> {
        if to <= firm.now {
            return Ok(());
        }
        let request = AdvanceClockRequest {
            request_id: firm.request("clock", &to.as_second().to_string()),
            tenant_id: firm.tenant_id.clone(),
            to: Some(words::timestamp(to)),
        };
        ask!(self.people.operator.tenants(), advance_clock, request)?;
        firm.now = to;
        Ok(())
    }

    /// A firm of the data.
    pub(crate) fn applicant(&self, key: &str) -> anyhow::Result<&Applicant> {
        let found = self.pilot.applicants.iter().find(|firm| firm.id == key);
        found.with_context(|| format!("the data has no firm `{key}`"))
    }

    /// The id of a provider.
    pub(crate) fn provider_id(&self, name: &str) -> String {
        self.scheme.providers.get(name).cloned().unwrap_or_default()
    }
}

impl Firm {
    /// What providers know the firm by.
    pub(crate) fn reference(&self) -> &str {
        &self.tenant_id
    }

    /// A request id that is the same in every run: what is asked for whom, and which one it is.
    pub(crate) fn request(&self, what: &str, which: &str) -> String {
        request(&self.key, what, which)
    }
}

/// As many characters as a request id may have.
const LONGEST_REQUEST: usize = 64;

/// The request id of a step for a firm; where it would be too long, its end is a hash.
pub(crate) fn request(firm: &str, what: &str, which: &str) -> String {
    let plain = format!("demo.{firm}.{what}.{which}");
    if plain.len() <= LONGEST_REQUEST {
        return plain;
    }
    let digest = Sha256::digest(which.as_bytes());
    let short = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("demo.{firm}.{what}.{short:016x}")
}

/// The provider that runs a service.
pub(crate) const fn provider_of(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Utm => "utm",
        Wanted::CloudWaf => "cloud-waf",
        Wanted::Edr => "edr",
        Wanted::DiagnosisWeb | Wanted::DiagnosisPlatform => "diagnosis",
    }
}

//! The pilots as data: the files of `integration-tests/data/okinawa-2020`, built into the program.
//!
//! What each key means and where it comes from stands in that folder's README.

mod contradictions;
mod firms;
mod monitoring;
mod scenario;

use anyhow::Context as _;
use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tasuki_proto::types::v1::Service;

pub(crate) use self::contradictions::{Contradiction, Relation};
pub(crate) use self::firms::{
    Applicant, Company, Dns, Endpoints, How, Island, Maintainer, MaintainerConsent, Outcome,
    PriceYen, Waf,
};
pub(crate) use self::monitoring::{
    DiagnosisTable, EdrVerdicts, OfflineUtm, SilentUtm, UtmAlerts, WafDetections,
};
pub(crate) use self::scenario::{Converted, CoverTerms, HeavyCase, Scenario, WhatIf};

static FILES: Dir<'_> =
    include_dir!("$CARGO_MANIFEST_DIR/../../integration-tests/data/okinawa-2020");

/// A text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl Text {
    pub(crate) fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }
}

/// What a firm applies for. A firm that asks for both diagnoses counts once under diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Wanted {
    Utm,
    CloudWaf,
    Edr,
    DiagnosisWeb,
    DiagnosisPlatform,
}

impl Wanted {
    pub(crate) const fn service(self) -> Service {
        match self {
            Self::Utm => Service::Utm,
            Self::CloudWaf => Service::CloudWaf,
            Self::Edr => Service::Edr,
            Self::DiagnosisWeb | Self::DiagnosisPlatform => Service::Diagnosis,
        }
    }

    /// The component of the provider contract.
    pub(crate) const fn component(self) -> &'static str {
        match self {
            Self::Utm => "utm",
            Self::CloudWaf => "cloud_waf",
            Self::Edr => "edr",
            Self::DiagnosisWeb => "diagnosis.web",
            Self::DiagnosisPlatform => "diagnosis.platform",
        }
    }
}

/// Everything.
#[derive(Debug)]
pub(crate) struct Pilot {
    pub(crate) applicants: Vec<Applicant>,
    pub(crate) fig2: Vec<Company>,
    pub(crate) utm_alerts: UtmAlerts,
    pub(crate) waf: WafDetections,
    pub(crate) edr: EdrVerdicts,
    pub(crate) diagnosis: DiagnosisTable,
    pub(crate) offline: OfflineUtm,
    pub(crate) contradictions: Vec<Contradiction>,
    pub(crate) scenario: Scenario,
    pub(crate) funnel: Vec<monitoring::FunnelFigures>,
}

impl Pilot {
    /// Reads the files that are built in.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let applicants: firms::Applicants = file("applicants.yaml")?;
        let fig2: firms::Companies = file("fig2-companies.yaml")?;
        let contradictions: contradictions::Contradictions = file("contradictions.yaml")?;
        let recruiting: monitoring::Recruiting = file("recruiting.yaml")?;
        Ok(Self {
            applicants: applicants.firms,
            fig2: fig2.companies,
            utm_alerts: file("utm-alerts.yaml")?,
            waf: file("waf-detections.yaml")?,
            edr: file("edr-verdicts.yaml")?,
            diagnosis: file("diagnosis-findings.yaml")?,
            offline: file("kumamoto-offline-utm.yaml")?,
            contradictions: contradictions.contradictions,
            scenario: file("scenario.yaml")?,
            funnel: recruiting.okinawa.funnel.services,
        })
    }
}

fn file<T: DeserializeOwned>(name: &str) -> anyhow::Result<T> {
    let text = FILES
        .get_file(name)
        .and_then(include_dir::File::contents_utf8)
        .with_context(|| format!("`{name}` is not built in"))?;
    serde_saphyr::from_str(text).with_context(|| format!("cannot read `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_no_key_is_unknown() {
        let pilot = Pilot::read().unwrap();
        assert_eq!(pilot.applicants.len(), 116);
        assert_eq!(pilot.scenario.claims.len(), 9);
        assert_eq!(pilot.contradictions.len(), 16);
    }

    #[test]
    fn the_applicants_make_the_funnel_of_the_report() {
        let pilot = Pilot::read().unwrap();
        let applied =
            |wanted| pilot.applicants.iter().filter(|firm| firm.applied.contains(&wanted)).count();
        assert_eq!([applied(Wanted::Utm), applied(Wanted::CloudWaf)], [29, 30]);
        assert_eq!(applied(Wanted::Edr), 84);
    }
}

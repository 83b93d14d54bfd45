//! What was detected, with what belongs to each kind.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::severity::Severity;
use crate::text::Text;
use crate::time::Timestamp;

/// What a provider detected. The first six are the columns of O-tab 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// An attack from outside against the tenant's network.
    InboundAttack,
    /// A machine inside talks to a command and control server (C&C callback, ESC-01).
    InternalMalwareComms,
    /// Somebody inside tried to open a site known to be bad.
    BadSiteBlock,
    /// Malware in mail or traffic.
    Malware,
    /// Something found on an endpoint by the appliance's endpoint sensor.
    Endpoint,
    /// Anything else, mostly over-detection of internal business traffic.
    Other,
    /// A request that a policy of the cloud WAF matched (O-tab 11).
    WafDetection,
    /// The verdict of the EDR's analysis (EDR-05).
    EdrVerdict,
    /// A device has stopped reporting (ESC-02).
    DeviceOffline,
    /// The antivirus could not resolve what it found by itself (ESC-03).
    AvUnresolved,
    /// A finding of a security diagnosis (O-tab 15 and 16).
    DiagnosisFinding,
}

/// The text names no kind of alert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a kind of alert")]
pub struct ParseAlertKindError {
    /// What was given.
    pub text: String,
}

impl AlertKind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Self; 11] = [
        Self::InboundAttack,
        Self::InternalMalwareComms,
        Self::BadSiteBlock,
        Self::Malware,
        Self::Endpoint,
        Self::Other,
        Self::WafDetection,
        Self::EdrVerdict,
        Self::DeviceOffline,
        Self::AvUnresolved,
        Self::DiagnosisFinding,
    ];

    /// The word in tables, policies and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InboundAttack => "inbound_attack",
            Self::InternalMalwareComms => "internal_malware_comms",
            Self::BadSiteBlock => "bad_site_block",
            Self::Malware => "malware",
            Self::Endpoint => "endpoint",
            Self::Other => "other",
            Self::WafDetection => "waf_detection",
            Self::EdrVerdict => "edr_verdict",
            Self::DeviceOffline => "device_offline",
            Self::AvUnresolved => "av_unresolved",
            Self::DiagnosisFinding => "diagnosis_finding",
        }
    }

    /// What customers read.
    pub fn label(self) -> Text {
        match self {
            Self::InboundAttack => Text::new("外からの攻撃", "Attack from outside"),
            Self::InternalMalwareComms => {
                Text::new("社内機器の不審な通信", "Suspicious traffic of a machine inside")
            }
            Self::BadSiteBlock => Text::new("危険なサイトの遮断", "Dangerous site stopped"),
            Self::Malware => Text::new("マルウェア", "Malware"),
            Self::Endpoint => Text::new("パソコンでの検知", "Found on a computer"),
            Self::Other => Text::new("その他", "Other"),
            Self::WafDetection => Text::new("ウェブサイトへの攻撃", "Attack on the web site"),
            Self::EdrVerdict => Text::new("パソコンの挙動の分析", "Analysis of a computer"),
            Self::DeviceOffline => Text::new("機器の応答なし", "Device not responding"),
            Self::AvUnresolved => {
                Text::new("ウイルスの自動駆除ができない", "Virus not removed automatically")
            }
            Self::DiagnosisFinding => Text::new("診断の指摘", "Finding of a diagnosis"),
        }
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AlertKind {
    type Err = ParseAlertKindError;

    fn from_str(text: &str) -> Result<Self, ParseAlertKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| ParseAlertKindError { text: text.to_owned() })
    }
}

/// The kind of an alert together with what only that kind has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    /// See [`AlertKind::InboundAttack`].
    InboundAttack,
    /// See [`AlertKind::InternalMalwareComms`].
    InternalMalwareComms,
    /// See [`AlertKind::BadSiteBlock`].
    BadSiteBlock,
    /// See [`AlertKind::Malware`].
    Malware,
    /// See [`AlertKind::Endpoint`].
    Endpoint,
    /// See [`AlertKind::Other`].
    Other,
    /// See [`AlertKind::WafDetection`].
    WafDetection(WafDetection),
    /// See [`AlertKind::EdrVerdict`].
    EdrVerdict(EdrVerdict),
    /// See [`AlertKind::DeviceOffline`].
    DeviceOffline(DeviceOffline),
    /// See [`AlertKind::AvUnresolved`].
    AvUnresolved(AvUnresolved),
    /// See [`AlertKind::DiagnosisFinding`].
    DiagnosisFinding(DiagnosisFinding),
}

/// A request that matched a policy of the cloud WAF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WafDetection {
    /// The name of the WAF policy as the provider writes it.
    pub policy_name: String,
    /// The protected domain; none when the row stands for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// How sure the EDR's analysis is (EDR-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdrLevel {
    /// No sign of an attack (みられません).
    None,
    /// An attack is suspected (疑いがあります).
    Suspected,
    /// An attack is feared (恐れがあります).
    Feared,
}

/// The verdict of the EDR's analysis; not an incident until the SOC confirms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdrVerdict {
    /// How sure the analysis is.
    pub level: EdrLevel,
    /// Version of the agent that reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
}

/// A device that stopped reporting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceOffline {
    /// The last sign of life, by the provider's clock; being offline is counted from here.
    pub last_seen_at: Timestamp,
}

/// Malware that the antivirus could not resolve by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvUnresolved {
    /// The malware's name in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malware_name: Option<String>,
    /// How many detections are unresolved, 1 or more.
    pub n_unresolved: u32,
}

/// What was diagnosed (DIA-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisTarget {
    /// A web application of at most five screens.
    WebApplication,
    /// A platform: one global address.
    Platform,
}

/// A finding of a security diagnosis (DIA-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosisFinding {
    /// How bad it is, low to critical: 低, 中, 高 or 緊急.
    pub severity: Severity,
    /// What was diagnosed.
    pub target: DiagnosisTarget,
    /// What kind of weakness it is, a stable key such as `weak_tls`.
    pub category: String,
    /// Hint for the repair, in the provider's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// When it was found repaired; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

impl EdrLevel {
    /// Every level, the least first.
    pub const ALL: [Self; 3] = [Self::None, Self::Suspected, Self::Feared];

    /// The word in tables and policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Suspected => "suspected",
            Self::Feared => "feared",
        }
    }
}

impl DiagnosisTarget {
    /// The word in tables and policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebApplication => "web_application",
            Self::Platform => "platform",
        }
    }
}

impl Detail {
    /// The kind alone.
    pub const fn kind(&self) -> AlertKind {
        match self {
            Self::InboundAttack => AlertKind::InboundAttack,
            Self::InternalMalwareComms => AlertKind::InternalMalwareComms,
            Self::BadSiteBlock => AlertKind::BadSiteBlock,
            Self::Malware => AlertKind::Malware,
            Self::Endpoint => AlertKind::Endpoint,
            Self::Other => AlertKind::Other,
            Self::WafDetection(_) => AlertKind::WafDetection,
            Self::EdrVerdict(_) => AlertKind::EdrVerdict,
            Self::DeviceOffline(_) => AlertKind::DeviceOffline,
            Self::AvUnresolved(_) => AlertKind::AvUnresolved,
            Self::DiagnosisFinding(_) => AlertKind::DiagnosisFinding,
        }
    }

    /// The level of the kinds that have one, and its place among the levels, the least first.
    pub const fn level(&self) -> Option<(u8, &'static str)> {
        match self {
            Self::EdrVerdict(verdict) => {
                let place = match verdict.level {
                    EdrLevel::None => 0,
                    EdrLevel::Suspected => 1,
                    EdrLevel::Feared => 2,
                };
                Some((place, verdict.level.as_str()))
            }
            Self::DiagnosisFinding(finding) => {
                let place = match finding.severity {
                    Severity::Information => 0,
                    Severity::Low => 1,
                    Severity::Medium => 2,
                    Severity::High => 3,
                    Severity::Critical => 4,
                };
                Some((place, finding.severity.as_str()))
            }
            Self::InboundAttack
            | Self::InternalMalwareComms
            | Self::BadSiteBlock
            | Self::Malware
            | Self::Endpoint
            | Self::Other
            | Self::WafDetection(_)
            | Self::DeviceOffline(_)
            | Self::AvUnresolved(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_as_its_word_everywhere() {
        for kind in AlertKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        let detail =
            Detail::EdrVerdict(EdrVerdict { level: EdrLevel::Feared, agent_version: None });
        let json = serde_json::to_value(&detail).unwrap();
        assert_eq!(json, serde_json::json!({ "kind": "edr_verdict", "level": "feared" }));
        assert_eq!(detail.level(), Some((2, "feared")));
    }
}

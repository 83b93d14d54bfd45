//! Facts that are one of a few words.

use super::schema::{FactType, FactValue};
use crate::value::Value;

/// The text is none of the words that a fact can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of {words:?}")]
pub struct ParseWordError {
    /// What was given.
    pub text: String,
    /// What it may be.
    pub words: &'static [&'static str],
}

macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $word_doc:literal])+ $variant:ident = $word:literal,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[doc = $word_doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in expressions and files.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseWordError;

            fn from_str(text: &str) -> Result<Self, ParseWordError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(ParseWordError { text: text.to_owned(), words: Self::WORDS }),
                }
            }
        }

        impl FactValue for $name {
            const TYPE: FactType = FactType::Word(Self::WORDS);

            fn to_value(&self) -> Value {
                Value::text(self.as_str())
            }
        }
    )+};
}

words! {
    /// How bad something is.
    Severity {
        /// Good to know.
        Information = "information",
        /// 低.
        Low = "low",
        /// 中.
        Medium = "medium",
        /// 高.
        High = "high",
        /// 緊急.
        Critical = "critical",
    }

    /// Whether a web application firewall is there already.
    WafState {
        /// There is none.
        None = "none",
        /// There is one and it works.
        Active = "active",
        /// There is one, but it is switched off.
        Off = "off",
    }

    /// Who can change the DNS records of the company's site.
    DnsControl {
        /// The company itself, and it will.
        Own = "self",
        /// The operator, after the company has accepted unexpected effects.
        OperatorWithWaiver = "operator_with_waiver",
        /// A third party, and it agrees.
        ThirdPartyAgrees = "third_party_agrees",
        /// A third party, and it refuses.
        ThirdPartyRefuses = "third_party_refuses",
        /// The company was asked and does not know.
        Unknown = "unknown",
    }

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

    /// What a provider detected.
    AlertKind {
        /// An attack from outside.
        InboundAttack = "inbound_attack",
        /// A machine inside talks to a command and control server.
        InternalMalwareComms = "internal_malware_comms",
        /// Somebody tried to open a site known to be bad.
        BadSiteBlock = "bad_site_block",
        /// Malware in mail or traffic.
        Malware = "malware",
        /// Something found on an endpoint by the appliance's sensor.
        Endpoint = "endpoint",
        /// Anything else.
        Other = "other",
        /// A request that a policy of the cloud WAF matched.
        WafDetection = "waf_detection",
        /// The verdict of the EDR's analysis.
        EdrVerdict = "edr_verdict",
        /// A device has stopped reporting.
        DeviceOffline = "device_offline",
        /// The antivirus could not resolve what it found.
        AvUnresolved = "av_unresolved",
        /// A finding of a security diagnosis.
        DiagnosisFinding = "diagnosis_finding",
    }

    /// The three answers of the EDR's analysis.
    EdrVerdict {
        /// みられません.
        None = "none",
        /// 疑いがあります.
        Suspected = "suspected",
        /// 恐れがあります.
        Feared = "feared",
    }

    /// What the SOC says about an alert.
    Verdict {
        /// The service stopped it by itself.
        BlockedAuto = "blocked_auto",
        /// It was not an attack.
        FalsePositive = "false_positive",
        /// A person has to act.
        ActionNeeded = "action_needed",
    }

    /// A step of the ladder that an incident climbs.
    Rung {
        /// The help desk, on the telephone.
        L1HelpDesk = "l1_help_desk",
        /// An engineer connects remotely.
        L2Remote = "l2_remote",
        /// An engineer comes to the site.
        L3OnSiteResponse = "l3_on_site_response",
        /// Data recovery, forensics, the insurer.
        L4Recovery = "l4_recovery",
    }

    /// Which part of the cover a loss asks for.
    LossPart {
        /// An engineer comes to the site (駆け付け対応).
        OnSiteResponse = "on_site_response",
        /// Malware is removed (ウイルス駆除).
        VirusRemoval = "virus_removal",
        /// Lost data is brought back.
        DataRecovery = "data_recovery",
        /// An investigation that keeps evidence.
        Forensics = "forensics",
        /// What others claim from the company.
        ThirdPartyLiability = "third_party_liability",
        /// Income that was lost.
        BusinessInterruption = "business_interruption",
    }
}

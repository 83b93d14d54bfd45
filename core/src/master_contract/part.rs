//! What kinds of loss can be insured.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// A kind of loss. A loss item, a term and a limit each name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoveragePart {
    /// An engineer comes to the site (駆け付け対応).
    OnSiteResponse,
    /// Malware is removed (ウイルス駆除).
    VirusRemoval,
    /// An investigation that keeps evidence.
    Forensics,
    /// Data is recovered and systems are restored.
    DataRecovery,
    /// What others claim, for instance after having been attacked through the insured.
    ThirdPartyLiability,
    /// Income lost while the business stands still.
    BusinessInterruption,
    /// Telling those concerned, for instance after a leak of personal data.
    NotificationCosts,
    /// Lawyers, public relations, prevention of recurrence.
    Consulting,
}

impl CoveragePart {
    /// Every part, in the order of the contracts.
    pub const ALL: [Self; 8] = [
        Self::OnSiteResponse,
        Self::VirusRemoval,
        Self::Forensics,
        Self::DataRecovery,
        Self::ThirdPartyLiability,
        Self::BusinessInterruption,
        Self::NotificationCosts,
        Self::Consulting,
    ];

    /// The word in facts, files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnSiteResponse => "on_site_response",
            Self::VirusRemoval => "virus_removal",
            Self::Forensics => "forensics",
            Self::DataRecovery => "data_recovery",
            Self::ThirdPartyLiability => "third_party_liability",
            Self::BusinessInterruption => "business_interruption",
            Self::NotificationCosts => "notification_costs",
            Self::Consulting => "consulting",
        }
    }

    /// What customers call it.
    pub fn label(self) -> Text {
        match self {
            Self::OnSiteResponse => Text::new("駆け付け対応費用", "On-site response"),
            Self::VirusRemoval => Text::new("ウイルス駆除費用", "Virus removal"),
            Self::Forensics => Text::new("調査費用（フォレンジック）", "Forensic investigation"),
            Self::DataRecovery => Text::new("データ復旧費用", "Data recovery"),
            Self::ThirdPartyLiability => Text::new("損害賠償", "Liability towards others"),
            Self::BusinessInterruption => Text::new("営業停止による損失", "Lost income"),
            Self::NotificationCosts => Text::new("お詫び・通知費用", "Telling those concerned"),
            Self::Consulting => Text::new("相談・再発防止費用", "Advice and prevention"),
        }
    }

    /// Whether it is a cost of the insured itself, and not what others claim.
    pub const fn is_cost(self) -> bool {
        match self {
            Self::OnSiteResponse
            | Self::VirusRemoval
            | Self::Forensics
            | Self::DataRecovery
            | Self::BusinessInterruption
            | Self::NotificationCosts
            | Self::Consulting => true,
            Self::ThirdPartyLiability => false,
        }
    }
}

impl fmt::Display for CoveragePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a coverage part such as `on_site_response`")]
pub struct ParseCoveragePartError {
    /// What was given.
    pub text: String,
}

impl FromStr for CoveragePart {
    type Err = ParseCoveragePartError;

    fn from_str(text: &str) -> Result<Self, ParseCoveragePartError> {
        Self::ALL
            .into_iter()
            .find(|part| part.as_str() == text)
            .ok_or_else(|| ParseCoveragePartError { text: text.to_owned() })
    }
}

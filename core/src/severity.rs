//! How bad something is: an alert, an incident, a finding.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// How bad something is; a later one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For information; nobody has to do anything (情報).
    Information,
    /// Low (低).
    Low,
    /// Medium (中).
    Medium,
    /// High (高).
    High,
    /// Critical, act at once (緊急).
    Critical,
}

/// The text names no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a severity; expected one of information, low, medium, high, critical")]
pub struct ParseSeverityError {
    /// What was given.
    pub text: String,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 5] =
        [Self::Information, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in tables, policies and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// What customers read.
    pub fn label(self) -> Text {
        match self {
            Self::Information => Text::new("情報", "Information"),
            Self::Low => Text::new("低", "Low"),
            Self::Medium => Text::new("中", "Medium"),
            Self::High => Text::new("高", "High"),
            Self::Critical => Text::new("緊急", "Critical"),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = ParseSeverityError;

    fn from_str(text: &str) -> Result<Self, ParseSeverityError> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| ParseSeverityError { text: text.to_owned() })
    }
}

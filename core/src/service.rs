//! The security services that a bundle is made of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// One security service (product requirements UTM-*, WAF-*, EDR-*, DIA-*, TRN-*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// A rented firewall box watched by a SOC.
    Utm,
    /// A web application firewall in front of the customer's site.
    CloudWaf,
    /// A light agent on Windows computers.
    Edr,
    /// A one-off security diagnosis of a web application or one global address.
    Diagnosis,
    /// Training with harmless attack mails.
    Training,
    /// The window where customers ask.
    HelpDesk,
    /// An engineer who comes on site.
    OnSiteResponse,
    /// Saving data from a broken disk, which the customer carries in (DRC-01).
    DataRecovery,
}

impl Service {
    /// Every service, in the order in which documents list them.
    pub const ALL: [Self; 8] = [
        Self::Utm,
        Self::CloudWaf,
        Self::Edr,
        Self::Diagnosis,
        Self::Training,
        Self::HelpDesk,
        Self::OnSiteResponse,
        Self::DataRecovery,
    ];

    /// The word in files, tables and policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utm => "utm",
            Self::CloudWaf => "cloud_waf",
            Self::Edr => "edr",
            Self::Diagnosis => "diagnosis",
            Self::Training => "training",
            Self::HelpDesk => "help_desk",
            Self::OnSiteResponse => "on_site_response",
            Self::DataRecovery => "data_recovery",
        }
    }

    /// What customers call it.
    pub fn label(self) -> Text {
        match self {
            Self::Utm => Text::new("UTM監視運用", "Managed UTM"),
            Self::CloudWaf => Text::new("クラウドWAF", "Cloud WAF"),
            Self::Edr => Text::new("簡易EDR", "Light EDR"),
            Self::Diagnosis => Text::new("簡易セキュリティ診断", "Security diagnosis"),
            Self::Training => Text::new("標的型攻撃メール訓練", "Attack-mail training"),
            Self::HelpDesk => Text::new("相談窓口", "Help desk"),
            Self::OnSiteResponse => Text::new("駆け付け対応", "On-site response"),
            Self::DataRecovery => Text::new("データ復旧", "Data recovery"),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a service; expected one of utm, cloud_waf, edr, diagnosis, training, help_desk, on_site_response, data_recovery"
)]
pub struct ParseServiceError {
    /// What was given.
    pub text: String,
}

impl FromStr for Service {
    type Err = ParseServiceError;

    fn from_str(text: &str) -> Result<Self, ParseServiceError> {
        Self::ALL
            .into_iter()
            .find(|service| service.as_str() == text)
            .ok_or_else(|| ParseServiceError { text: text.to_owned() })
    }
}

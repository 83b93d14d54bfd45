//! What a provider reports, and the keys by which repeats and returns are known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::kind::{AlertKind, Detail};
use crate::id::{ItemId, ProviderId, TenantId};
use crate::service::Service;
use crate::time::{Period, Timestamp};

/// More detections than this in one row is a mistake of the provider.
pub const MAX_DETECTIONS: u32 = 1_000_000_000;

/// The longest key: fits an index and is longer than any provider's id seen.
const MAX_KEY: usize = 128;

/// The text cannot be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct ParseKeyError {
    /// What was given.
    pub text: String,
    /// What was expected.
    pub what: &'static str,
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseKeyError;

            fn from_str(text: &str) -> Result<Self, ParseKeyError> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseKeyError;

            fn try_from(text: String) -> Result<Self, ParseKeyError> {
                let allowed: fn(u8) -> bool = $allowed;
                if !text.is_empty() && text.len() <= MAX_KEY && text.bytes().all(allowed) {
                    Ok(Self(text))
                } else {
                    Err(ParseKeyError { text, what: $what })
                }
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.0
            }
        }
    };
}

key!(
    /// The provider's own id of an alert: 1 to 128 printable ASCII characters without spaces.
    ProviderAlertId,
    "an alert id of 1 to 128 printable characters without spaces",
    |byte| byte.is_ascii_graphic()
);

key!(
    /// Names a symptom, the same each time it comes back: 1 to 128 of `a-z 0-9 _ . : -`.
    SymptomKey,
    "a symptom key of 1 to 128 of the characters a-z 0-9 _ . : -",
    |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.:-".contains(&byte)
);

impl ProviderAlertId {
    /// An id that we give to a detection of our own: a prefix of graphic characters, and the digest
    /// of what makes the detection the same one.
    pub fn of_own(prefix: &'static str, what: &str) -> Self {
        let digest = hex::encode(Sha256::digest(what.as_bytes()));
        Self(format!("{prefix}{digest}").chars().take(MAX_KEY).collect())
    }
}

/// By which a repeated report is known: the provider and its own id of the alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// Who detected it.
    pub provider_id: ProviderId,
    /// Its id there.
    pub provider_alert_id: ProviderAlertId,
}

/// One detection, or several equal ones in one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertReport {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The provider's instance of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<ItemId>,
    /// By which a repeat is known.
    pub key: AlertKey,
    /// The service that detected it.
    pub service: Service,
    /// What was detected.
    pub detail: Detail,
    /// How many equal detections this row stands for, 1 to [`MAX_DETECTIONS`].
    pub n_detections: u32,
    /// When, by the provider's clock; the last one when the row stands for several.
    pub detected_at: Timestamp,
    /// The span that an aggregated row covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_within: Option<Period>,
    /// The symptom; alerts of one tenant with the same symptom join one open incident.
    pub symptom: SymptomKey,
    /// Whether the service stopped it by itself.
    pub blocked: bool,
    /// The provider's id of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The provider's id of the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// What was seen, in the provider's words: for the SOC, never for the customer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
}

impl SymptomKey {
    /// The symptom of a report that names none: the service, the kind, and the device.
    ///
    /// Devices that differ give keys that differ: an id that cannot stand in a key is replaced by
    /// the start of its digest.
    pub fn derived(service: Service, kind: AlertKind, device_id: Option<&str>) -> Self {
        let base = format!("{service}.{kind}");
        let Some(device) = device_id else {
            return Self(base);
        };
        let plain = format!("{base}:{device}");
        plain.parse().unwrap_or_else(|_| {
            let digest = hex::encode(Sha256::digest(device.as_bytes()));
            let short: String = digest.chars().take(16).collect();
            Self(format!("{base}:{short}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_alert_id_is_printable_and_short() {
        for text in ["a", "2020/10/01#7", "!~", &"x".repeat(128)] {
            assert!(text.parse::<ProviderAlertId>().is_ok(), "{text}");
        }
        for text in ["", "a b", "あ", "a\n", &"x".repeat(129)] {
            assert!(text.parse::<ProviderAlertId>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_of_our_own_is_a_key() {
        let id = ProviderAlertId::of_own("tasuki:offline:", "a device");
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_ne!(id, ProviderAlertId::of_own("tasuki:offline:", "another"));
    }

    #[test]
    fn the_derived_symptom_tells_devices_apart() {
        let of = |device| SymptomKey::derived(Service::Utm, AlertKind::DeviceOffline, device);
        assert_eq!(of(None).as_str(), "utm.device_offline");
        assert_eq!(of(Some("fb-1")).as_str(), "utm.device_offline:fb-1");
        assert_ne!(of(Some("FB 1")), of(Some("FB-1")));
        let long = "x".repeat(128);
        assert!(of(Some(&long)).as_str().parse::<SymptomKey>().is_ok());
    }
}

//! Signs of life of devices and endpoints: evidence that a service was running (EDR-04).

use serde::{Deserialize, Serialize};

use crate::id::{ItemId, ProviderId, TenantId};
use crate::service::Service;
use crate::time::{TimeError, Timestamp};

/// A device that was silent for so long is offline (ESC-02): not a second earlier.
pub const OFFLINE_AFTER_SECONDS: i64 = 24 * 60 * 60;

/// A sign of life, as the provider's clock has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Whose device it is.
    pub tenant_id: TenantId,
    /// The provider's instance of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<ItemId>,
    /// Who saw it.
    pub provider_id: ProviderId,
    /// The service it belongs to.
    pub service: Service,
    /// The provider's id of the device or endpoint.
    pub device_id: String,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// Version of the agent or firmware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// Whether a bypass rule is active; none when the provider cannot tell (UTM-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bypass_active: Option<bool>,
}

impl Heartbeat {
    /// The instant at which the device counts as offline, if it stays silent until then.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn offline_at(&self) -> Result<Timestamp, TimeError> {
        offline_at(self.last_seen_at)
    }

    /// Whether a service is watched: a device of it that falls silent needs a call. An endpoint that
    /// is switched off at night or over a holiday does not.
    pub fn is_watched(&self) -> bool {
        is_watched(self.service)
    }
}

/// The instant at which a device counts as offline that was last seen then.
///
/// # Errors
/// [`TimeError::OutOfRange`].
pub fn offline_at(last_seen_at: Timestamp) -> Result<Timestamp, TimeError> {
    last_seen_at.plus_seconds(OFFLINE_AFTER_SECONDS)
}

/// Whether a device of the service has to report every day: a UTM stands in the rack and runs day
/// and night, a computer does not.
pub const fn is_watched(service: Service) -> bool {
    match service {
        Service::Utm => true,
        Service::CloudWaf
        | Service::Edr
        | Service::Diagnosis
        | Service::Training
        | Service::HelpDesk
        | Service::OnSiteResponse
        | Service::DataRecovery => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_offline_after_24_hours_to_the_second() {
        let seen: Timestamp = "2020-10-14T01:00:00Z".parse().unwrap();
        let offline = offline_at(seen).unwrap();
        assert_eq!(offline, "2020-10-15T01:00:00Z".parse().unwrap());
        assert!(offline.plus_seconds(-1).unwrap().seconds_since(seen) < OFFLINE_AFTER_SECONDS);
        assert_eq!(offline.seconds_since(seen), OFFLINE_AFTER_SECONDS);
    }

    #[test]
    fn only_boxes_are_watched() {
        assert!(is_watched(Service::Utm));
        assert!(!is_watched(Service::Edr));
    }
}

//! What deliveries are signed with.

use std::fmt;

use crate::id::WebhookSecretId;
use crate::time::Timestamp;

/// Bytes of a new key: as many as the hash that it is used with has.
pub const KEY_BYTES: usize = 32;

/// The bytes of a secret. They never print.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl SigningKey {
    /// A key of these bytes.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, to sign with them or to show them to their owner.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A secret of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its id.
    pub id: WebhookSecretId,
    /// What is signed with.
    pub key: SigningKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is used beside a newer one; none for the newest.
    pub valid_until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_prints() {
        let secret = Secret {
            id: WebhookSecretId::from(uuid::Uuid::nil()),
            key: SigningKey::new(b"hush-hush".to_vec()),
            created_at: "2021-04-01T12:00:00Z".parse().unwrap(),
            valid_until: None,
        };
        let printed = format!("{secret:?}");
        assert!(printed.contains("***") && !printed.contains("hush") && !printed.contains("104"));
    }
}

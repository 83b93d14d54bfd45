//! Signatures of the Standard Webhooks specification.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tasuki_core::webhook::{Secret, SigningKey};

/// The header `webhook-signature`: one signature for each secret, so that a receiver may know the old one or the new.
pub fn signatures(secrets: &[Secret], id: &str, timestamp: &str, body: &str) -> String {
    let all: Vec<String> = secrets
        .iter()
        .filter_map(|secret| signature(&secret.key, id, timestamp, body))
        .map(|signature| format!("v1,{signature}"))
        .collect();
    all.join(" ")
}

/// None never happens: a key of this code may have any length.
fn signature(key: &SigningKey, id: &str, timestamp: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal()).ok()?;
    for part in [id, ".", timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use tasuki_core::id::WebhookSecretId;
    use uuid::Uuid;

    use super::*;

    fn secret(text: &str) -> Secret {
        let key = STANDARD.decode(text.strip_prefix("whsec_").unwrap()).unwrap();
        Secret {
            id: WebhookSecretId::from(Uuid::nil()),
            key: SigningKey::new(key),
            created_at: "2021-02-25T00:00:00Z".parse().unwrap(),
            valid_until: None,
        }
    }

    /// The keys, ids and times are made up; the signatures were made by Python's `hmac` and `hashlib`.
    #[test]
    fn signatures_are_those_of_another_implementation() {
        let old = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let new = secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let sign = |secrets: &[Secret]| {
            let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", r#"{"test": 2432232314}"#);
            signatures(secrets, id, "1614265330", body)
        };
        assert_eq!(
            sign(std::slice::from_ref(&old)),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(
            sign(&[new, old]),
            "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(sign(&[]), "");
    }
}

//! Seals what must not be read from the database alone, such as the secrets of webhooks, with keys that are not in it.

use std::fmt;
use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::error::StoreError;

/// What sealed texts begin with: the form, which names the algorithm.
const FORM: &str = "sealed1";

/// How much of a key's digest names it, in hexadecimal digits.
const NAME: usize = 12;

/// A key of 256 bits, as settings have it.
pub type SealingKey = [u8; 32];

/// Keys by which texts are sealed and opened. Without any, texts stand as they are.
#[derive(Clone, Default)]
pub struct Keys(Arc<Vec<(String, LessSafeKey)>>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Keys {
    /// The first key seals, each of them opens.
    pub fn new(keys: &[SealingKey]) -> Self {
        let named = keys.iter().filter_map(|key| {
            let name = hex::encode(digest(&SHA256, key)).chars().take(NAME).collect();
            // Invariant: the algorithm takes keys of this length.
            let key = UnboundKey::new(&AES_256_GCM, key).ok()?;
            Some((name, LessSafeKey::new(key)))
        });
        Self(Arc::new(named.collect()))
    }

    /// Whether a text stands as it would be stored now.
    pub(crate) fn is_current(&self, text: &str) -> bool {
        match self.0.first() {
            Some((name, _)) => text.starts_with(&format!("{FORM}:{name}:")),
            None => !text.starts_with(FORM),
        }
    }

    /// Bytes as they are stored, for one place: what was sealed for another place cannot be opened there.
    pub(crate) fn seal(&self, place: &[u8], bytes: &[u8]) -> Result<String, StoreError> {
        let Some((name, key)) = self.0.first() else { return Ok(hex::encode(bytes)) };
        let mut nonce = [0; NONCE_LEN];
        let failed = |_| broken("the system gives no random numbers");
        SystemRandom::new().fill(&mut nonce).map_err(failed)?;
        let mut sealed = bytes.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place),
            &mut sealed,
        )
        .map_err(|_| broken("it cannot be sealed"))?;
        Ok(format!("{FORM}:{name}:{}{}", hex::encode(nonce), hex::encode(sealed)))
    }

    /// The bytes of what is stored.
    pub(crate) fn open(&self, place: &[u8], text: &str) -> Result<Vec<u8>, StoreError> {
        let not_hex = |_| broken("it is not hexadecimal");
        let Some(rest) = text.strip_prefix(FORM) else { return hex::decode(text).map_err(not_hex) };
        let (name, content) =
            rest.trim_start_matches(':').split_once(':').ok_or_else(|| broken("it is cut off"))?;
        let key = self.0.iter().find(|(own, _)| own == name).map(|(_, key)| key);
        let key = key.ok_or_else(|| {
            broken(&format!(
                "it is sealed with the key `{name}`, which `webhooks.secret_keys` lacks"
            ))
        })?;
        let mut content = hex::decode(content).map_err(not_hex)?;
        let sealed = content.split_off(NONCE_LEN.min(content.len()));
        let nonce = Nonce::try_assume_unique_for_key(&content);
        let nonce = nonce.map_err(|_| broken("it is cut off"))?;
        let mut sealed = sealed;
        let opened = key.open_in_place(nonce, Aad::from(place), &mut sealed);
        opened.map(|bytes| bytes.to_vec()).map_err(|_| broken("it was changed or moved"))
    }
}

fn broken(cause: &str) -> StoreError {
    StoreError::Row { table: "webhook_secret", cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: SealingKey = [1; 32];
    const NEW: SealingKey = [2; 32];

    #[test]
    fn what_is_sealed_is_opened_by_its_key_at_its_place_only() {
        let keys = Keys::new(&[OLD]);
        let text = keys.seal(b"a", b"secret").unwrap();
        assert!(text.starts_with("sealed1:") && !text.contains(&hex::encode("secret")), "{text}");
        assert_ne!(text, keys.seal(b"a", b"secret").unwrap(), "never the same text twice");
        assert_eq!(keys.open(b"a", &text).unwrap(), b"secret");
        assert!(keys.open(b"b", &text).is_err(), "moved to another row");
        assert!(Keys::default().open(b"a", &text).unwrap_err().to_string().contains("secret_keys"));
        assert!(Keys::new(&[NEW]).open(b"a", &text).is_err());
        let mut changed = text.into_bytes();
        let last = changed.last_mut().unwrap();
        *last = if *last == b'0' { b'1' } else { b'0' };
        assert!(keys.open(b"a", &String::from_utf8(changed).unwrap()).is_err());
        assert!(keys.open(b"a", "sealed1:").is_err());
    }

    #[test]
    fn keys_change_one_after_the_other() {
        let (plain, old, both) = (Keys::default(), Keys::new(&[OLD]), Keys::new(&[NEW, OLD]));
        let (bare, before) = (plain.seal(b"a", b"x").unwrap(), old.seal(b"a", b"x").unwrap());
        for text in [&bare, &before] {
            assert_eq!(both.open(b"a", text).unwrap(), b"x");
            assert!(!both.is_current(text));
        }
        assert!(both.is_current(&both.seal(b"a", b"x").unwrap()));
        assert!(plain.is_current(&bare) && !plain.is_current(&before));
        assert!(!format!("{both:?}").contains('2'.to_string().repeat(4).as_str()));
    }
}

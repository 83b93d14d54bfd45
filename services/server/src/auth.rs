//! Finds the principal: by a token of the settings, or, without any, everybody is the operator.

use std::collections::HashMap;
use std::fmt;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_grpc::auth::{Authenticate, bearer};
use tonic::metadata::MetadataMap;

use crate::settings::Token;

/// Bearer tokens of the settings.
pub(crate) struct Tokens {
    /// By the SHA-256 of the secret: a look-up by hash tells a guesser nothing by its timing.
    principals: HashMap<[u8; 32], Principal>,
}

impl Tokens {
    pub(crate) fn new(tokens: &[Token]) -> Self {
        let principals = tokens
            .iter()
            .map(|token| (hash(token.secret.expose_secret()), token.principal()))
            .collect();
        Self { principals }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("n_tokens", &self.principals.len()).finish()
    }
}

#[tonic::async_trait]
impl Authenticate for Tokens {
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem> {
        if self.principals.is_empty() {
            return Ok(Principal::of("loopback", Role::Operator));
        }
        let refused = |text: &str| Problem::new(Reason::Unauthenticated, text);
        let token = bearer(metadata)
            .ok_or_else(|| refused("the call needs the header `authorization: Bearer …`"))?;
        self.principals
            .get(&hash(token))
            .cloned()
            .ok_or_else(|| refused("this server does not know the token"))
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

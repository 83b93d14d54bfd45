//! How the principal of a call is found.

use std::fmt;

use tasuki_core::party::Principal;
use tasuki_core::problem::Problem;
use tonic::metadata::MetadataMap;

/// Finds out who calls. Another way to sign in is another implementation of this and nothing else.
#[tonic::async_trait]
pub trait Authenticate: Send + Sync + fmt::Debug {
    /// The principal behind the call's metadata.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` with a message that says what is missing, never what was sent.
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem>;
}

/// The token of an `authorization: Bearer …` header.
pub fn bearer(metadata: &MetadataMap) -> Option<&str> {
    let header = metadata.get("authorization")?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

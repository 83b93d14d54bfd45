//! Who calls, and how a repeat of the call is recognised.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_core::party::{Permission, Principal, Relation};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::idempotency;
pub use tasuki_store::idempotency::RequestKey;
use tasuki_store::{StoreError, Tx};

use crate::context::Context;

/// One call of a use case.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who acts.
    pub principal: Principal,
    /// What makes a repeat of this call the same call; none for calls that change nothing.
    pub key: Option<RequestKey>,
}

impl Call {
    /// A call of the server's own jobs; jobs have keys of their own.
    pub fn system() -> Self {
        Self { principal: Principal::system(), key: None }
    }

    /// A call that changes nothing, or whose repeats are recognised otherwise.
    pub fn by(principal: Principal) -> Self {
        Self { principal, key: None }
    }

    /// Refuses callers whose role does not allow it at all, for calls that concern no tenant.
    ///
    /// # Errors
    /// `ROLE_FORBIDDEN`.
    pub fn require(&self, ctx: &Context, permission: Permission) -> Result<(), Problem> {
        if self.may(ctx, permission, Relation::Scheme) {
            Ok(())
        } else {
            Err(self.forbidden(permission))
        }
    }

    /// Whether the access pack in force allows it, being that to the tenant concerned. Real time
    /// chooses the version: a simulated clock gives nobody other rights.
    pub fn may(&self, ctx: &Context, permission: Permission, relation: Relation) -> bool {
        let packs = ctx.packs();
        packs.access().allows(self.principal.role, permission, relation, ctx.clock.now())
    }

    /// The refusal of a permission.
    pub fn forbidden(&self, permission: Permission) -> Problem {
        let (role, permission) = (self.principal.role.as_str(), permission.as_str());
        let text = format!("the role `{role}` may not `{permission}`");
        Problem::new(Reason::RoleForbidden, text).with("role", role).with("permission", permission)
    }

    /// The answer that a repeat of this call got the first time.
    ///
    /// Call it first in a writing transaction; return what it gives without doing anything.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED` if the request id came with another body.
    pub async fn first_answer<T: DeserializeOwned>(
        &self,
        tx: &Tx,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        match &self.key {
            Some(key) => idempotency::first_answer(tx, key, now).await,
            None => Ok(None),
        }
    }

    /// Keeps the answer for repeats; the last thing before the commit.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remember<T: Serialize>(&self, tx: &Tx, answer: &T) -> Result<(), StoreError> {
        match &self.key {
            Some(key) => idempotency::remember(tx, key, answer).await,
            None => Ok(()),
        }
    }
}

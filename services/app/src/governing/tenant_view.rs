//! A tenant as callers see it.

use serde::{Deserialize, Serialize};
use tasuki_core::id::PartnerId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_store::tenants::{self, Filter, Stored};
use tasuki_store::{StoreError, Tx};

use crate::access::Entered;

/// A tenant as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantView {
    /// The tenant.
    pub tenant: Tenant,
    /// Version of the record.
    pub version: i64,
}

impl TenantView {
    /// The text that a caller sends back to show which version it has read.
    pub fn etag(&self) -> String {
        format!("v{}", self.version)
    }
}

impl From<Stored> for TenantView {
    fn from(stored: Stored) -> Self {
        Self { tenant: stored.tenant, version: stored.version }
    }
}

impl From<Entered> for TenantView {
    fn from(entered: Entered) -> Self {
        Self { tenant: entered.tenant, version: entered.tenant_version }
    }
}

/// Refuses a reference under which the partner has a tenant; an empty one is none.
pub(super) async fn reference_is_free(
    tx: &Tx,
    partner_id: PartnerId,
    reference: &str,
) -> Result<(), Problem> {
    if reference.is_empty() {
        return Ok(());
    }
    let filter =
        Filter { partner_id: Some(partner_id), partner_reference: Some(reference.to_owned()) };
    match tenants::list(tx, &filter, None, 1).await?.first() {
        Some(other) => Err(reference_taken().with("id", other.tenant.id)),
        None => Ok(()),
    }
}

/// What a refusal of the store means here: two callers may take the same reference at once.
pub(super) fn refused(error: StoreError) -> Problem {
    match error {
        StoreError::Duplicate(_) => reference_taken(),
        error @ (StoreError::LostRace
        | StoreError::Unavailable(_)
        | StoreError::Row { .. }
        | StoreError::RequestIdReused(_)
        | StoreError::Schema(_)
        | StoreError::Database(_)) => error.into(),
    }
}

fn reference_taken() -> Problem {
    let text = "the partner has a tenant with this `partner_reference` already";
    Problem::new(Reason::TenantExists, text)
}

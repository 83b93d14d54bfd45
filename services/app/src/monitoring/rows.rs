//! Batches: each row is answered by itself.

use serde::{Deserialize, Serialize};
use tasuki_core::id::{ItemId, ProviderId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::{Kind, Reason};
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, orders};

use crate::call::Call;
use crate::context::Context;

/// A provider's clock may be ahead of ours by so much: ten minutes.
const CLOCK_SKEW_SECONDS: i64 = 600;

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// Taken in.
    Accepted,
    /// Known already; nothing changed.
    Repeated,
    /// Refused; sending it again does not help.
    Refused,
    /// Taken in after its month was invoiced.
    AcceptedLate,
}

/// The answer for one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowAnswer {
    /// What became of it.
    pub outcome: RowOutcome,
    /// The record; empty when refused, and for heartbeats.
    pub id: String,
    /// The reason's code; empty unless refused.
    pub reason: String,
    /// The same in words.
    pub message: String,
}

impl RowAnswer {
    /// A row that was taken in or known already.
    pub(crate) fn of(outcome: RowOutcome, id: impl std::fmt::Display) -> Self {
        let (reason, message) = (String::new(), String::new());
        Self { outcome, id: id.to_string(), reason, message }
    }

    /// A row that cannot be taken in.
    pub fn refused(problem: &Problem) -> Self {
        Self {
            outcome: RowOutcome::Refused,
            id: String::new(),
            reason: problem.reason().code().to_owned(),
            message: problem.message().to_owned(),
        }
    }
}

/// A row's problem becomes its answer; a problem of the server ends the whole batch.
///
/// # Errors
/// Problems that are not the row's.
pub(crate) fn answer(result: Result<RowAnswer, Problem>) -> Result<RowAnswer, Problem> {
    match result {
        Ok(answer) => Ok(answer),
        Err(problem) => match problem.kind() {
            Kind::Invalid
            | Kind::NotFound
            | Kind::AlreadyExists
            | Kind::NotAllowedNow
            | Kind::Forbidden => Ok(RowAnswer::refused(&problem)),
            Kind::Conflict
            | Kind::Unauthenticated
            | Kind::Exhausted
            | Kind::Unavailable
            | Kind::DeadlineExceeded
            | Kind::Unimplemented
            | Kind::Internal => Err(problem),
        },
    }
}

/// A provider reports as itself only.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`.
pub(crate) fn own_provider(
    ctx: &Context,
    call: &Call,
    provider: ProviderId,
) -> Result<(), Problem> {
    call.require(ctx, Permission::Report)?;
    if call.principal.role == Role::Provider && call.principal.provider_id != Some(provider) {
        return Err(Problem::not_found(Reason::ProviderNotFound, provider));
    }
    Ok(())
}

/// The tenant that a row is about: providers know their instances, not our tenants. When both are
/// named they must belong together, and the instance to the provider that reports.
///
/// # Errors
/// A problem when neither is named, or when they do not belong together.
pub(crate) async fn tenant_of(
    tx: &Tx,
    provider: ProviderId,
    (tenant, instance): (Option<TenantId>, Option<ItemId>),
) -> Result<TenantId, Problem> {
    let Some(instance) = instance else {
        return tenant.ok_or_else(|| {
            Problem::invalid("tenant_id", "is required unless `instance_id` says whose it is")
        });
    };
    let foreign = || {
        let text = format!("`{instance}` is not an instance of this tenant and provider");
        Problem::invalid("instance_id", text)
    };
    let (owner, _) = orders::of_item(tx, instance).await?.ok_or_else(foreign)?;
    let runs = orders::providers_of(tx, owner).await?;
    let is_own = runs.get(&instance) == Some(&provider);
    if is_own && tenant.is_none_or(|tenant| tenant == owner) { Ok(owner) } else { Err(foreign()) }
}

/// Nothing is seen before it happens.
///
/// # Errors
/// A problem when it lies more than ten minutes in the tenant's future.
pub(crate) fn not_in_future(
    field: &'static str,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Problem> {
    if at.seconds_since(now) > CLOCK_SKEW_SECONDS {
        let text = format!("`{at}` lies in the future: the tenant's clock says `{now}`");
        return Err(Problem::invalid(field, text));
    }
    Ok(())
}

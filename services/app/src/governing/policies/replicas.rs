//! Which versions each replica of the server serves.

use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_store::policies::{self, Replica};

use crate::call::Call;
use crate::context::Context;

/// A replica that was not heard of for so long is gone.
const SILENT_SECONDS: i64 = 120;

/// The replicas, and the revision that all of them should serve.
#[derive(Debug, Clone)]
pub struct Replicas {
    /// By name.
    pub replicas: Vec<Replica>,
    /// The revision of the stored set.
    pub revision: i64,
    /// Hash of the newest set that any replica serves; empty while none does.
    pub expected_set_hash: String,
}

/// Lists the replicas that were heard of in the last two minutes.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn list_replicas(ctx: &Context, call: &Call) -> Result<Replicas, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    let tx = ctx.store.begin_read().await?;
    let revision = policies::revision(&tx).await?;
    let replicas = policies::replicas(&tx, since(ctx.clock.now())).await?;
    let newest = replicas.iter().find(|replica| replica.revision == revision);
    let expected_set_hash = newest.map(|replica| replica.set_hash.clone()).unwrap_or_default();
    Ok(Replicas { replicas, revision, expected_set_hash })
}

/// Notes what this replica serves.
///
/// # Errors
/// When the store does not answer.
pub async fn report_replica(ctx: &Context, name: &str) -> Result<(), Problem> {
    let served = ctx.library.packs.served();
    let now = ctx.clock.now();
    let in_force = served.packs.versions().filter(|it| it.effective.contains(now));
    let packs = in_force.map(|it| {
        let pack = &it.pack;
        (pack.kind(), pack.name().to_owned(), pack.version().to_owned(), pack.hash().to_owned())
    });
    let replica = Replica {
        name: name.to_owned(),
        revision: served.revision,
        set_hash: served.packs.hash().to_owned(),
        loaded_at: served.loaded_at.unwrap_or(now),
        seen_at: now,
        failure: served.failure.clone(),
        packs: packs.collect(),
    };
    let tx = ctx.store.begin().await?;
    policies::keep_replica(&tx, &replica).await?;
    Ok(tx.commit().await?)
}

/// Takes this replica, and those that were not heard of for long, off the list.
///
/// # Errors
/// When the store does not answer.
pub async fn retire_replica(ctx: &Context, name: &str) -> Result<(), Problem> {
    let tx = ctx.store.begin().await?;
    policies::forget_replicas(&tx, name, since(ctx.clock.now())).await?;
    Ok(tx.commit().await?)
}

fn since(now: Timestamp) -> Timestamp {
    now.plus_seconds(-SILENT_SECONDS).unwrap_or(now)
}

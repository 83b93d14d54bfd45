//! Policy packs: reads them, checks files, runs their cases, and asks them.

use std::sync::Arc;

use serde_json::Value;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
pub use tasuki_policies::{CaseReport, Diagnostic, Pack, PackSource};
use tasuki_policies::{Explanation, FactSet, PackCase, PackKind, PackSet, run_cases};

use crate::call::Call;
use crate::context::Context;

/// Which version of a pack is meant.
#[derive(Debug, Clone, Default)]
pub struct WhichPack {
    /// Its kind; any if left out.
    pub kind: Option<PackKind>,
    /// Its name.
    pub name: String,
    /// Its version; the one in force if left out.
    pub version: Option<String>,
    /// When it is to be in force; now if left out.
    pub as_of: Option<Timestamp>,
}

/// Every version of every pack in use, by kind, name and time.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub fn list_packs(
    ctx: &Context,
    call: &Call,
    kind: Option<PackKind>,
) -> Result<Vec<Arc<Pack>>, Problem> {
    call.require(ctx, Permission::Read)?;
    let packs = ctx.library.packs.packs();
    Ok(packs.filter(|pack| kind.is_none_or(|kind| pack.kind() == kind)).cloned().collect())
}

/// One version of a pack.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PACK_NOT_FOUND`.
pub fn get_pack(ctx: &Context, call: &Call, which: &WhichPack) -> Result<Arc<Pack>, Problem> {
    call.require(ctx, Permission::Read)?;
    find(ctx, &ctx.library.packs, which)
}

/// Checks the files of packs: nothing is stored.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub fn check_packs(
    ctx: &Context,
    call: &Call,
    sources: Vec<PackSource>,
) -> Result<Result<PackSet, Vec<Diagnostic>>, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    Ok(PackSet::load(sources))
}

/// Checks the files of packs and runs their cases.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub fn test_packs(
    ctx: &Context,
    call: &Call,
    sources: Vec<PackSource>,
) -> Result<Result<CaseReport, Vec<Diagnostic>>, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    Ok(run_all_cases(sources))
}

/// Checks the files of packs and runs their cases, for callers that are this machine's owner.
///
/// # Errors
/// Everything that is wrong in any of the files.
pub fn run_all_cases(sources: Vec<PackSource>) -> Result<CaseReport, Vec<Diagnostic>> {
    let cases = PackCase::read(&sources)?;
    let packs = PackSet::load(sources)?;
    Ok(run_cases(&packs, &cases))
}

/// What a pack gives for facts; nothing is stored.
///
/// With files, the pack of that name among them is asked instead of one in use.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PACK_NOT_FOUND`, `PACK_INVALID`; `REQUEST_INVALID` for facts that do not fit
/// the schema.
pub fn evaluate_pack(
    ctx: &Context,
    call: &Call,
    which: &WhichPack,
    sources: Vec<PackSource>,
    facts: &Value,
) -> Result<(Arc<Pack>, Explanation), Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    let drafts;
    let packs = if sources.is_empty() {
        &ctx.library.packs
    } else {
        drafts =
            PackSet::load(sources).map_err(|wrong| tasuki_policies::diagnostic::problem(&wrong))?;
        &drafts
    };
    let pack = find(ctx, packs, which)?;
    let facts = FactSet::from_json(facts)
        .map_err(|error| Problem::invalid("facts_json", error.to_string()))?;
    let explanation = pack.evaluate(&facts).explanation();
    Ok((pack, explanation))
}

fn find(ctx: &Context, packs: &PackSet, which: &WhichPack) -> Result<Arc<Pack>, Problem> {
    let at = which.as_of.unwrap_or_else(|| ctx.clock.now());
    let meant = |pack: &&Arc<Pack>| {
        pack.name() == which.name
            && which.kind.is_none_or(|kind| pack.kind() == kind)
            && match &which.version {
                Some(version) => pack.version() == version,
                None => pack.effective().contains(at),
            }
    };
    let mut found = packs.packs().filter(meant);
    match (found.next(), found.next()) {
        (Some(pack), None) => Ok(Arc::clone(pack)),
        (Some(_), Some(_)) => Err(Problem::invalid(
            "kind",
            format!("several packs are called `{}`: say which kind is meant", which.name),
        )),
        (None, _) => Err(Problem::not_found(Reason::PackNotFound, &which.name)),
    }
}

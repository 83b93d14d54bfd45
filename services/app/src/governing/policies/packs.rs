//! Reads policy packs, checks files and runs their cases.

use std::sync::Arc;

use tasuki_core::decision::PackKind;
use tasuki_core::party::Permission;
use tasuki_core::policy::{Period, PolicyVersion, Timeline, VersionState};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_policies::{CaseReport, Diagnostic, Pack, PackSet, PackSource, placed};
use tasuki_store::{Tx, policies};

use super::files::{self, aside, only_pack, run_all_cases};
use crate::call::Call;
use crate::context::Context;

/// Which version of a pack is meant.
#[derive(Debug, Clone, Default)]
pub struct WhichPack {
    /// Its kind; any if left out.
    pub kind: Option<PackKind>,
    /// Its name; any if empty.
    pub name: String,
    /// Its version; the one in force if left out.
    pub version: Option<String>,
    /// When it is to be in force; now if left out.
    pub as_of: Option<Timestamp>,
}

/// A pack by its name, with its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackView {
    /// What question it answers.
    pub kind: PackKind,
    /// Its name.
    pub name: String,
    /// Who answers for its newest version.
    pub owner: String,
    /// What its newest version is about.
    pub title: Option<Text>,
    /// The version that decides now.
    pub active_version: Option<String>,
    /// Its versions, the newest first, with when each decides.
    pub versions: Vec<VersionStanding>,
    /// The version of its record.
    pub record_version: i64,
}

/// A version and how it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionStanding {
    /// The version.
    pub version: PolicyVersion,
    /// The period in which it decides: the present one, else the next, else the last.
    pub period: Option<Period>,
    /// Whether it was in force and is no longer.
    pub is_superseded: bool,
}

/// A version with everything about it.
#[derive(Debug, Clone)]
pub struct VersionView {
    /// The pack that it belongs to.
    pub pack: PackView,
    /// How it stands.
    pub standing: VersionStanding,
    /// The version, ready to be asked.
    pub compiled: Arc<Pack>,
}

/// Every pack, by kind and name.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn list_packs(
    ctx: &Context,
    call: &Call,
    kind: Option<PackKind>,
) -> Result<Vec<PackView>, Problem> {
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin_read().await?;
    let names = policies::names(&tx).await?;
    let mut packs = Vec::new();
    for (of, name) in names.iter().filter(|(of, _)| kind.is_none_or(|kind| kind == *of)) {
        packs.extend(view(&tx, (*of, name), ctx.clock.now()).await?);
    }
    Ok(packs)
}

/// A pack, and one of its versions.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PACK_NOT_FOUND`; `REQUEST_INVALID` when several packs have that name.
pub async fn get_pack(
    ctx: &Context,
    call: &Call,
    which: &WhichPack,
) -> Result<VersionView, Problem> {
    call.require(ctx, Permission::Read)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin_read().await?;
    let (kind, name) = resolve(&tx, which).await?;
    let version = match &which.version {
        Some(version) => version.clone(),
        None => in_force(&tx, (kind, &name), which.as_of.unwrap_or(now)).await?,
    };
    version_view(ctx, &tx, ((kind, &name), &version), now).await
}

/// A version with everything about it.
///
/// # Errors
/// `PACK_NOT_FOUND`.
pub(super) async fn version_view(
    ctx: &Context,
    tx: &Tx,
    ((kind, name), version): (policies::PackName<'_>, &str),
    now: Timestamp,
) -> Result<VersionView, Problem> {
    let missing = || Problem::not_found(Reason::PackNotFound, files::named(kind, name, version));
    let pack = view(tx, (kind, name), now).await?.ok_or_else(missing)?;
    let standing = pack.versions.iter().find(|it| it.version.version == version);
    let standing = standing.cloned().ok_or_else(missing)?;
    let compiled = compiled(ctx, &standing.version).await?;
    Ok(VersionView { pack, standing, compiled })
}

/// A stored version, ready to be asked: as it is served, or read again from its files.
pub(super) async fn compiled(ctx: &Context, version: &PolicyVersion) -> Result<Arc<Pack>, Problem> {
    if let Some(pack) = ctx.packs().by_hash(&version.hash) {
        return Ok(pack);
    }
    let sources = files::sources(version);
    aside(move || only_pack(sources)).await?
}

/// The pack of a name; a kind that is left out has to be the only one with that name.
pub(super) async fn resolve(tx: &Tx, which: &WhichPack) -> Result<(PackKind, String), Problem> {
    let names = policies::names(tx).await?;
    let kinds: Vec<PackKind> = names
        .into_iter()
        .filter(|(of, name)| *name == which.name && which.kind.is_none_or(|kind| *of == kind))
        .map(|(kind, _)| kind)
        .collect();
    match kinds.as_slice() {
        [kind] => Ok((*kind, which.name.clone())),
        [] => Err(Problem::not_found(Reason::PackNotFound, &which.name)),
        several => Err(several_of(&which.name, several)),
    }
}

fn several_of(name: &str, kinds: &[PackKind]) -> Problem {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let text =
        format!("is needed: several packs are called `{name}`, of the kinds {}", kinds.join(", "));
    Problem::invalid("kind", text)
}

async fn in_force(
    tx: &Tx,
    (kind, name): policies::PackName<'_>,
    at: Timestamp,
) -> Result<String, Problem> {
    let timeline = policies::timeline(tx, (kind, name)).await?;
    let period = timeline.at(at).map(|period| period.version.clone());
    period.ok_or_else(|| {
        let text = format!("no version of `{kind}/{name}` is in force at {at}");
        Problem::new(Reason::PackNotFound, text).with("kind", kind).with("name", name)
    })
}

/// A pack as it stands at a time; nothing if it was never stored.
pub(super) async fn view(
    tx: &Tx,
    (kind, name): policies::PackName<'_>,
    now: Timestamp,
) -> Result<Option<PackView>, Problem> {
    let Some(record_version) = policies::pack_version(tx, (kind, name)).await? else {
        return Ok(None);
    };
    let timeline = policies::timeline(tx, (kind, name)).await?;
    let mut versions: Vec<VersionStanding> = policies::versions(tx, Some((kind, name)))
        .await?
        .into_iter()
        .map(|version| standing(version, &timeline, now))
        .collect();
    versions.reverse();
    let newest = versions.first().map(|it| &it.version);
    Ok(Some(PackView {
        kind,
        name: name.to_owned(),
        owner: newest.map(|it| it.owner.clone()).unwrap_or_default(),
        title: newest.and_then(|it| it.title.clone()),
        active_version: timeline.at(now).map(|period| period.version.clone()),
        versions,
        record_version,
    }))
}

fn standing(version: PolicyVersion, timeline: &Timeline, now: Timestamp) -> VersionStanding {
    let mut own = timeline.periods().iter().filter(|period| period.version == version.version);
    let present_or_next = own.clone().find(|period| period.until.is_none_or(|until| now < until));
    let is_superseded = version.state == VersionState::Activated && present_or_next.is_none();
    let period = present_or_next.or_else(|| own.next_back()).cloned();
    VersionStanding { version, period, is_superseded }
}

/// Checks the files of packs: nothing is stored.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn check_packs(
    ctx: &Context,
    call: &Call,
    sources: Vec<PackSource>,
) -> Result<Result<PackSet, Vec<Diagnostic>>, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    aside(move || PackSet::load(placed(sources))).await
}

/// Runs the cases of files, or of a stored version.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PACK_NOT_FOUND`.
pub async fn test_packs(
    ctx: &Context,
    call: &Call,
    which: &WhichPack,
    sources: Vec<PackSource>,
) -> Result<Result<CaseReport, Vec<Diagnostic>>, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    let sources = if sources.is_empty() {
        files::sources(&get_pack(ctx, call, which).await?.standing.version)
    } else {
        placed(sources)
    };
    aside(move || run_all_cases(sources)).await
}

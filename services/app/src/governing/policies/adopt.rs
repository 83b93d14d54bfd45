//! Takes packs into use: those that come with the program into the store, those of the store into
//! this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use tasuki_core::actor::Actor;
use tasuki_core::party::Principal;
use tasuki_core::policy::{Period, PolicyVersion, Timeline, VersionState};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_policies::{Effective, PackSet, Scheduled};
use tasuki_store::{Tx, policies};

use super::files::{self, aside, run_all_cases};
use crate::context::Context;
use crate::library::Served;

/// Stores the versions that the program, or its folder of packs, brings and that are new, puts them
/// in force as they are dated, and takes what is stored into use.
///
/// A version that is stored with other content stays as it is stored: decisions were made with it.
/// A new version that does not fit between those in force is stored as a draft. Both are logged.
///
/// # Errors
/// When the store does not answer, or a stored version cannot be read by this program.
pub async fn adopt_packs(ctx: &Context) -> Result<(), Problem> {
    let tx = ctx.store.begin().await?;
    let served = ctx.library.packs.served();
    let mut changed = false;
    for brought in served.packs.versions() {
        changed |= adopt(ctx, &tx, brought).await?;
    }
    if changed {
        tx.commit().await?;
    }
    refresh_packs(ctx).await.map(|_| ())
}

async fn adopt(ctx: &Context, tx: &Tx, brought: &Scheduled) -> Result<bool, Problem> {
    let pack = &brought.pack;
    let name = (pack.kind(), pack.name());
    let shown = files::named(pack.kind(), pack.name(), pack.version());
    let sources = ctx.library.sources_of(pack.folder());
    if sources.is_empty() {
        return Ok(false);
    }
    let mut known = policies::version(tx, name, pack.version()).await?;
    if known.is_none() {
        // Another server may be bringing the same: whoever comes second finds it after the lock.
        policies::lock(tx, name).await?;
        known = policies::version(tx, name, pack.version()).await?;
    }
    if let Some(known) = known {
        if known.hash != pack.hash() {
            tracing::warn!(
                pack = %shown,
                "is stored with other content, which is kept: give the changed pack another version"
            );
        }
        return Ok(false);
    }
    let files = files::stored(pack, &sources);
    let report = aside(move || run_all_cases(sources)).await?;
    let report = report.map_err(|wrong| tasuki_policies::diagnostic::problem(&wrong))?;
    let by = Actor::from(&Principal::system());
    let now = ctx.clock.now();
    let period = Period {
        version: pack.version().to_owned(),
        from: brought.effective.from,
        until: brought.effective.to,
        published_at: brought.published_at,
        activated_by: by.clone(),
        reason: None,
    };
    let timeline = policies::timeline(tx, name).await?.activated(period);
    let fits = timeline.is_ok();
    policies::insert_version(
        tx,
        &PolicyVersion {
            kind: pack.kind(),
            name: pack.name().to_owned(),
            version: pack.version().to_owned(),
            hash: pack.hash().to_owned(),
            owner: pack.owner().to_owned(),
            title: pack.description().cloned(),
            state: if fits { VersionState::Activated } else { VersionState::Draft },
            files,
            note: "came with the program".to_owned(),
            author: by.clone(),
            created_at: now,
            activated_by: fits.then_some(by),
            activated_at: fits.then_some(now),
            tested: files::tested(&report),
        },
    )
    .await?;
    match timeline {
        Ok(timeline) => policies::keep_timeline(tx, name, &timeline).await?,
        Err(problem) => tracing::warn!(pack = %shown, "is stored as a draft: {problem}"),
    }
    policies::touch(tx, name).await?;
    Ok(true)
}

/// Takes the stored set into use if it is another than that in use: all of it or, when any of it
/// cannot be read, none of it. Says whether it is another one.
///
/// # Errors
/// When the store does not answer. A set that cannot be read is no error here: the old one stays in
/// use, and why is kept with it.
pub async fn refresh_packs(ctx: &Context) -> Result<bool, Problem> {
    let served = ctx.library.packs.served();
    let tx = ctx.store.begin_read().await?;
    let revision = policies::revision(&tx).await?;
    if revision == served.revision {
        return Ok(false);
    }
    let stored = stored(ctx, &tx).await?;
    drop(tx);
    let loaded_at = Some(ctx.clock.now());
    let next = match stored {
        Ok(packs) => Served { packs: Arc::new(packs), revision, loaded_at, failure: None },
        Err(failure) => {
            let is_news = served.failure.as_deref() != Some(failure.as_str());
            if is_news {
                tracing::error!(revision, "the stored policies cannot be used: {failure}");
            }
            Served { failure: Some(failure), ..served.as_ref().clone() }
        }
    };
    let is_other = next.revision != served.revision;
    ctx.library.packs.serve(next);
    Ok(is_other)
}

/// Whether the set that is stored in a transaction could be taken into use as a whole.
///
/// # Errors
/// `PACK_INVALID`, for example when an access pack would lock out those who could change it back.
pub(super) async fn try_out(ctx: &Context, tx: &Tx) -> Result<(), Problem> {
    let tried = stored(ctx, tx).await?;
    tried.map(|_| ()).map_err(|why| Problem::new(Reason::PackInvalid, why))
}

/// The set that is stored, ready to be used, or why it cannot be.
async fn stored(ctx: &Context, tx: &Tx) -> Result<Result<PackSet, String>, Problem> {
    let versions = policies::versions(tx, None).await?;
    let periods = policies::periods(tx, None).await?;
    let used = ctx.packs();
    aside(move || schedule(&used, versions, periods)).await
}

type Periods = Vec<(tasuki_core::decision::PackKind, String, Period)>;

/// The stored versions with their periods as a set. What is in use already is not read again.
fn schedule(
    used: &PackSet,
    versions: Vec<PolicyVersion>,
    periods: Periods,
) -> Result<PackSet, String> {
    let mut timelines: BTreeMap<_, Vec<Period>> = BTreeMap::new();
    for (kind, name, period) in periods {
        timelines.entry((kind, name)).or_default().push(period);
    }
    let told = |wrong: Vec<tasuki_policies::Diagnostic>| {
        wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let mut by_name = BTreeMap::new();
    let mut unread = Vec::new();
    for version in versions {
        if version.state != VersionState::Activated {
            continue;
        }
        let name = (version.kind, version.name.clone(), version.version.clone());
        match used.by_hash(&version.hash) {
            Some(pack) => drop(by_name.insert(name, pack)),
            None => unread.extend(files::sources(&version)),
        }
    }
    for pack in PackSet::load_each(unread).map_err(told)? {
        let name = (pack.kind(), pack.name().to_owned(), pack.version().to_owned());
        by_name.insert(name, pack);
    }
    let mut scheduled = Vec::new();
    for ((kind, name), periods) in timelines {
        for period in Timeline::of(periods).periods() {
            let version = (kind, name.clone(), period.version.clone());
            let pack = by_name.get(&version).ok_or_else(|| {
                format!("`{}` is not stored", files::named(kind, &name, &period.version))
            })?;
            scheduled.push(Scheduled {
                pack: Arc::clone(pack),
                effective: Effective { from: period.from, to: period.until },
                published_at: period.published_at,
            });
        }
    }
    PackSet::scheduled(scheduled).map_err(told)
}

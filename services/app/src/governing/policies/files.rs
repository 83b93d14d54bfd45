//! Files of packs: as callers bring them, and as they are stored.

use std::sync::Arc;

use tasuki_core::decision::PackKind;
use tasuki_core::policy::{PolicyFile, PolicyVersion, Tested};
use tasuki_core::problem::Problem;
use tasuki_policies::{CaseReport, Diagnostic, Pack, PackCase, PackSet, PackSource, run_cases};

/// Checks the files of packs and runs their cases, for callers that are this machine's owner.
///
/// # Errors
/// Everything that is wrong in any of the files.
pub fn run_all_cases(sources: Vec<PackSource>) -> Result<CaseReport, Vec<Diagnostic>> {
    let cases = PackCase::read(&sources)?;
    let packs = PackSet::load(sources)?;
    Ok(run_cases(&packs, &cases))
}

/// Runs what takes a while without holding up other calls.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(error.to_string()))
}

/// What cases have shown.
pub(super) fn tested(report: &CaseReport) -> Tested {
    Tested {
        n_cases: report.results.len(),
        n_sides_seen: report.n_sides_seen(),
        n_sides: report.n_sides(),
    }
}

/// The files of one pack as they are stored: with paths relative to its folder.
pub(super) fn stored(pack: &Pack, sources: &[PackSource]) -> Vec<PolicyFile> {
    let inside = format!("{}/", pack.folder());
    let mut files: Vec<PolicyFile> = sources
        .iter()
        .filter_map(|source| {
            let path = source.path.strip_prefix(&inside)?.to_owned();
            Some(PolicyFile { path, text: source.text.clone() })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The files of a stored version, in a folder of its own below the folder of packs.
pub(super) fn sources(version: &PolicyVersion) -> Vec<PackSource> {
    let (kind, name) = (version.kind, &version.name);
    let folder = format!("{kind}/{name}@{}", version.version);
    let file =
        |file: &PolicyFile| PackSource::new(format!("{folder}/{}", file.path), file.text.clone());
    version.files.iter().map(file).collect()
}

/// The pack among files that hold exactly one.
///
/// # Errors
/// `PACK_INVALID` with everything that is wrong in them; `REQUEST_INVALID` when they hold none or
/// several.
pub(super) fn only_pack(sources: Vec<PackSource>) -> Result<Arc<Pack>, Problem> {
    let packs = PackSet::load_each(sources)
        .map_err(|wrong| tasuki_policies::diagnostic::problem(&wrong))?;
    match packs.as_slice() {
        [pack] => Ok(Arc::clone(pack)),
        others => {
            let text = format!("hold {} packs; bring the files of one", others.len());
            Err(Problem::invalid("files", text))
        }
    }
}

/// A pack by what names it, for messages.
pub(super) fn named(kind: PackKind, name: &str, version: &str) -> String {
    format!("{kind}/{name}@{version}")
}

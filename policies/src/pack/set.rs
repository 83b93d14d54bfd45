//! A whole set of packs: loaded together or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use tasuki_core::decision::PackKind;
use tasuki_core::time::Timestamp;

use super::build::Files;
use super::load::load;
use super::{Pack, SharedPack};
use crate::diagnostic::Diagnostic;
use crate::source::PackSource;

/// The stack of the thread that reads packs. The parser of the `cel` crate recurses once per
/// operand of a chain; the longest chain that is let through needs less than 4 MiB, also without
/// optimisation. Only what is touched takes memory.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// Does something that parses, on a stack that is large enough. Nothing when it failed.
pub(crate) fn parse_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .name("read-policies".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work);
        reader.ok()?.join().ok()
    })
}

/// Packs that were checked together.
#[derive(Debug, Clone, Default)]
pub struct PackSet {
    /// The versions of each pack, in the order of time.
    packs: BTreeMap<(PackKind, String), Vec<SharedPack>>,
}

impl PackSet {
    /// Reads and checks packs from the texts of their files: `<kind>/<name>/pack.yaml` and, for
    /// further versions, `<kind>/<name>@<version>/pack.yaml`, with `*.cel` beside them. Cases are
    /// read by [`PackCase::read`](crate::PackCase::read) and passed over here.
    ///
    /// # Errors
    /// Everything that is wrong in any of the files; then nothing is loaded.
    pub fn load(sources: impl IntoIterator<Item = PackSource>) -> Result<Self, Vec<Diagnostic>> {
        let sources: Vec<PackSource> = sources.into_iter().collect();
        let read = parse_stack(move || Self::read(sources));
        read.unwrap_or_else(|| {
            Err(vec![Diagnostic::of_file("internal", "", "the reader of packs failed")])
        })
    }

    fn read(sources: Vec<PackSource>) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut packs: BTreeMap<(PackKind, String), Vec<SharedPack>> = BTreeMap::new();
        for (folder, files) in by_folder(sources, &mut diagnostics) {
            match load(files, &folder) {
                Ok(pack) => {
                    let name = (pack.kind(), pack.name().to_owned());
                    packs.entry(name).or_default().push(Arc::new(pack));
                }
                Err(wrong) => diagnostics.extend(wrong),
            }
        }
        for versions in packs.values_mut() {
            versions.sort_by_key(|pack| pack.effective.from);
            diagnostics.extend(overlaps(versions));
        }
        if diagnostics.is_empty() { Ok(Self { packs }) } else { Err(diagnostics) }
    }

    /// The version of a pack that decides about something at its own time: the date of loss for
    /// claims, the time of the order for eligibility.
    pub fn in_force(&self, kind: PackKind, name: &str, at: Timestamp) -> Option<Arc<Pack>> {
        let versions = self.packs.get(&(kind, name.to_owned()))?;
        versions.iter().find(|pack| pack.effective.contains(at)).cloned()
    }

    /// One version by its content hash: what a replay needs.
    pub fn by_hash(&self, hash: &str) -> Option<Arc<Pack>> {
        self.packs().find(|pack| pack.hash() == hash).cloned()
    }

    /// Every version of every pack, by kind, name and time.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.packs.values().flatten()
    }
}

/// Sorts files into packs.
fn by_folder(
    sources: Vec<PackSource>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Files> {
    let mut found: BTreeMap<String, Files> = BTreeMap::new();
    let mut expressions = Vec::new();
    for source in sources {
        let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
        let (folder, file) = (folder.to_owned(), file.to_owned());
        if file == "pack.yaml" {
            let files = Files { pack: Arc::new(source), expressions: BTreeMap::new() };
            if let Some(before) = found.insert(folder, files) {
                let message = "this file is there twice";
                diagnostics.push(Diagnostic::of_file("name-taken", &before.pack.path, message));
            }
        } else if file.strip_suffix(".cel").is_some() {
            expressions.push((folder, file, source));
        } else if !is_passed_over(&folder, &file) {
            let message = "a pack has `pack.yaml`, `*.cel` and `cases/*.yaml`";
            diagnostics.push(Diagnostic::of_file("unknown-file", &source.path, message));
        }
    }
    for (folder, file, source) in expressions {
        if let Some(files) = found.get_mut(&folder) {
            files.expressions.insert(file, Arc::new(source));
        } else {
            let message = "there is no `pack.yaml` beside this file";
            diagnostics.push(Diagnostic::of_file("unknown-file", &source.path, message));
        }
    }
    found
}

/// Cases and notes for people are no part of what decides.
fn is_passed_over(folder: &str, file: &str) -> bool {
    folder.ends_with("/cases") || file == "README.md"
}

/// Two versions that would decide about the same instant, or that share a name.
fn overlaps(versions: &[SharedPack]) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    for (one, two) in versions.iter().zip(versions.iter().skip(1)) {
        let path = format!("{}/pack.yaml", two.folder);
        if one.effective.to.is_none_or(|end| end > two.effective.from) {
            let message = format!(
                "version `{}` takes effect while version `{}` still does",
                two.version(),
                one.version()
            );
            let hint = format!("end `{}` with `effective.to` by then", one.version());
            wrong.push(Diagnostic::of_file("overlap", &path, message).suggesting(hint));
        }
        if one.version() == two.version() {
            let message = format!("version `{}` is there twice", two.version());
            wrong.push(Diagnostic::of_file("name-taken", &path, message));
        }
    }
    wrong
}

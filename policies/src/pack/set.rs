//! A whole set of packs: loaded together or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use tasuki_core::decision::{PackKind, content_hash};
use tasuki_core::time::Timestamp;

use super::build::Files;
use super::load::load;
use super::{Effective, Pack};
use crate::access::AccessTable;
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

/// A version of a pack and when it decides. A version that was rolled back to is there more often
/// than once.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The version.
    pub pack: Arc<Pack>,
    /// When it decides.
    pub effective: Effective,
    /// Since when it is public that it does.
    pub published_at: Timestamp,
}

impl Scheduled {
    /// As its author dated it.
    fn as_written(pack: Arc<Pack>) -> Self {
        let (effective, published_at) = (pack.effective, pack.published_at);
        Self { pack, effective, published_at }
    }
}

/// Packs that are in use together.
#[derive(Debug, Clone, Default)]
pub struct PackSet {
    /// The versions of each pack, in the order of time.
    packs: BTreeMap<(PackKind, String), Vec<Scheduled>>,
    hash: String,
    /// What the access pack answers.
    access: AccessTable,
}

impl PackSet {
    /// Reads and checks packs from the texts of their files: `<kind>/<name>/pack.yaml` and, for
    /// further versions, `<kind>/<name>@<version>/pack.yaml`, with `*.cel` beside them. Cases are
    /// read by [`PackCase::read`](crate::PackCase::read) and passed over here.
    ///
    /// # Errors
    /// Everything that is wrong in any of the files; then nothing is loaded.
    pub fn load(sources: impl IntoIterator<Item = PackSource>) -> Result<Self, Vec<Diagnostic>> {
        on_a_large_stack(sources, |sources| {
            let mut diagnostics = Vec::new();
            let packs = read_each(sources, &mut diagnostics);
            match Self::scheduled(packs.into_iter().map(Scheduled::as_written)) {
                Ok(set) if diagnostics.is_empty() => Ok(set),
                Ok(_) => Err(diagnostics),
                Err(wrong) => Err(diagnostics.into_iter().chain(wrong).collect()),
            }
        })
    }

    /// Reads and checks packs one by one, whenever each decides: what is stored apart from its dates.
    ///
    /// # Errors
    /// Everything that is wrong in any of the files; then nothing is loaded.
    pub fn load_each(
        sources: impl IntoIterator<Item = PackSource>,
    ) -> Result<Vec<Arc<Pack>>, Vec<Diagnostic>> {
        on_a_large_stack(sources, |sources| {
            let mut diagnostics = Vec::new();
            let packs = read_each(sources, &mut diagnostics);
            if diagnostics.is_empty() { Ok(packs) } else { Err(diagnostics) }
        })
    }

    /// A set of versions that were checked before, each with the time in which it decides. The order
    /// in which they are given does not matter.
    ///
    /// # Errors
    /// When two versions of a pack would decide about the same time, or two share a name.
    pub fn scheduled(
        versions: impl IntoIterator<Item = Scheduled>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut packs: BTreeMap<(PackKind, String), Vec<Scheduled>> = BTreeMap::new();
        for version in versions {
            let name = (version.pack.kind(), version.pack.name().to_owned());
            packs.entry(name).or_default().push(version);
        }
        let mut wrong = Vec::new();
        for versions in packs.values_mut() {
            versions.sort_by(|one, two| {
                let key = |it: &Scheduled| (it.effective.from, it.pack.version().to_owned());
                key(one).cmp(&key(two))
            });
            wrong.extend(overlaps(versions));
        }
        let access = AccessTable::of(packs.values().flatten()).unwrap_or_else(|locked_out| {
            wrong.extend(locked_out);
            AccessTable::default()
        });
        let hash = set_hash(&packs);
        if wrong.is_empty() { Ok(Self { packs, hash, access }) } else { Err(wrong) }
    }

    /// `sha256:` and 64 hexadecimal digits over which version decides when: equal on all replicas
    /// that serve the same.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The version of a pack that decides about something at its own time: the date of loss for
    /// claims, the time of the order for eligibility. Only versions that were public by then count.
    pub fn in_force(&self, kind: PackKind, name: &str, at: Timestamp) -> Option<Arc<Pack>> {
        let versions = self.packs.get(&(kind, name.to_owned()))?;
        let decides = |it: &&Scheduled| it.effective.contains(at) && it.published_at <= at;
        versions.iter().find(decides).map(|it| Arc::clone(&it.pack))
    }

    /// The versions of all packs of a kind that decide at a time, by name.
    pub fn all_in_force(&self, kind: PackKind, at: Timestamp) -> impl Iterator<Item = &Arc<Pack>> {
        let decides = move |it: &&Scheduled| {
            it.pack.kind() == kind && it.effective.contains(at) && it.published_at <= at
        };
        self.versions().filter(decides).map(|it| &it.pack)
    }

    /// Who may do what, by the access pack of this set.
    pub const fn access(&self) -> &AccessTable {
        &self.access
    }

    /// One version by its content hash: what a replay needs.
    pub fn by_hash(&self, hash: &str) -> Option<Arc<Pack>> {
        self.packs().find(|pack| pack.hash() == hash).cloned()
    }

    /// Every version of every pack, by kind, name and time.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.versions().map(|it| &it.pack)
    }

    /// Every version of every pack with the time in which it decides, by kind, name and time.
    pub fn versions(&self) -> impl Iterator<Item = &Scheduled> {
        self.packs.values().flatten()
    }
}

/// Reads files where there is room for the parser.
fn on_a_large_stack<T: Send>(
    sources: impl IntoIterator<Item = PackSource>,
    read: impl FnOnce(Vec<PackSource>) -> Result<T, Vec<Diagnostic>> + Send,
) -> Result<T, Vec<Diagnostic>> {
    let sources: Vec<PackSource> = sources.into_iter().collect();
    parse_stack(move || read(sources)).unwrap_or_else(|| {
        Err(vec![Diagnostic::of_file("internal", "", "the reader of packs failed")])
    })
}

/// The packs among files that have nothing wrong; what is wrong is noted.
fn read_each(sources: Vec<PackSource>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Arc<Pack>> {
    let mut packs = Vec::new();
    for (folder, files) in by_folder(sources, diagnostics) {
        match load(files, &folder) {
            Ok(pack) => packs.push(Arc::new(pack)),
            Err(wrong) => diagnostics.extend(wrong),
        }
    }
    packs
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
fn overlaps(versions: &[Scheduled]) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    for (one, two) in versions.iter().zip(versions.iter().skip(1)) {
        let path = format!("{}/pack.yaml", two.pack.folder);
        if one.effective.to.is_none_or(|end| end > two.effective.from) {
            let message = format!(
                "version `{}` takes effect while version `{}` still does",
                two.pack.version(),
                one.pack.version()
            );
            let hint = format!("end `{}` with `effective.to` by then", one.pack.version());
            wrong.push(Diagnostic::of_file("overlap", &path, message).suggesting(hint));
        }
    }
    let mut named: BTreeMap<&str, &Pack> = BTreeMap::new();
    for pack in versions.iter().map(|it| it.pack.as_ref()) {
        let other = named.insert(pack.version(), pack).filter(|it| it.hash() != pack.hash());
        if other.is_some() {
            let path = format!("{}/pack.yaml", pack.folder);
            let message = format!("version `{}` is there twice", pack.version());
            wrong.push(Diagnostic::of_file("name-taken", &path, message));
        }
    }
    wrong
}

fn set_hash(packs: &BTreeMap<(PackKind, String), Vec<Scheduled>>) -> String {
    let versions = packs.values().flatten().map(|it| {
        serde_json::json!({
            "kind": it.pack.kind(),
            "name": it.pack.name(),
            "version": it.pack.version(),
            "hash": it.pack.hash(),
            "effective": it.effective,
        })
    });
    content_hash(&versions.collect::<Vec<_>>())
}

/// Files of one pack, with paths relative to its folder, as files below the folder of packs: kind
/// and name are those of its `pack.yaml`. Files that lie there already, or of which no pack can be
/// read, stay as they are.
pub fn placed(sources: Vec<PackSource>) -> Vec<PackSource> {
    #[derive(serde::Deserialize)]
    struct Named {
        kind: PackKind,
        name: String,
    }
    let own = sources.iter().find(|source| source.path == "pack.yaml");
    let Some(Ok(named)) = own.map(|source| serde_saphyr::from_str::<Named>(&source.text)) else {
        return sources;
    };
    let folder = format!("{}/{}", named.kind, named.name);
    let place =
        |source: PackSource| PackSource { path: format!("{folder}/{}", source.path), ..source };
    sources.into_iter().map(place).collect()
}

//! Rate cards and policy packs: those built into the program, or those of a folder.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use tasuki_policies::{Diagnostic, PackSet, PackSource};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::InvalidRateCard;

mod card_shelf;
mod shelf;

pub use card_shelf::{CardShelf, ServedCards};
pub use shelf::{Served, Shelf};

/// The packs that come with the program.
static BUILT_IN_PACKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policies/packs");

/// Folders within folders within folders …: deeper than any layout of packs.
const DEEPEST_FOLDER: usize = 6;

/// What is in use.
#[derive(Debug, Default)]
pub struct Library {
    /// Prices.
    pub cards: CardShelf,
    /// Policies.
    pub packs: Shelf,
    /// The files of the packs that the program started with.
    pub sources: Vec<PackSource>,
    /// The files of the rate cards that the program started with, by name.
    pub card_sources: Vec<(String, String)>,
}

/// Why cards or packs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// Packs with errors: each with file, line, column and remedy.
    #[error("{}", lines(.0))]
    Packs(Vec<Diagnostic>),
    /// Rate cards with errors: each with file, line, column and remedy.
    #[error(transparent)]
    Cards(#[from] InvalidRateCard),
    /// A folder or file that cannot be read.
    #[error("cannot read `{path}`: {cause}")]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Library {
    /// Loads all packs and cards, or none.
    ///
    /// Without a folder, those that come with the program. A folder of packs that says nothing about
    /// access gets the access pack that comes with the program: without one nobody may do anything.
    ///
    /// # Errors
    /// [`LibraryError`], with everything that is wrong in any file.
    pub fn load(packs: Option<&Path>, cards: Option<&Path>) -> Result<Self, LibraryError> {
        let sources = with_access(pack_sources(packs)?);
        let packs = PackSet::load(sources.clone()).map_err(LibraryError::Packs)?;
        let card_sources = match cards {
            None => Cards::built_in_files()
                .map(|(file, text)| (file.to_owned(), text.to_owned()))
                .into(),
            Some(folder) => yaml_files(folder)?,
        };
        let files = card_sources.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let cards = Cards::load(files)?.into();
        Ok(Self { cards, packs: packs.into(), sources, card_sources })
    }

    /// The files of one of the packs that the program started with, by its folder.
    pub fn sources_of(&self, folder: &str) -> Vec<PackSource> {
        let inside = format!("{folder}/");
        self.sources.iter().filter(|source| source.path.starts_with(&inside)).cloned().collect()
    }
}

/// The files of packs: of a folder, or those that come with the program.
///
/// # Errors
/// [`LibraryError::Unreadable`].
pub fn pack_sources(folder: Option<&Path>) -> Result<Vec<PackSource>, LibraryError> {
    let mut sources = Vec::new();
    match folder {
        None => built_in(&BUILT_IN_PACKS, &mut sources),
        Some(folder) => read_folder(folder, folder, DEEPEST_FOLDER, &mut sources)?,
    }
    // The order of a folder's files depends on the machine.
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// The folder of packs about access.
const ACCESS_FOLDER: &str = "access/";

/// The same packs, with the built-in one about access if there is none.
fn with_access(mut sources: Vec<PackSource>) -> Vec<PackSource> {
    if !sources.iter().any(|source| source.path.starts_with(ACCESS_FOLDER)) {
        let mut own = Vec::new();
        built_in(&BUILT_IN_PACKS, &mut own);
        sources.extend(own.into_iter().filter(|source| source.path.starts_with(ACCESS_FOLDER)));
    }
    sources
}

fn built_in(dir: &Dir<'_>, sources: &mut Vec<PackSource>) {
    for file in dir.files() {
        if let Some(text) = file.contents_utf8() {
            sources.push(PackSource::new(file.path().display().to_string(), text));
        }
    }
    dir.dirs().for_each(|inner| built_in(inner, sources));
}

fn read_folder(
    root: &Path,
    folder: &Path,
    depth: usize,
    sources: &mut Vec<PackSource>,
) -> Result<(), LibraryError> {
    let unreadable = |path: &Path, cause| LibraryError::Unreadable { path: path.into(), cause };
    for entry in folder.read_dir().map_err(|cause| unreadable(folder, cause))? {
        let path = entry.map_err(|cause| unreadable(folder, cause))?.path();
        let is_ours = path.extension().is_some_and(|it| it == "yaml" || it == "cel");
        if path.is_dir() && depth > 0 {
            read_folder(root, &path, depth - 1, sources)?;
        } else if is_ours {
            let text = std::fs::read_to_string(&path).map_err(|cause| unreadable(&path, cause))?;
            let within = path.strip_prefix(root).unwrap_or(&path);
            sources.push(PackSource::new(within.display().to_string(), text));
        }
    }
    Ok(())
}

fn yaml_files(folder: &Path) -> Result<Vec<(String, String)>, LibraryError> {
    let mut sources = Vec::new();
    read_folder(folder, folder, 0, &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources.into_iter().map(|source| (source.path, source.text)).collect())
}

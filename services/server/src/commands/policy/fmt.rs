//! `tasuki policy fmt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use tasuki_app::governing::PackSource;
use tasuki_app::library::pack_sources;
use tasuki_policies::{PackSet, format_file};

/// What to lay out.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A folder of packs, or one file of a pack or of cases.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Only tell which files are not laid out; the exit code is 1 when there are any.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut wrong = Vec::new();
    let mut said = String::new();
    let mut differs = false;
    let (folder, files) = files(&options.path)?;
    let before = hashes(&files);
    let mut after = Vec::new();
    for file in &files {
        match format_file(file) {
            Ok(text) => after.push(PackSource::new(file.path.clone(), text)),
            Err(diagnostics) => wrong.extend(diagnostics),
        }
    }
    if !wrong.is_empty() {
        return Ok(super::print_diagnostics(&wrong));
    }
    // Packs that load have to load again as what they were; others are left to `check`.
    if before.is_some() && before != hashes(&after) {
        bail!("laying these files out would change what a pack decides: nothing was written");
    }
    for (file, laid_out) in files.iter().zip(&after).filter(|(one, two)| one.text != two.text) {
        differs = true;
        let path = folder.join(&file.path);
        if options.check {
            said += &format!("not laid out: {}\n", path.display());
        } else {
            fs::write(&path, &laid_out.text)
                .with_context(|| format!("cannot write `{}`", path.display()))?;
            said += &format!("laid out {}\n", path.display());
        }
    }
    super::print(&said);
    Ok(if options.check && differs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The files below a folder, or one file, with the folder that their paths start at.
fn files(path: &Path) -> anyhow::Result<(PathBuf, Vec<PackSource>)> {
    let is_yaml = |file: &PackSource| file.path.strip_suffix(".yaml").is_some();
    if path.is_dir() {
        let files = pack_sources(Some(path))?.into_iter().filter(is_yaml).collect();
        return Ok((path.to_owned(), files));
    }
    Ok((PathBuf::new(), vec![super::read(&path.to_owned())?]))
}

/// What the packs among files decide, by folder; nothing when they do not load.
fn hashes(files: &[PackSource]) -> Option<Vec<String>> {
    let packs = PackSet::load(files.to_vec()).ok()?;
    Some(packs.packs().map(|pack| format!("{} {}", pack.folder(), pack.hash())).collect())
}

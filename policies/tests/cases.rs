//! One test per file of cases.

use std::fs;
use std::path::Path;

use tasuki_policies::{PackCase, PackSet, PackSource, run_cases};

fn every_case_gives_what_it_says(path: &Path) -> datatest_stable::Result<()> {
    let folder = path.parent().and_then(Path::parent).ok_or("no folder of a pack")?;
    let own = below(folder)?;
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            sources
                .push(PackSource::new(format!("{own}/{name}"), fs::read_to_string(entry.path())?));
        }
    }
    let cases = PackSource::new(below(path)?, fs::read_to_string(path)?);
    let packs = PackSet::load(sources).map_err(|wrong| format!("{wrong:#?}"))?;
    let cases = PackCase::read([&cases]).map_err(|wrong| format!("{wrong:#?}"))?;
    for result in run_cases(&packs, &cases).results {
        if !result.passed() {
            let problems = result.problems.join("\n    ");
            return Err(format!("line {}: {}\n    {problems}", result.line, result.name).into());
        }
    }
    Ok(())
}

/// The path below the folder of packs.
fn below(path: &Path) -> Result<String, &'static str> {
    let text = path.to_str().ok_or("no text")?;
    text.rsplit_once("packs/").map(|(_, below)| below.to_owned()).ok_or("not below `packs`")
}

datatest_stable::harness! {
    { test = every_case_gives_what_it_says, root = "packs", pattern = r"cases/[^/]+\.yaml$" },
}

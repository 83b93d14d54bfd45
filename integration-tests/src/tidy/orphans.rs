//! Every case has a runner and every snapshot a test.

use super::{Finding, about, has_word};
use crate::repository::Source;

/// Cases that no test of their crate runs.
pub fn cases_without_runner(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.extension() == "yaml")
        .filter(|source| source.folder().split('/').any(|part| part == "cases"))
        .filter_map(|case| {
            let Some(crate_folder) = crate_folder(sources, case) else {
                return Some(about(case, "a case outside of a crate: no test can run it"));
            };
            let tests = format!("{crate_folder}/tests/");
            let runs = sources.iter().any(|source| {
                source.extension() == "rs"
                    && source.path.starts_with(&tests)
                    && has_word(&source.text, "cases")
            });
            (!runs).then(|| about(case, format!("no test in {tests} runs cases")))
        })
        .collect()
}

/// Snapshots whose test is gone or was renamed.
pub fn snapshots_without_test(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.extension() == "snap")
        .filter_map(|snapshot| {
            let Some(path) = snapshot.text.lines().find_map(|line| line.strip_prefix("source: "))
            else {
                return Some(about(snapshot, "names no source"));
            };
            let Some(test) = sources.iter().find(|source| source.path == path) else {
                return Some(about(snapshot, format!("its source `{path}` is gone")));
            };
            let name = snapshot_name(snapshot);
            (!has_word(&test.text, name))
                .then(|| about(snapshot, format!("`{path}` has no test or snapshot `{name}`")))
        })
        .collect()
}

/// The longest folder above a file that holds a manifest.
fn crate_folder<'a>(sources: &'a [Source], file: &Source) -> Option<&'a str> {
    sources
        .iter()
        .filter(|source| source.name() == "Cargo.toml" && !source.folder().is_empty())
        .map(Source::folder)
        .filter(|folder| file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        .max_by_key(|folder| folder.len())
}

/// `crate__module__name-2@suffix.snap` is the second snapshot of `name`.
fn snapshot_name(snapshot: &Source) -> &str {
    let stem = snapshot.name().trim_end_matches(".snap");
    let name = stem.rsplit_once("__").map_or(stem, |(_, name)| name);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match name.rsplit_once('-') {
        Some((first, number)) if number.chars().all(|it| it.is_ascii_digit()) => first,
        Some(_) | None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_needs_a_test_of_its_crate() {
        let manifest = Source::new("pricing/Cargo.toml", "");
        let case = Source::new("pricing/cases/a.yaml", "");
        let runner = Source::new("pricing/tests/cases.rs", "root = \"cases\"");
        let other = Source::new("core/tests/cases.rs", "root = \"cases\"");
        assert_eq!(cases_without_runner(&[manifest.clone(), case.clone(), other]).len(), 1);
        assert!(cases_without_runner(&[manifest, case, runner]).is_empty());
    }

    #[test]
    fn a_snapshot_needs_its_test() {
        let test = Source::new("core/src/a.rs", "fn the_table() {}");
        let snap = |name: &str| {
            let path = format!("core/src/snapshots/tasuki_core__a__tests__{name}.snap");
            Source::new(&path, "---\nsource: core/src/a.rs\n---\n")
        };
        let fits = [test.clone(), snap("the_table"), snap("the_table-2"), snap("the_table@x")];
        assert!(snapshots_without_test(&fits).is_empty());
        assert_eq!(snapshots_without_test(&[test, snap("the_old_table")]).len(), 1);
        assert_eq!(snapshots_without_test(&[snap("the_table")]).len(), 1);
    }
}

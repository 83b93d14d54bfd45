//! Every published case of the list below runs as a file under `cases/`, under the convention of its
//! source.

use std::path::Path;

/// Worked examples that other billing systems publish, and those of Japanese consumption tax.
const PUBLISHED: [&str; 20] = [
    "KB1",
    "KB3",
    "KB5",
    "KB8",
    "KB9",
    "LG1",
    "LG3",
    "LG7",
    "LG11",
    "LG13",
    "OM2",
    "OM3",
    "ST1",
    "ZU1",
    "B1",
    "B2",
    "B5",
    "B8",
    "japan-once-per-rate",
    "japan-two-rates",
];

#[test]
fn every_published_case_has_a_file_that_names_it() {
    let files = Path::new("cases").read_dir().unwrap().map(|file| file.unwrap().path());
    let sources: Vec<String> = files
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let line = text.lines().find(|line| line.starts_with("source:"))?;
            let source = line.trim_start_matches("source:").trim().trim_matches('"');
            Some(format!("{source} ({})", path.file_stem()?.to_str()?))
        })
        .collect();
    let missing: Vec<_> = PUBLISHED
        .into_iter()
        .filter(|id| {
            let named = |source: &String| source.split([':', ',', ' ']).any(|word| word == *id);
            let filed = |source: &String| source.ends_with(&format!("-{id})"));
            !sources.iter().any(|source| named(source) || filed(source))
        })
        .collect();
    assert!(missing.is_empty(), "no case names {missing:?}");
}

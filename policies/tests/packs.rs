//! The shipped packs load, every case of theirs gives what it says, and together the cases of a
//! pack see each of its conditions both true and false.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::{Path, PathBuf};

use tasuki_policies::{Floor, PackCase, PackSet, PackSource, run_cases};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packs")
}

fn sources() -> Vec<PackSource> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push(PackSource::new(below, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort_by(|one, two| one.path.cmp(&two.path));
    found
}

#[test]
fn every_case_gives_what_it_says_and_every_condition_is_seen_on_both_sides() {
    let sources = sources();
    let packs = match PackSet::load(sources.clone()) {
        Ok(packs) => packs,
        Err(wrong) => {
            let all: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            panic!("{} errors\n\n{}", all.len(), all.join("\n\n"));
        }
    };
    let cases = match PackCase::read(&sources) {
        Ok(cases) => cases,
        Err(wrong) => {
            let all: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            panic!("{}", all.join("\n\n"));
        }
    };
    let report = run_cases(&packs, &cases).demanding(Floor::FULL);
    let mut wrong: Vec<String> = report.diagnostics.iter().map(ToString::to_string).collect();
    for result in report.results.iter().filter(|result| !result.passed()) {
        let problems = result.problems.join("\n    ");
        wrong.push(format!("{}:{}: {}\n    {problems}", result.file, result.line, result.name));
    }
    assert!(report.is_ok(), "\n{}", wrong.join("\n"));
    assert_eq!(report.results.len(), cases.len());
}

//! The layout of packs and cases: canonical, idempotent, and never a change of what is said.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tasuki_policies::{PackSet, PackSource, format_file};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packs")
}

fn shipped() -> Vec<PackSource> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "yaml") {
                let below = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push(PackSource::new(below, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn formatted(path: &str, text: &str) -> String {
    format_file(&PackSource::new(path, text)).unwrap()
}

#[test]
fn the_shipped_files_are_laid_out() {
    for file in shipped() {
        let text = format_file(&file).unwrap();
        if std::env::var_os("UPDATE_LAYOUT").is_some() {
            fs::write(root().join(&file.path), &text).unwrap();
        } else {
            assert!(text == file.text, "{}: run `tasuki policy fmt policies/packs`", file.path);
        }
    }
}

const UNTIDY: &str = r#"# About the whole file.

name: example # the folder
kind: eligibility
version: "1"
owner: a partner


environment: 1
published_at: 2020-08-01
effective:
      to: 2021-09-01
      # since the start
      from: 2020-09-01
source: terms
rules:
# The first one.
- holds: >-
      company.has_utm &&
        company.employees > least

      && company.has_backup
  code: ONE   
  message:
     en: "{company.employees} of {least}"
     # for customers
     ja: だめです


- {code: TWO, holds: company.has_utm, message: {ja: x, en: y}}
- clause: 第5条
  # Why a code.
  code: THREE
  requirements:
  - "§6"
  - UTM-01
  message: { ja: x, en: y }
  holds: company.has_website
# About the shape.
shape: all_must_hold
facts: [company]
constants:
  least: { int: 5, source: "a: b" }

  # Nobody knows.
  other: { int: 6, source: x }
outputs:
    size: "other"
# The end.
"#;

#[test]
fn keys_are_put_in_order_and_comments_stay_with_what_they_stand_above() {
    insta::assert_snapshot!(formatted("eligibility/example/pack.yaml", UNTIDY));
}

#[test]
fn cases_are_laid_out_too() {
    let cases = "- expect: { outcome: satisfied }\n  at: 2020-10-01\n  name: one\n\n\n\n# About two.\n- name: two\n  facts:\n      company:\n          has_utm: true\n      claim: {}\n  at: 2020-10-01\n  expect:\n    codes:\n    - A\n    outcome: satisfied\n";
    insta::assert_snapshot!(formatted("eligibility/example/cases/x.yaml", cases));
}

#[test]
fn what_cannot_be_laid_out_is_left_alone() {
    let refused =
        |text: &str| format_file(&PackSource::new("a/b/pack.yaml", text)).unwrap_err().remove(0);
    assert_eq!(refused("kind: [").code, "yaml");
    // An alias has to stand below its anchor.
    let moved = "version: &one '1'\nname: *one\n";
    assert_eq!(refused(moved).code, "format");
}

#[test]
fn a_laid_out_pack_has_the_same_hash() {
    let hash = |text: &str| {
        let pack = PackSource::new("eligibility/example/pack.yaml", text);
        let packs = PackSet::load([pack]).map_err(|wrong| format!("{wrong:#?}")).unwrap();
        let pack = packs.packs().next().unwrap();
        pack.hash().to_owned()
    };
    assert_eq!(hash(UNTIDY), hash(&formatted("eligibility/example/pack.yaml", UNTIDY)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Blank lines, comments, blanks at the ends of lines and deeper indentation, anywhere in the
    /// shipped files: either it is laid out, twice to the same text and with the same meaning, or
    /// it is refused.
    #[test]
    fn laying_out_twice_changes_nothing_more(
        file in proptest::sample::select(shipped()),
        marks in proptest::collection::vec((0_usize..400, 0_usize..4), 0..12),
    ) {
        let mut lines: Vec<String> = file.text.lines().map(str::to_owned).collect();
        for (at, what) in marks {
            let at = at.min(lines.len());
            match what {
                0 => lines.insert(at, String::new()),
                1 => lines.insert(at, "# a note".to_owned()),
                2 => lines.insert(at, "      # a note inside".to_owned()),
                _ => if let Some(line) = lines.get_mut(at) { line.push_str("  ") },
            }
        }
        let text = lines.join("\n") + "\n";
        let source = PackSource::new(file.path.clone(), text.clone());
        if let Ok(once) = format_file(&source) {
            let value = |text: &str| serde_saphyr::from_str::<serde_json::Value>(text).unwrap();
            prop_assert_eq!(value(&once), value(&text));
            let notes = |text: &str| text.lines().filter(|line| line.trim_start().starts_with('#')).count();
            prop_assert_eq!(notes(&once), notes(&text));
            let twice = format_file(&PackSource::new(file.path, once.clone())).unwrap();
            prop_assert_eq!(once, twice);
        }
    }
}

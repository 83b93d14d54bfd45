//! Everything stands where it belongs and is called what it is.

use super::{Finding, about, has_word, lines};
use crate::repository::Source;

/// Names that say nothing about what is in the file.
const EMPTY_NAMES: &[&str] =
    &["common", "data", "helper", "helpers", "info", "manager", "misc", "process", "util", "utils"];

/// Folders of people's and machines' own, as they begin a path. In pieces, so that this file passes.
const MACHINE_FOLDERS: &[&str] =
    &[concat!("/", "home/"), concat!("/", "root/"), concat!("/", "Users/"), concat!("/", "work/")];

/// SQL outside store.
pub fn sql_outside_store(sources: &[Source]) -> Vec<Finding> {
    let word = concat!("sea", "_orm");
    sources
        .iter()
        .filter(|source| source.extension() == "rs")
        .filter(|source| !source.path.starts_with("services/store/"))
        .flat_map(|source| {
            lines(source, |line| {
                has_word(line, word).then(|| format!("`{word}` belongs in services/store"))
            })
        })
        .collect()
}

/// Floating-point numbers where money and rates are reckoned.
pub fn floats_where_money_is(sources: &[Source]) -> Vec<Finding> {
    let folders = ["core/src/", "pricing/src/", "policies/src/"];
    sources
        .iter()
        .filter(|source| source.extension() == "rs")
        .filter(|source| folders.iter().any(|folder| source.path.starts_with(folder)))
        .filter(|source| !is_standard_cel(source) && source.path != JSON_WRITER)
        .flat_map(|source| {
            lines(source, |line| {
                let code = line.split_once("//").map_or(line, |(code, _)| code);
                ["f32", "f64"]
                    .into_iter()
                    .find(|float| has_word(code, float))
                    .map(|float| format!("`{float}`: money is whole yen, rates are exact decimals"))
            })
        })
        .collect()
}

/// Writes every kind of JSON value, also those that are never money.
const JSON_WRITER: &str = "core/src/decision/canonical.rs";

/// What packs never reach: all of CEL has floating-point numbers, packs do not.
fn is_standard_cel(source: &Source) -> bool {
    source.path == "policies/src/cel.rs"
        || source.path.starts_with("policies/src/functions/standard")
        || (source.path.starts_with("policies/src/") && source.name() == "dynamic.rs")
}

/// Modules that are not called after what they hold.
pub fn badly_named_modules(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.extension() == "rs")
        .filter_map(|source| {
            let name = source.name().trim_end_matches(".rs");
            // Under tests/ a file of its own would be a test of its own.
            if name == "mod" && !source.path.contains("/tests/") {
                return Some(about(source, "a module with children is `x.rs` next to `x/`"));
            }
            EMPTY_NAMES
                .contains(&name)
                .then(|| about(source, format!("`{name}` says nothing about what is in the file")))
        })
        .collect()
}

/// Contracts whose package is not that of their folder.
pub fn misplaced_contracts(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.extension() == "proto")
        .filter_map(|source| {
            let package = source.text.lines().find_map(|line| {
                line.strip_prefix("package ").and_then(|rest| rest.strip_suffix(';'))
            });
            let Some(package) = package else {
                return Some(about(source, "names no package"));
            };
            let folder = format!("proto/{}", package.replace('.', "/"));
            (folder != source.folder())
                .then(|| about(source, format!("package `{package}` belongs in {folder}/")))
        })
        .collect()
}

/// Paths that exist on one machine only.
pub fn paths_of_one_machine(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .flat_map(|source| {
            lines(source, |line| {
                MACHINE_FOLDERS
                    .iter()
                    .find(|folder| begins_path(line, folder))
                    .map(|folder| format!("`{folder}` is a folder of one machine"))
            })
        })
        .collect()
}

/// Whether the folder stands at the beginning of a path, not somewhere inside one.
fn begins_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|part| part.chars().next_back());
        !before.is_some_and(|it| it.is_alphanumeric() || "._-}$*/".contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: &str) -> [Source; 1] {
        [Source::new(path, text)]
    }

    #[test]
    fn sql_is_found_outside_store_only() {
        let text = concat!("use sea", "_orm::EntityTrait;");
        assert_eq!(sql_outside_store(&one("services/app/src/a.rs", text)).len(), 1);
        assert!(sql_outside_store(&one("services/store/src/a.rs", text)).is_empty());
    }

    #[test]
    fn a_float_is_found_in_code_and_not_in_comments() {
        let text = "// never f64\nlet a = 1; // f64\nlet b: f64 = a;";
        let found = floats_where_money_is(&one("core/src/money.rs", text));
        assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), [3]);
        assert!(floats_where_money_is(&one("services/app/src/a.rs", text)).is_empty());
    }

    #[test]
    fn empty_names_are_found() {
        assert_eq!(badly_named_modules(&one("core/src/claim/mod.rs", "")).len(), 1);
        assert!(badly_named_modules(&one("core/tests/scene/mod.rs", "")).is_empty());
        assert_eq!(badly_named_modules(&one("core/src/utils.rs", "")).len(), 1);
        assert!(badly_named_modules(&one("core/src/claim.rs", "")).is_empty());
    }

    #[test]
    fn a_package_stands_in_its_folder() {
        let text = "syntax = \"proto3\";\n\npackage tasuki.quote.v1;\n";
        assert!(misplaced_contracts(&one("proto/tasuki/quote/v1/quote.proto", text)).is_empty());
        assert_eq!(misplaced_contracts(&one("proto/tasuki/claim/v1/quote.proto", text)).len(), 1);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = format!("open(\"{}me/x\")", MACHINE_FOLDERS[0]);
        assert_eq!(paths_of_one_machine(&one("docs/a.md", &text)).len(), 1);
        let text = format!("services{}x.rs", MACHINE_FOLDERS[3]);
        assert!(paths_of_one_machine(&one("docs/a.md", &text)).is_empty());
    }
}

//! A pack as its author writes it: YAML, unknown keys refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;
use tasuki_core::decision::PackKind;

use super::Shape;

/// `pack.yaml`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackFile {
    pub(super) kind: Spanned<PackKind>,
    pub(super) name: Spanned<String>,
    pub(super) owner: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) environment: Spanned<i64>,
    pub(super) effective: EffectiveFile,
    pub(super) published_at: Spanned<String>,
    /// Where the rules come from: the wording or report that the clauses point into.
    pub(super) source: Spanned<String>,
    #[serde(default)]
    pub(super) description: Option<TextFile>,
    pub(super) facts: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) constants: BTreeMap<String, Spanned<ConstantFile>>,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, Spanned<String>>,
    pub(super) shape: Spanned<Shape>,
    #[serde(default)]
    pub(super) rules: Vec<Spanned<RuleFile>>,
    #[serde(default)]
    pub(super) table: Option<TableFile>,
    #[serde(default)]
    pub(super) outputs: BTreeMap<String, Spanned<String>>,
}

/// When it decides: days in Japan or instants.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EffectiveFile {
    pub(super) from: Spanned<String>,
    /// Not part of the content that is hashed: a version is closed when the next one is known.
    #[serde(default, skip_serializing)]
    pub(super) to: Option<Spanned<String>>,
}

/// A text for readers.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextFile {
    pub(super) ja: Spanned<String>,
    pub(super) en: Spanned<String>,
}

/// A value with its type as the key. Exactly one of the types is given.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ConstantFile {
    pub(super) bool: Option<bool>,
    pub(super) int: Option<i64>,
    pub(super) decimal: Option<String>,
    pub(super) string: Option<String>,
    pub(super) duration: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) ints: Option<Vec<i64>>,
    pub(super) decimals: Option<Vec<String>>,
    pub(super) strings: Option<Vec<String>>,
    /// Where the value stands.
    pub(super) source: Option<String>,
    /// Why the value was chosen when it stands nowhere.
    pub(super) assumed: Option<String>,
}

/// A rule.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) code: Spanned<String>,
    #[serde(default)]
    pub(super) clause: Option<String>,
    #[serde(default)]
    pub(super) requirements: Vec<String>,
    #[serde(default)]
    pub(super) when: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) holds: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) message: Option<TextFile>,
    #[serde(default)]
    pub(super) next_step: Option<TextFile>,
    #[serde(default)]
    pub(super) outputs: BTreeMap<String, Spanned<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) curable: Option<Spanned<CurableFile>>,
}

/// Whether somebody can do something about it: in general, or by these facts only.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum CurableFile {
    Any(bool),
    By(Vec<String>),
}

/// Rows of cells.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableFile {
    pub(super) inputs: BTreeMap<String, Spanned<String>>,
    pub(super) rows: Vec<Spanned<RowFile>>,
}

/// A row: the first one whose cells all fit is chosen.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowFile {
    pub(super) code: Spanned<String>,
    #[serde(default)]
    pub(super) clause: Option<String>,
    #[serde(default)]
    pub(super) requirements: Vec<String>,
    /// By input: a value, or a sign and a value such as `>= 5`. An input that is not named may be
    /// anything.
    #[serde(default)]
    pub(super) when: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) message: Option<TextFile>,
    #[serde(default)]
    pub(super) next_step: Option<TextFile>,
    #[serde(default)]
    pub(super) outputs: BTreeMap<String, Spanned<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) curable: Option<Spanned<CurableFile>>,
}

/// What the reader says to a key that a section of the format does not have.
#[cfg(test)]
pub(crate) fn unknown_key_of(section: &str) -> Option<String> {
    fn told<T: serde::de::DeserializeOwned>() -> String {
        serde_json::from_str::<T>(r#"{"no such key": 1}"#).err().unwrap().to_string()
    }
    Some(match section {
        "pack" => told::<PackFile>(),
        "effective" => told::<EffectiveFile>(),
        "text" => told::<TextFile>(),
        "constant" => told::<ConstantFile>(),
        "rule" => told::<RuleFile>(),
        "table" => told::<TableFile>(),
        "row" => told::<RowFile>(),
        _ => return None,
    })
}

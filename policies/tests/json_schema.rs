//! The JSON Schemas for editors are current, fit every shipped file, and refuse wrong ones.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;
use tasuki_policies::json_schema;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn validators() -> (Validator, Validator) {
    let schemas = json_schema();
    let of = |schema: &Value| jsonschema::draft7::new(schema).unwrap();
    (of(&schemas.pack), of(&schemas.cases))
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn the_schema_files_are_those_that_the_code_gives() {
    for (name, text) in json_schema().files() {
        let path = root().join("schema").join(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{name} is out of date: run the tests with UPDATE_SCHEMAS=1");
    }
}

#[test]
fn every_shipped_pack_and_case_fits() {
    let (pack, cases) = validators();
    let mut all = Vec::new();
    files(&root().join("packs"), &mut all);
    assert!(!all.is_empty());
    for path in all {
        let value = yaml(&fs::read_to_string(&path).unwrap());
        let of = if path.file_name().is_some_and(|it| it == "pack.yaml") { &pack } else { &cases };
        let wrong: Vec<String> =
            of.iter_errors(&value).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(wrong.is_empty(), "{}\n{}", path.display(), wrong.join("\n"));
    }
}

const PACK: &str = r#"kind: eligibility
name: example
owner: a partner
version: "1"
environment: 1
effective: { from: 2020-09-01 }
published_at: 2020-08-01
source: terms
facts: [company]
shape: all_must_hold
rules:
  - { code: RULE, holds: company.has_utm, curable: [company.has_utm], message: { ja: x, en: y } }
"#;

const CASES: &str = "- { name: x, at: 2020-10-01, facts: { company: { service: edr } }, expect: { outcome: satisfied } }\n";

#[test]
fn a_pack_that_is_wrong_does_not_fit() {
    let (pack, _) = validators();
    assert!(pack.is_valid(&yaml(PACK)));
    for (right, wrong) in [
        ("kind: eligibility", "kind: eligible"),
        ("owner: a partner\n", ""),
        ("environment: 1", "environment: 2"),
        ("from: 2020-09-01", "from: September"),
        ("facts: [company]", "facts: [companies]"),
        ("shape: all_must_hold", "shape: all_hold"),
        ("shape: all_must_hold", "shape: decision_table"),
        ("shape: all_must_hold", "shape: none_may_hold"),
        ("code: RULE", "code: rule"),
        ("message: { ja: x, en: y }", "message: { ja: x }"),
        ("curable: [company.has_utm]", "curable: [company.utm]"),
        ("curable: [company.has_utm]", "curable: sometimes"),
        ("holds:", "hold:"),
        ("source: terms", "source: terms\nconstants: { a: { int: '5' } }"),
        ("source: terms", "source: terms\nvariables: { A: '5' }"),
    ] {
        let text = PACK.replace(right, wrong);
        assert_ne!(text, PACK);
        assert!(!pack.is_valid(&yaml(&text)), "{wrong}");
    }
}

#[test]
fn a_case_that_is_wrong_does_not_fit() {
    let (_, cases) = validators();
    assert!(cases.is_valid(&yaml(CASES)));
    for (right, wrong) in [
        ("name: x, ", ""),
        ("at: 2020-10-01", "at: today"),
        ("service: edr", "service: edrr"),
        ("service: edr", "servcie: edr"),
        ("service: edr", "employees: many"),
        ("service: edr", "has_utm: 1"),
        ("service: edr", "monthly_traffic_gb: ten"),
        ("company:", "firm:"),
        ("outcome: satisfied", "outcome: yes"),
        ("outcome: satisfied", "outcome: satisfied, codes: [lower]"),
    ] {
        let text = CASES.replace(right, wrong);
        assert_ne!(text, CASES);
        assert!(!cases.is_valid(&yaml(&text)), "{wrong}");
    }
}

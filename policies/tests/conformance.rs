//! The tests of CEL's own specification, as the npm package `@bufbuild/cel-spec` carries them.
//!
//! `.ci/install tests` fetches the package, by its version and hash, to `target/tools`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test")]
#![expect(clippy::string_slice, reason = "test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use tasuki_policies::cel::{Bindings, CelValue, evaluate};

#[path = "conformance/reader.rs"]
mod reader;

/// The suites of the language itself. The interpreter of the `cel` crate passes 1,089 of their 1,127
/// tests that need no messages: all but 38 of `macros2`.
const CORE: [&str; 15] = [
    "basic",
    "comparisons",
    "conversions",
    "fields",
    "fp_math",
    "integer_math",
    "lists",
    "logic",
    "macros",
    "macros2",
    "namespace",
    "parse",
    "plumbing",
    "string",
    "timestamps",
];

/// The suites of the libraries that the evaluator has.
const LIBRARIES: [&str; 3] = ["bindings_ext", "math_ext", "string_ext"];

/// Words of an expression that only protobuf messages bring: the types of the tests themselves, and
/// all that the specification makes from messages. Instants and spans of time are CEL's own.
const MESSAGES: [&str; 14] = [
    "TestAllTypes",
    "cel.\nexpr",
    "google.protobuf.Any",
    "google.protobuf.BoolValue",
    "google.protobuf.BytesValue",
    "google.protobuf.DoubleValue",
    "google.protobuf.FloatValue",
    "google.protobuf.Int32Value",
    "google.protobuf.Int64Value",
    "google.protobuf.StringValue",
    "google.protobuf.UInt32Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.Value",
    "google.protobuf.Struct",
];

fn suites() -> Json {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/cel-spec-0.6.1");
    let file = root.join("package/dist/esm/testdata/conformance.js");
    let Ok(text) = fs::read_to_string(&file) else {
        panic!("{} is missing: run `.ci/install tests`", file.display());
    };
    reader::read(&text)
}

/// The tests of some suites that need no messages, each with its name.
fn selected(all: &Json, names: &[&str]) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for suite in all["suites"].as_array().unwrap() {
        if !names.contains(&suite["name"].as_str().unwrap()) {
            continue;
        }
        for section in suite["suites"].as_array().unwrap() {
            for test in section["tests"].as_array().into_iter().flatten() {
                let test = &test["original"];
                let source = test["expr"].as_str().unwrap();
                if !MESSAGES.iter().any(|word| source.contains(word)) {
                    let name = format!("{}/{}/{}", suite["name"], section["name"], test["name"]);
                    found.push((name.replace('"', ""), test.clone()));
                }
            }
        }
    }
    found
}

fn value(written: &Json) -> CelValue {
    let (kind, inside) = written.as_object().unwrap().iter().next().unwrap();
    let text = || inside.as_str().unwrap().to_owned();
    let several = |name: &str| inside[name].as_array().cloned().unwrap_or_default();
    match kind.as_str() {
        "nullValue" => CelValue::Null,
        "boolValue" => CelValue::Bool(inside.as_bool().unwrap()),
        "int64Value" => CelValue::Int(text().parse().unwrap()),
        "uint64Value" => CelValue::Uint(text().parse().unwrap()),
        "doubleValue" => CelValue::Double(match inside {
            Json::String(word) => word.parse().unwrap(),
            Json::Number(number) => number.as_f64().unwrap(),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => panic!("{inside}"),
        }),
        "stringValue" => CelValue::String(text()),
        "bytesValue" => CelValue::Bytes(from_base64(&text())),
        "typeValue" => CelValue::Type(text()),
        "listValue" => CelValue::List(several("values").iter().map(value).collect()),
        "mapValue" => CelValue::Map(
            several("entries").iter().map(|it| (value(&it["key"]), value(&it["value"]))).collect(),
        ),
        "objectValue" => {
            assert_eq!(inside["@type"], "type.googleapis.com/google.protobuf.Duration");
            let written = format!("duration('{}')", inside["value"].as_str().unwrap());
            evaluate(&written, &Bindings::new()).unwrap()
        }
        other => panic!("a value of kind `{other}`"),
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let mut bits = (0_u32, 0);
    for letter in text.bytes().filter(|it| *it != b'=') {
        let at = LETTERS.iter().position(|it| *it == letter).unwrap();
        bits = (bits.0 << 6 | u32::try_from(at).unwrap(), bits.1 + 6);
        if bits.1 >= 8 {
            bits.1 -= 8;
            bytes.push(u8::try_from(bits.0 >> bits.1 & 0xff).unwrap());
        }
    }
    bytes
}

/// Whether two values are the same, whatever order the names of maps have; no number is no number.
fn same(one: &CelValue, two: &CelValue) -> bool {
    match (one, two) {
        (CelValue::Double(one), CelValue::Double(two)) if one.is_nan() => two.is_nan(),
        (CelValue::List(one), CelValue::List(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (CelValue::Map(one), CelValue::Map(two)) => {
            one.len() == two.len()
                && one
                    .iter()
                    .all(|(name, it)| two.iter().any(|(other, two)| name == other && same(it, two)))
        }
        (one, two) => one == two,
    }
}

/// What went wrong with a test; nothing when it passed.
fn problem(test: &Json) -> Option<String> {
    let source = test["expr"].as_str().unwrap();
    let mut bindings = Bindings::new().in_container(test["container"].as_str().unwrap_or_default());
    for (name, bound) in test["bindings"].as_object().into_iter().flatten() {
        bindings.insert(name, value(&bound["value"]));
    }
    let given = evaluate(source, &bindings);
    if !test["evalError"].is_null() {
        return given
            .ok()
            .map(|given| format!("{source}\n    an error was expected, got {given:?}"));
    }
    // A test that says nothing else wants `true`.
    let wanted = &test["value"];
    let wanted = if wanted.is_null() { CelValue::Bool(true) } else { value(wanted) };
    match given {
        Ok(given) if same(&given, &wanted) => None,
        given => Some(format!("{source}\n    {wanted:?} was expected, got {given:?}")),
    }
}

fn run(names: &[&str], count: usize) {
    let tests = selected(&suites(), names);
    let mut per_suite: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, test) in &tests {
        *per_suite.entry(name.split('/').next().unwrap()).or_default() += 1;
        if let Some(problem) = problem(test) {
            problems.push(format!("{name}: {problem}"));
        }
    }
    assert!(
        problems.is_empty(),
        "{} of {} failed\n{}",
        problems.len(),
        tests.len(),
        problems.join("\n")
    );
    assert_eq!(tests.len(), count, "the selection has changed: {per_suite:?}");
}

#[test]
fn every_test_of_the_language_that_needs_no_messages_passes() {
    run(&CORE, 1_127);
}

#[test]
fn every_test_of_the_libraries_that_needs_no_messages_passes() {
    run(&LIBRARIES, 410);
}

//! The format of packs and cases as JSON Schema, for editors.
//!
//! What only the checker can see, such as types of expressions, is not in it: a file that fits may
//! still be wrong, a file that does not fit always is.

use serde_json::{Map, Value, json};

use crate::facts::{self, FactType};
use crate::format::{CASE, Key, Needed, PACK, Section, Takes};
use crate::pack::{ENVIRONMENT, Shape};

/// Draft 7 is what editors' YAML extensions understand.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

const NAME: &str = "^[a-z][a-z0-9_]*$";
const CODE: &str = "^[A-Z][A-Z0-9_]*$";
const TIME: &str = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$";
const INSTANT: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$";
const DECIMAL: &str = r"^-?\d+(\.\d+)?$";

/// The schemas of the two kinds of files that authors write.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonSchemas {
    /// Of `pack.yaml`.
    pub pack: Value,
    /// Of the files below `cases/`.
    pub cases: Value,
}

/// The format of packs and cases as JSON Schema.
pub fn json_schema() -> JsonSchemas {
    let mut pack = section(&PACK);
    insert(&mut pack, "allOf", shapes());
    let cases = json!({ "type": "array", "items": section(&CASE) });
    JsonSchemas {
        pack: titled(pack, "A policy pack of Tasuki"),
        cases: titled(cases, "Cases of a policy pack of Tasuki"),
    }
}

impl JsonSchemas {
    /// The schemas as files, by name.
    pub fn files(&self) -> [(&'static str, String); 2] {
        let text = |schema: &Value| format!("{schema:#}\n");
        [("pack.schema.json", text(&self.pack)), ("cases.schema.json", text(&self.cases))]
    }
}

fn titled(mut schema: Value, title: &str) -> Value {
    insert(&mut schema, "$schema", DRAFT.into());
    insert(&mut schema, "title", title.into());
    schema
}

fn insert(schema: &mut Value, key: &str, value: Value) {
    if let Some(object) = schema.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn section(section: &Section) -> Value {
    let properties: Map<String, Value> =
        section.keys.iter().map(|key| (key.name.to_owned(), documented(key))).collect();
    let needed = section.keys.iter().filter(|key| key.needed == Needed::Always);
    json!({
        "title": section.name,
        "type": "object",
        "properties": properties,
        "required": needed.map(|key| key.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

fn documented(key: &Key) -> Value {
    let mut schema = takes(key.takes);
    insert(&mut schema, "description", key.doc.into());
    schema
}

fn takes(takes: Takes) -> Value {
    let list = |items: Value| json!({ "type": "array", "items": items });
    match takes {
        Takes::Text | Takes::Expression => scalar(),
        Takes::Bool => json!({ "type": "boolean" }),
        Takes::Int => json!({ "type": "integer" }),
        Takes::Texts => list(scalar()),
        Takes::Ints => list(json!({ "type": "integer" })),
        Takes::Word(words) => json!({ "enum": words.all() }),
        Takes::Words(words) => list(json!({ "enum": words.all() })),
        Takes::Environment => json!({ "const": ENVIRONMENT }),
        Takes::Time => pattern(TIME),
        Takes::TimesByFact => by_name(fact_paths(), pattern(INSTANT)),
        Takes::Code => pattern(CODE),
        Takes::Codes => list(pattern(CODE)),
        Takes::Expressions | Takes::Cells => by_name(pattern(NAME), scalar()),
        Takes::Curable => json!({ "anyOf": [{ "type": "boolean" }, list(fact_paths())] }),
        Takes::Facts => known_facts(),
        Takes::Values => by_name(pattern(NAME), json!({})),
        Takes::ValuesByCode => by_name(pattern(CODE), by_name(pattern(NAME), json!({}))),
        Takes::One(of) => section(of),
        Takes::Many(of) => list(section(of)),
        Takes::ByName(of) => by_name(pattern(NAME), section(of)),
    }
}

/// A text. Editors read `5` and `true` without quotes as something else, the reader of packs does
/// not.
fn scalar() -> Value {
    json!({ "type": ["string", "boolean", "number"] })
}

fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

#[expect(clippy::needless_pass_by_value, reason = "both become parts of the new schema")]
fn by_name(names: Value, values: Value) -> Value {
    json!({ "type": "object", "propertyNames": names, "additionalProperties": values })
}

/// The paths of all facts, such as `company.has_utm`.
fn fact_paths() -> Value {
    let paths = facts::schemas().flat_map(|root| {
        root.fields.iter().map(move |fact| format!("{}.{}", root.name, fact.name))
    });
    json!({ "enum": paths.collect::<Vec<_>>() })
}

fn known_facts() -> Value {
    let roots = facts::schemas().map(|root| {
        let fields = root.fields.iter().map(|fact| {
            let mut schema = fact_type(fact.fact_type);
            let meaning = format!("{}（{}）", fact.doc.trim(), fact.label);
            insert(&mut schema, "description", meaning.into());
            (fact.name.to_owned(), schema)
        });
        let schema = json!({
            "type": "object",
            "description": root.doc.trim(),
            "properties": fields.collect::<Map<_, _>>(),
            "additionalProperties": false,
        });
        (root.name.to_owned(), schema)
    });
    json!({
        "type": "object",
        "properties": roots.collect::<Map<_, _>>(),
        "additionalProperties": false,
    })
}

fn fact_type(kind: FactType) -> Value {
    match kind {
        FactType::Bool => json!({ "type": "boolean" }),
        FactType::Int => json!({ "type": "integer" }),
        FactType::Decimal => pattern(DECIMAL),
        FactType::Text => scalar(),
        FactType::Word(words) => json!({ "enum": words }),
        FactType::Timestamp => pattern(INSTANT),
        FactType::List(of) => json!({ "type": "array", "items": fact_type(*of) }),
    }
}

/// What each shape asks of the rules.
fn shapes() -> Value {
    let each = Shape::ALL.map(|shape| {
        let rules = match shape {
            Shape::AllMustHold => json!({ "required": ["holds"] }),
            Shape::NoneMayHold | Shape::FirstMatch | Shape::CollectAll => {
                json!({ "required": ["when"], "properties": { "holds": false } })
            }
            Shape::DecisionTable => json!({}),
        };
        let then = if shape == Shape::DecisionTable {
            json!({ "required": ["table"], "properties": { "rules": false } })
        } else {
            json!({
                "required": ["rules"],
                "properties": { "table": false, "rules": { "minItems": 1, "items": rules } },
            })
        };
        let given = json!({ "properties": { "shape": { "const": shape.as_str() } } });
        json!({ "if": given, "then": then })
    });
    each.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(section: &Section) -> Vec<&'static str> {
        section.keys.iter().map(|key| key.name).collect()
    }

    /// Every section of the format with a file that has a key too many in it.
    fn sections(at: &'static Section, found: &mut Vec<&'static Section>) {
        found.push(at);
        for key in at.keys {
            if let Takes::One(below) | Takes::Many(below) | Takes::ByName(below) = key.takes
                && !found.iter().any(|it| it.name == below.name)
            {
                sections(below, found);
            }
        }
    }

    #[test]
    fn the_keys_of_the_format_are_those_that_the_reader_knows() {
        let mut all = Vec::new();
        sections(&PACK, &mut all);
        sections(&CASE, &mut all);
        for section in all {
            let told = crate::pack::unknown_key_of(section.name)
                .or_else(|| crate::cases::unknown_key_of(section.name))
                .unwrap();
            let (_, expected) = told.split_once("expected ").unwrap();
            let expected = expected.split(" at line ").next().unwrap();
            let expected = expected.trim_start_matches("one of ").trim();
            let mut known: Vec<&str> = expected
                .split(", ")
                .flat_map(|part| part.split(" or "))
                .map(|name| name.trim_matches('`'))
                .collect();
            let mut ours = keys(section);
            known.sort_unstable();
            ours.sort_unstable();
            assert_eq!(ours, known, "{}: {told}", section.name);
        }
    }
}

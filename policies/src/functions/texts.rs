//! Texts. `matches` is not here: its pattern is compiled when the pack is loaded.

use super::{Function, Style, fitting, unexpected};
use crate::expression::Type;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "string",
        style: Style::Plain,
        doc: "A value as text.",
        examples: &[("string(10) + '円'", "10円"), ("string(true)", "true")],
        n_arguments: (1, 1),
        check: |given| match given {
            [Type::List(_) | Type::Map | Type::Null] => {
                Err("it takes a string, a number, a bool, an instant or a span".to_owned())
            }
            _ => Ok(Type::TEXT),
        },
        call: |values| match values {
            [value] => Value::made_text(&value.to_string()),
            _ => Err(unexpected("string")),
        },
    },
    Function {
        name: "contains",
        style: Style::Member,
        doc: "Whether a text contains another.",
        examples: &[("'tasuki'.contains('suk')", "true")],
        n_arguments: (2, 2),
        check: two_texts,
        call: |values| test(values, |text, part| text.contains(part)),
    },
    Function {
        name: "startsWith",
        style: Style::Member,
        doc: "Whether a text starts with another.",
        examples: &[("'tasuki'.startsWith('ta')", "true")],
        n_arguments: (2, 2),
        check: two_texts,
        call: |values| test(values, |text, part| text.starts_with(part)),
    },
    Function {
        name: "endsWith",
        style: Style::Member,
        doc: "Whether a text ends with another.",
        examples: &[("'tasuki'.endsWith('ta')", "false")],
        n_arguments: (2, 2),
        check: two_texts,
        call: |values| test(values, |text, part| text.ends_with(part)),
    },
];

fn two_texts(given: &[Type]) -> Result<Type, String> {
    fitting(given, &[Type::TEXT, Type::TEXT], Type::Bool)
}

fn test(values: &[Value], holds: fn(&str, &str) -> bool) -> Result<Value, String> {
    match values {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(holds(text, part))),
        _ => Err(unexpected("contains")),
    }
}

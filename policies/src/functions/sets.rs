//! Lists and words.

use super::{Function, Style, fitting, unexpected};
use crate::expression::Type;
use crate::facts::Severity;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "size",
        style: Style::Both,
        doc: "The number of characters of a text, of elements of a list or of names of a map.",
        examples: &[("size('沖縄')", "2"), ("[1, 2, 3].size()", "3")],
        n_arguments: (1, 1),
        check: |given| match given {
            [Type::Text(_) | Type::List(_) | Type::Map | Type::Any] => Ok(Type::Int),
            _ => Err("it takes a string, a list or a map".to_owned()),
        },
        call: size,
    },
    Function {
        name: "hasAny",
        style: Style::Plain,
        doc: "Whether a list has at least one element of another.",
        examples: &[("hasAny(['a', 'b'], ['b', 'c'])", "true"), ("hasAny(['a'], [])", "false")],
        n_arguments: (2, 2),
        check: two_lists,
        call: |values| compare(values, |list, wanted| wanted.iter().any(|it| holds(list, it))),
    },
    Function {
        name: "hasAll",
        style: Style::Plain,
        doc: "Whether a list has every element of another.",
        examples: &[("hasAll(['a', 'b'], ['b'])", "true"), ("hasAll(['a'], ['a', 'c'])", "false")],
        n_arguments: (2, 2),
        check: two_lists,
        call: |values| compare(values, |list, wanted| wanted.iter().all(|it| holds(list, it))),
    },
    Function {
        name: "severityAtLeast",
        style: Style::Plain,
        doc: "Whether a severity is as bad as another or worse: information, low, medium, high, \
              critical.",
        examples: &[
            ("severityAtLeast('high', 'medium')", "true"),
            ("severityAtLeast('low', 'medium')", "false"),
        ],
        n_arguments: (2, 2),
        check: |given| {
            let severity = Type::Text(Some(Severity::WORDS));
            fitting(given, &[severity.clone(), severity], Type::Bool)
        },
        call: severity_at_least,
    },
];

/// The most comparisons of elements: two lists of a thousand.
const MAX_COMPARISONS: usize = 1_100_000;

fn size(values: &[Value]) -> Result<Value, String> {
    let size = match values {
        [Value::Text(text)] => text.chars().count(),
        [Value::List(list)] => list.items.len(),
        [Value::Map(map)] => map.entries.len(),
        _ => return Err(unexpected("size")),
    };
    i64::try_from(size).map(Value::Int).map_err(|error| error.to_string())
}

fn two_lists(given: &[Type]) -> Result<Type, String> {
    match given {
        [one, two] if one.element().is_some() && one.comparable(two) => Ok(Type::Bool),
        [one, two] => Err(format!("it takes two lists of one type, not {one} and {two}")),
        _ => Err("it takes two lists".to_owned()),
    }
}

fn compare(values: &[Value], test: fn(&[Value], &[Value]) -> bool) -> Result<Value, String> {
    match values {
        [one @ Value::List(list), two @ Value::List(wanted)] => {
            // Every element is compared with every other: more than steps by weight would pay for.
            if one.weight().saturating_mul(two.weight()) > MAX_COMPARISONS {
                return Err("the lists are too long to compare".to_owned());
            }
            Ok(Value::Bool(test(&list.items, &wanted.items)))
        }
        _ => Err(unexpected("hasAny")),
    }
}

fn holds(list: &[Value], wanted: &Value) -> bool {
    list.iter().any(|item| item.same(wanted))
}

fn severity_at_least(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Text(one), Value::Text(two)] => {
            let rank = |word: &str| word.parse::<Severity>().map_err(|error| error.to_string());
            Ok(Value::Bool(rank(one)? >= rank(two)?))
        }
        _ => Err(unexpected("severityAtLeast")),
    }
}

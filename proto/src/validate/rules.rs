//! What each rule demands of a value.

use std::collections::HashSet;
use std::fmt::Write as _;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};
use regex::Regex;

/// One rule, ready to be checked.
#[derive(Debug)]
pub(super) enum Rule {
    /// Characters of a string, or bytes: at least, at most.
    Length { kind: &'static str, rule: &'static str, least: u64, most: u64 },
    /// A regular expression that must be found in the string.
    Pattern(Regex),
    /// How a string must start.
    Prefix(String),
    /// One of these, or none of these.
    Members { kind: String, rule: &'static str, wanted: bool, members: Vec<Scalar> },
    /// A whole number between bounds.
    Range { id: String, least: Option<Bound>, most: Option<Bound> },
    /// A value that the enum defines.
    Defined,
    /// Number of elements of a list or a map.
    Count { id: &'static str, least: u64, most: u64 },
    /// No two equal elements.
    Unique,
}

/// The end of a range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    value: i128,
    inclusive: bool,
}

/// A value that can be listed in a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Scalar {
    Number(i128),
    Text(String),
    Flag(bool),
}

/// A value as rules look at it, whether it was decoded or is still a piece of an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen<'a> {
    Number(i128),
    Text(&'a str),
    Flag(bool),
    Bytes(&'a [u8]),
    /// A list or a map, with so many elements.
    Many(u64),
    /// Something that no rule here looks at.
    Other,
}

impl<'a> Seen<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::Bool(flag) => Self::Flag(*flag),
            Value::String(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::I32(_)
            | Value::I64(_)
            | Value::U32(_)
            | Value::U64(_)
            | Value::EnumNumber(_) => number(value).map_or(Self::Other, Self::Number),
            Value::List(_) | Value::Map(_) => count(value).map_or(Self::Other, Self::Many),
            Value::F32(_) | Value::F64(_) | Value::Message(_) => Self::Other,
        }
    }

    /// Characters of a text, or bytes.
    fn length(self) -> Option<(u64, &'static str)> {
        match self {
            Self::Text(text) => Some((u64::try_from(text.chars().count()).ok()?, "characters")),
            Self::Bytes(bytes) => Some((u64::try_from(bytes.len()).ok()?, "bytes")),
            Self::Number(_) | Self::Flag(_) | Self::Many(_) | Self::Other => None,
        }
    }

    fn is(self, member: &Scalar) -> bool {
        match (self, member) {
            (Self::Number(number), Scalar::Number(member)) => number == *member,
            (Self::Text(text), Scalar::Text(member)) => text == member,
            (Self::Flag(flag), Scalar::Flag(member)) => flag == *member,
            _ => false,
        }
    }
}

impl Scalar {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::I32(_)
            | Value::I64(_)
            | Value::U32(_)
            | Value::U64(_)
            | Value::EnumNumber(_) => number(value).map(Self::Number),
            Value::F32(_)
            | Value::F64(_)
            | Value::Bytes(_)
            | Value::Message(_)
            | Value::List(_)
            | Value::Map(_) => None,
        }
    }
}

impl Rule {
    /// The rules in `rules`, which are those of `kind` (`string`, `int32` …), and the names of those not known.
    pub(super) fn read(kind: &str, rules: &DynamicMessage) -> (Vec<Self>, Vec<String>) {
        let mut known = Vec::new();
        let mut unknown = Vec::new();
        for (field, value) in rules.fields() {
            let rule = match (kind, field.name()) {
                // Bounds may come in pairs: read below, as one rule.
                (_, "gt" | "gte" | "lt" | "lte") if is_whole(kind) => continue,
                ("string", name) => Self::of_string(name, value),
                ("bytes", name) => Self::of_bytes(name, value),
                ("enum", "defined_only") if value.as_bool() == Some(true) => Some(Self::Defined),
                (kind, "const") => {
                    Scalar::of(value).map(|only| Self::members(kind, "const", vec![only]))
                }
                (kind, "in") => scalars(value).map(|these| Self::members(kind, "in", these)),
                (kind, "not_in") => {
                    scalars(value).map(|these| Self::members(kind, "not_in", these))
                }
                _ => None,
            };
            match rule {
                Some(rule) => known.push(rule),
                None => unknown.push(field.name().to_owned()),
            }
        }
        known.extend(range(kind, rules));
        (known, unknown)
    }

    /// A rule about a list or a map as a whole.
    pub(super) fn of_collection(name: &str, value: &Value) -> Option<Self> {
        let count = value.as_u64();
        Some(match name {
            "min_items" => Self::Count { id: "repeated.min_items", least: count?, most: u64::MAX },
            "max_items" => Self::Count { id: "repeated.max_items", least: 0, most: count? },
            "min_pairs" => Self::Count { id: "map.min_pairs", least: count?, most: u64::MAX },
            "max_pairs" => Self::Count { id: "map.max_pairs", least: 0, most: count? },
            "unique" if value.as_bool() == Some(true) => Self::Unique,
            _ => return None,
        })
    }

    fn of_string(name: &str, value: &Value) -> Option<Self> {
        let kind = "string";
        let count = value.as_u64();
        Some(match name {
            "len" => Self::Length { kind, rule: "len", least: count?, most: count? },
            "min_len" => Self::Length { kind, rule: "min_len", least: count?, most: u64::MAX },
            "max_len" => Self::Length { kind, rule: "max_len", least: 0, most: count? },
            "pattern" => Self::Pattern(Regex::new(value.as_str()?).ok()?),
            "prefix" => Self::Prefix(value.as_str()?.to_owned()),
            "const" => Self::members(kind, "const", vec![Scalar::of(value)?]),
            "in" => Self::members(kind, "in", scalars(value)?),
            "not_in" => Self::members(kind, "not_in", scalars(value)?),
            _ => return None,
        })
    }

    fn of_bytes(name: &str, value: &Value) -> Option<Self> {
        let kind = "bytes";
        let count = value.as_u64()?;
        Some(match name {
            "len" => Self::Length { kind, rule: "len", least: count, most: count },
            "min_len" => Self::Length { kind, rule: "min_len", least: count, most: u64::MAX },
            "max_len" => Self::Length { kind, rule: "max_len", least: 0, most: count },
            _ => return None,
        })
    }

    fn members(kind: &str, rule: &'static str, members: Vec<Scalar>) -> Self {
        Self::Members { kind: kind.to_owned(), rule, wanted: rule != "not_in", members }
    }

    /// Whether a value keeps the rule. Of a list only the number of its elements is known here: whether they repeat is
    /// for [`Rule::broken_by`], unless there are fewer than two.
    pub(super) fn holds(&self, seen: Seen<'_>, descriptor: &FieldDescriptor) -> bool {
        match (self, seen) {
            (Self::Length { least, most, .. }, seen) => {
                seen.length().is_none_or(|(length, _)| (*least..=*most).contains(&length))
            }
            (Self::Pattern(pattern), Seen::Text(text)) => pattern.is_match(text),
            (Self::Prefix(prefix), Seen::Text(text)) => text.starts_with(prefix.as_str()),
            (
                Self::Members { wanted, members, .. },
                Seen::Number(_) | Seen::Text(_) | Seen::Flag(_),
            ) => members.iter().any(|member| seen.is(member)) == *wanted,
            (Self::Range { least, most, .. }, Seen::Number(number)) => {
                !least.is_some_and(|least| below(number, least))
                    && !most.is_some_and(|most| above(number, most))
            }
            (Self::Defined, Seen::Number(number)) => defined(number, descriptor),
            (Self::Count { least, most, .. }, Seen::Many(count)) => {
                (*least..=*most).contains(&count)
            }
            (Self::Unique, Seen::Many(count)) => count < 2,
            (
                Self::Pattern(_)
                | Self::Prefix(_)
                | Self::Members { .. }
                | Self::Range { .. }
                | Self::Defined
                | Self::Count { .. }
                | Self::Unique,
                _,
            ) => true,
        }
    }

    /// The id of the rule and what would be right, when `value` breaks it.
    pub(super) fn broken_by(
        &self,
        value: &Value,
        descriptor: &FieldDescriptor,
    ) -> Option<(String, String)> {
        let seen = Seen::of(value);
        if self.holds(seen, descriptor) {
            return None;
        }
        Some(match self {
            Self::Length { kind, rule, least, most } => {
                let (length, unit) = seen.length()?;
                (
                    format!("{kind}.{rule}"),
                    format!("{} {unit}, not {length}", amount(*least, *most)),
                )
            }
            Self::Pattern(pattern) => {
                ("string.pattern".to_owned(), format!("must match `{pattern}`"))
            }
            Self::Prefix(prefix) => {
                ("string.prefix".to_owned(), format!("must start with `{prefix}`"))
            }
            Self::Members { kind, rule, wanted, members } => {
                (format!("{kind}.{rule}"), listed(*wanted, members, descriptor))
            }
            Self::Range { id, least, most } => (id.clone(), between(*least, *most)),
            Self::Defined => ("enum.defined_only".to_owned(), choices(descriptor)),
            Self::Count { id, least, most } => {
                let count = count(value)?;
                ((*id).to_owned(), format!("{} items, not {count}", amount(*least, *most)))
            }
            Self::Unique if !repeated(value) => return None,
            Self::Unique => ("repeated.unique".to_owned(), "must not repeat an item".to_owned()),
        })
    }
}

fn is_whole(kind: &str) -> bool {
    matches!(
        kind,
        "int32" | "int64" | "uint32" | "uint64" | "sint32" | "sint64" | "fixed32" | "fixed64"
    )
}

fn range(kind: &str, rules: &DynamicMessage) -> Option<Rule> {
    if !is_whole(kind) {
        return None;
    }
    let bound = |name: &str| {
        if !rules.has_field_by_name(name) {
            return None;
        }
        let value = number(&*rules.get_field_by_name(name)?)?;
        Some((name.to_owned(), Bound { value, inclusive: name.ends_with('e') }))
    };
    let least = bound("gt").or_else(|| bound("gte"));
    let most = bound("lt").or_else(|| bound("lte"));
    let names = match (&least, &most) {
        (Some((least, _)), Some((most, _))) => format!("{least}_{most}"),
        (Some((name, _)), None) | (None, Some((name, _))) => name.clone(),
        (None, None) => return None,
    };
    Some(Rule::Range {
        id: format!("{kind}.{names}"),
        least: least.map(|(_, bound)| bound),
        most: most.map(|(_, bound)| bound),
    })
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::I32(number) | Value::EnumNumber(number) => Some(i128::from(*number)),
        Value::I64(number) => Some(i128::from(*number)),
        Value::U32(number) => Some(i128::from(*number)),
        Value::U64(number) => Some(i128::from(*number)),
        Value::Bool(_)
        | Value::F32(_)
        | Value::F64(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Message(_)
        | Value::List(_)
        | Value::Map(_) => None,
    }
}

fn scalars(value: &Value) -> Option<Vec<Scalar>> {
    value.as_list()?.iter().map(Scalar::of).collect()
}

fn count(value: &Value) -> Option<u64> {
    let count = value.as_list().map(<[Value]>::len).or_else(|| value.as_map().map(|map| map.len()));
    u64::try_from(count?).ok()
}

fn repeated(value: &Value) -> bool {
    let mut seen = HashSet::new();
    value.as_list().into_iter().flatten().filter_map(Scalar::of).any(|item| !seen.insert(item))
}

fn below(number: i128, least: Bound) -> bool {
    if least.inclusive { number < least.value } else { number <= least.value }
}

fn above(number: i128, most: Bound) -> bool {
    if most.inclusive { number > most.value } else { number >= most.value }
}

fn defined(number: i128, descriptor: &FieldDescriptor) -> bool {
    match (i32::try_from(number), descriptor.kind()) {
        (Ok(number), Kind::Enum(kind)) => kind.get_value(number).is_some(),
        _ => true,
    }
}

fn amount(least: u64, most: u64) -> String {
    if least == most {
        format!("must have exactly {least}")
    } else if most == u64::MAX {
        format!("must have at least {least}")
    } else {
        format!("must have at most {most}")
    }
}

fn between(least: Option<Bound>, most: Option<Bound>) -> String {
    let mut text = "must be".to_owned();
    if let Some(Bound { value, inclusive }) = least {
        let words = if inclusive { "at least" } else { "more than" };
        write!(text, " {words} {value}").ok();
    }
    if let Some(Bound { value, inclusive }) = most {
        let and = if least.is_some() { " and" } else { "" };
        let words = if inclusive { "at most" } else { "less than" };
        write!(text, "{and} {words} {value}").ok();
    }
    text
}

fn choices(descriptor: &FieldDescriptor) -> String {
    let Kind::Enum(kind) = descriptor.kind() else {
        return "must be a known value".to_owned();
    };
    let names: Vec<String> = kind
        .values()
        .filter(|value| value.number() != 0)
        .map(|value| format!("`{}`", value.name()))
        .collect();
    format!("must be one of {}", names.join(", "))
}

fn listed(wanted: bool, members: &[Scalar], descriptor: &FieldDescriptor) -> String {
    // `not_in: [0]` on an enum means "say which": the reader wants the names, not the number.
    if !wanted && members == [Scalar::Number(0)] && descriptor.kind().as_enum().is_some() {
        return choices(descriptor);
    }
    let names: Vec<String> =
        members.iter().map(|member| format!("`{}`", shown(member, descriptor))).collect();
    let words = if wanted { "must be one of" } else { "must not be one of" };
    format!("{words} {}", names.join(", "))
}

fn shown(member: &Scalar, descriptor: &FieldDescriptor) -> String {
    match member {
        Scalar::Flag(flag) => flag.to_string(),
        Scalar::Text(text) => text.clone(),
        Scalar::Number(number) => {
            let kind = descriptor.kind();
            let named = kind.as_enum().zip(i32::try_from(*number).ok());
            named
                .and_then(|(kind, number)| kind.get_value(number))
                .map_or_else(|| number.to_string(), |value| value.name().to_owned())
        }
    }
}

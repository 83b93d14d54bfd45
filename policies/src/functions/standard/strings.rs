//! Texts, by characters.

use regex::RegexBuilder;

use super::{Standard, format, no_overload};
use crate::functions::Style;
use crate::value::{MAX_TEXT_BYTES, Value};

pub(super) const FUNCTIONS: &[Standard] = &[
    Standard::new("contains", Style::Member, |values| {
        test("contains", values, |text, part| text.contains(part))
    }),
    Standard::new("startsWith", Style::Member, |values| {
        test("startsWith", values, |text, part| text.starts_with(part))
    }),
    Standard::new("endsWith", Style::Member, |values| {
        test("endsWith", values, |text, part| text.ends_with(part))
    }),
    Standard::new("matches", Style::Both, matches).taking(pattern_steps),
    Standard::new("charAt", Style::Member, char_at),
    Standard::new("indexOf", Style::Member, |values| index_of("indexOf", values, false))
        .taking(search_steps),
    Standard::new("lastIndexOf", Style::Member, |values| index_of("lastIndexOf", values, true))
        .taking(search_steps),
    Standard::new("lowerAscii", Style::Member, |values| {
        changed("lowerAscii", values, str::to_ascii_lowercase)
    }),
    Standard::new("upperAscii", Style::Member, |values| {
        changed("upperAscii", values, str::to_ascii_uppercase)
    }),
    Standard::new("trim", Style::Member, |values| {
        changed("trim", values, |text| text.trim().to_owned())
    }),
    Standard::new("reverse", Style::Member, |values| {
        changed("reverse", values, |text| text.chars().rev().collect())
    }),
    Standard::new("replace", Style::Member, replace),
    Standard::new("split", Style::Member, split),
    Standard::new("substring", Style::Member, substring),
    Standard::new("join", Style::Member, join),
    Standard::new("strings.quote", Style::Plain, |values| changed("strings.quote", values, quote)),
    Standard::new("format", Style::Member, format::format),
];

/// The largest compiled pattern of `matches`.
const MAX_PATTERN_BYTES: usize = 64 * 1024;

/// What compiling a pattern costs, which happens at every call: patterns may be computed here.
const PATTERN_STEPS: usize = 2_000;

/// The longest pattern.
const MAX_PATTERN_LENGTH: usize = 1_000;

fn pattern_steps(values: &[Value]) -> usize {
    values.iter().map(length).fold(PATTERN_STEPS, usize::saturating_add)
}

fn search_steps(values: &[Value]) -> usize {
    values.iter().map(length).fold(0, usize::saturating_add)
}

fn length(value: &Value) -> usize {
    if let Value::Text(text) = value { text.len() } else { 0 }
}

fn test(name: &str, values: &[Value], holds: fn(&str, &str) -> bool) -> Result<Value, String> {
    match values {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(holds(text, part))),
        _ => Err(no_overload(name, values)),
    }
}

fn changed(name: &str, values: &[Value], change: fn(&str) -> String) -> Result<Value, String> {
    match values {
        [Value::Text(text)] => Value::made_text(&change(text)),
        _ => Err(no_overload(name, values)),
    }
}

fn matches(values: &[Value]) -> Result<Value, String> {
    let [Value::Text(text), Value::Text(pattern)] = values else {
        return Err(no_overload("matches", values));
    };
    if pattern.len() > MAX_PATTERN_LENGTH {
        return Err(format!("the pattern has more than {MAX_PATTERN_LENGTH} bytes"));
    }
    let compiled = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
    let compiled = compiled.map_err(|error| {
        error.to_string().lines().last().unwrap_or("the pattern is wrong").to_owned()
    })?;
    Ok(Value::Bool(compiled.is_match(text)))
}

/// A place in a text, which may be just behind its last character.
fn place(at: i64, length: usize) -> Result<usize, String> {
    usize::try_from(at)
        .ok()
        .filter(|it| *it <= length)
        .ok_or_else(|| format!("the text has no place {at}"))
}

fn char_at(values: &[Value]) -> Result<Value, String> {
    let [Value::Text(text), Value::Int(at)] = values else {
        return Err(no_overload("charAt", values));
    };
    let at = place(*at, text.chars().count())?;
    Value::made_text(&text.chars().skip(at).take(1).collect::<String>())
}

fn index_of(name: &str, values: &[Value], last: bool) -> Result<Value, String> {
    let (text, part, bound) = match values {
        [Value::Text(text), Value::Text(part)] => (text, part, None),
        [Value::Text(text), Value::Text(part), Value::Int(bound)] => (text, part, Some(*bound)),
        _ => return Err(no_overload(name, values)),
    };
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let n_chars = starts.len() - 1;
    let bound = bound.map(|it| place(it, n_chars)).transpose()?;
    let from = if last { 0 } else { bound.unwrap_or(0) };
    let to = if last { bound.unwrap_or(n_chars) } else { n_chars };
    let first_byte = starts.get(from).copied().unwrap_or_default();
    let end = starts.get(to).copied().unwrap_or(text.len()).saturating_add(part.len());
    let inside = text.get(first_byte..floor_boundary(text, end)).unwrap_or_default();
    let found = if last { inside.rfind(part.as_ref()) } else { inside.find(part.as_ref()) };
    let at = found.and_then(|byte| starts.binary_search(&(first_byte + byte)).ok());
    Ok(Value::Int(at.and_then(|it| i64::try_from(it).ok()).unwrap_or(-1)))
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|it| text.is_char_boundary(*it)).unwrap_or_default()
}

fn replace(values: &[Value]) -> Result<Value, String> {
    let (text, old, new, most) = match values {
        [Value::Text(text), Value::Text(old), Value::Text(new)] => (text, old, new, -1),
        [Value::Text(text), Value::Text(old), Value::Text(new), Value::Int(most)] => {
            (text, old, new, *most)
        }
        _ => return Err(no_overload("replace", values)),
    };
    let found = text.matches(old.as_ref()).count();
    let most = usize::try_from(most).unwrap_or(found).min(found);
    // What would be made is known before it is made.
    let length = text.len().saturating_add(most.saturating_mul(new.len()));
    if length.saturating_sub(most.saturating_mul(old.len())) > MAX_TEXT_BYTES {
        return Err(format!("a text of more than {MAX_TEXT_BYTES} bytes"));
    }
    Value::made_text(&text.replacen(old.as_ref(), new, most))
}

fn split(values: &[Value]) -> Result<Value, String> {
    let (text, mark, most) = match values {
        [Value::Text(text), Value::Text(mark)] => (text, mark, -1),
        [Value::Text(text), Value::Text(mark), Value::Int(most)] => (text, mark, *most),
        _ => return Err(no_overload("split", values)),
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let parts: Vec<Value> = if mark.is_empty() {
        let mut parts = Vec::new();
        let mut rest: &str = text;
        while let Some(next) = rest.chars().next() {
            if parts.len() + 1 >= most {
                break;
            }
            let (one, after) = rest.split_at_checked(next.len_utf8()).unwrap_or((rest, ""));
            parts.push(Value::text(one));
            rest = after;
        }
        parts.extend((!rest.is_empty() && most > 0).then(|| Value::text(rest)));
        parts
    } else {
        text.splitn(most, mark.as_ref()).map(Value::text).collect()
    };
    Value::list(parts)
}

fn substring(values: &[Value]) -> Result<Value, String> {
    let (text, from, to) = match values {
        [Value::Text(text), Value::Int(from)] => (text, *from, None),
        [Value::Text(text), Value::Int(from), Value::Int(to)] => (text, *from, Some(*to)),
        _ => return Err(no_overload("substring", values)),
    };
    let n_chars = text.chars().count();
    let from = place(from, n_chars)?;
    let to = to.map_or(Ok(n_chars), |to| place(to, n_chars))?;
    if from > to {
        return Err(format!("the text has no part from {from} to {to}"));
    }
    Value::made_text(&text.chars().skip(from).take(to - from).collect::<String>())
}

fn join(values: &[Value]) -> Result<Value, String> {
    let (list, mark) = match values {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::Text(mark)] => (list, mark.as_ref()),
        _ => return Err(no_overload("join", values)),
    };
    let mut joined = String::new();
    for (at, item) in list.items.iter().enumerate() {
        let Value::Text(item) = item else {
            return Err(format!("a {} is no text to join", item.type_name()));
        };
        if at > 0 {
            joined.push_str(mark);
        }
        joined.push_str(item);
        if joined.len() > MAX_TEXT_BYTES {
            return Err(format!("a text of more than {MAX_TEXT_BYTES} bytes"));
        }
    }
    Value::made_text(&joined)
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for it in text.chars() {
        match it {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            it => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted
}

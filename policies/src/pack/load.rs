//! From the files of one pack to a pack.

use jiff::civil::Date;
use serde_saphyr::{Location, Spanned};
use tasuki_core::decision::{PackVersion, content_hash};
use tasuki_core::time::Timestamp;

use super::build::{Builder, Files, constant};
use super::file::{ConstantFile, PackFile};
use super::rules;
use super::{Assumption, ENVIRONMENT, Effective, Pack};
use crate::diagnostic::Diagnostic;
use crate::expression::Type;
use crate::functions;
use crate::source::yaml_error;
use crate::value::{Value, japan};

/// The largest `pack.yaml`.
const MAX_FILE_BYTES: usize = 256 * 1024;

/// Reads and checks one pack.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn load(files: Files, folder: &str) -> Result<Pack, Vec<Diagnostic>> {
    if files.pack.text.len() > MAX_FILE_BYTES {
        let message = format!("the file is larger than {MAX_FILE_BYTES} bytes");
        return Err(vec![Diagnostic::of_file("too-long", &files.pack.path, message)]);
    }
    let mut file: PackFile = serde_saphyr::from_str(&files.pack.text)
        .map_err(|error| vec![yaml_error(&files.pack, &error)])?;
    let content = serde_json::to_value(&file);
    let mut builder = Builder::new(files);
    named_like_folder(&mut builder, &file, folder);
    let times = times(&mut builder, &file);
    rules::roots(&mut builder, &file.facts);
    let assumptions = constants(&mut builder, &file);
    if let Some(table) = &file.table {
        builder.variables(&table.inputs);
    }
    builder.variables(&file.variables);
    let description = file.description.as_ref();
    let description = description.map(|text| rules::message(&mut builder, text).written);
    let checked_rules = rules::read(&mut builder, &mut file);
    rules::no_shared_names(&mut builder, &checked_rules, &file);
    rules::found(&mut builder, &checked_rules);
    let outputs = rules::outputs(&mut builder, None, &file.outputs);
    if builder.diagnostics.is_empty() {
        builder.unused(own_names(&file).into_iter());
    }
    match (content, times) {
        (Ok(content), Some((effective, published_at))) if builder.diagnostics.is_empty() => {
            let hash = content_hash(&with_files(&content, &builder));
            Ok(Pack {
                identity: PackVersion {
                    kind: file.kind.value,
                    name: file.name.value,
                    version: file.version.value,
                    hash,
                    environment: format!("tasuki-policies/{ENVIRONMENT}"),
                },
                owner: file.owner.value,
                description,
                effective,
                published_at,
                shape: file.shape.value,
                rules: checked_rules,
                outputs,
                variables: builder.variables,
                facts: builder.table.facts,
                assumptions,
                folder: folder.to_owned(),
                places: builder.places,
                names: builder.names,
                warnings: builder.warnings,
            })
        }
        (Err(error), _) => {
            let path = &builder.files.pack.path;
            Err(vec![Diagnostic::of_file("yaml", path, error.to_string())])
        }
        (Ok(_), _) => Err(builder.diagnostics),
    }
}

/// The names that the pack gives, and where.
fn own_names(file: &PackFile) -> Vec<(String, Location)> {
    let constants = file.constants.iter().map(|(name, it)| (name.clone(), it.defined));
    let variables = file.variables.iter().map(|(name, it)| (name.clone(), it.defined));
    constants.chain(variables).collect()
}

/// The content that is hashed: the pack and the files that it names.
fn with_files(content: &serde_json::Value, builder: &Builder) -> serde_json::Value {
    let used = builder.files_used.iter();
    let files: serde_json::Map<_, _> = used
        .filter_map(|name| builder.files.expressions.get(name).map(|file| (name, file)))
        .map(|(name, file)| (name.clone(), file.text.clone().into()))
        .collect();
    serde_json::json!({ "pack": content, "files": files })
}

/// The folder says kind and name, and after `@` the version.
fn named_like_folder(builder: &mut Builder, file: &PackFile, folder: &str) {
    let mut parts = folder.rsplit('/');
    let own = parts.next().unwrap_or_default();
    let kind = parts.next().unwrap_or_default();
    let (name, version) = match own.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (own, None),
    };
    if kind != file.kind.value.as_str() {
        let message = format!("the pack lies in the folder `{kind}`");
        builder.wrong("misplaced", file.kind.defined, message);
    }
    if name != file.name.value {
        let message = format!("the pack lies in the folder `{own}`");
        builder.wrong("misplaced", file.name.defined, message);
    }
    if version.is_some_and(|version| version != file.version.value) {
        let message = format!("the pack lies in the folder `{own}`");
        builder.wrong("misplaced", file.version.defined, message);
    }
    if file.environment.value != ENVIRONMENT {
        let message = format!("this server runs environment {ENVIRONMENT}");
        builder.wrong("environment", file.environment.defined, message);
    }
    for text in [&file.version, &file.owner, &file.source] {
        if text.value.trim().is_empty() {
            builder.wrong("empty", text.defined, "this must not be empty");
        }
    }
}

fn times(builder: &mut Builder, file: &PackFile) -> Option<(Effective, Timestamp)> {
    let from = instant(builder, &file.effective.from);
    let to = file.effective.to.as_ref().map(|to| instant(builder, to));
    let published = instant(builder, &file.published_at);
    let (from, published) = (from?, published?);
    let to = match to {
        Some(to) => Some(to?),
        None => None,
    };
    if published > from {
        let message = "a pack is made known before it takes effect";
        builder.wrong("dates", file.published_at.defined, message);
    }
    if let Some(end) = &file.effective.to
        && to.is_some_and(|to| to <= from)
    {
        builder.wrong("dates", end.defined, "the end is not after the start");
    }
    Some((Effective { from, to }, published))
}

/// A day in Japan, which starts at its midnight, or an instant.
fn instant(builder: &mut Builder, text: &Spanned<String>) -> Option<Timestamp> {
    let day = text.value.parse::<Date>().ok().filter(|_| text.value.len() == "2021-04-01".len());
    let found = match day {
        Some(day) => day.to_zoned(japan()).ok().map(|start| Timestamp::new(start.timestamp())),
        None => text.value.parse().ok(),
    };
    if found.is_none() {
        let message = format!("`{}` is neither a day nor an instant", text.value);
        let hint = "such as `2021-04-01` or `2021-04-01T00:00:00+09:00`".to_owned();
        builder.wrong_with_hint("dates", text.defined, (message, hint));
    }
    found
}

fn constants(builder: &mut Builder, file: &PackFile) -> Vec<Assumption> {
    let mut assumptions = Vec::new();
    for (name, written) in &file.constants {
        match value_of(&written.value) {
            Ok((value, kind)) => {
                if let Some(because) = &written.value.assumed {
                    assumptions.push(Assumption {
                        name: name.clone(),
                        value: value.to_string(),
                        because: because.clone(),
                    });
                }
                builder.define(name, constant(value, kind), written.defined);
            }
            Err(message) => builder.wrong("wrong-value", written.defined, message),
        }
        if written.value.assumed.is_none() && written.value.source.is_none() {
            let message = format!("`{name}` does not say where its value comes from");
            let hint = "add `source`, or `assumed` with the reason".to_owned();
            builder.wrong_with_hint("no-source", written.defined, (message, hint));
        }
    }
    assumptions
}

/// The value of a constant and its type.
fn value_of(written: &ConstantFile) -> Result<(Value, Type), String> {
    let call = |function: &str, text: &String| {
        let function = functions::named(function).ok_or("no such function")?;
        (function.call)(&[Value::text(text)])
    };
    let list = |values: Result<Vec<Value>, String>| values.and_then(Value::list);
    let mut found = Vec::new();
    found.extend(written.bool.map(|it| (Ok(Value::Bool(it)), Type::Bool)));
    found.extend(written.int.map(|it| (Ok(Value::Int(it)), Type::Int)));
    found.extend(written.decimal.as_ref().map(|it| (call("decimal", it), Type::Decimal)));
    found.extend(written.string.as_ref().map(|it| (Ok(Value::text(it)), Type::TEXT)));
    found.extend(written.duration.as_ref().map(|it| (call("duration", it), Type::Duration)));
    found.extend(written.timestamp.as_ref().map(|it| (call("timestamp", it), Type::Timestamp)));
    found.extend(written.ints.as_ref().map(|all| {
        let values = all.iter().map(|it| Ok(Value::Int(*it))).collect();
        (list(values), Type::List(Box::new(Type::Int)))
    }));
    found.extend(written.decimals.as_ref().map(|all| {
        let values = all.iter().map(|it| call("decimal", it)).collect();
        (list(values), Type::List(Box::new(Type::Decimal)))
    }));
    found.extend(written.strings.as_ref().map(|all| {
        let values = all.iter().map(|it| Ok(Value::text(it))).collect();
        (list(values), Type::List(Box::new(Type::TEXT)))
    }));
    match (found.pop(), found.is_empty()) {
        (Some((value, kind)), true) => value.map(|value| (value, kind)),
        (_, _) => Err("a constant has exactly one value, such as `int: 5`".to_owned()),
    }
}

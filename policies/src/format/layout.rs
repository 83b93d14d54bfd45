//! The one layout of a pack or a file of cases: keys in the order of the format, two blanks a level,
//! an empty line between rules, nothing at the ends of lines. Comments stay with what they stand
//! above; scalars, lists and mappings in braces stay as their author wrote them.

use serde_json::Value;

use super::{CASE, Key, PACK, Section, Takes};
use crate::diagnostic::Diagnostic;
use crate::source::{PackSource, yaml_error};

mod lines;

use lines::{Entry, Line};

/// The blanks of one level.
const STEP: usize = 2;

/// The file in the one layout. Only its layout changes: what it says is compared before it is given
/// back, so nothing is lost whatever the file holds.
///
/// # Errors
/// When the file is no YAML, or is written in a way that cannot be laid out without changing it.
pub fn format_file(file: &PackSource) -> Result<String, Vec<Diagnostic>> {
    let before: Value =
        serde_saphyr::from_str(&file.text).map_err(|error| vec![yaml_error(file, &error)])?;
    let text = laid_out(file);
    let after = serde_saphyr::from_str::<Value>(&text);
    if after.is_ok_and(|after| after == before) {
        return Ok(text);
    }
    let message = "this cannot be laid out without changing what it says";
    Err(vec![
        Diagnostic::of_file("format", &file.path, message)
            .suggesting("write it without anchors, `---` and tabs, or leave it as it is"),
    ])
}

fn laid_out(file: &PackSource) -> String {
    let lines: Vec<Line> = file.text.lines().map(Line::new).collect();
    let mut out = Vec::new();
    if file.path.contains("/cases/") {
        items(&lines, (&CASE, 0), &mut out);
    } else {
        mapping(&lines, (&PACK, 0), &mut out);
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.join("\n") + "\n"
}

/// A mapping at so many blanks. Keys that are known come in their order, others stay where they are.
fn mapping(lines: &[Line], (section, blanks): (&'static Section, usize), out: &mut Vec<String>) {
    let (mut entries, rest) = lines::entries(lines);
    let place = |entry: &Entry<'_>| {
        let found = section.keys.iter().position(|key| Some(key.name) == entry.key());
        found.unwrap_or(section.keys.len())
    };
    let is_pack = section.name == PACK.name;
    // What stands at the top of a file is about all of it, whichever key comes first.
    let top = if is_pack { entries.first().map_or(&[][..], Entry::comments) } else { &[] };
    comments(top, blanks, out);
    let n_top = out.len();
    entries.sort_by_key(place);
    for entry in &entries {
        let key = section.keys.iter().find(|key| Some(key.name) == entry.key());
        if !std::ptr::eq(entry.comments().as_ptr(), top.as_ptr()) || top.is_empty() {
            let apart = match key {
                Some(key) if is_pack && out.len() > n_top => starts_a_part(key),
                Some(_) | None => Apart::AsItStands,
            };
            above(entry, (blanks, apart), out);
        }
        value(entry, (key.map(|key| key.takes), blanks), out);
    }
    comments(rest, blanks, out);
}

/// An entry of a mapping, without what stands above it.
fn value(entry: &Entry<'_>, (takes, blanks): (Option<Takes>, usize), out: &mut Vec<String>) {
    let below = match takes {
        Some(Takes::One(below) | Takes::Many(below)) => below,
        Some(_) | None => &ANY,
    };
    if entry.is_block_mapping() {
        out.push(entry.head(blanks));
        mapping(entry.body(), (below, blanks + STEP), out);
    } else if entry.is_block_list() {
        out.push(entry.head(blanks));
        items(entry.body(), (below, blanks + STEP), out);
    } else {
        entry.shifted((blanks, blanks + STEP), out);
    }
}

/// A mapping whose keys are its author's own.
static ANY: Section = Section { name: "any", keys: &[] };

/// Whether an empty line belongs above an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    Yes,
    No,
    AsItStands,
}

/// Some keys of a pack begin a new part of the file; the others stand together.
fn starts_a_part(key: &Key) -> Apart {
    let starts = ["constants", "variables", "shape", "outputs"].contains(&key.name);
    if starts { Apart::Yes } else { Apart::No }
}

/// A list at so many blanks.
fn items(lines: &[Line], (section, blanks): (&'static Section, usize), out: &mut Vec<String>) {
    let (entries, rest) = lines::entries(lines);
    for (at, entry) in entries.iter().enumerate() {
        let is_block = entry.is_block_item();
        let is_known = !section.keys.is_empty();
        let apart = if is_block && is_known && at > 0 { Apart::Yes } else { Apart::AsItStands };
        above(entry, (blanks, apart), out);
        if !is_block {
            entry.shifted((blanks, blanks + STEP), out);
            continue;
        }
        let mut inner = Vec::new();
        mapping(&entry.item(), (section, blanks + STEP), &mut inner);
        let mut before_key = true;
        for mut line in inner {
            if before_key && line.trim_start().starts_with('#') {
                // A comment above the first key stands above the dash then.
                line.replace_range(..STEP, "");
            } else if before_key && !line.is_empty() {
                line.replace_range(blanks..=blanks, "-");
                before_key = false;
            }
            out.push(line);
        }
    }
    comments(rest, blanks, out);
}

/// The comments above an entry, and an empty line where one belongs.
fn above(entry: &Entry<'_>, (blanks, apart): (usize, Apart), out: &mut Vec<String>) {
    let starts = out.last().is_none_or(String::is_empty);
    let has_comments = entry.comments().iter().any(|line| !line.is_blank());
    match apart {
        Apart::Yes if !starts => out.push(String::new()),
        Apart::No if !has_comments => return,
        Apart::Yes | Apart::No | Apart::AsItStands => {}
    }
    comments(entry.comments(), blanks, out);
}

fn comments(lines: &[Line], blanks: usize, out: &mut Vec<String>) {
    for line in lines {
        let starts = out.last().is_none_or(String::is_empty);
        if !line.is_blank() {
            out.push(line.at(blanks));
        } else if !starts {
            out.push(String::new());
        }
    }
}

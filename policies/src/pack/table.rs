//! Decision tables: rows of cells become rules.

use serde_saphyr::Spanned;

use super::build::Builder;
use super::file::{RowFile, RuleFile, TableFile};
use super::places::RowText;
use crate::expression::{Name, Type};
use crate::source::Placed;

/// The signs that a cell may start with.
const SIGNS: [&str; 7] = [">=", "<=", "!=", "==", ">", "<", "in "];

/// A row as a rule, and the text of its condition.
pub(super) fn rule_of(
    builder: &mut Builder,
    table: &TableFile,
    row: Spanned<RowFile>,
) -> (RuleFile, RowText) {
    let place = row.defined;
    let RowFile { code, clause, requirements, when, message, next_step, outputs, curable } =
        row.value;
    let mut text = String::new();
    let mut cells = Vec::new();
    for (input, cell) in &when {
        if table.inputs.contains_key(input) {
            if !text.is_empty() {
                text += " && ";
            }
            cells.push((text.len(), Placed::yaml(&builder.files.pack, cell)));
            text += &condition(builder, input, &cell.value);
        } else {
            let message = format!("the table has no input `{input}`");
            builder.wrong("unknown-name", cell.defined, message);
        }
    }
    if cells.is_empty() {
        "true".clone_into(&mut text);
    }
    let text = Placed::made(&builder.files.pack, text, place);
    let condition = RowText { text, cells };
    let rule = RuleFile {
        code,
        clause,
        requirements,
        when: None,
        holds: None,
        message,
        next_step,
        outputs,
        curable,
    };
    (rule, condition)
}

/// The condition that a cell stands for.
fn condition(builder: &Builder, input: &str, cell: &str) -> String {
    let cell = cell.trim();
    if SIGNS.iter().any(|sign| cell.starts_with(sign)) {
        return format!("{input} {cell}");
    }
    match builder.names.get(input) {
        Some(Name::Variable(_, Type::Text(_), _)) if !cell.starts_with(['\'', '"']) => {
            format!("{input} == '{}'", cell.replace('\\', "\\\\").replace('\'', "\\'"))
        }
        Some(Name::Variable(_, Type::Bool, _)) if cell == "true" => input.to_owned(),
        Some(Name::Variable(_, Type::Bool, _)) if cell == "false" => format!("!{input}"),
        Some(_) | None => format!("{input} == {cell}"),
    }
}

//! Two columns in a frame of plain characters: those of box drawing are one or two columns wide,
//! depending on the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How wide the right column may be.
const WIDEST: usize = 84;

/// Labels and what they stand for.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<(String, String)>,
}

impl Table {
    /// Adds a row; a label that is the same as the one above is left out.
    pub(super) fn row(&mut self, label: &str, value: &str) {
        self.rows.push((label.to_owned(), value.to_owned()));
    }

    /// Adds a row if there is something to say.
    pub(super) fn optional(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.row(label, value);
        }
    }

    /// Tables under each other with the same columns.
    pub(super) fn together(tables: &[Self]) -> String {
        let rows = || tables.iter().flat_map(|table| &table.rows);
        let left = rows().map(|(label, _)| label.width()).max().unwrap_or_default();
        let right = rows()
            .flat_map(|(_, value)| wrapped(value))
            .map(|line| line.width())
            .max()
            .unwrap_or_default();
        let rule = format!("+{}+{}+\n", "-".repeat(left + 2), "-".repeat(right + 2));
        let mut text = rule.clone();
        for table in tables.iter().filter(|table| !table.rows.is_empty()) {
            let mut above = "";
            for (own, value) in &table.rows {
                let mut label = if own == above { "" } else { own.as_str() };
                above = own;
                for line in wrapped(value) {
                    text += &format!("| {} | {} |\n", padded(label, left), padded(&line, right));
                    label = "";
                }
            }
            text += &rule;
        }
        text
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A text in lines that are narrow enough, broken at a blank where there is one.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut width = 0;
    for character in text.chars().map(|it| if it.is_control() { ' ' } else { it }) {
        let own = character.width().unwrap_or_default();
        if width + own > WIDEST {
            let blank = line.rfind(' ').filter(|at| *at > line.len() / 2);
            let rest = blank.map(|at| line.split_off(at).trim_start().to_owned());
            lines.push(std::mem::take(&mut line));
            line = rest.unwrap_or_default();
            width = line.width();
        }
        line.push(character);
        width += own;
    }
    lines.push(line);
    lines
}

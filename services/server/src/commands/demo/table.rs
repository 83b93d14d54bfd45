//! Tables for a terminal, aligned also where Japanese characters take two columns.

use unicode_width::UnicodeWidthStr;

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table with a head.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<String>,
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

/// Space between columns.
const GAP: &str = "  ";

impl Table {
    /// A table with these columns. `>` before a title puts its column to the right.
    pub(crate) fn new<T: AsRef<str>>(columns: impl IntoIterator<Item = T>) -> Self {
        let (mut head, mut align) = (Vec::new(), Vec::new());
        for column in columns {
            let (side, title) = match column.as_ref().strip_prefix('>') {
                Some(title) => (Align::Right, title),
                None => (Align::Left, column.as_ref()),
            };
            head.push(title.to_owned());
            align.push(side);
        }
        Self { head, align, rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty.
    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The table as lines, each ended, indented by two spaces.
    pub(crate) fn render(&self) -> String {
        let widths = self.widths();
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let mut text = String::new();
        for row in [&self.head, &rule].into_iter().chain(&self.rows) {
            let line = self.line(row, &widths);
            text.push_str(GAP);
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        (0..self.head.len())
            .map(|column| all().filter_map(|row| row.get(column)).map(|it| it.width()).max())
            .map(Option::unwrap_or_default)
            .collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((column, width), align) in widths.iter().enumerate().zip(&self.align) {
            let cell = row.get(column).map_or("", String::as_str);
            let space = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) = match align {
                Align::Left => ("", space.as_str()),
                Align::Right => (space.as_str(), ""),
            };
            if column > 0 {
                line.push_str(GAP);
            }
            line.push_str(before);
            line.push_str(cell);
            line.push_str(after);
        }
        line
    }
}

/// An amount as people write it: `1,234,567`.
pub(crate) fn grouped(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if amount < 0 { format!("-{text}") } else { text }
}

/// A decimal number of an answer, its whole part grouped as [`grouped`] does.
pub(crate) fn grouped_decimal(number: &str) -> String {
    let (whole, part) = match number.split_once('.') {
        Some((whole, part)) => (whole, format!(".{part}")),
        None => (number, String::new()),
    };
    whole.parse().map_or_else(|_| number.to_owned(), |whole| grouped(whole) + &part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_with_wide_characters() {
        let mut table = Table::new(["会社", ">円"]);
        table.row(["沖縄商事", "1,000"]);
        table.row(["A", "10"]);
        let text = table.render();
        let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
        assert!(widths.iter().all(|width| *width == 17), "{text}");
    }

    #[test]
    fn amounts_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(97_920), "97,920");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(grouped_decimal("19083.33"), "19,083.33");
        assert_eq!(grouped_decimal("1250"), "1,250");
    }
}

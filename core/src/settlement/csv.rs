//! Tables as comma-separated values (RFC 4180), for spreadsheets and other people's programs.

/// A table with a head.
#[derive(Debug, Clone)]
pub(super) struct Csv {
    text: String,
}

impl Csv {
    /// A table with these columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut csv = Self { text: String::new() };
        csv.row(columns.iter().map(|column| Cell::Word((*column).to_owned())));
        csv
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            self.text.push_str(&cell.written());
        }
        self.text.push_str("\r\n");
    }

    /// The table.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// What stands in a cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// A number, a code or a day: written as it is.
    Word(String),
    /// What somebody wrote, such as a name: never taken for a formula by a spreadsheet.
    Written(String),
}

impl Cell {
    pub(super) fn word(value: impl std::fmt::Display) -> Self {
        Self::Word(value.to_string())
    }

    fn written(self) -> String {
        let text = match self {
            Self::Written(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                format!("'{text}")
            }
            Self::Word(text) | Self::Written(text) => text,
        };
        if text.contains([',', '"', '\r', '\n']) {
            return format!("\"{}\"", text.replace('"', "\"\""));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_commas_quotes_and_formulas_stay_names() {
        let mut csv = Csv::new(&["name", "yen"]);
        csv.row([Cell::Written("比嘉, \"商店\"".to_owned()), Cell::word(-5)]);
        csv.row([Cell::Written("=SUM(A1)".to_owned()), Cell::word(1)]);
        assert_eq!(csv.into_text(), "name,yen\r\n\"比嘉, \"\"商店\"\"\",-5\r\n'=SUM(A1),1\r\n");
    }
}

//! A settlement as a table, for spreadsheets and other people's programs.

use super::csv::{Cell, Csv};
use super::{Settlement, SettlementLine};

const COLUMNS: &[&str] = &[
    "month",
    "counterpart_kind",
    "counterpart_id",
    "code",
    "label_ja",
    "label_en",
    "tenant_id",
    "tenant_name",
    "subject",
    "subject_number",
    "quantity",
    "basis",
    "rate",
    "amount",
    "tax_rate",
    "currency",
];

impl Settlement {
    /// Its rows as comma-separated values, in their order.
    pub fn csv(&self) -> String {
        let mut csv = Csv::new(COLUMNS);
        for line in &self.lines {
            csv.row(self.cells(line));
        }
        csv.into_text()
    }

    fn cells(&self, line: &SettlementLine) -> [Cell; 16] {
        let maybe = |text: Option<String>| Cell::word(text.unwrap_or_default());
        let taxed = line.tax_mode.is_taxed();
        [
            Cell::word(self.month),
            Cell::word(self.counterpart.kind()),
            Cell::word(self.counterpart.id_text()),
            Cell::word(&line.code),
            Cell::Written(line.label.ja.clone()),
            Cell::Written(line.label.en.clone()),
            Cell::word(line.tenant_id),
            Cell::Written(line.tenant_name.clone()),
            Cell::word(&line.subject),
            Cell::word(&line.subject_number),
            Cell::word(line.quantity),
            maybe(line.basis.map(|basis| basis.amount().to_string())),
            maybe(line.rate.map(|rate| rate.to_string())),
            Cell::word(line.amount.amount()),
            maybe(taxed.then(|| line.tax_rate.to_string())),
            Cell::word("JPY"),
        ]
    }
}

//! A bordereau as tables: one file for each part.

use super::{Bordereau, CertificateRow, ClaimRow, Correction, PremiumRow};
use crate::money::Money;
use crate::settlement::csv::{Cell, Csv};

/// A table of a bordereau.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Certificates.
    Certificates,
    /// Premiums of the month, then what corrects earlier months.
    Premiums,
    /// Claims.
    Claims,
}

impl Part {
    /// The word in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::Premiums => "premiums",
            Self::Claims => "claims",
        }
    }
}

const CERTIFICATES: &[&str] = &[
    "month",
    "master_contract",
    "certificate_number",
    "certificate_id",
    "insured_name",
    "tenant_id",
    "in_force_from",
    "in_force_until",
    "cover_parts",
    "yearly_limit",
    "change",
    "prefecture",
    "industry",
    "currency",
];

const PREMIUMS: &[&str] = &[
    "month",
    "master_contract",
    "kind",
    "for_month",
    "certificate_number",
    "certificate_id",
    "insured_name",
    "earned_from",
    "earned_before",
    "premium",
    "yearly_premium",
    "note_ja",
    "note_en",
    "currency",
];

/// The codes are those of Lloyd's claims reporting standard (v5.2).
const CLAIMS: &[&str] = &[
    "month",
    "master_contract",
    "CR0104M_claim_reference",
    "CR0105CM_status",
    "CR0119CM_loss_date",
    "CR0136CM_notified_date",
    "CR0035M_insured_name",
    "CR0029M_certificate_number",
    "CR0126_paid_this_month_indemnity",
    "CR0127_paid_this_month_fees",
    "CR0128_previously_paid_indemnity",
    "CR0129_previously_paid_fees",
    "CR0130_reserve_indemnity",
    "CR0131_reserve_fees",
    "CR0155_total_incurred",
    "CR0110_currency",
    "cause",
    "cover_part",
];

impl Bordereau {
    /// One of its tables as comma-separated values, amounts in whole yen.
    pub fn csv(&self, part: Part) -> String {
        let (mut csv, rows): (Csv, Vec<Vec<Cell>>) = match part {
            Part::Certificates => (
                Csv::new(CERTIFICATES),
                self.certificates.iter().map(|row| self.certificate(row)).collect(),
            ),
            Part::Premiums => {
                let premiums = self.premiums.iter().map(|row| self.premium(row));
                let corrections = self.corrections.iter().map(|row| self.correction(row));
                (Csv::new(PREMIUMS), premiums.chain(corrections).collect())
            }
            Part::Claims => {
                (Csv::new(CLAIMS), self.claims.iter().map(|row| self.claim(row)).collect())
            }
        };
        for row in rows {
            csv.row(row);
        }
        csv.into_text()
    }

    fn certificate(&self, row: &CertificateRow) -> Vec<Cell> {
        vec![
            Cell::word(self.month),
            Cell::word(&self.master_contract_number),
            Cell::word(&row.certificate_number),
            Cell::word(row.certificate_id),
            Cell::Written(row.insured_name.clone()),
            Cell::word(row.tenant_id),
            Cell::word(row.in_force.start()),
            Cell::word(row.in_force.end()),
            Cell::Word(row.cover_parts.join(" ")),
            Cell::Word(row.yearly_limit.map(|it| it.amount().to_string()).unwrap_or_default()),
            Cell::word(row.change.map_or("", super::Change::as_str)),
            Cell::word(&row.prefecture),
            Cell::word(&row.industry),
            currency(row.yearly_limit.unwrap_or(Money::ZERO_JPY)),
        ]
    }

    fn premium(&self, row: &PremiumRow) -> Vec<Cell> {
        let note = row.note.clone().unwrap_or_default();
        vec![
            Cell::word(self.month),
            Cell::word(&self.master_contract_number),
            Cell::word("premium"),
            Cell::word(self.month),
            Cell::word(&row.certificate_number),
            Cell::word(row.certificate_id),
            Cell::Written(row.insured_name.clone()),
            Cell::word(row.earned.start()),
            Cell::word(row.earned.end()),
            Cell::word(row.premium.amount()),
            Cell::word(row.yearly_premium.amount()),
            Cell::Written(note.ja),
            Cell::Written(note.en),
            currency(row.premium),
        ]
    }

    fn correction(&self, row: &Correction) -> Vec<Cell> {
        let nothing = || Cell::Word(String::new());
        vec![
            Cell::word(self.month),
            Cell::word(&self.master_contract_number),
            Cell::word("correction"),
            Cell::word(row.month),
            Cell::word(&row.certificate_number),
            Cell::word(row.certificate_id),
            Cell::Written(row.insured_name.clone()),
            nothing(),
            nothing(),
            Cell::word(row.difference.amount()),
            nothing(),
            Cell::Written(row.reason.ja.clone()),
            Cell::Written(row.reason.en.clone()),
            currency(row.difference),
        ]
    }

    fn claim(&self, row: &ClaimRow) -> Vec<Cell> {
        let yen = |money: Money| Cell::word(money.amount());
        let cause = row.cause.map(super::cause_word).unwrap_or_default();
        vec![
            Cell::word(self.month),
            Cell::word(&self.master_contract_number),
            Cell::word(&row.reference),
            Cell::word(row.status.as_str()),
            Cell::word(row.loss_on),
            Cell::word(row.notified_on),
            Cell::Written(row.insured_name.clone()),
            Cell::word(&row.certificate_number),
            yen(row.paid_this_month),
            yen(row.fees_this_month),
            yen(row.previously_paid),
            yen(row.previous_fees),
            yen(row.reserve),
            yen(row.reserve_fees),
            yen(row.total_incurred),
            currency(row.total_incurred),
            Cell::word(cause),
            Cell::word(&row.cover_part),
        ]
    }
}

fn currency(money: Money) -> Cell {
    Cell::word(money.currency().code())
}

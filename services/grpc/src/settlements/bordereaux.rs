//! Bordereaux as messages.

use tasuki_core::problem::Problem;
use tasuki_core::settlement::bordereau::{
    Bordereau, CertificateRow, Change, ClaimRow, ClaimStatus, Correction, Part, PremiumRow,
    cause_word,
};
use tasuki_proto::settlement::v1 as proto;
use tasuki_proto::types::v1::{DayPeriod, Document, DocumentFormat};

use crate::{documents, words};

pub(crate) fn bordereau(list: &Bordereau) -> proto::Bordereau {
    proto::Bordereau {
        month: list.month.to_string(),
        insurer_id: list.insurer_id.to_string(),
        master_contract_id: list.master_contract_id.to_string(),
        master_contract_number: list.master_contract_number.clone(),
        certificates: list.certificates.iter().map(certificate).collect(),
        premiums: list.premiums.iter().map(premium).collect(),
        claims: list.claims.iter().map(claim).collect(),
        premium_total: Some(words::money(list.premium_total)),
        paid_this_month_total: Some(words::money(list.paid_this_month_total)),
        incurred_total: Some(words::money(list.incurred_total)),
        n_certificates: i32::try_from(list.certificates.len()).unwrap_or(i32::MAX),
        produced_at: Some(words::timestamp(list.produced_at)),
        hash: list.hash.clone(),
        corrections: list.corrections.iter().map(correction).collect(),
    }
}

fn certificate(row: &CertificateRow) -> proto::CertificateRow {
    proto::CertificateRow {
        certificate_id: row.certificate_id.to_string(),
        certificate_number: row.certificate_number.clone(),
        insured_name: row.insured_name.clone(),
        tenant_id: row.tenant_id.to_string(),
        in_force: Some(words::period(row.in_force)),
        cover_parts: row.cover_parts.clone(),
        yearly_limit: row.yearly_limit.map(words::money),
        change: row.change.map(Change::as_str).unwrap_or_default().to_owned(),
        prefecture: row.prefecture.clone(),
        industry: row.industry.clone(),
    }
}

fn premium(row: &PremiumRow) -> proto::PremiumRow {
    proto::PremiumRow {
        certificate_id: row.certificate_id.to_string(),
        certificate_number: row.certificate_number.clone(),
        earned: Some(DayPeriod {
            start: Some(words::day(row.earned.start())),
            end: Some(words::day(row.earned.end())),
        }),
        premium: Some(words::money(row.premium)),
        yearly_premium: Some(words::money(row.yearly_premium)),
        note: row.note.as_ref().map(words::text),
    }
}

fn claim(row: &ClaimRow) -> proto::ClaimRow {
    proto::ClaimRow {
        claim_reference: row.reference.clone(),
        status: ClaimStatus::as_str(row.status).to_owned(),
        loss_on: Some(words::day(row.loss_on)),
        notified_on: Some(words::day(row.notified_on)),
        insured_name: row.insured_name.clone(),
        certificate_number: row.certificate_number.clone(),
        paid_this_month_indemnity: Some(words::money(row.paid_this_month)),
        paid_this_month_fees: Some(words::money(row.fees_this_month)),
        previously_paid_indemnity: Some(words::money(row.previously_paid)),
        previously_paid_fees: Some(words::money(row.previous_fees)),
        reserve_indemnity: Some(words::money(row.reserve)),
        reserve_fees: Some(words::money(row.reserve_fees)),
        total_incurred: Some(words::money(row.total_incurred)),
        currency_code: row.total_incurred.currency().code().to_owned(),
        claim_id: row.claim_id.to_string(),
        cause: row.cause.map(cause_word).unwrap_or_default().to_owned(),
        cover_part: row.cover_part.clone(),
    }
}

fn correction(row: &Correction) -> proto::BordereauCorrection {
    proto::BordereauCorrection {
        month: row.month.to_string(),
        subject: row.certificate_id.to_string(),
        field: "premium".to_owned(),
        difference: Some(words::money(row.difference)),
        reason: Some(words::text(&row.reason)),
    }
}

/// One table of a bordereau as a file.
pub(crate) fn document(
    list: &Bordereau,
    part: Part,
    format: DocumentFormat,
) -> Result<Document, Problem> {
    let (ending, media_type, content) = match format {
        DocumentFormat::Unspecified | DocumentFormat::Csv => {
            ("csv", "text/csv; charset=utf-8", list.csv(part).into_bytes())
        }
        DocumentFormat::Json => ("json", "application/json", json(list, part)?),
        DocumentFormat::Html | DocumentFormat::Pdf | DocumentFormat::JpPint => {
            let text = "must be CSV or JSON: there is no other form of it";
            return Err(Problem::invalid("format", text));
        }
    };
    let name = format!(
        "bordereau-{}-{}-{}.{ending}",
        list.master_contract_number,
        list.month,
        part.as_str()
    );
    Ok(documents::file(name, media_type, content))
}

/// The list without the tables that were not asked for.
fn json(list: &Bordereau, part: Part) -> Result<Vec<u8>, Problem> {
    let mut message = bordereau(list);
    let (certificates, premiums, claims) = match part {
        Part::Certificates => (true, false, false),
        Part::Premiums => (false, true, false),
        Part::Claims => (false, false, true),
    };
    if !certificates {
        message.certificates.clear();
    }
    if !premiums {
        message.premiums.clear();
        message.corrections.clear();
    }
    if !claims {
        message.claims.clear();
    }
    documents::json(&message)
}

pub(crate) fn part(part: proto::BordereauPart) -> Result<Part, Problem> {
    match part {
        proto::BordereauPart::Unspecified => Err(Problem::invalid("part", "is required")),
        proto::BordereauPart::Certificates => Ok(Part::Certificates),
        proto::BordereauPart::Premiums => Ok(Part::Premiums),
        proto::BordereauPart::Claims => Ok(Part::Claims),
    }
}

#[cfg(test)]
mod tests {
    use tasuki_core::id::{CertificateId, InsurerId, MasterContractId, TenantId};
    use tasuki_core::money::Money;
    use tasuki_core::text::Text;
    use uuid::Uuid;

    use super::*;

    fn list() -> Bordereau {
        let correction = Correction {
            month: "2021-02".parse().unwrap(),
            certificate_id: CertificateId::from(Uuid::from_u128(3)),
            certificate_number: "CRT-000001".to_owned(),
            tenant_id: TenantId::from(Uuid::from_u128(2)),
            insured_name: "比嘉商店".to_owned(),
            difference: Money::jpy(-80),
            reason: Text::new("訂正", "Put right"),
        };
        Bordereau {
            month: "2021-03".parse().unwrap(),
            insurer_id: InsurerId::of_code("insurer-a"),
            master_contract_id: MasterContractId::from(Uuid::from_u128(9)),
            master_contract_number: "first-response-2021".to_owned(),
            certificates: Vec::new(),
            premiums: Vec::new(),
            claims: Vec::new(),
            corrections: vec![correction],
            premium_total: Money::ZERO_JPY,
            paid_this_month_total: Money::ZERO_JPY,
            incurred_total: Money::ZERO_JPY,
            produced_at: "2021-04-01T00:00:00Z".parse().unwrap(),
            hash: String::new(),
        }
    }

    #[test]
    fn each_table_is_a_file_and_corrections_stand_with_the_premiums() {
        let csv = document(&list(), Part::Premiums, DocumentFormat::Unspecified).unwrap();
        assert_eq!(csv.file_name, "bordereau-first-response-2021-2021-03-premiums.csv");
        let text = String::from_utf8(csv.content).unwrap();
        assert!(
            text.contains("2021-03,first-response-2021,correction,2021-02,CRT-000001"),
            "{text}"
        );

        let json = |part| {
            let file = document(&list(), part, DocumentFormat::Json).unwrap();
            serde_json::from_slice::<serde_json::Value>(&file.content).unwrap()
        };
        assert_eq!(json(Part::Premiums)["corrections"][0]["difference"]["units"], "-80");
        assert!(json(Part::Claims).get("corrections").is_none());
        let refused = document(&list(), Part::Claims, DocumentFormat::Pdf).unwrap_err();
        assert_eq!(refused.violations()[0].field, "format");
    }
}

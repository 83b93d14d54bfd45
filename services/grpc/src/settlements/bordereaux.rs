//! Bordereaux as messages.

use tasuki_core::claim::LossCause;
use tasuki_core::settlement::bordereau::{
    Bordereau, CertificateRow, Change, ClaimRow, ClaimStatus, PremiumRow,
};
use tasuki_proto::settlement::v1 as proto;
use tasuki_proto::types::v1::DayPeriod;

use crate::words;

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
        corrections: Vec::new(),
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
        cause: row.cause.map(cause).unwrap_or_default().to_owned(),
        cover_part: row.cover_part.clone(),
    }
}

const fn cause(cause: LossCause) -> &'static str {
    match cause {
        LossCause::Malware => "malware",
        LossCause::Ransomware => "ransomware",
        LossCause::UnauthorisedAccess => "unauthorised_access",
        LossCause::DataLeak => "data_leak",
        LossCause::MailFraud => "mail_fraud",
        LossCause::DenialOfService => "denial_of_service",
        LossCause::Carelessness => "carelessness",
        LossCause::Insider => "insider",
        LossCause::Failure => "failure",
        LossCause::Other => "other",
    }
}

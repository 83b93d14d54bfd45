//! Certificates on a bordereau.

use serde::{Deserialize, Serialize};

use super::Window;
use crate::certificate::{Certificate, CertificateEvent};
use crate::days::DayPeriod;
use crate::id::{CertificateId, TenantId};
use crate::master_contract::{LimitScope, MasterContract};
use crate::money::Money;
use crate::tenant::Tenant;
use crate::time::{CivilDate, Period, TimeError, Timestamp};

/// A certificate on a bordereau.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRow {
    /// The certificate.
    pub certificate_id: CertificateId,
    /// Its number.
    pub certificate_number: String,
    /// The insured company.
    pub insured_name: String,
    /// The tenant.
    pub tenant_id: TenantId,
    /// When it is in force: the first and the last instant that touch the month.
    pub in_force: Period,
    /// The whole days of the month on which it is in force; none for a month it only touches.
    pub days: Vec<DayPeriod>,
    /// Codes of what is covered.
    pub cover_parts: Vec<String>,
    /// The most paid in the period; none for no such limit.
    pub yearly_limit: Option<Money>,
    /// What happened in the month: `new`, `ended`, `lapsed`, or nothing.
    pub change: Option<Change>,
    /// Prefecture of the head office; empty if unknown.
    pub prefecture: String,
    /// Division of the Japan Standard Industrial Classification; empty if unknown.
    pub industry: String,
}

/// What happened to a certificate in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It came into force, for the first time or again.
    New,
    /// It was interrupted.
    Lapsed,
    /// It ended.
    Ended,
}

impl Change {
    /// The word in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Lapsed => "lapsed",
            Self::Ended => "ended",
        }
    }
}

/// The row of a certificate, if it is in force at any time of the month.
///
/// # Errors
/// [`TimeError::OutOfRange`].
pub fn certificate_row(
    window: &Window,
    contract: &MasterContract,
    certificate: &Certificate,
    tenant: &Tenant,
) -> Result<Option<CertificateRow>, TimeError> {
    let spans = spans_in_force(window, contract, certificate);
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(None) };
    let mut days = Vec::with_capacity(spans.len());
    for span in &spans {
        days.extend(whole_days(window, *span)?);
    }
    let limits = contract.terms.limits.iter();
    Ok(Some(CertificateRow {
        certificate_id: certificate.id,
        certificate_number: certificate.number.clone(),
        insured_name: tenant.name.clone(),
        tenant_id: tenant.id,
        in_force: Period::new(first.start(), last.end())?,
        days,
        cover_parts: contract.terms.parts.iter().map(|part| part.part.to_string()).collect(),
        yearly_limit: limits
            .filter(|limit| limit.scope == LimitScope::Certificate)
            .map(|limit| limit.amount)
            .min(),
        change: change_in(window, certificate),
        prefecture: tenant.prefecture().unwrap_or_default().to_owned(),
        industry: tenant.industry().to_owned(),
    }))
}

/// The spans in force that touch the month, within the contract's period, not cut to the month.
fn spans_in_force(
    window: &Window,
    contract: &MasterContract,
    certificate: &Certificate,
) -> Vec<Period> {
    let known_at = window.known_at.unwrap_or(Timestamp::new(jiff::Timestamp::MAX));
    certificate
        .spans_as_known(known_at)
        .into_iter()
        .filter(|span| match span.event {
            CertificateEvent::InForce { .. } | CertificateEvent::Reinstated { .. } => true,
            CertificateEvent::Lapsed { .. } | CertificateEvent::Ended { .. } => false,
        })
        .filter_map(|span| {
            let end = span.ends_at.unwrap_or(contract.in_force.end());
            let start = span.starts_at.max(contract.in_force.start());
            Period::new(start, end.min(contract.in_force.end())).ok()
        })
        .filter(|span| span.start() < window.instants.end() && window.instants.start() < span.end())
        .collect()
}

/// The whole days of the month within a span.
fn whole_days(window: &Window, span: Period) -> Result<Option<DayPeriod>, TimeError> {
    let first_whole = |at: Timestamp| -> Result<CivilDate, TimeError> {
        let day = at.day_in(&window.zone);
        if Timestamp::start_of(day, &window.zone)? == at {
            Ok(day)
        } else {
            day.tomorrow().map_err(|_| TimeError::OutOfRange)
        }
    };
    let start = first_whole(span.start())?;
    // The day in which it ends is not whole; one that it ends with the start of is not touched.
    let end = span.end().day_in(&window.zone);
    let month = DayPeriod::of_month(window.month)?;
    if end <= start {
        return Ok(None);
    }
    Ok(month.overlap(DayPeriod::new(start, end)?))
}

/// The last thing that happened to a certificate in the month.
fn change_in(window: &Window, certificate: &Certificate) -> Option<Change> {
    let mut entries = certificate.history.iter().filter(|entry| window.knows(entry.recorded_at));
    entries.rfind(|entry| window.instants.contains(entry.event.at())).map(|entry| {
        match entry.event {
            CertificateEvent::InForce { .. } | CertificateEvent::Reinstated { .. } => Change::New,
            CertificateEvent::Lapsed { .. } => Change::Lapsed,
            CertificateEvent::Ended { .. } => Change::Ended,
        }
    })
}

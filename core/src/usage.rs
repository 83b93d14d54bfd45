//! Usage: what providers measure, and what a month of it comes to.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{InvoiceId, ProviderId, SubscriptionId, TenantId, UsageId};
use crate::service::Service;
use crate::time::{Period, Timestamp};

/// What a measurement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageKind {
    /// So much was used in the period; measurements are added up.
    Delta,
    /// So many there were at the end of the period; the last one of a month counts.
    Snapshot,
}

/// Names what was measured, such as `waf.traffic_gb`: two to four parts of `a-z 0-9 _`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Meter(String);

/// The text names no meter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a meter such as `waf.traffic_gb`")]
pub struct ParseMeterError(String);

/// An exact quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(#[serde(with = "rust_decimal::serde::str")] Decimal);

/// Why quantities cannot be added up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// Not an exact decimal number.
    #[error("`{0}` is not a decimal number such as `12.5`")]
    Quantity(String),
    /// The sum has too many digits.
    #[error("the quantities of `{0}` add up to too many digits")]
    Overflow(Meter),
}

/// A measurement as reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    /// Who measured.
    pub provider_id: ProviderId,
    /// The provider's own id of the measurement: a repeat is known by it.
    pub provider_event_id: String,
    /// Whose usage it is.
    pub tenant_id: TenantId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The service.
    pub service: Service,
    /// What was measured.
    pub meter: Meter,
    /// What the quantity means. A correction has the kind of what it replaces.
    pub kind: UsageKind,
    /// How much.
    pub quantity: Quantity,
    /// Over which period.
    pub measured: Period,
    /// The provider's id of the measurement that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects_event_id: Option<String>,
    /// Location it was measured at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_code: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A measurement as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// Its id.
    pub id: UsageId,
    /// What was reported.
    pub report: UsageReport,
    /// When we got it.
    pub received_at: Timestamp,
    /// Whether its month had been invoiced before it came.
    pub late: bool,
    /// The measurement that replaced it; it counts no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<UsageId>,
    /// The invoice it was charged on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<InvoiceId>,
}

/// What a month comes to for one meter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterSummary {
    /// The meter.
    pub meter: Meter,
    /// The service.
    pub service: Service,
    /// Whether it is added up or counted at the end.
    pub kind: UsageKind,
    /// What was measured.
    pub quantity: Quantity,
    /// Measurements that count.
    pub n_records: u32,
    /// Measurements that were replaced.
    pub n_corrected: u32,
    /// Measurements that came after the month was invoiced.
    pub n_late: u32,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// An exact quantity.
    pub const fn new(value: Decimal) -> Self {
        Self(value)
    }

    /// The exact decimal.
    pub const fn value(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl FromStr for Quantity {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        Decimal::from_str_exact(text).map(Self).map_err(|_| UsageError::Quantity(text.to_owned()))
    }
}

impl Meter {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Meter {
    type Err = ParseMeterError;

    fn from_str(text: &str) -> Result<Self, ParseMeterError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Meter {
    type Error = ParseMeterError;

    fn try_from(text: String) -> Result<Self, ParseMeterError> {
        let part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let n_parts = text.split('.').count();
        if (2..=4).contains(&n_parts) && text.split('.').all(part) {
            Ok(Self(text))
        } else {
            Err(ParseMeterError(text))
        }
    }
}

impl From<Meter> for String {
    fn from(meter: Meter) -> Self {
        meter.0
    }
}

impl UsageKind {
    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::Snapshot => "snapshot",
        }
    }
}

/// What measurements come to, by meter.
///
/// Deltas are added up. Of the snapshots of a location the one with the latest end counts, of equal
/// ends the one that was received last; locations are added up. Replaced measurements are counted and
/// do not count.
///
/// # Errors
/// [`UsageError::Overflow`].
pub fn summarize(records: &[UsageRecord]) -> Result<Vec<MeterSummary>, UsageError> {
    let mut by_meter: BTreeMap<&Meter, Vec<&UsageRecord>> = BTreeMap::new();
    for record in records {
        by_meter.entry(&record.report.meter).or_default().push(record);
    }
    by_meter.into_iter().filter_map(|(meter, records)| one_meter(meter, &records)).collect()
}

fn one_meter(meter: &Meter, records: &[&UsageRecord]) -> Option<Result<MeterSummary, UsageError>> {
    let counting: Vec<_> = records.iter().filter(|r| r.corrected_by.is_none()).collect();
    let last = counting.iter().max_by_key(|r| (r.report.measured.end(), r.received_at, r.id))?;
    let of_kind = counting.iter().filter(|it| it.report.kind == last.report.kind);
    let added_up: Vec<_> = match last.report.kind {
        UsageKind::Snapshot => latest_by_site(of_kind.copied().copied()),
        UsageKind::Delta => of_kind.map(|it| it.report.quantity).collect(),
    };
    let quantity = added_up
        .iter()
        .try_fold(Decimal::ZERO, |sum, quantity| sum.checked_add(quantity.0))
        .map(Quantity);
    let Some(quantity) = quantity else {
        return Some(Err(UsageError::Overflow(meter.clone())));
    };
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(Ok(MeterSummary {
        meter: meter.clone(),
        service: last.report.service,
        kind: last.report.kind,
        quantity,
        n_records: count(counting.len()),
        n_corrected: count(records.len() - counting.len()),
        n_late: count(records.iter().filter(|record| record.late).count()),
    }))
}

/// The last snapshot of each location; what is bound to none is a location of its own.
fn latest_by_site<'r>(snapshots: impl Iterator<Item = &'r UsageRecord>) -> Vec<Quantity> {
    let mut latest: BTreeMap<Option<&str>, &UsageRecord> = BTreeMap::new();
    for record in snapshots {
        let place = |it: &UsageRecord| (it.report.measured.end(), it.received_at, it.id);
        let entry = latest.entry(record.report.site_code.as_deref()).or_insert(record);
        if place(record) > place(entry) {
            *entry = record;
        }
    }
    latest.into_values().map(|record| record.report.quantity).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn record(id: u128, kind: UsageKind, quantity: &str, end_day: u32) -> UsageRecord {
        let at = |text: String| text.parse::<Timestamp>().unwrap();
        let end = at(format!("2021-04-{end_day:02}T00:00:00Z"));
        UsageRecord {
            id: UsageId::from(Uuid::from_u128(id)),
            report: UsageReport {
                provider_id: ProviderId::from(Uuid::from_u128(1)),
                provider_event_id: id.to_string(),
                tenant_id: TenantId::from(Uuid::from_u128(2)),
                subscription_id: SubscriptionId::from(Uuid::from_u128(3)),
                service: Service::CloudWaf,
                meter: "waf.traffic_gb".parse().unwrap(),
                kind,
                quantity: quantity.parse().unwrap(),
                measured: Period::new(at("2021-04-01T00:00:00Z".to_owned()), end).unwrap(),
                corrects_event_id: None,
                site_code: None,
                note: String::new(),
            },
            received_at: end,
            late: false,
            corrected_by: None,
            invoice_id: None,
        }
    }

    #[test]
    fn deltas_are_added_up_exactly_and_replaced_ones_left_out() {
        let mut replaced = record(1, UsageKind::Delta, "100", 2);
        replaced.corrected_by = Some(UsageId::from(Uuid::from_u128(2)));
        let records = [
            replaced,
            record(2, UsageKind::Delta, "0.1", 2),
            record(3, UsageKind::Delta, "0.2", 3),
        ];
        let summary = summarize(&records).unwrap().remove(0);
        assert_eq!(summary.quantity.to_string(), "0.3");
        assert_eq!((summary.n_records, summary.n_corrected), (2, 1));
    }

    #[test]
    fn the_last_snapshot_counts() {
        let records =
            [record(1, UsageKind::Snapshot, "5", 30), record(2, UsageKind::Snapshot, "7", 10)];
        assert_eq!(summarize(&records).unwrap()[0].quantity.to_string(), "5");
        assert_eq!(summarize(&[]).unwrap(), []);
    }

    #[test]
    fn each_location_counts_with_its_last_snapshot() {
        let at = |site: &str, mut record: UsageRecord| {
            record.report.site_code = Some(site.to_owned());
            record
        };
        let records = [
            at("naha", record(1, UsageKind::Snapshot, "5", 10)),
            at("naha", record(2, UsageKind::Snapshot, "7", 30)),
            at("ishigaki", record(3, UsageKind::Snapshot, "4", 20)),
        ];
        assert_eq!(summarize(&records).unwrap()[0].quantity.to_string(), "11");
    }

    #[test]
    fn a_meter_has_two_to_four_parts() {
        for text in ["waf.traffic_gb", "a.b.c.d", "edr.endpoints_reporting"] {
            assert!(text.parse::<Meter>().is_ok(), "{text}");
        }
        for text in ["", "waf", "a..b", "A.b", "a.b.c.d.e", "a.b "] {
            assert!(text.parse::<Meter>().is_err(), "{text}");
        }
    }
}

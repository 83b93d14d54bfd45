//! The demo's year: dates, paying firms, terms of the cover, what-if claims.

#![expect(
    dead_code,
    reason = "every key is named so that an unknown one is refused; not all are played"
)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::{PriceYen, Text, Wanted};

/// The year.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) programme: Programme,
    pub(crate) operators: Vec<Operator>,
    pub(crate) insurer: Insurer,
    pub(crate) converted: Vec<Converted>,
    pub(crate) cover_terms: CoverTerms,
    pub(crate) conditions: Vec<Clause>,
    pub(crate) exclusions: Vec<Clause>,
    pub(crate) claims: Vec<WhatIf>,
    pub(crate) heavy_claim: HeavyClaim,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Programme {
    pub(crate) recruiting_okinawa_from: Date,
    pub(crate) trial_from: Date,
    pub(crate) trial_until: Date,
    pub(crate) kumamoto_usable_until: Date,
    pub(crate) results_meeting_on: Date,
    pub(crate) paid_from: Date,
    pub(crate) month_ends: Vec<Date>,
    pub(crate) time_zone: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operator {
    pub(crate) code: String,
    pub(crate) region: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) provided: i64,
    pub(crate) paying: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Insurer {
    pub(crate) mark: String,
    pub(crate) code: String,
    pub(crate) ja: String,
    pub(crate) en: String,
}

/// A firm that pays after the trial.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Converted {
    pub(crate) firm: String,
    pub(crate) services: Vec<Wanted>,
    pub(crate) edr_endpoints: i32,
    pub(crate) waf_traffic_gb: String,
    pub(crate) diagnoses: i32,
    pub(crate) expected_price_yen: PriceYen,
    pub(crate) expected_first_year_yen: i64,
}

/// What the cover promises. Assumed; see the README of the data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoverTerms {
    pub(crate) mark: String,
    pub(crate) in_force_from: Date,
    pub(crate) in_force_until: Date,
    pub(crate) premium_payer: String,
    pub(crate) premium_monthly_yen: i64,
    pub(crate) sublimits: Vec<Sublimit>,
    pub(crate) occurrence_limit_yen: i64,
    pub(crate) certificate_annual_limit_yen: i64,
    pub(crate) programme_annual_aggregate_yen: i64,
    pub(crate) deductible_yen: i64,
    pub(crate) coinsurance_rate: String,
    pub(crate) waiting_period_days: i64,
    pub(crate) notice_within_days: i32,
    pub(crate) evidence_max_age_hours: i64,
    pub(crate) urgent_finding_open_max_days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sublimit {
    pub(crate) cover: String,
    pub(crate) per_occurrence_yen: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clause {
    pub(crate) code: String,
    pub(crate) ja: String,
    pub(crate) en: String,
}

/// A claim that never happened.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIf {
    pub(crate) id: String,
    pub(crate) mark: String,
    pub(crate) firm: String,
    pub(crate) title: Text,
    pub(crate) service: Wanted,
    pub(crate) alert: WhatIfAlert,
    pub(crate) loss_at: Timestamp,
    pub(crate) notified_at: Timestamp,
    pub(crate) evidence: Evidence,
    pub(crate) requested: Vec<Requested>,
    pub(crate) expected: Expected,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfAlert {
    pub(crate) kind: String,
    pub(crate) blocked: bool,
    pub(crate) soc_verdict: String,
    pub(crate) detected_at: Timestamp,
}

/// What the services themselves knew at the time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct Evidence {
    pub(crate) utm_last_seen_at: Option<Timestamp>,
    pub(crate) utm_bypassed_from: Option<Timestamp>,
    pub(crate) utm_bypassed_until: Option<Timestamp>,
    pub(crate) edr_last_seen_at: Option<Timestamp>,
    pub(crate) waf_last_seen_at: Option<Timestamp>,
    pub(crate) service_ended_at: Option<Timestamp>,
    pub(crate) service_resumed_at: Option<Timestamp>,
    pub(crate) urgent_finding_open_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requested {
    pub(crate) cover: String,
    pub(crate) loss_yen: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) outcome: String,
    pub(crate) payable_yen: i64,
    pub(crate) payable_by_cover: BTreeMap<String, i64>,
    pub(crate) failed: Vec<String>,
    pub(crate) missing: Vec<String>,
}

/// What one heavy claim does to next year's premium.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeavyClaim {
    pub(crate) mark: String,
    pub(crate) claim: String,
    pub(crate) loss_yen: i64,
    pub(crate) book: Book,
    pub(crate) rating: Rating,
    pub(crate) cases: Vec<HeavyCase>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Book {
    pub(crate) certificates: i32,
    pub(crate) months: i64,
    pub(crate) premium_yen: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rating {
    pub(crate) target_loss_ratio: String,
    pub(crate) credibility: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeavyCase {
    pub(crate) case: String,
    pub(crate) paid_yen: i64,
    pub(crate) loss_ratio_permille: i64,
    pub(crate) next_premium_monthly_yen: i64,
}

//! What the demo reports: one value, printed as text or JSON.
//!
//! It holds no ids and no real times, and stands in the order of business keys, so that two runs, on
//! whichever database, report the same.

mod claims;
mod funnel;
mod labels;
mod money;
mod reconcile;
mod text;
mod watching;

use serde::Serialize;

use super::pilot::{PriceYen, Relation, Text};

pub(crate) use self::reconcile::{Held, reconcile};
pub(crate) use self::text::{Lang, render};

/// Everything.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) funnel: Funnel,
    pub(crate) alerts: Vec<AlertRow>,
    pub(crate) incidents: Vec<IncidentRow>,
    pub(crate) offline_calls: Vec<OfflineCall>,
    pub(crate) paying: Vec<PayingFirm>,
    pub(crate) claims: Vec<ClaimRow>,
    pub(crate) invoices: Invoices,
    pub(crate) settlements: Settlements,
    pub(crate) bordereau: Bordereau,
    pub(crate) heavy_claim: HeavyClaim,
    pub(crate) reconciliation: Vec<Reconciled>,
    pub(crate) mismatches: Vec<Mismatch>,
}

/// Something that is not as the data or the reports say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Mismatch {
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// Collects what does not match.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<Mismatch>);

impl Checks {
    /// Notes a mismatch unless both are the same.
    pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
        &mut self,
        what: impl Into<String>,
        expected: &T,
        found: &T,
    ) {
        if expected != found {
            let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
            self.0.push(Mismatch { what: what.into(), expected, found });
        }
    }

    /// What did not match, in the order of the report.
    pub(crate) fn mismatches(self) -> Vec<Mismatch> {
        self.0
    }
}

/// A company of O-fig 2 with what is recommended to it.
#[derive(Debug, Serialize)]
pub(crate) struct Bundle {
    pub(crate) company: Text,
    /// What the figure says that it has.
    pub(crate) has: Vec<Text>,
    pub(crate) recommended: Vec<Recommendation>,
    pub(crate) price_yen: PriceYen,
    pub(crate) first_year_yen: i64,
    /// With tax.
    pub(crate) first_year_gross_yen: i64,
    /// First year without tax by twelve.
    pub(crate) monthly_equivalent_yen: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Recommendation {
    pub(crate) plan: String,
    pub(crate) service: Text,
    pub(crate) reason: Text,
}

/// What became of the applications.
#[derive(Debug, Serialize)]
pub(crate) struct Funnel {
    pub(crate) rows: Vec<FunnelRow>,
    pub(crate) firms_applied: i64,
    pub(crate) firms_provided: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct FunnelRow {
    pub(crate) service: Text,
    /// Firms that applied; the same as applications but for the diagnosis.
    pub(crate) applied: i64,
    pub(crate) refused: i64,
    pub(crate) never_installed: i64,
    pub(crate) removed: i64,
    pub(crate) in_progress: i64,
    pub(crate) provided: i64,
    pub(crate) report_applied: Option<i64>,
    pub(crate) report_provided: Option<i64>,
    pub(crate) reasons: Vec<ReasonRow>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReasonRow {
    pub(crate) code: String,
    pub(crate) text: Text,
    pub(crate) n_items: i64,
}

/// Alerts of one service and kind.
#[derive(Debug, Serialize)]
pub(crate) struct AlertRow {
    pub(crate) region: Text,
    pub(crate) service: Text,
    pub(crate) kind: String,
    pub(crate) n_alerts: i64,
    pub(crate) n_detections: i64,
    pub(crate) n_blocked_auto: i64,
    pub(crate) n_false_positive: i64,
    pub(crate) n_action_needed: i64,
    pub(crate) n_awaiting: i64,
    pub(crate) n_reviewed_by_soc: i64,
    pub(crate) n_notified: i64,
}

/// An incident and how far it climbed.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentRow {
    pub(crate) firm: String,
    pub(crate) opened_at: String,
    pub(crate) title: Text,
    pub(crate) severity: String,
    /// Whether it never happened.
    pub(crate) what_if: bool,
    /// One after the other.
    pub(crate) steps: Vec<StepRow>,
    pub(crate) phase: String,
}

/// What was done about an incident, and when.
#[derive(Debug, Serialize)]
pub(crate) struct StepRow {
    pub(crate) at: String,
    #[serde(flatten)]
    pub(crate) step: Step,
}

#[derive(Debug, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(crate) enum Step {
    Opened { rung: String, cause: String },
    Acknowledged { rung: String },
    Climbed { from: String, to: String, cause: String },
    Worked { kind: String, minutes: i32, outcome: String },
    Resolved { security_incident: bool },
}

/// A UTM that was silent, and whether somebody was called.
#[derive(Debug, Serialize)]
pub(crate) struct OfflineCall {
    pub(crate) utm: String,
    pub(crate) case: String,
    /// One of the three of the report, or a case at a boundary that did not happen.
    pub(crate) happened: bool,
    pub(crate) last_seen_at: String,
    pub(crate) mail_at: String,
    pub(crate) call_at: String,
    pub(crate) as_expected: bool,
}

/// A firm that pays after the trial.
#[derive(Debug, Serialize)]
pub(crate) struct PayingFirm {
    pub(crate) firm: String,
    pub(crate) services: Vec<Text>,
    pub(crate) price_yen: PriceYen,
    pub(crate) first_year_yen: i64,
    pub(crate) paid_from: String,
    /// Its certificate under the master contract, and from when it is in force.
    pub(crate) certificate: String,
    pub(crate) in_force_from: String,
}

/// A what-if claim and its decision.
#[derive(Debug, Serialize)]
pub(crate) struct ClaimRow {
    pub(crate) id: String,
    pub(crate) mark: String,
    pub(crate) firm: String,
    pub(crate) title: Text,
    pub(crate) loss_at: String,
    pub(crate) claimed_yen: i64,
    pub(crate) outcome: String,
    pub(crate) payable_yen: i64,
    pub(crate) payable_by_part: Vec<PartYen>,
    pub(crate) findings: Vec<ClaimFinding>,
    /// How the amount was found, step by step.
    pub(crate) steps: Vec<Text>,
    pub(crate) state: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct PartYen {
    pub(crate) part: String,
    pub(crate) yen: i64,
}

/// A condition that failed or could not be determined.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClaimFinding {
    pub(crate) code: String,
    pub(crate) outcome: String,
    pub(crate) message: Text,
    pub(crate) clause: String,
    pub(crate) facts: Vec<FactRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FactRow {
    pub(crate) path: String,
    pub(crate) value: String,
    pub(crate) as_of: String,
}

/// The invoices of one month in full, and the sums of all.
#[derive(Debug, Serialize)]
pub(crate) struct Invoices {
    pub(crate) month: String,
    pub(crate) issued: Vec<InvoiceRow>,
    pub(crate) months: Vec<MonthRow>,
}

#[derive(Debug, Serialize)]
pub(crate) struct InvoiceRow {
    pub(crate) firm: String,
    pub(crate) number: String,
    pub(crate) issued_on: String,
    pub(crate) due_on: String,
    pub(crate) lines: Vec<LineRow>,
    pub(crate) net_yen: i64,
    pub(crate) tax_yen: i64,
    pub(crate) gross_yen: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct LineRow {
    pub(crate) code: String,
    pub(crate) label: Text,
    pub(crate) period: String,
    pub(crate) yen: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct MonthRow {
    pub(crate) month: String,
    pub(crate) n_invoices: usize,
    pub(crate) net_yen: i64,
    pub(crate) tax_yen: i64,
    pub(crate) gross_yen: i64,
    pub(crate) paid_yen: i64,
}

/// The balances of one month.
#[derive(Debug, Serialize)]
pub(crate) struct Settlements {
    pub(crate) month: String,
    pub(crate) balances: Vec<SettlementRow>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SettlementRow {
    pub(crate) counterpart: String,
    pub(crate) lines: Vec<SettlementLine>,
    pub(crate) net_yen: i64,
    pub(crate) tax_yen: i64,
    pub(crate) gross_yen: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct SettlementLine {
    pub(crate) code: String,
    pub(crate) label: Text,
    pub(crate) firm: String,
    pub(crate) basis_yen: i64,
    pub(crate) rate: String,
    pub(crate) yen: i64,
}

/// What the insurer gets each month.
#[derive(Debug, Serialize)]
pub(crate) struct Bordereau {
    pub(crate) month: String,
    pub(crate) contract: String,
    pub(crate) certificates: Vec<BordereauCertificate>,
    pub(crate) claims: Vec<BordereauClaim>,
    pub(crate) premium_yen: i64,
    pub(crate) paid_this_month_yen: i64,
    pub(crate) incurred_yen: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct BordereauCertificate {
    pub(crate) number: String,
    pub(crate) insured: String,
    pub(crate) industry: String,
    pub(crate) change: String,
    pub(crate) premium_yen: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct BordereauClaim {
    pub(crate) reference: String,
    pub(crate) insured: String,
    pub(crate) status: String,
    pub(crate) loss_on: String,
    pub(crate) part: String,
    pub(crate) paid_this_month_yen: i64,
    pub(crate) incurred_yen: i64,
}

/// What one heavy claim does to the scheme.
#[derive(Debug, Serialize)]
pub(crate) struct HeavyClaim {
    pub(crate) mark: String,
    pub(crate) loss_yen: i64,
    pub(crate) premium_yen: i64,
    pub(crate) certificates: i32,
    pub(crate) cases: Vec<HeavyRow>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HeavyRow {
    pub(crate) case: String,
    pub(crate) losses_yen: i64,
    pub(crate) loss_ratio: String,
    pub(crate) next_year_premium_yen: i64,
    pub(crate) next_premium_monthly_yen: i64,
    pub(crate) message: Text,
}

/// One comparison of the reports with themselves and with what the server holds.
#[derive(Debug, Serialize)]
pub(crate) struct Reconciled {
    pub(crate) id: String,
    pub(crate) what: Text,
    pub(crate) check: String,
    pub(crate) sources: Vec<String>,
    pub(crate) left: Vec<i64>,
    pub(crate) relation: Relation,
    pub(crate) right: Vec<i64>,
    pub(crate) unit: String,
    /// Whether the reports agree with themselves.
    pub(crate) holds: bool,
    /// What the server counted, where it can.
    pub(crate) held: Option<Held>,
    pub(crate) treatment: Text,
}

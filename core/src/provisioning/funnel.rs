//! How many applications went live, and why the others did not.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::TenantId;
use crate::provisioning::reason_code::ReasonCode;
use crate::provisioning::records::ItemOutcome;

/// One application, as the funnel counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Application {
    /// Who applied.
    pub tenant_id: TenantId,
    /// What became of it.
    pub outcome: ItemOutcome,
    /// Why it is not live.
    pub reason: Option<ReasonCode>,
    /// How many were ordered.
    pub quantity: u32,
}

/// The counts of one row.
///
/// `applied` = `in_progress` + `refused` + `never_installed` + `removed` + `active` + `ended` (C-1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FunnelCounts {
    /// Applications.
    pub applied: u64,
    /// Still under way.
    pub in_progress: u64,
    /// Refused in preflight.
    pub refused: u64,
    /// Accepted but never installed.
    pub never_installed: u64,
    /// Installed and removed again.
    pub removed: u64,
    /// Live, or done.
    pub active: u64,
    /// Ran and ended as planned.
    pub ended: u64,
    /// Firms behind the applications, each counted once (C-6).
    pub tenants_applied: u64,
    /// Firms with at least one that is live or done.
    pub tenants_active: u64,
    /// Quantity ordered by the live ones.
    pub quantity_active: u64,
    /// Why the others are not live: the most frequent first, then in the order of the list.
    pub reasons: Vec<(ReasonCode, u64)>,
}

impl FunnelCounts {
    /// Counts applications.
    pub fn of(applications: impl IntoIterator<Item = Application>) -> Self {
        let mut counts = Self::default();
        let mut applied = BTreeSet::new();
        let mut active = BTreeSet::new();
        let mut reasons = BTreeMap::new();
        for one in applications {
            counts.applied += 1;
            applied.insert(one.tenant_id);
            match one.outcome {
                ItemOutcome::InProgress => counts.in_progress += 1,
                ItemOutcome::Refused => counts.refused += 1,
                ItemOutcome::NeverInstalled => counts.never_installed += 1,
                ItemOutcome::Removed => counts.removed += 1,
                ItemOutcome::Active => {
                    counts.active += 1;
                    active.insert(one.tenant_id);
                    counts.quantity_active += u64::from(one.quantity);
                }
                ItemOutcome::Ended => counts.ended += 1,
            }
            if let (
                ItemOutcome::Refused | ItemOutcome::NeverInstalled | ItemOutcome::Removed,
                Some(reason),
            ) = (one.outcome, one.reason)
            {
                *reasons.entry(reason).or_insert(0_u64) += 1;
            }
        }
        counts.tenants_applied = count(applied.len());
        counts.tenants_active = count(active.len());
        counts.reasons = reasons.into_iter().collect();
        counts.reasons.sort_by_key(|(reason, n)| (std::cmp::Reverse(*n), *reason));
        counts
    }

    /// `active` in ten-thousandths of `applied`, rounded down; 0 when nobody applied.
    pub fn yield_permyriad(&self) -> u32 {
        let share = (self.active.saturating_mul(10_000)).checked_div(self.applied).unwrap_or(0);
        u32::try_from(share).unwrap_or(u32::MAX)
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_pilots_utm_row_keeps_its_identity_and_its_yield() {
        let tenant = |n: u128| TenantId::from(Uuid::from_u128(n));
        let row = |n: u128, outcome, reason| Application {
            tenant_id: tenant(n),
            outcome,
            reason,
            quantity: 1,
        };
        let mut rows: Vec<_> = (0..15).map(|n| row(n, ItemOutcome::Active, None)).collect();
        rows.extend(
            (15..27)
                .map(|n| row(n, ItemOutcome::NeverInstalled, Some(ReasonCode::ScheduleNotFixed))),
        );
        rows.push(row(27, ItemOutcome::Removed, Some(ReasonCode::UpstreamConflict)));
        rows.push(row(28, ItemOutcome::Removed, Some(ReasonCode::PartialTerminalsOffline)));
        let counts = FunnelCounts::of(rows);
        assert_eq!((counts.applied, counts.active, counts.yield_permyriad()), (29, 15, 5_172));
        assert_eq!(counts.applied, counts.active + counts.never_installed + counts.removed);
        assert_eq!(counts.reasons.first(), Some(&(ReasonCode::ScheduleNotFixed, 12)));
    }
}

//! A claim as far as was known at an earlier time: what somebody would have assessed then.

use crate::claim::{Claim, ClaimState, ClaimedItem};
use crate::time::Timestamp;

impl Claim {
    /// The claim under assessment, with nothing that was recorded after `known_at`.
    ///
    /// Positions, their amounts and the time of the loss are those of the last assessment by then; before the
    /// first one, positions are as claimed. It is for questions only: never stored.
    #[must_use]
    pub fn as_known(&self, known_at: Timestamp) -> Self {
        let mut known = self.clone();
        known.assessments.retain(|held| held.assessed_at <= known_at);
        known.decisions.retain(|decision| decision.decided_at <= known_at);
        known.payments.retain(|payment| payment.recorded_at <= known_at);
        known.transitions.retain(|change| change.changed_at <= known_at);
        let file = &mut known.file;
        file.documents.retain(|document| document.added_at <= known_at);
        file.requests.retain(|request| request.asked_at <= known_at);
        file.extensions.retain(|extension| extension.told_at <= known_at);
        file.reserve_changes.retain(|change| change.changed_at <= known_at);
        file.recoveries.retain(|recovery| recovery.recorded_at <= known_at);
        file.n_earlier_payments = file.n_earlier_payments.min(known.payments.len());
        known.approved = None;
        known.state = ClaimState::UnderAssessment { since: known_at };
        match known.assessments.last() {
            Some(held) => {
                known.loss_at = held.loss_at;
                let found = |item: ClaimedItem| {
                    let of_item = held.benefit.items.iter().find(|of| of.number == item.number)?;
                    Some(ClaimedItem { part: of_item.part, assessed: Some(of_item.loss), ..item })
                };
                known.items = known.items.into_iter().filter_map(found).collect();
            }
            None => known.items.iter_mut().for_each(|item| item.assessed = None),
        }
        known
    }
}

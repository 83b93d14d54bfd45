//! Another size or plan for something that is ordered or runs already.

use crate::provisioning::command::ItemCommand;
use crate::provisioning::item::Item;
use crate::provisioning::spec::Spec;
use crate::provisioning::state::ItemState;
use crate::provisioning::steps::is_one_off;

/// What has to be done so that an item is what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// Nothing: it is, or it is over.
    Fits,
    /// Nothing yet: its provider is at it, or it stands still. It is looked at again when it runs.
    Later,
    /// Nobody has been asked for it: when its turn comes, this is asked for.
    Ordered,
    /// It runs: its provider is asked to change it while it does.
    Changed(ItemCommand),
}

impl Item {
    /// What has to be done so that it becomes what is wanted.
    pub fn fit(&self, wanted: &Spec) -> Fit {
        if self.spec == *wanted || is_one_off(self.service()) {
            return Fit::Fits;
        }
        match self.state {
            ItemState::Planned { .. } => Fit::Ordered,
            ItemState::Active { .. } => Fit::Changed(ItemCommand::Request),
            ItemState::Requested { .. }
            | ItemState::Accepted { .. }
            | ItemState::AwaitingCustomer { .. }
            | ItemState::Verifying { .. }
            | ItemState::Unknown { .. }
            | ItemState::FailedRetryable { .. }
            | ItemState::Updating { .. }
            | ItemState::Suspending { .. }
            | ItemState::Suspended { .. }
            | ItemState::Resuming { .. } => Fit::Later,
            ItemState::Refused { .. }
            | ItemState::FailedFinal { .. }
            | ItemState::Cleaning { .. }
            | ItemState::Cleaned { .. }
            | ItemState::CleanupStuck { .. }
            | ItemState::Deprovisioning { .. }
            | ItemState::Deprovisioned { .. }
            | ItemState::Done { .. }
            | ItemState::Cancelled { .. } => Fit::Fits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provisioning::item::tests::{after, item};
    use crate::service::Service;

    fn larger(of: &Item) -> Spec {
        Spec { quantity: of.spec.quantity + 3, ..of.spec.clone() }
    }

    #[test]
    fn what_is_wanted_already_needs_nothing() {
        let edr = item(1, Service::Edr);
        assert_eq!(edr.fit(&edr.spec.clone()), Fit::Fits);
    }

    #[test]
    fn before_anybody_was_asked_the_order_itself_changes() {
        let edr = item(1, Service::Edr);
        assert_eq!(edr.fit(&larger(&edr)), Fit::Ordered);
    }

    #[test]
    fn while_its_provider_is_at_it_it_waits() {
        let asked = after(&item(1, Service::Edr), &[ItemCommand::Request]);
        assert_eq!(asked.fit(&larger(&asked)), Fit::Later);
    }

    #[test]
    fn a_diagnosis_is_done_as_it_was_ordered() {
        let diagnosis = item(1, Service::Diagnosis);
        assert_eq!(diagnosis.fit(&larger(&diagnosis)), Fit::Fits);
    }
}

//! When billing for an item begins and ends, so that a customer who never does the step is billed,
//! expired or released by contract and not by accident.

use serde::{Deserialize, Serialize};

use crate::provisioning::reason_code::Origin;
use crate::provisioning::state::ItemState;
use crate::time::{TimeError, Timestamp, Zone};

/// When billing for an item begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(tag = "start", rename_all = "snake_case")]
pub enum BillingStart {
    /// With the order.
    OnOrder,
    /// When it is active.
    #[default]
    OnActive,
    /// When it is active, or so many days after the customer was asked to finish it, whatever comes
    /// first.
    OnActiveOrAfterDays {
        /// Calendar days of the tenant, 1 to 366.
        n_days: u16,
    },
}

/// From when to when an item is billed. Half open; a missing end means that it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BilledSpan {
    /// The first billed instant.
    pub starts_at: Timestamp,
    /// The first instant that is not billed any more.
    pub ends_at: Option<Timestamp>,
}

/// What billing looks at.
#[derive(Debug, Clone, Copy)]
pub struct BillingFacts<'a> {
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When the customer was asked for the step that it waited for last; none when never.
    pub asked_at: Option<Timestamp>,
    /// Where the item stands.
    pub state: &'a ItemState,
}

impl BillingStart {
    /// What is billed of an item in that state, as known at `now`; none when nothing is or not yet.
    ///
    /// An item that ended without ever being live is billed only if the customer's own step was
    /// missing and the contract's start had come before: nobody pays for what a provider, a third
    /// party or the site made impossible, or for what was cancelled before it ran.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn billed(
        self,
        facts: &BillingFacts<'_>,
        now: Timestamp,
        zone: &Zone,
    ) -> Result<Option<BilledSpan>, TimeError> {
        let state = facts.state;
        let by_contract = match self {
            Self::OnOrder => Some(facts.ordered_at),
            Self::OnActive => None,
            Self::OnActiveOrAfterDays { n_days } => facts
                .asked_at
                .map(|asked| asked.plus_days_in(i64::from(n_days), zone))
                .transpose()?,
        };
        let active_at = state.service().map(|service| service.active_at);
        let ends_at = match state {
            // A one-off service was rendered; there is nothing that could end.
            ItemState::Done { .. } => None,
            ItemState::Refused { .. }
            | ItemState::Planned { .. }
            | ItemState::Requested { .. }
            | ItemState::Accepted { .. }
            | ItemState::AwaitingCustomer { .. }
            | ItemState::Verifying { .. }
            | ItemState::Active { .. }
            | ItemState::Unknown { .. }
            | ItemState::FailedRetryable { .. }
            | ItemState::FailedFinal { .. }
            | ItemState::Cleaning { .. }
            | ItemState::Cleaned { .. }
            | ItemState::CleanupStuck { .. }
            | ItemState::Suspending { .. }
            | ItemState::Suspended { .. }
            | ItemState::Resuming { .. }
            | ItemState::Updating { .. }
            | ItemState::Deprovisioning { .. }
            | ItemState::Deprovisioned { .. }
            | ItemState::Cancelled { .. } => state.stopped_at(),
        };
        let known = |at: Timestamp| at <= now && ends_at.is_none_or(|end| at < end);
        let starts_at = match (active_at, by_contract) {
            (Some(active), Some(contract)) => Some(active.min(contract)),
            (Some(active), None) => Some(active),
            (None, Some(contract)) if may_be_billed_before_live(state) => Some(contract),
            (None, Some(_) | None) => None,
        };
        Ok(starts_at.filter(|at| known(*at)).map(|starts_at| BilledSpan { starts_at, ends_at }))
    }
}

fn may_be_billed_before_live(state: &ItemState) -> bool {
    state.cause().is_none_or(|cause| match cause.code.origin() {
        Origin::Customer => !matches!(state, ItemState::Refused { .. }),
        Origin::Site
        | Origin::ThirdParty
        | Origin::Provider
        | Origin::Decision
        | Origin::NoFailure => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provisioning::customer::VerifyMethod;
    use crate::provisioning::reason_code::{Cause, ReasonCode};
    use crate::provisioning::state::{Evidence, InService};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn billed(start: BillingStart, state: &ItemState, now: &str) -> Option<BilledSpan> {
        let zone = Zone::named(Zone::TOKYO).unwrap();
        let ordered_at = at("2020-10-01T00:00:00Z");
        let facts = BillingFacts { ordered_at, asked_at: Some(ordered_at), state };
        start.billed(&facts, at(now), &zone).unwrap()
    }

    fn service(active_at: &str) -> InService {
        InService {
            evidence: Evidence {
                id: "obs-1".into(),
                method: VerifyMethod::Heartbeat,
                observed_at: at(active_at),
            },
            installed_at: at(active_at),
            active_at: at(active_at),
        }
    }

    #[test]
    fn a_customer_who_never_changes_dns_is_billed_from_the_day_that_the_contract_names() {
        let start = BillingStart::OnActiveOrAfterDays { n_days: 14 };
        let state = ItemState::Unknown {
            attempt: 1,
            since: at("2020-10-01T00:00:00Z"),
            observe_at: at("2020-10-01T00:01:00Z"),
        };
        assert_eq!(billed(start, &state, "2020-10-14T23:59:59Z"), None);
        let span = billed(start, &state, "2020-10-15T00:00:00Z").unwrap();
        assert_eq!(span, BilledSpan { starts_at: at("2020-10-15T00:00:00Z"), ends_at: None });
        assert_eq!(billed(BillingStart::OnActive, &state, "2021-10-15T00:00:00Z"), None);
    }

    #[test]
    fn what_ended_unlive_is_billed_only_if_the_customers_step_was_missing() {
        let cleaned = |code: ReasonCode| ItemState::Cleaned {
            cause: Cause::from(code),
            installed_at: None,
            stopped_at: at("2020-11-01T00:00:00Z"),
            cleaned_at: at("2020-11-01T00:05:00Z"),
        };
        let start = BillingStart::OnOrder;
        let now = "2020-12-01T00:00:00Z";
        let span = billed(start, &cleaned(ReasonCode::UserDidNotDoDns), now).unwrap();
        assert_eq!(span.ends_at, Some(at("2020-11-01T00:00:00Z")));
        for code in [
            ReasonCode::ProviderFailed,
            ReasonCode::UpstreamConflict,
            ReasonCode::CancelledByCustomer,
            ReasonCode::ExistingUtmFoundOnSite,
        ] {
            assert_eq!(billed(start, &cleaned(code), now), None, "{code}");
        }
    }

    #[test]
    fn billing_ends_when_the_service_stopped_and_not_when_we_learned_of_it() {
        let state = ItemState::Deprovisioned {
            service: service("2020-10-05T00:00:00Z"),
            cause: Cause::from(ReasonCode::InternetLostAfterInstall),
            stopped_at: at("2020-10-06T00:00:00Z"),
            ended_at: at("2020-10-09T00:00:00Z"),
        };
        assert_eq!(
            billed(BillingStart::OnActive, &state, "2020-12-01T00:00:00Z"),
            Some(BilledSpan {
                starts_at: at("2020-10-05T00:00:00Z"),
                ends_at: Some(at("2020-10-06T00:00:00Z")),
            })
        );
    }
}

//! What our own look into DNS adds to what a provider says: a customer who has changed the records need not say so, and
//! is not told to do it again while the change spreads.

use super::{HOUR, Outcome, Reaction, Surroundings};
use crate::provisioning::command::ItemCommand;
use crate::provisioning::customer::{CustomerStep, VerifyMethod};
use crate::provisioning::item::Item;
use crate::provisioning::spec::DnsRecord;
use crate::provisioning::state::{ItemState, Said};

/// For so long a change may not have come to the provider's resolvers: two days, as long as old answers are commonly
/// kept.
const SPREADING_SECONDS: i64 = 48 * HOUR;

/// The provider is asked again so soon after the records were found.
const ASK_AGAIN_SECONDS: i64 = 60;

/// What a look into DNS came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsSeen {
    /// Nobody looked.
    NotLooked,
    /// Every record is as it was asked for.
    AllThere,
    /// So many records are not, or not yet.
    Missing(usize),
    /// Nobody could tell: no name server answered.
    Unclear,
}

impl Item {
    /// The records that the customer was asked for and that we look up ourselves; empty when there is nothing to look up.
    pub fn records_to_look_up(&self) -> &[DnsRecord] {
        self.looked_up_step().map_or(&[], |step| &step.request.expected_records)
    }

    fn looked_up_step(&self) -> Option<&CustomerStep> {
        let (ItemState::AwaitingCustomer { step, .. }
        | ItemState::Verifying { said: Said::Customer { step }, .. }) = &self.state
        else {
            return None;
        };
        (step.request.verify == VerifyMethod::DnsLookup).then_some(step)
    }

    /// What follows from an answer of the provider when we have looked into DNS as well.
    ///
    /// # Errors
    /// [`crate::time::TimeError::OutOfRange`].
    pub fn with_dns(
        &self,
        reaction: Reaction,
        seen: &DnsSeen,
        around: &Surroundings<'_>,
    ) -> Outcome {
        if *seen != DnsSeen::AllThere || self.looked_up_step().is_none() {
            return Ok(reaction);
        }
        match (&self.state, &reaction.command) {
            (ItemState::AwaitingCustomer { .. }, None) => {
                let found = around.command(ItemCommand::ConfirmStep, ASK_AGAIN_SECONDS)?;
                Ok(Reaction { error: reaction.error, ..found })
            }
            (ItemState::Verifying { since, .. }, Some(ItemCommand::Doubt))
                if around.now.seconds_since(*since) < SPREADING_SECONDS =>
            {
                around.look(HOUR)
            }
            _ => Ok(reaction),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provisioning::customer::{CustomerActionKind, CustomerRequest};
    use crate::provisioning::item::tests::{after, item};
    use crate::service::Service;
    use crate::time::{Timestamp, Zone};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn asked() -> Item {
        let zone = Zone::named(Zone::TOKYO).unwrap();
        let record = DnsRecord {
            name: "www.example.jp".to_owned(),
            kind: "CNAME".to_owned(),
            value: "shop.waf.example".to_owned(),
            previous_value: String::new(),
        };
        let kind = CustomerActionKind::DnsChange;
        let request = CustomerRequest {
            kind,
            instructions: kind.label(),
            expected_records: vec![record],
            verify: VerifyMethod::DnsLookup,
            url: String::new(),
            possible_from: None,
            possible_until: None,
        };
        let ask = ItemCommand::ask("op-1", request, at("2020-10-01T00:00:00Z"), &zone).unwrap();
        after(&item(1, Service::CloudWaf), &[ItemCommand::Request, ask])
    }

    fn with(item: &Item, command: Option<ItemCommand>, seen: &DnsSeen, now: &str) -> Reaction {
        let zone = Zone::named(Zone::TOKYO).unwrap();
        let around = Surroundings { now: at(now), zone: &zone, jitter: 0 };
        let reaction = Reaction { command, look_at: None, error: None };
        item.with_dns(reaction, seen, &around).unwrap()
    }

    #[test]
    fn found_records_are_the_word_of_the_customer() {
        let now = "2020-10-03T00:00:00Z";
        let of = |seen| with(&asked(), None, &seen, now).command;
        assert_eq!(of(DnsSeen::AllThere), Some(ItemCommand::ConfirmStep));
        for seen in [DnsSeen::NotLooked, DnsSeen::Missing(1), DnsSeen::Unclear] {
            assert_eq!(of(seen), None);
        }
    }

    #[test]
    fn what_the_provider_says_goes_first() {
        let said = ItemCommand::Succeed {
            operation_id: "op-1".to_owned(),
            installed_at: at("2020-10-03T00:00:00Z"),
        };
        let reaction =
            with(&asked(), Some(said.clone()), &DnsSeen::AllThere, "2020-10-03T00:00:00Z");
        assert_eq!(reaction.command, Some(said));
    }

    #[test]
    fn the_customer_is_not_doubted_while_the_change_spreads() {
        let confirmed = after(&asked(), &[ItemCommand::ConfirmStep]);
        assert_eq!(confirmed.records_to_look_up().len(), 1);
        let ItemState::Verifying { since, .. } = confirmed.state else { panic!("{confirmed:?}") };
        let later = |hours: i64| since.plus_seconds(hours * HOUR).unwrap().to_string();
        let doubt = Some(ItemCommand::Doubt);
        let of = |seen, hours| with(&confirmed, doubt.clone(), seen, &later(hours)).command;
        assert_eq!(of(&DnsSeen::AllThere, 47), None);
        assert_eq!(of(&DnsSeen::AllThere, 48), doubt);
        assert_eq!(of(&DnsSeen::Missing(1), 1), doubt);
    }
}

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::provisioning::customer::{CustomerActionKind, CustomerRequest, VerifyMethod};
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::provisioning::state::Evidence;
use crate::text::Text;
use crate::time::Zone;

fn at(minutes: i64) -> Timestamp {
    "2020-10-01T00:00:00Z".parse::<Timestamp>().unwrap().plus_seconds(minutes * 60).unwrap()
}

fn step_of(kind: CustomerActionKind) -> CustomerStep {
    let request = CustomerRequest {
        kind,
        instructions: Text::default(),
        expected_records: Vec::new(),
        verify: VerifyMethod::DnsLookup,
        url: String::new(),
        possible_from: None,
        possible_until: None,
    };
    let zone = Zone::named(Zone::TOKYO).unwrap();
    CustomerStep::ask(request, &kind.terms(), at(0), &zone).unwrap()
}

fn commands() -> Vec<ItemCommand> {
    let cause = || Cause::from(ReasonCode::UserDidNotDoDns);
    let evidence =
        Evidence { id: "obs-1".into(), method: VerifyMethod::ProviderObserves, observed_at: at(5) };
    vec![
        C::Release,
        C::Request,
        C::Accept { operation_id: "op-1".into(), deadline_at: at(600) },
        C::AskCustomer {
            operation_id: "op-1".into(),
            step: Box::new(step_of(CustomerActionKind::DnsChange)),
        },
        C::Remind,
        C::Escalate,
        C::Expire { cause: cause() },
        C::ConfirmStep,
        C::Succeed { operation_id: "op-1".into(), installed_at: at(4) },
        C::Verify { evidence, installed_at: at(4) },
        C::Doubt,
        C::RetryLater { next_at: at(30) },
        C::LoseTrack { observe_at: at(30) },
        C::Refuse { cause: cause() },
        C::Fail { cause: cause() },
        C::Cancel { cause: Cause::from(ReasonCode::CancelledByCustomer) },
        C::End { cause: Cause::from(ReasonCode::InternetLostAfterInstall), stopped_at: at(5) },
        C::Finish,
        C::ConfirmGone,
        C::RetryRemoval,
        C::GiveUpRemoval,
        C::Suspend { cause: Cause::from(ReasonCode::SubscriptionSuspended) },
        C::ConfirmSuspension,
        C::Resume,
        C::ConfirmResumption,
        C::Reopen,
    ]
}

/// Every state that the commands reach from the beginning, one of each name and kind of word.
fn states() -> Vec<(String, ItemState)> {
    let mut found: Vec<(String, ItemState)> = Vec::new();
    let held = S::Planned { held_for: Some(ReasonCode::SurveyIncomplete) };
    let mut queue = vec![S::PLANNED, held];
    while let Some(state) = queue.pop() {
        let name = name_of(&state);
        if found.iter().any(|(known, _)| *known == name) {
            continue;
        }
        for command in commands() {
            if let Ok((next, _)) = state.step(&command, at(10)) {
                queue.push(next);
            }
        }
        found.push((name, state));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn name_of(state: &ItemState) -> String {
    let detail = if matches!(state, S::Planned { held_for: Some(_) }) {
        " (held)"
    } else if matches!(state, S::Verifying { said: Said::Customer { .. }, .. }) {
        " (customer says)"
    } else if matches!(state, S::Verifying { said: Said::Provider { .. }, .. }) {
        " (provider says)"
    } else if let S::Cleaning { removal } | S::Deprovisioning { removal } = state
        && removal.n_gone > 0
    {
        " (seen gone)"
    } else if matches!(state, S::CleanupStuck { removal, .. } if removal.service.is_some()) {
        " (ran)"
    } else {
        ""
    };
    format!("{}{detail}", state.as_str())
}

#[test]
fn the_whole_table_of_states_and_commands() {
    let mut table = String::new();
    for (name, state) in states() {
        writeln!(table, "{name}").unwrap();
        let mut refused = Vec::new();
        for command in commands() {
            match state.step(&command, at(10)) {
                Ok((next, event)) => {
                    let (word, event) = (command.as_str(), event.as_str());
                    writeln!(table, "  {word:<20}→ {:<28}{event}", name_of(&next)).unwrap();
                }
                Err(no) => refused.push(no.command),
            }
        }
        writeln!(table, "  refused: {}\n", refused.join(", ")).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_state_is_reached_from_the_beginning() {
    let mut words: Vec<_> = states().iter().map(|(_, state)| state.as_str()).collect();
    words.dedup();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), 21, "{words:?}");
}

#[test]
fn removed_after_install_differs_from_never_installed() {
    let accepted = S::PLANNED
        .step(&C::Request, at(0))
        .and_then(|(s, _)| {
            s.step(&C::Accept { operation_id: "op".into(), deadline_at: at(600) }, at(1))
        })
        .unwrap()
        .0;
    let cause = Cause::from(ReasonCode::UpstreamConflict);
    let fail = C::Fail { cause };
    let gone = |state: ItemState| {
        let (once, _) = state.step(&C::ConfirmGone, at(20)).unwrap();
        once.step(&C::ConfirmGone, at(21)).unwrap().0
    };
    let never = gone(accepted.step(&fail, at(10)).unwrap().0);
    assert_eq!((never.as_str(), never.installed_at()), ("cleaned", None));

    let succeed = C::Succeed { operation_id: "op".into(), installed_at: at(4) };
    let (installed, _) = accepted.step(&succeed, at(5)).unwrap();
    let removed = gone(installed.step(&fail, at(10)).unwrap().0);
    assert_eq!((removed.as_str(), removed.installed_at()), ("cleaned", Some(at(4))));
    assert_eq!(removed.stopped_at(), Some(at(10)));
}

#[test]
fn what_stopped_before_we_saw_it_run_never_has_an_end_before_its_start() {
    let active = S::Requested { attempt: 1, requested_at: at(0) }
        .step(&C::Succeed { operation_id: "op".into(), installed_at: at(1) }, at(2))
        .and_then(|(s, _)| s.step(&commands()[9], at(10)))
        .unwrap()
        .0;
    let (ending, _) = active.step(&commands()[16], at(20)).unwrap();
    assert_eq!(ending.stopped_at(), Some(at(10)));
}

proptest! {
    #[test]
    fn whatever_happens_the_invariants_hold(choices in proptest::collection::vec(0_usize..26, 1..60)) {
        let commands = commands();
        let (mut state, mut minute) = (S::PLANNED, 0);
        let mut asked = false;
        for choice in choices {
            minute += 7;
            let now = at(minute);
            let command = &commands[choice];
            let Ok((next, event)) = state.step(command, now) else { continue };
            // Nothing is set up without a committed intent.
            asked = asked || event == E::Requested;
            prop_assert!(asked || !next.is_live());
            // Cover starts only with evidence, and only from active.
            if next.as_str() == "active" && state.service().is_none() {
                let service = next.service().unwrap();
                prop_assert!(!service.evidence.id.is_empty() && service.active_at == now);
            }
            // Whatever ended says why and when it stopped, and did not stop before it began.
            if next.ended_at().is_some() {
                prop_assert!(next.cause().is_some() || next.as_str() == "done");
                prop_assert!(next.stopped_at() <= next.ended_at());
            }
            if let (Some(service), Some(stopped)) = (next.service(), next.stopped_at()) {
                prop_assert!(service.active_at <= stopped);
            }
            // What ran does not end as if it had never run.
            if state.service().is_some() && next.as_str() != "active" {
                prop_assert!(next.service().is_some());
            }
            // A state survives being written down.
            let text = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<ItemState>(&text).unwrap(), &next);
            state = next;
        }
    }
}

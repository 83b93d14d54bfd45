use proptest::prelude::*;

use super::*;
use crate::actor::Actor;
use crate::party::Principal;
use crate::provisioning::customer::{CustomerActionKind, CustomerRequest, VerifyMethod};
use crate::provisioning::item::tests::item;
use crate::provisioning::spec::{EndpointCounts, Health};
use crate::service::Service;

fn start() -> Timestamp {
    "2020-10-01T00:00:00Z".parse().unwrap()
}

fn tokyo() -> Zone {
    Zone::named(Zone::TOKYO).unwrap()
}

fn operation(step: OperationStep) -> Answer {
    Answer::Operation(OperationSeen {
        operation_id: "op-1".into(),
        step,
        retry_after_seconds: None,
        deadline_at: None,
    })
}

fn awaiting(kind: CustomerActionKind) -> Answer {
    operation(OperationStep::AwaitingCustomer(Box::new(CustomerRequest {
        kind,
        instructions: kind.label(),
        expected_records: Vec::new(),
        verify: VerifyMethod::ProviderObserves,
        url: String::new(),
        possible_from: None,
        possible_until: None,
    })))
}

fn failed(code: ReasonCode, follow_up: FollowUp) -> Answer {
    operation(OperationStep::Failed(OperationFailure { cause: Cause::from(code), follow_up }))
}

fn call_failed(meaning: Meaning) -> Answer {
    Answer::Failed(ProviderFailure { meaning, reason: None, text: "it said no".into() })
}

fn seen(of: &Item, exists: bool, health: Health, now: Timestamp) -> Answer {
    let observation = Observation {
        exists,
        generation: if exists { of.generation } else { 0 },
        spec_hash: if exists { of.spec.hash() } else { String::new() },
        health,
        activated_at: exists.then_some(start()),
        device: None,
        endpoints: None,
        changed_at: Some(now),
        operation_id: String::new(),
        evidence_id: "obs-1".into(),
        observed_at: now,
    };
    Answer::Seen(Box::new(observation), None)
}

/// The item after an answer, and when to look again.
fn turn(item: &Item, answer: &Answer, now: Timestamp) -> (Item, Option<Timestamp>) {
    let zone = tokyo();
    let reaction = item.react(answer, &Surroundings { now, zone: &zone, jitter: 0 }).unwrap();
    let by = Actor::from(&Principal::system());
    let next = match &reaction.command {
        Some(command) => item.step(command, &by, now).unwrap().0,
        None => item.clone(),
    };
    (next, reaction.look_at)
}

fn requested(service: Service) -> Item {
    let by = Actor::from(&Principal::system());
    item(1, service).step(&ItemCommand::Request, &by, start()).unwrap().0
}

#[test]
fn an_answer_that_was_lost_leads_to_a_look_and_then_to_the_same_request() {
    let waf = requested(Service::CloudWaf);
    let (lost, look_at) = turn(&waf, &call_failed(Meaning::Unknown), start());
    assert_eq!((lost.state.as_str(), lost.question()), ("unknown", Question::Observe));
    let now = look_at.unwrap();
    let (again, look_at) = turn(&lost, &seen(&lost, true, Health::Unknown, now), now);
    assert_eq!((again.question(), look_at), (Question::Put, Some(now)));
    assert_eq!(again.put_key(), waf.put_key());
}

#[test]
fn a_provider_that_is_busy_is_asked_later_and_one_that_never_answers_is_given_up() {
    let mut waf = requested(Service::CloudWaf);
    let mut now = start();
    let by = Actor::from(&Principal::system());
    for _try in 0..12 {
        let (later, look_at) = turn(&waf, &call_failed(Meaning::Retry(RetryClass::Throttled)), now);
        waf = later;
        let Some(next) = look_at else { break };
        now = next;
        waf = waf.step(&ItemCommand::Request, &by, now).unwrap().0;
    }
    assert_eq!(waf.state.cause().unwrap().code, ReasonCode::ProviderFailed);
    assert_eq!(waf.n_attempts, 12);
}

#[test]
fn a_provider_that_is_never_reached_is_given_up_under_its_own_reason() {
    let (mut waf, mut now) = (requested(Service::CloudWaf), start());
    let by = Actor::from(&Principal::system());
    let unreachable = call_failed(Meaning::Retry(RetryClass::Unreachable));
    while let (later, Some(next)) = turn(&waf, &unreachable, now) {
        now = next;
        waf = later.step(&ItemCommand::Request, &by, now).unwrap().0;
    }
    let (given_up, _) = turn(&waf, &unreachable, now);
    let cause = given_up.state.cause().unwrap();
    assert_eq!(cause.code, ReasonCode::ProviderUnreachable);
    assert_eq!(cause.note, "it said no");
    assert!((DAY / 2..2 * DAY).contains(&now.seconds_since(start())), "about a day");
}

#[test]
fn an_operation_that_nobody_answers_for_ends_with_its_deadline() {
    let (mut waf, mut look_at) =
        turn(&requested(Service::CloudWaf), &operation(OperationStep::Working), start());
    assert_eq!(waf.state.as_str(), "accepted");
    let unreachable = call_failed(Meaning::Retry(RetryClass::Observe));
    let mut now = start();
    while waf.state.as_str() == "accepted" {
        now = look_at.unwrap();
        (waf, look_at) = turn(&waf, &unreachable, now);
    }
    assert_eq!((waf.state.as_str(), waf.question()), ("cleaning", Question::Remove));
    assert_eq!(waf.state.cause().unwrap().code, ReasonCode::ProviderTimedOut);
    assert!(now.seconds_since(start()) < OPERATION_SECONDS + DAY);
}

#[test]
fn a_step_that_cannot_be_checked_is_given_up_and_not_called_the_customers_fault() {
    let kind = CustomerActionKind::DnsChange;
    let (waiting, _) = turn(&requested(Service::CloudWaf), &awaiting(kind), start());
    let by = Actor::from(&Principal::system());
    let mut waf = waiting.step(&ItemCommand::ConfirmStep, &by, start()).unwrap().0;
    let unreachable = call_failed(Meaning::Retry(RetryClass::Observe));
    let mut now = start();
    while waf.state.as_str() == "verifying" {
        let (next, look_at) = turn(&waf, &unreachable, now);
        (waf, now) = (next, look_at.unwrap());
    }
    assert_eq!(waf.state.cause().unwrap().code, ReasonCode::VerificationFailed);
}

#[test]
fn a_provider_whose_answers_never_arrive_is_not_asked_without_end() {
    for (health, expected) in [(Health::Ok, "active"), (Health::Unknown, "cleaning")] {
        let (mut waf, mut now) = (requested(Service::CloudWaf), start());
        for _turn in 0..40 {
            let answer = if waf.question() == Question::Put {
                call_failed(Meaning::Unknown)
            } else {
                seen(&waf, true, health, now)
            };
            let (next, look_at) = turn(&waf, &answer, now);
            (waf, now) = (next, look_at.unwrap());
            if !matches!(waf.state.as_str(), "requested" | "unknown") {
                break;
            }
        }
        assert_eq!(waf.state.as_str(), expected);
        assert_eq!(waf.n_attempts, 12);
    }
}

#[test]
fn a_roll_out_whose_time_is_up_is_looked_at_and_one_endpoint_that_reports_is_a_service() {
    let kind = CustomerActionKind::AgentInstall;
    let (mut edr, _) = turn(&requested(Service::Edr), &awaiting(kind), start());
    edr.declared(EndpointCounts { reporting: 5, ..EndpointCounts::default() });
    assert_eq!(edr.question_at(start()), edr.question());
    let up = start().plus_seconds(40 * DAY).unwrap();
    assert_eq!(edr.question_at(up), Question::Observe);

    for (reporting, expected) in [(1, "active"), (0, "cleaning")] {
        let Answer::Seen(mut seen, _) = seen(&edr, true, Health::Unknown, up) else { return };
        seen.endpoints = Some(EndpointCounts { reporting, ..EndpointCounts::default() });
        let (next, _) = turn(&edr, &Answer::Seen(seen, None), up);
        assert_eq!(next.state.as_str(), expected);
    }

    let unreachable = call_failed(Meaning::Retry(RetryClass::Observe));
    let (mut now, mut n_looks) = (edr.state.customer_step().unwrap().expires_at, 0);
    while edr.state.as_str() == "awaiting_customer" {
        let (next, look_at) = turn(&edr, &unreachable, now);
        (edr, now, n_looks) = (next, look_at.unwrap(), n_looks + 1);
    }
    let cause = edr.state.cause().unwrap();
    assert_eq!(cause.code, ReasonCode::AgentNotInstalledByUser, "the word of nobody counts");
    assert!((10..50).contains(&n_looks), "{n_looks}");
}

#[test]
fn a_customer_who_only_says_so_goes_on_waiting_with_the_same_deadlines() {
    let kind = CustomerActionKind::DnsChange;
    let (waiting, _) = turn(&requested(Service::CloudWaf), &awaiting(kind), start());
    let by = Actor::from(&Principal::system());
    let now = start().plus_seconds(DAY).unwrap();
    let said = waiting.step(&ItemCommand::ConfirmStep, &by, now).unwrap().0;
    let (doubted, look_at) = turn(&said, &awaiting(kind), now);
    assert_eq!(doubted.state.customer_step(), waiting.state.customer_step());
    assert_eq!(look_at, Some(now.plus_seconds(HOUR).unwrap()));
}

#[test]
fn nothing_is_active_before_we_have_seen_it_run() {
    let utm = requested(Service::Utm);
    let (installed, look_at) = turn(&utm, &operation(OperationStep::Succeeded(None)), start());
    assert_eq!((installed.state.as_str(), look_at), ("verifying", Some(start())));
    let now = start();
    let (down, _) = turn(&installed, &seen(&installed, true, Health::Down, now), now);
    assert_eq!(down.state.as_str(), "verifying");
    let (live, look_at) = turn(&down, &seen(&down, true, Health::Ok, now), now);
    assert_eq!(live.state.service().unwrap().evidence.id, "obs-1");
    assert_eq!(look_at, Some(now.plus_seconds(DAY).unwrap()));
}

#[test]
fn what_never_shows_life_is_taken_back_as_removed_and_not_as_never_installed() {
    let utm = requested(Service::Utm);
    let (mut utm, mut look_at) = turn(&utm, &operation(OperationStep::Succeeded(None)), start());
    let mut now = start();
    for _look in 0..40 {
        let Some(next) = look_at else { break };
        now = next;
        let answer = if utm.state.as_str() == "cleaning" {
            seen(&utm, false, Health::Unknown, now)
        } else {
            seen(&utm, true, Health::Down, now)
        };
        (utm, look_at) = turn(&utm, &answer, now);
    }
    assert_eq!(utm.state.as_str(), "cleaned");
    assert_eq!(utm.outcome(), crate::provisioning::records::ItemOutcome::Removed);
    assert!(now.seconds_since(start()) >= DOUBT_SECONDS);
}

#[test]
fn a_lost_line_ends_billing_and_cover_when_it_was_lost() {
    let utm = requested(Service::Utm);
    let (utm, _) = turn(&utm, &operation(OperationStep::Succeeded(None)), start());
    let (utm, _) = turn(&utm, &seen(&utm, true, Health::Ok, start()), start());
    let lost_at = start().plus_seconds(DAY).unwrap();
    let now = start().plus_seconds(2 * DAY).unwrap();
    let Answer::Seen(down, _) = seen(&utm, true, Health::Down, lost_at) else { return };
    let repair = OperationSeen {
        operation_id: "op-2".into(),
        step: OperationStep::Failed(OperationFailure {
            cause: Cause::from(ReasonCode::UpstreamConflict),
            follow_up: FollowUp::CleanUp,
        }),
        retry_after_seconds: None,
        deadline_at: None,
    };
    let (ending, _) = turn(&utm, &Answer::Seen(down, Some(repair)), now);
    assert_eq!(ending.state.stopped_at(), Some(lost_at));
    assert_eq!(ending.question(), Question::Remove);
}

#[test]
fn a_diagnosis_is_done_after_its_questions_were_answered() {
    let diagnosis = requested(Service::Diagnosis);
    let (given, _) = turn(&diagnosis, &operation(OperationStep::Succeeded(None)), start());
    let (active, look_at) = turn(&given, &seen(&given, true, Health::Ok, start()), start());
    assert_eq!(active.question(), Question::Wait);
    let (done, look_at) = turn(&active, &Answer::Nothing, look_at.unwrap());
    assert_eq!((done.state.as_str(), look_at), ("done", None));
}

fn any_answer(item: &Item, kind: usize, now: Timestamp) -> Answer {
    match kind {
        0 => operation(OperationStep::Working),
        1 => awaiting(CustomerActionKind::DnsChange),
        2 => awaiting(CustomerActionKind::Schedule),
        3 => operation(OperationStep::Succeeded(None)),
        4 => failed(ReasonCode::UserDidNotDoDns, FollowUp::Nothing),
        5 => failed(ReasonCode::ProviderFailed, FollowUp::TryAgain),
        6 => failed(ReasonCode::MisconfigRolledBack, FollowUp::CleanUp),
        7 => operation(OperationStep::Cancelled),
        8 => seen(item, true, Health::Ok, now),
        9 => seen(item, true, Health::Down, now),
        10 => seen(item, false, Health::Unknown, now),
        11 => call_failed(Meaning::Unknown),
        12 => call_failed(Meaning::Absent),
        13 => call_failed(Meaning::Retry(RetryClass::Unreachable)),
        _ => call_failed(Meaning::Final(ReasonCode::ProviderRefused)),
    }
}

proptest! {
    #[test]
    fn whatever_a_provider_answers_an_item_is_looked_after_until_it_is_over(
        service in 0_usize..8, answers in proptest::collection::vec(0_usize..15, 1..80),
    ) {
        let by = Actor::from(&Principal::system());
        let mut item = requested(Service::ALL[service]);
        let mut now = start();
        for kind in answers {
            if matches!(item.state, ItemState::FailedRetryable { .. }) {
                item = item.step(&ItemCommand::Request, &by, now).unwrap().0;
            }
            let (next, look_at) = turn(&item, &any_answer(&item, kind, now), now);
            let over = next.state.ended_at().is_some();
            let with_a_person = matches!(next.state, ItemState::CleanupStuck { .. });
            prop_assert_eq!(look_at.is_none(), over || with_a_person, "{:?}", next.state);
            if let Some(at) = look_at {
                prop_assert!(at >= now);
                now = at;
            } else {
                break;
            }
            item = next;
        }
    }
}

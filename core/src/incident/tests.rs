//! The life of an incident, from the first alert to the lesson learnt.

use std::fmt::Write as _;

use uuid::Uuid;

use super::*;
use crate::alert::AlertKind;
use crate::alert::tests::{alert, at, judgement};
use crate::escalation::{OKINAWA, ladder_named};
use crate::id::ItemId;
use crate::party::Role;
use crate::reason::Reason;

fn deed(when: &str) -> Deed {
    Deed {
        by: Actor { subject: "desk".to_owned(), role: Role::HelpDesk, partner_id: None },
        at: at(when),
    }
}

fn opening() -> Opening {
    Opening {
        site_code: None,
        severity: Severity::High,
        ladder: ladder_named(OKINAWA).unwrap(),
        start: Rung::HelpDesk,
        cause: EscalationCause::Policy,
        decision_id: None,
        n_recurrences: 1,
        wording: for_alerts(AlertKind::InternalMalwareComms),
        opened_by: deed("2020-11-02T00:00:00Z").by,
    }
}

fn proof(alert_id: u128) -> ActionNeeded {
    let mut alert = alert();
    alert.id = AlertId::from(Uuid::from_u128(alert_id));
    alert.need_action(IncidentId::from(Uuid::from_u128(9)), judgement()).unwrap().1
}

/// Opened on Monday 2 November 2020 at 9:00 in Okinawa.
fn incident() -> Incident {
    Incident::open(Origin::Alert(proof(1)), opening(), at("2020-11-02T00:00:00Z")).unwrap().0
}

fn resolution() -> Resolution {
    let deed = deed("2020-11-03T00:00:00Z");
    Resolution {
        security_incident: false,
        summary: Text::new("設定の誤りでした。", "it was a wrong setting"),
        prevention: None,
        resolved_at: deed.at,
        resolved_by: deed.by,
    }
}

fn work(kind: WorkKind, outcome: WorkOutcome) -> WorkReport {
    WorkReport {
        kind,
        provider_id: None,
        started_at: at("2020-11-02T00:10:00Z"),
        n_minutes: 30,
        n_travel_minutes: 0,
        n_machines: 1,
        outcome,
        findings: Text::new("確認しました。", "looked at it"),
        evidence_id: None,
        settings_change: None,
    }
}

#[test]
fn every_command_in_every_state() {
    let now = at("2020-11-04T00:00:00Z");
    let states = [
        IncidentState::Triage,
        IncidentState::Containment,
        IncidentState::Eradication,
        IncidentState::Recovery,
        IncidentState::Review { resolution: resolution() },
        IncidentState::Closed { resolution: resolution(), closed_at: now },
    ];
    let mut commands = vec![("join".to_owned(), IncidentCommand::Join)];
    commands.push(("work".to_owned(), IncidentCommand::Work { then: None }));
    for phase in Phase::ALL {
        let name = format!("work then {}", phase.as_str());
        commands.push((name, IncidentCommand::Work { then: Some(phase) }));
    }
    for (name, then) in
        [("resolve to review", AfterResolution::Review), ("resolve", AfterResolution::Close)]
    {
        let command = IncidentCommand::Resolve { resolution: resolution(), then };
        commands.push((name.to_owned(), command));
    }
    let mut table = String::new();
    for state in &states {
        for (name, command) in &commands {
            let next = match state.step(command, now) {
                Ok((next, _)) => next.phase().as_str().to_owned(),
                Err(refused) => format!("refused {}", refused.reason.code()),
            };
            writeln!(table, "{:>11} {name:>21} -> {next}", state.phase().as_str()).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn an_incident_opens_with_its_first_deadline() {
    let incident = incident();
    assert_eq!(incident.state.phase(), Phase::Triage);
    assert_eq!(incident.n_alerts, 1);
    assert_eq!(incident.detected_at, at("2020-10-31T00:00:00Z"));
    assert_eq!(incident.next_escalation_at, Some(at("2020-11-02T00:30:00Z")));
    assert_eq!(incident.escalations[0].from, None);
}

#[test]
fn it_climbs_rung_by_rung_until_nobody_is_left() {
    let mut incident = incident();
    let mut climbed = Vec::new();
    for rung in Rung::ALL {
        let due = incident.next_escalation_at.unwrap();
        let by_timer = Deed { at: due, ..deed("2020-11-02T00:00:00Z") };
        incident.time_out(rung, by_timer).unwrap();
        climbed.push(due.to_string());
    }
    // Half an hour and an hour of Monday, four hours of Monday, and eight open hours: the rest of
    // Monday and, Tuesday being Culture Day, the morning of Wednesday.
    assert_eq!(
        climbed,
        [
            "2020-11-02T00:30:00Z",
            "2020-11-02T01:30:00Z",
            "2020-11-02T05:30:00Z",
            "2020-11-04T05:30:00Z",
        ]
    );
    assert_eq!(incident.climb, Climb::Unanswered { rung: Rung::Recovery });
    assert_eq!(incident.next_escalation_at, None);
    incident.acknowledge(deed("2020-11-05T00:00:00Z")).unwrap();
    assert_eq!(incident.acknowledgement.unwrap().rung, Rung::Recovery);
}

#[test]
fn an_acknowledgement_ends_the_climb() {
    let mut incident = incident();
    incident.acknowledge(deed("2020-11-02T00:05:00Z")).unwrap();
    assert_eq!(incident.next_escalation_at, None);
    assert!(incident.acknowledge(deed("2020-11-02T00:06:00Z")).is_err());
    assert!(incident.time_out(Rung::HelpDesk, deed("2020-11-02T00:30:00Z")).is_err());
    assert_eq!(incident.escalations.len(), 1);
}

#[test]
fn work_that_did_not_help_takes_it_one_rung_up() {
    let mut incident = incident();
    let now = deed("2020-11-02T01:00:00Z");
    incident.acknowledge(now.clone()).unwrap();
    let report = work(WorkKind::RemoteSupport, WorkOutcome::NotFixed);
    let events = incident.record_work(report, Some(Phase::Containment), &now).unwrap();
    assert_eq!(events[0], IncidentEvent::WorkedOn { number: 1 });
    assert_eq!(
        events[1],
        IncidentEvent::Escalated {
            from: Rung::HelpDesk,
            to: Rung::Remote,
            cause: EscalationCause::Person
        }
    );
    assert_eq!(incident.state.phase(), Phase::Containment);
    assert!(incident.next_escalation_at.is_some());
}

#[test]
fn a_symptom_that_comes_back_after_a_fix_goes_one_rung_up() {
    let mut incident = incident();
    let now = deed("2020-11-02T01:00:00Z");
    assert!(!incident.was_thought_fixed());
    let report = work(WorkKind::Advice, WorkOutcome::WorkedAround);
    incident.record_work(report, None, &now).unwrap();
    assert!(incident.was_thought_fixed());
    incident.join(&proof(2), now.at).unwrap();
    incident.recur(now).unwrap();
    assert_eq!(incident.climb.rung(), Rung::Remote);
    assert_eq!(incident.escalations[1].cause, EscalationCause::Recurrence);
}

#[test]
fn data_recovery_waits_for_remote_support() {
    let mut incident = incident();
    let now = deed("2020-11-02T01:00:00Z");
    incident.open_request(RequestKind::DataRecovery, None, String::new(), &now).unwrap();
    assert_eq!(incident.requests[0].state, RequestState::Blocked);
    let early = incident
        .advance_request(1, RequestCommand::AskCustomer, None, (String::new(), &now))
        .unwrap_err();
    assert_eq!(early.reason(), Reason::PrerequisiteMissing);

    let refused = work(WorkKind::RemoteSupport, WorkOutcome::RefusedByCustomer);
    incident.record_work(refused, None, &now).unwrap();
    assert_eq!(incident.requests[0].state, RequestState::Blocked);

    let done = work(WorkKind::RemoteSupport, WorkOutcome::NothingFound);
    incident.record_work(done, None, &now).unwrap();
    assert_eq!(incident.requests[0].state, RequestState::Ready);
    for (command, state) in [
        (RequestCommand::AskCustomer, RequestState::AwaitingCustomer),
        (RequestCommand::Begin, RequestState::InProgress),
        (RequestCommand::Complete, RequestState::Completed),
    ] {
        incident.advance_request(1, command, None, (String::new(), &now)).unwrap();
        assert_eq!(incident.requests[0].state, state);
    }
}

#[test]
fn a_cancelled_request_stays_cancelled_when_its_prerequisite_is_finished() {
    let mut incident = incident();
    let now = deed("2020-11-02T01:00:00Z");
    incident.open_request(RequestKind::DataRecovery, None, String::new(), &now).unwrap();
    incident.advance_request(1, RequestCommand::Cancel, None, (String::new(), &now)).unwrap();
    let done = work(WorkKind::RemoteSupport, WorkOutcome::Fixed);
    incident.record_work(done, None, &now).unwrap();
    assert_eq!(incident.requests[0].state, RequestState::Cancelled);
}

#[test]
fn a_change_of_settings_says_what_was_changed_and_nothing_else_does() {
    let mut incident = incident();
    let now = deed("2020-11-02T01:00:00Z");
    let bare = work(WorkKind::SettingsChange, WorkOutcome::Fixed);
    assert!(incident.record_work(bare.clone(), None, &now).is_err());
    let change = SettingsChange {
        instance_id: ItemId::from(Uuid::from_u128(7)),
        bypass: true,
        target: "10.0.0.8".to_owned(),
        approval_reference: None,
        expires_at: None,
    };
    let advice = WorkReport {
        kind: WorkKind::Advice,
        settings_change: Some(change.clone()),
        ..bare.clone()
    };
    assert!(incident.record_work(advice, None, &now).is_err());
    let bypass = WorkReport { settings_change: Some(change.clone()), ..bare };
    incident.record_work(bypass, None, &now).unwrap();
    assert_eq!(incident.work[0].settings_change, Some(change));
}

#[test]
fn a_review_keeps_the_time_of_the_solution() {
    let mut incident = incident();
    let solved = deed("2020-11-02T02:00:00Z");
    let closed = deed("2020-11-09T02:00:00Z");
    let said = (false, Text::new("解決", "solved"), None);
    let event = incident.resolve(said.clone(), AfterResolution::Review, &solved).unwrap();
    assert_eq!(event, IncidentEvent::Resolved);
    assert_eq!(incident.next_escalation_at, None);
    assert!(incident.join(&proof(2), solved.at).is_err());
    // Work written down late is still evidence.
    incident.record_work(work(WorkKind::Advice, WorkOutcome::Fixed), None, &solved).unwrap();
    assert_eq!(
        incident.resolve(said.clone(), AfterResolution::Close, &closed).unwrap(),
        IncidentEvent::Closed
    );
    assert_eq!(incident.state.resolution().unwrap().resolved_at, solved.at);
    assert!(incident.resolve(said, AfterResolution::Close, &closed).is_err());
    let phases: Vec<_> = incident.phase_changes.iter().map(|change| change.to).collect();
    assert_eq!(phases, [Phase::Triage, Phase::Review, Phase::Closed]);
}

#[test]
fn an_incident_survives_its_json_form() {
    let mut incident = incident();
    let now = deed("2020-11-02T01:00:00Z");
    incident.open_request(RequestKind::DataRecovery, None, String::new(), &now).unwrap();
    incident.record_work(work(WorkKind::RemoteSupport, WorkOutcome::Fixed), None, &now).unwrap();
    incident.resolve((true, Text::default(), None), AfterResolution::Review, &now).unwrap();
    let text = serde_json::to_string(&incident).unwrap();
    assert_eq!(serde_json::from_str::<Incident>(&text).unwrap(), incident);
}

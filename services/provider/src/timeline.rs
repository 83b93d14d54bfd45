//! The course of an instance as a list of stages: what it is at an instant follows from when it was
//! asked for, and from nothing else. No clock is read, so a simulated tenant is served exactly.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tasuki_proto::provisioning::v1::{CustomerActionKind, ReasonCode};

use crate::scenario::{Behaviour, Course, Withheld};

const DAY: i64 = 86_400;

/// Days until something goes wrong when nobody says.
const FAILS_AFTER_DAYS: i64 = 7;

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Being worked on.
    Running { percent: i32 },
    /// The customer has to do something; the number of the contract's `CustomerActionKind`.
    Awaiting { action: i32 },
    /// Live.
    Live,
    /// It cannot be set up; the number of the contract's `ReasonCode`.
    Failed { reason: i32, left_behind: bool },
    /// It was live and does not work; a repair is under way.
    Down,
    /// It was live and cannot be repaired.
    Lost { reason: i32 },
}

/// What is going on from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stage {
    /// Seconds after the request.
    pub(crate) from: i64,
    /// What.
    pub(crate) phase: Phase,
}

/// The stages of an instance, in order; the first begins with the request.
pub(crate) fn stages(component: &str, course: &Course, work_seconds: i64) -> Vec<Stage> {
    let days = |days: Option<u32>| days.map(|days| i64::from(days) * DAY);
    let fails = match course.behaviour {
        Behaviour::Normal
        | Behaviour::SlowProvider
        | Behaviour::FailsOnce
        | Behaviour::DuplicateCallback
        | Behaviour::OutcomeUnknownOnce
        | Behaviour::CustomerActsLate
        | Behaviour::OperatorChangesDns
        | Behaviour::InternetLostAfterInstall
        | Behaviour::TerminalsOfflineAfterInstall => None,
        Behaviour::ExistingDeviceOnSite => Some((ReasonCode::ExistingUtmFoundOnSite, false)),
        Behaviour::VisitRefused => Some((ReasonCode::VisitRefusedCovid, false)),
        Behaviour::CustomerRollsBack => Some((ReasonCode::MisconfigRolledBack, true)),
        Behaviour::ThirdPartyRefuses => Some((ReasonCode::SubdomainRedirectWorkRefused, true)),
        Behaviour::InstallFails => Some((ReasonCode::InstallFailedNoInfo, true)),
        Behaviour::SiteNotReady => Some((ReasonCode::TargetSiteNotBuiltInPeriod, false)),
        Behaviour::VisitNeverScheduled => {
            return until_step(component, CustomerActionKind::Schedule, course, work_seconds);
        }
        Behaviour::CustomerNeverActs => {
            return until_step(component, missing_step(component, course), course, work_seconds);
        }
    };
    let usual = if fails.is_some() { FAILS_AFTER_DAYS * DAY } else { work_seconds };
    let whole = days(course.active_after_days).unwrap_or(usual);
    let mut stages = way_to_live(component, whole);
    if let Some((reason, left_behind)) = fails {
        let reason = i32::from(course.reason_code().unwrap_or(reason));
        // A visit is refused when a date is to be agreed on; everything else shows at its end.
        if course.behaviour == Behaviour::VisitRefused {
            stages.retain(|stage| !is_step(stage, CustomerActionKind::DeviceInstall));
        }
        stages.retain(|stage| stage.from < whole || whole == 0);
        stages.push(Stage { from: whole, phase: Phase::Failed { reason, left_behind } });
        return stages;
    }
    stages.push(Stage { from: whole, phase: Phase::Live });
    if let Some(reason) = loss(course) {
        let lost = whole + days(course.removed_after_days).unwrap_or(DAY);
        // The engineer tries for two hours before giving up.
        stages.push(Stage { from: lost, phase: Phase::Down });
        stages.push(Stage { from: lost + 7_200, phase: Phase::Lost { reason } });
    }
    stages
}

fn loss(course: &Course) -> Option<i32> {
    let usual = match course.behaviour {
        Behaviour::InternetLostAfterInstall => ReasonCode::InternetLostAfterInstall,
        Behaviour::TerminalsOfflineAfterInstall => ReasonCode::PartialTerminalsOffline,
        Behaviour::Normal
        | Behaviour::SlowProvider
        | Behaviour::FailsOnce
        | Behaviour::DuplicateCallback
        | Behaviour::OutcomeUnknownOnce
        | Behaviour::CustomerActsLate
        | Behaviour::OperatorChangesDns
        | Behaviour::ExistingDeviceOnSite
        | Behaviour::VisitNeverScheduled
        | Behaviour::VisitRefused
        | Behaviour::CustomerNeverActs
        | Behaviour::CustomerRollsBack
        | Behaviour::ThirdPartyRefuses
        | Behaviour::InstallFails
        | Behaviour::SiteNotReady => return None,
    };
    Some(i32::from(course.reason_code().unwrap_or(usual)))
}

/// The stages before live; the customer's steps take most of the time, as they do in life.
fn way_to_live(component: &str, whole: i64) -> Vec<Stage> {
    use CustomerActionKind as A;
    let awaiting = |action: A| Phase::Awaiting { action: i32::from(action) };
    let parts: &[(i64, Phase)] = match component {
        "utm" => &[
            (0, Phase::Running { percent: 10 }),
            (20, awaiting(A::Schedule)),
            (50, awaiting(A::DeviceInstall)),
        ],
        "cloud_waf" => &[
            (0, Phase::Running { percent: 10 }),
            (10, awaiting(A::DnsChange)),
            (90, Phase::Running { percent: 90 }),
        ],
        "edr" => &[(0, Phase::Running { percent: 10 }), (10, awaiting(A::AgentInstall))],
        "diagnosis.web" | "diagnosis.platform" => &[
            (0, Phase::Running { percent: 10 }),
            (10, awaiting(A::Information)),
            (40, Phase::Running { percent: 50 }),
        ],
        _others => &[(0, Phase::Running { percent: 10 })],
    };
    let mut stages: Vec<Stage> = parts
        .iter()
        .map(|(percent, phase)| Stage { from: whole * percent / 100, phase: *phase })
        .collect();
    if whole == 0 {
        stages.clear();
    }
    stages
}

/// Stops at a step for ever.
fn until_step(
    component: &str,
    step: CustomerActionKind,
    course: &Course,
    work_seconds: i64,
) -> Vec<Stage> {
    let whole = course.active_after_days.map_or(work_seconds, |days| i64::from(days) * DAY);
    let mut stages = way_to_live(component, whole);
    let at = stages.iter().position(|stage| is_step(stage, step)).unwrap_or(stages.len());
    let from = stages.get(at).map_or(whole / 10, |stage| stage.from);
    stages.truncate(at);
    stages.retain(|stage| stage.from < from);
    stages.push(Stage { from, phase: Phase::Awaiting { action: i32::from(step) } });
    stages
}

fn is_step(stage: &Stage, step: CustomerActionKind) -> bool {
    stage.phase == Phase::Awaiting { action: i32::from(step) }
}

fn missing_step(component: &str, course: &Course) -> CustomerActionKind {
    use CustomerActionKind as A;
    match (course.withholds, component) {
        (Some(Withheld::DnsChange), _) | (None, "cloud_waf") => A::DnsChange,
        (Some(Withheld::DeviceInstall), _) | (None, "utm") => A::DeviceInstall,
        (Some(Withheld::AgentInstall), _) | (None, "edr") => A::AgentInstall,
        (Some(Withheld::Consent), _) => A::Consent,
        (Some(Withheld::Schedule), _) => A::Schedule,
        (Some(Withheld::Information) | None, _) => A::Information,
    }
}

/// The stage at an instant, its number, when it began, and when the next begins.
pub(crate) struct Present {
    pub(crate) index: usize,
    pub(crate) phase: Phase,
    pub(crate) since: Timestamp,
    pub(crate) next_at: Option<Timestamp>,
}

/// Where a course stands at an instant. Before its start it stands at its start.
pub(crate) fn present(stages: &[Stage], started_at: Timestamp, at: Timestamp) -> Option<Present> {
    let elapsed = at.duration_since(started_at).as_secs().max(0);
    let index = stages.iter().rposition(|stage| stage.from <= elapsed).unwrap_or(0);
    let stage = stages.get(index)?;
    let instant = |seconds: i64| {
        started_at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    };
    Some(Present {
        index,
        phase: stage.phase,
        since: instant(stage.from),
        next_at: stages.get(index + 1).map(|stage| instant(stage.from)),
    })
}

/// When it went live, if it had by then.
pub(crate) fn live_since(
    stages: &[Stage],
    started_at: Timestamp,
    at: Timestamp,
) -> Option<Timestamp> {
    let live = stages.iter().find(|stage| stage.phase == Phase::Live)?;
    let since = started_at.checked_add(SignedDuration::from_secs(live.from)).ok()?;
    (since <= at).then_some(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(behaviour: Behaviour, days: Option<u32>) -> Course {
        Course { behaviour, active_after_days: days, ..Course::default() }
    }

    fn phases(component: &str, course: &Course) -> Vec<(i64, Phase)> {
        stages(component, course, 0).iter().map(|stage| (stage.from, stage.phase)).collect()
    }

    #[test]
    fn a_normal_instance_without_days_is_live_at_once() {
        for component in ["utm", "cloud_waf", "edr", "diagnosis.web", "help_desk"] {
            assert_eq!(
                phases(component, &course(Behaviour::Normal, None)),
                [(0, Phase::Live)],
                "{component}"
            );
        }
    }

    #[test]
    fn stages_begin_with_the_request_and_stand_in_order() {
        for component in ["utm", "cloud_waf", "edr", "diagnosis.web", "help_desk"] {
            for behaviour in [
                Behaviour::Normal,
                Behaviour::ExistingDeviceOnSite,
                Behaviour::VisitNeverScheduled,
                Behaviour::VisitRefused,
                Behaviour::InternetLostAfterInstall,
                Behaviour::CustomerNeverActs,
                Behaviour::CustomerRollsBack,
                Behaviour::SiteNotReady,
            ] {
                for days in [None, Some(0), Some(1), Some(20)] {
                    let stages = stages(component, &course(behaviour, days), 0);
                    assert_eq!(stages.first().map(|stage| stage.from), Some(0));
                    assert!(
                        stages.is_sorted_by_key(|stage| stage.from),
                        "{component} {behaviour:?} {days:?} {stages:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_consent_that_never_comes_is_what_the_diagnosis_waits_for() {
        let course = Course {
            withholds: Some(Withheld::Consent),
            ..course(Behaviour::CustomerNeverActs, Some(10))
        };
        let action = i32::from(CustomerActionKind::Consent);
        assert_eq!(
            phases("diagnosis.web", &course).last().map(|(_, phase)| *phase),
            Some(Phase::Awaiting { action })
        );
    }

    #[test]
    fn a_lost_line_comes_after_live_by_the_days_named() {
        let course = Course {
            removed_after_days: Some(12),
            reason: Some("UPSTREAM_CONFLICT".into()),
            ..course(Behaviour::InternetLostAfterInstall, Some(4))
        };
        let stages = stages("utm", &course, 0);
        let started_at: Timestamp = "2020-10-01T00:00:00Z".parse().unwrap();
        let at = |days: i64| {
            let at = started_at.checked_add(SignedDuration::from_secs(days * DAY)).unwrap();
            present(&stages, started_at, at).unwrap().phase
        };
        assert_eq!(at(4), Phase::Live);
        assert_eq!(at(15), Phase::Live);
        assert_eq!(at(16), Phase::Down);
        assert_eq!(at(17), Phase::Lost { reason: i32::from(ReasonCode::UpstreamConflict) });
    }
}

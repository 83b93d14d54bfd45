//! The conformance kit: the reference keeps every promise, and every planted fault is found by the
//! promise that it breaks.
#![expect(clippy::unwrap_used, reason = "test")]

use std::time::Duration;

use clap::ValueEnum as _;
use tasuki_provider::verify::{Check, Plan, Report, verify};
use tasuki_provider::{Breach, Faults, Options, bind};

async fn report_on(faults: Faults, patience: Duration) -> Report {
    let options = Options { work_seconds: 3_600, faults, ..Options::default() };
    let bound = bind(options).await.unwrap();
    let target = format!("http://{}", bound.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve(async move {
        let _told = stopped.await;
    }));
    let now = "2020-10-01T00:00:00Z".parse().unwrap();
    let plan = Plan {
        component: Some("cloud_waf".to_owned()),
        answer_within: patience,
        ..Plan::of(target, now)
    };
    let report = verify(&plan).await.unwrap();
    stop.send(()).unwrap();
    serving.abort();
    report
}

async fn broken_by(faults: Faults) -> Vec<Check> {
    let report = report_on(faults, Duration::from_mins(5)).await;
    report.broken().iter().map(|row| row.check).collect()
}

#[tokio::test]
async fn the_reference_keeps_every_promise() {
    let report = report_on(Faults::default(), Duration::from_mins(5)).await;
    assert!(report.broken().is_empty(), "{:#?}", report.broken());
    assert_eq!(report.rows.len(), Check::ALL.len());
    assert_eq!(report.provider, "reference");
}

#[tokio::test]
async fn a_slow_provider_is_found() {
    let faults = Faults { slow: Duration::from_millis(400), ..Faults::default() };
    let report = report_on(faults, Duration::from_millis(100)).await;
    assert!(!report.broken().is_empty());
}

#[tokio::test]
async fn a_provider_that_fails_now_and_then_is_found() {
    for fail_percent in [20, 100] {
        let faults = Faults { fail_percent, ..Faults::default() };
        assert!(!broken_by(faults).await.is_empty(), "{fail_percent} of a hundred");
    }
}

#[tokio::test]
async fn a_provider_whose_customer_never_acts_is_found() {
    let faults = Faults { customer_never_acts: true, ..Faults::default() };
    assert!(broken_by(faults).await.contains(&Check::Ends));
}

#[tokio::test]
async fn an_answer_that_is_lost_after_its_effect_is_found() {
    let faults = Faults { time_out_after_effect: true, ..Faults::default() };
    assert!(broken_by(faults).await.contains(&Check::Repeat));
}

#[tokio::test]
async fn every_broken_promise_is_found_by_its_check() {
    for breach in Breach::value_variants() {
        let found_by = match breach {
            Breach::ValidateSetsUp => Check::ValidateOnly,
            Breach::RepeatRefused => Check::Repeat,
            Breach::OtherSpecTaken => Check::OtherSpec,
            Breach::OlderGenerationTaken => Check::OlderGeneration,
            Breach::AnythingOffered => Check::NotOffered,
            Breach::AbsentIsError => Check::Absent,
            Breach::UnknownOperationBreaks => Check::Operation,
            Breach::SpecHashLost => Check::Observe,
            Breach::ListEmpty | Breach::PagesOverlap => Check::List,
            Breach::DeleteKeeps => Check::Delete,
            Breach::UnknownDeleteFails | Breach::NoTombstones => Check::Overtaken,
            Breach::SuspensionHidden => Check::Suspend,
        };
        let faults = Faults { breaches: vec![*breach], ..Faults::default() };
        let broken = broken_by(faults).await;
        assert!(broken.contains(&found_by), "{breach:?} breaks {broken:?}");
    }
}

//! The rules of CONTRIBUTING.md that a program can keep.
#![expect(clippy::unwrap_used, reason = "test")]

use tasuki_integration_tests::repository::{Source, sources};
use tasuki_integration_tests::tidy::{
    Finding, documents, leftovers, length, orphans, places, reasons, topics,
};

fn nothing_found(check: fn(&[Source]) -> Vec<Finding>) {
    let found: Vec<String> = check(&sources().unwrap()).iter().map(Finding::to_string).collect();
    assert!(found.is_empty(), "{} found:\n{}", found.len(), found.join("\n"));
}

#[test]
fn no_file_is_longer_than_one_idea() {
    nothing_found(length::too_long);
}

#[test]
fn sql_stays_in_store() {
    nothing_found(places::sql_outside_store);
}

#[test]
fn no_float_comes_near_money() {
    nothing_found(places::floats_where_money_is);
}

#[test]
fn modules_are_called_after_what_they_hold() {
    nothing_found(places::badly_named_modules);
}

#[test]
fn contracts_stand_in_the_folder_of_their_package() {
    nothing_found(places::misplaced_contracts);
}

#[test]
fn no_path_exists_on_one_machine_only() {
    nothing_found(places::paths_of_one_machine);
}

#[test]
fn open_ends_name_an_issue() {
    nothing_found(leftovers::open_ends);
}

#[test]
fn no_test_is_switched_off() {
    nothing_found(leftovers::ignored_tests);
}

#[test]
fn every_case_is_run() {
    nothing_found(orphans::cases_without_runner);
}

#[test]
fn every_snapshot_has_its_test() {
    nothing_found(orphans::snapshots_without_test);
}

#[test]
fn every_reason_is_documented_and_every_documented_reason_exists() {
    nothing_found(reasons::unlisted_reasons);
}

#[test]
fn every_topic_is_listed_and_every_listed_topic_is_told() {
    nothing_found(topics::unlisted_topics);
}

#[test]
fn links_between_documents_lead_somewhere() {
    nothing_found(documents::broken_links);
}

#[test]
fn both_readmes_have_the_same_commands() {
    nothing_found(documents::readmes_that_differ);
}

#[test]
fn every_decision_is_listed() {
    nothing_found(documents::unlisted_decisions);
}

//! A seeded simulator of provisioning: the machine of this crate, a queue in memory, workers that die
//! between any two steps, and a provider and a network that behave as badly as the contract allows.
//! What must hold is written down in docs/simulator.md; each planted bug here is found.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test")]

mod bugs;
mod engine;
mod provider;
mod random;
mod rules;
mod story;

use bugs::Bug;
use story::play;

/// Seeds of one run. Another part of the numbers is played when `TASUKI_SIMULATOR_FROM` says so at
/// compile time.
const SEEDS: u64 = 10_000;

/// Seeds in which a planted bug has to show.
const SEEDS_FOR_A_BUG: u64 = 1_500;

fn first() -> u64 {
    option_env!("TASUKI_SIMULATOR_FROM").and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// One of four parts, so that they run side by side.
fn part(n: u64) {
    let from = first() + n * SEEDS / 4;
    for seed in from..from + SEEDS / 4 {
        if let Err(broken) = play(seed, None) {
            panic!("seed {seed} breaks a rule: {broken}");
        }
    }
}

#[test]
fn no_story_breaks_a_rule_1() {
    part(0);
}

#[test]
fn no_story_breaks_a_rule_2() {
    part(1);
}

#[test]
fn no_story_breaks_a_rule_3() {
    part(2);
}

#[test]
fn no_story_breaks_a_rule_4() {
    part(3);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 0..50 {
        let (one, other) = (play(seed, None), play(seed, None));
        assert_eq!(one.unwrap(), other.unwrap(), "seed {seed}");
    }
}

#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let found = (0..SEEDS_FOR_A_BUG)
            .find_map(|seed| play(seed, Some(bug)).err().map(|broken| (seed, broken)));
        match found {
            Some((_, broken)) if broken.rule == bug.shows_as() => {}
            Some((seed, broken)) => missed.push(format!("{bug:?} shows as {broken} (seed {seed})")),
            None => missed.push(format!("{bug:?} is not found in {SEEDS_FOR_A_BUG} seeds")),
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_stories_reach_every_state() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..1_500 {
        seen.extend(play(seed, None).unwrap().states);
    }
    let all = [
        "accepted",
        "active",
        "awaiting_customer",
        "cancelled",
        "cleaned",
        "cleaning",
        "cleanup_stuck",
        "deprovisioned",
        "deprovisioning",
        "done",
        "failed_final",
        "failed_retryable",
        "planned",
        "requested",
        "resuming",
        "suspended",
        "suspending",
        "unknown",
        "updating",
        "verifying",
    ];
    let missing: Vec<_> = all.into_iter().filter(|state| !seen.contains(*state)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

//! Inputs that want to stall, abort or bloat the process, through both profiles.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tasuki_policies::cel::{Bindings, CelError, CelValue, Profile, evaluate_as};

/// The most memory that all of them together may ever take, in KiB.
const MOST_MEMORY: u64 = 512 * 1024;

/// The longest that one of them may take, on a slow machine without optimisation.
const MOST_TIME: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hostile {
    name: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    middle: String,
    #[serde(default)]
    times: usize,
    #[serde(default)]
    end: String,
    pack: String,
    cel: String,
}

fn came_to(given: &Result<CelValue, CelError>) -> &str {
    match given {
        Ok(_) => "value",
        Err(CelError::Wrong { code, .. }) => code,
        Err(CelError::Failed(_)) => "failed",
        Err(CelError::Referred(_)) => "referred",
        Err(CelError::Spent) => "spent",
    }
}

/// The most memory that the process ever had, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn hostile_expressions_are_refused_or_stopped_in_both_profiles() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/expressions.yaml");
    let all: Vec<Hostile> = serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut problems = Vec::new();
    for hostile in &all {
        let middle = hostile.middle.repeat(hostile.times);
        let source = format!("{}{}{middle}{}", hostile.source, hostile.start, hostile.end);
        for (profile, wanted) in [(Profile::Pack, &hostile.pack), (Profile::Cel, &hostile.cel)] {
            let start = Instant::now();
            let given = evaluate_as(profile, &source, &Bindings::new());
            let took = start.elapsed();
            if came_to(&given) != wanted || took > MOST_TIME {
                let told = format!("{given:?}").chars().take(160).collect::<String>();
                problems.push(format!(
                    "{}, {profile:?}: {wanted}, got {told} in {took:?}",
                    hostile.name
                ));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    assert!(all.len() > 90, "{} inputs", all.len());
    let peak = peak_memory();
    assert!(peak.is_none_or(|peak| peak < MOST_MEMORY), "{peak:?} KiB");
}

//! Inputs that want to stall, abort or bloat the process, through both profiles.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tasuki_policies::cel::{Bindings, CelError, CelValue, Profile, evaluate_as};
use tasuki_policies::{PackSet, PackSource};

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

/// Files that want to stall, abort or bloat the reader of packs.
fn hostile_files() -> Vec<(&'static str, String)> {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for at in 1..12 {
        let before = format!("*a{}", at - 1);
        let nine = [before.as_str(); 9].join(", ");
        laughs.push_str(&format!("a{at}: &a{at} [{nine}]\n"));
    }
    let head = "kind: eligibility\nname: x\nowner: o\nversion: '1'\nenvironment: 1\n\
                effective: { from: 2020-09-01 }\npublished_at: 2020-08-01\nsource: s\n\
                facts: [company]\nshape: all_must_hold\n";
    let rule = "  - { code: A, holds: company.has_utm, message: { ja: x, en: y } }\n";
    let variables: Vec<String> = (0..2_000).map(|n| format!("  v{n}: v{} + 1\n", n + 1)).collect();
    let variables = variables.concat();
    let indented: Vec<String> = (0..2_000).map(|n| " ".repeat(n) + "a:\n").collect();
    vec![
        ("lists that name lists", laughs),
        ("a list that names itself", "a: &a [*a]".to_owned()),
        ("deep lists", "[".repeat(20_000)),
        ("deep maps", "{a: ".repeat(20_000)),
        ("deep indentation", indented.concat()),
        ("a file of a megabyte", "x".repeat(1024 * 1024)),
        ("null bytes", "\0".repeat(1_000)),
        ("marks of a byte order", "\u{feff}".repeat(1_000)),
        ("many documents", "---\n".repeat(10_000)),
        ("many rules", format!("{head}rules:\n{}", rule.repeat(3_000))),
        (
            "many variables that need each other",
            format!("{head}variables:\n{variables}rules:\n{rule}"),
        ),
        ("a message of many values", {
            let values = "{company.employees}".repeat(5_000);
            format!(
                "{head}rules:\n  - {{ code: A, holds: company.has_utm, message: {{ ja: x, en: \"{values}\" }} }}\n"
            )
        }),
        ("a message of open brackets", {
            let open = "{".repeat(50_000);
            format!(
                "{head}rules:\n  - {{ code: A, holds: company.has_utm, message: {{ ja: x, en: \"{open}\" }} }}\n"
            )
        }),
    ]
}

#[test]
fn hostile_packs_are_read_or_refused_in_time() {
    for (name, text) in hostile_files() {
        let start = Instant::now();
        let given = PackSet::load([PackSource::new("eligibility/x/pack.yaml", text)]);
        let took = start.elapsed();
        assert!(took < MOST_TIME, "{name} took {took:?}");
        if let Err(wrong) = given {
            let told: usize = wrong.iter().map(|it| it.to_string().len()).sum();
            assert!(told > 0, "{name}");
        } else {
            assert_eq!(name, "a message of many values");
        }
    }
    let peak = peak_memory();
    assert!(peak.is_none_or(|peak| peak < MOST_MEMORY), "{peak:?} KiB");
}

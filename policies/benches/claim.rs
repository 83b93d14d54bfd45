//! What checking, metering, all reasons and a decision record cost next to the bare interpreter of
//! the `cel` crate: a claim rule with fourteen conditions.
//!
//! The baseline is one expression of the same fourteen conditions that gives a bare yes or no: once
//! with a context that holds the facts already, once with the facts given for each question, as for
//! a real one. The last lines are the ratios, each of medians measured in turns.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "benchmark")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cel::{Context, Program};
use criterion::{Criterion, criterion_group};
use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::decision::{ChainHead, Decision, Occasion, canonical_text};
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_policies::facts::{ClaimFacts, FactSet};
use tasuki_policies::{Pack, PackSet, PackSource};
use uuid::Uuid;

/// The conditions of a claim for a first response.
const CONDITIONS: [(&str, &str); 14] = [
    ("NOT_IN_FORCE", "claim.certificate_in_force"),
    ("NOT_ACTIVE", "claim.item_active_at_loss"),
    ("PART_NOT_COVERED", "claim.part in ['on_site_response', 'virus_removal']"),
    ("PREMIUM", "claim.premium_accounted"),
    ("HEARTBEAT", "claim.hours_since_heartbeat <= 72"),
    ("BYPASS", "!claim.bypass_active || claim.bypass_approved"),
    ("FINDING", "claim.critical_findings_open_days <= 30 || !claim.finding_caused_loss"),
    ("INCIDENT", "claim.has_incident && claim.soc_confirmed"),
    ("WORK", "claim.work_by_operator"),
    ("INCLUDED", "!claim.included_in_service"),
    ("INTENT", "!claim.intentional && !claim.war"),
    ("KNOWN", "!claim.known_before_cover"),
    ("LATE", "claim.days_to_notice <= 30"),
    ("AMOUNT", "claim.amount_yen > 0 && claim.amount_yen <= claim.limit_left_yen"),
];

fn pack() -> Arc<Pack> {
    let mut text = "kind: trigger\nname: bench\nowner: an insurer\nversion: \"1\"\nenvironment: 1\n\
                    effective: { from: 2020-09-01 }\npublished_at: 2020-08-01\nsource: the wording\n\
                    facts: [claim]\nshape: all_must_hold\nrules:\n"
        .to_owned();
    for (code, condition) in CONDITIONS {
        text += &format!(
            "  - code: {code}\n    clause: 第5条\n    holds: \"{condition}\"\n    \
             message: {{ ja: \"{code}を満たしません\", en: \"{code} does not hold\" }}\n"
        );
    }
    let packs = PackSet::load([PackSource::new("trigger/bench/pack.yaml", text)]).unwrap();
    Arc::clone(packs.packs().next().unwrap())
}

/// A claim that is covered, or one that fails three of the conditions.
fn facts(covered: bool) -> FactSet {
    let facts = json!({
        "certificate_in_force": true, "item_active_at_loss": true, "part": "virus_removal",
        "premium_accounted": true, "hours_since_heartbeat": if covered { 5 } else { 100 },
        "bypass_active": !covered, "bypass_approved": false, "critical_findings_open_days": 0,
        "finding_caused_loss": false, "has_incident": true, "soc_confirmed": true,
        "work_by_operator": covered, "included_in_service": false, "intentional": false,
        "war": false, "known_before_cover": false, "days_to_notice": 2, "amount_yen": 30_000,
        "limit_left_yen": 500_000,
    });
    let facts: ClaimFacts = serde_json::from_value(facts).unwrap();
    FactSet::at("2021-06-01T00:00:00Z".parse().unwrap()).with_claim(facts)
}

/// The facts as the crate's interpreter takes them, by name.
fn plain_facts(covered: bool) -> serde_json::Value {
    facts(covered).to_json().unwrap()["claim"].clone()
}

fn plain() -> Program {
    let all: Vec<String> = CONDITIONS.iter().map(|(_, it)| format!("({it})")).collect();
    Program::compile(&all.join(" && ")).unwrap()
}

fn recorded(pack: &Pack, facts: &FactSet, head: &ChainHead) -> ChainHead {
    let at = facts.now;
    let occasion = Occasion {
        id: DecisionId::from(Uuid::nil()),
        tenant_id: Some(TenantId::from(Uuid::nil())),
        subject: "clm_bench".to_owned(),
        as_of: at,
        decided_at: at,
        decided_by: Actor::from(&Principal::of("bench", Role::Insurer)),
    };
    let explanation = pack.evaluate(facts).explanation();
    let frozen = facts.to_json().unwrap();
    let decision = Decision::record(occasion, pack.identity().clone(), frozen, explanation);
    head.link(&canonical_text(&decision).unwrap()).1
}

type Work = Box<dyn Fn()>;

/// What is measured, by name. The first two are the baselines.
fn works() -> Vec<(&'static str, Work)> {
    let pack = pack();
    let program = Arc::new(plain());
    let mut reused = Context::default();
    reused.add_variable("claim", plain_facts(true)).unwrap();
    let (again, root) = (Arc::clone(&program), Context::default());
    let given = plain_facts(true);
    let (yes, no) = (facts(true), facts(false));
    let (pack_no, pack_record) = (Arc::clone(&pack), Arc::clone(&pack));
    let (no_record, head) = (no.clone(), ChainHead::default());
    vec![
        (
            "cel, context reused: yes",
            Box::new(move || {
                black_box(program.execute(&reused)).unwrap();
            }),
        ),
        (
            "cel, facts given: yes",
            Box::new(move || {
                let mut inner = root.new_inner_scope();
                inner.add_variable("claim", given.clone()).unwrap();
                black_box(again.execute(&inner)).unwrap();
            }),
        ),
        (
            "pack: yes",
            Box::new(move || {
                black_box(pack.evaluate(&yes));
            }),
        ),
        (
            "pack: no, all four reasons",
            Box::new(move || {
                black_box(pack_no.evaluate(&no));
            }),
        ),
        (
            "pack: no, all four reasons, recorded and chained",
            Box::new(move || {
                black_box(recorded(&pack_record, &no_record, &head));
            }),
        ),
    ]
}

fn benches(c: &mut Criterion) {
    for (name, work) in works() {
        c.bench_function(name, |b| b.iter(&work));
    }
}

/// The ratios, of medians of rounds that take turns: what slows the machine slows all of them.
#[expect(clippy::print_stdout, clippy::float_arithmetic, reason = "the result of a benchmark")]
fn ratios() {
    const ROUNDS: usize = 41;
    const CALLS: u32 = 2_000;
    let works = works();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); works.len()];
    for _ in 0..ROUNDS {
        for ((_, work), times) in works.iter().zip(&mut times) {
            let started = Instant::now();
            (0..CALLS).for_each(|_| work());
            times.push(started.elapsed() / CALLS);
        }
    }
    let medians: Vec<Duration> = times
        .iter_mut()
        .map(|times| {
            times.sort_unstable();
            times[ROUNDS / 2]
        })
        .collect();
    println!("\n{:<52} {:>9} {:>12} {:>12}", "", "median", "x reused", "x given");
    for ((name, _), median) in works.iter().zip(&medians) {
        let ratio = |base: Duration| median.as_secs_f64() / base.as_secs_f64();
        let (reused, given) = (ratio(medians[0]), ratio(medians[1]));
        println!("{name:<52} {:>6} ns {reused:>12.2} {given:>12.2}", median.as_nanos());
    }
}

criterion_group!(group, benches);

fn main() {
    group();
    ratios();
}

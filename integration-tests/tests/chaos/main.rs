//! Chaos: real processes, killed, frozen and started again while customers order; at the end everything must be as if
//! nothing had happened. See docs/chaos.md.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test"
)]

mod blows;
mod customers;
mod databases;
mod processes;
mod stage;
mod verdict;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tasuki_integration_tests::program;

use crate::blows::{Striker, Temper};
use crate::customers::{Crowd, Customer, serve};
use crate::stage::{Kind, Stage};
use crate::verdict::{Verdict, judge, quiet};

/// Seconds of a lease: the shortest that the settings allow, so that a frozen process outlives it soon.
const LEASE_SECONDS: u32 = 5;

/// What is played.
#[derive(Debug, Clone, Copy)]
struct Plan {
    kind: Kind,
    crowd: Crowd,
    /// Every blow at least so often.
    n_rounds: u32,
    longest_pause: u64,
}

impl Plan {
    /// Short enough for every change.
    const fn short(kind: Kind) -> Self {
        let crowd = Crowd { n_customers: 24, n_at_once: 6, longest_pause: 2_000, seed: 1 };
        Self { kind, crowd, n_rounds: 1, longest_pause: 1_000 }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_nothing_is_lost_and_nothing_happens_twice() {
    run(Plan::short(Kind::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_nothing_is_lost_and_nothing_happens_twice() {
    // The server for tests serves others, too: the run brings one of its own that it can crash.
    if std::env::var_os("TASUKI_TEST_POSTGRES").is_some() {
        run(Plan::short(Kind::Postgres)).await;
    }
}

/// Takes many minutes: only when it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_orders_as_are_asked_for() {
    let asked = |name: &str| std::env::var_os(name).and_then(|it| it.to_str()?.parse().ok());
    let Some(n_customers) = asked("TASUKI_CHAOS_ORDERS") else { return };
    let number = |name: &str, usual: u32| asked(name).unwrap_or(usual);
    let kind = match std::env::var_os("TASUKI_CHAOS_DATABASE") {
        Some(name) if name == "sqlite" => Kind::Sqlite,
        _postgres => Kind::Postgres,
    };
    let crowd = Crowd {
        n_customers,
        n_at_once: number("TASUKI_CHAOS_AT_ONCE", 12),
        longest_pause: 500,
        seed: number("TASUKI_CHAOS_SEED", 1).into(),
    };
    let table = run(Plan { kind, crowd, n_rounds: 3, longest_pause: 2_000 }).await;
    println!("{table}");
}

/// `.ci/upgrade` builds an older program and names it.
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_an_older_program_began_are_finished_by_this_one() {
    let Some(old) = std::env::var_os("TASUKI_UPGRADE_FROM").map(PathBuf::from) else { return };
    for kind in [Kind::Sqlite, Kind::Postgres] {
        upgrade(kind, &old).await;
    }
}

/// Plays a plan and tells its figures as a table.
async fn run(plan: Plan) -> String {
    let began = Instant::now();
    let program = program::path().unwrap();
    let mut stage = Stage::set(plan.kind, Some(LEASE_SECONDS), &program).await;
    let go_on = Arc::new(AtomicBool::new(true));
    let serving = customers(&stage, plan.crowd, &go_on);
    let Crowd { seed, .. } = plan.crowd;
    let temper = Temper { seed, lease_seconds: LEASE_SECONDS, longest_pause: plan.longest_pause };
    let mut striker = Striker::new(temper);
    let mut n_rounds = 0;
    while !serving.is_finished() {
        striker.strike(&mut stage).await;
        n_rounds += u32::from(striker.is_round_over());
        if n_rounds >= plan.n_rounds {
            go_on.store(false, Ordering::SeqCst);
        }
    }
    let fared = serving.await.unwrap();
    let verdict = settled(&stage, &fared).await;
    let mut table = format!("| {} | seed {seed} |\n|---|---|\n", stage.database.name());
    for (blow, n) in &striker.n_blows {
        writeln!(table, "| {} | {n} |", blow.text()).unwrap();
    }
    for (what, n) in &verdict.figures {
        writeln!(table, "| {what} | {n} |").unwrap();
    }
    writeln!(table, "| seconds | {} |", began.elapsed().as_secs()).unwrap();
    table
}

/// Orders are placed with an older program, which is killed while they are under way.
async fn upgrade(kind: Kind, old: &Path) {
    let mut stage = Stage::set(kind, None, old).await;
    let go_on = Arc::new(AtomicBool::new(true));
    let crowd = Crowd { n_customers: 12, n_at_once: 6, longest_pause: 300, seed: 1 };
    let serving = customers(&stage, crowd, &go_on);
    let is_some_way_on = || {
        let done = "SELECT COUNT(*) FROM job WHERE state = 'done'";
        stage.database.count(done) >= 40
    };
    while !is_some_way_on() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    stage.upgrade(&program::path().unwrap());
    for server in &mut stage.servers {
        // One after the other: for a while both programs run on the database.
        server.kill();
        server.start().await;
    }
    go_on.store(false, Ordering::SeqCst);
    let fared = serving.await.unwrap();
    settled(&stage, &fared).await;
}

fn customers(
    stage: &Stage,
    crowd: Crowd,
    go_on: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<Vec<Result<Customer, String>>> {
    let (client, partner, go_on) = (stage.client.clone(), stage.partner.clone(), Arc::clone(go_on));
    tokio::spawn(async move { serve(&client, &partner, crowd, go_on).await })
}

/// Waits until all is quiet and judges; nothing may be broken.
async fn settled(stage: &Stage, fared: &[Result<Customer, String>]) -> Verdict {
    let still = quiet(stage).await;
    let mut verdict = judge(stage, fared).await;
    verdict.broken.extend(still.err());
    let broken = verdict.broken.join("\n");
    assert!(broken.is_empty(), "{}:\n{broken}\n\n{}", stage.database.name(), stage.logs());
    verdict
}

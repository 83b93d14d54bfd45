//! What the job engine does in a second, next to a bare loop in SQL that claims and deletes: with one, four and eight
//! workers, one job and twenty jobs at a time, and with a backlog that grows.
//!
//! The job is a real one that has next to nothing to do: the sweep of a provider that is gone reads once and completes.
//! Engine and bare loop take turns on the same database in the same run; what counts is their ratio. On PostgreSQL, too,
//! where `TASUKI_TEST_POSTGRES` names a server. Without `--bench` (as `cargo test --benches` runs it) it only shows that
//! it works.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "benchmark")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::id::{IdSource, ProviderId};
use tasuki_core::time::{Clock, Timestamp};
use tasuki_partners::notices::DeskQueue;
use tasuki_partners::provider::GrpcProviders;
use tasuki_store::jobs::{self, Lane};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{Store, StoreError};
use tasuki_worker::{Hands, Worker, run_jobs_with};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Jobs are never out while workers are measured.
const PLENTY: u64 = 200_000;

/// Everything is due long since, and leases never end.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        "2021-06-01T00:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

/// How long and how much is measured.
struct Measure {
    turn: Duration,
    workers: &'static [u64],
    plenty: u64,
    backlogs: &'static [u64],
}

impl Measure {
    fn asked() -> Self {
        if std::env::args().any(|argument| argument == "--bench") {
            return Self {
                turn: Duration::from_secs(4),
                workers: &[1, 4, 8],
                plenty: PLENTY,
                backlogs: &[1_000, 10_000, 100_000, 1_000_000],
            };
        }
        Self {
            turn: Duration::from_millis(200),
            workers: &[1, 4],
            plenty: 2_000,
            backlogs: &[1_000, 2_000],
        }
    }
}

#[tokio::main]
async fn main() {
    let measure = Measure::asked();
    for fresh in databases().await {
        let ids = Arc::new(Counted::default());
        println!("\n{}: jobs a second, and the engine as a share of the bare loop", fresh.name);
        println!("{:>8}{:>8}{:>12}{:>12}{:>8}", "workers", "batch", "bare", "engine", "share");
        for workers in measure.workers {
            for batch in [1, 20] {
                fill(&fresh, measure.plenty).await;
                let bare = bare(&fresh, (*workers, batch), measure.turn).await;
                fill(&fresh, measure.plenty).await;
                let engine = engine(&fresh, &ids, (*workers, batch), measure.turn).await;
                let share = engine.saturating_mul(100) / bare.max(1);
                println!("{workers:>8}{batch:>8}{bare:>12}{engine:>12}{share:>7}%");
            }
        }
        println!("{:>16}{:>12}{:>12}", "backlog", "engine", "share");
        let mut first = None;
        for backlog in measure.backlogs {
            fill(&fresh, *backlog).await;
            // A small backlog is done before the turn is over: it is taken a part at a time.
            let turn = measure.turn.min(Duration::from_millis(*backlog / 2));
            let a_second = engine(&fresh, &ids, (1, 20), turn).await;
            let first = *first.get_or_insert(a_second.max(1));
            println!("{backlog:>16}{a_second:>12}{:>11}%", a_second.saturating_mul(100) / first);
        }
    }
}

/// Empties the table and puts so many jobs into it.
async fn fill(fresh: &Fresh, n: u64) {
    let postgres = fresh.name == "postgres";
    // What was deleted row by row would still be in the way there.
    fresh.tamper(if postgres { "TRUNCATE job" } else { "DELETE FROM job" }).await;
    let provider = ProviderId::of_code("gone");
    let (numbers, id, now) = if postgres {
        (format!("generate_series(1, {n}) AS t (n)"), "gen_random_uuid()", "::timestamptz")
    } else {
        let series = format!(
            "(WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {n}) \
             SELECT n FROM t)"
        );
        (series, "randomblob(16)", "")
    };
    let payload = format!("{{\"provider_id\": \"{provider}\"}}");
    let cast = if postgres { "::jsonb" } else { "" };
    let sql = format!(
        "INSERT INTO job (id, lane, kind, job_key, payload, schema_version, state, run_at, attempt) \
         SELECT {id}, 'low', 'sweep_provider', 'sweep_provider:' || n, '{payload}'{cast}, 1, \
         'pending', '2021-01-01T00:00:00+00:00'{now}, 0 FROM {numbers}"
    );
    fresh.tamper(&sql).await;
    if postgres {
        fresh.tamper("ANALYZE job").await;
    }
}

async fn pending(store: &Store) -> u64 {
    let tx = store.begin_read().await.unwrap();
    let backlog = jobs::backlog(&tx, Still.now()).await.unwrap();
    u64::try_from(backlog.n_pending).unwrap()
}

fn a_second(n: u64, elapsed: Duration) -> u64 {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap().max(1);
    n.saturating_mul(1_000) / milliseconds
}

/// The least that a queue can do: a transaction that takes rows out, again and again.
async fn bare(fresh: &Fresh, (workers, batch): (u64, u64), turn: Duration) -> u64 {
    let skip = if fresh.name == "postgres" { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = 'pending' AND lane = 'low' \
         AND run_at <= '2021-06-01T00:00:00+00:00' ORDER BY run_at, job_key LIMIT {batch} {skip})"
    );
    let before = pending(&fresh.store).await;
    let began = Instant::now();
    let loops = (0..workers).map(|_| async {
        while began.elapsed() < turn {
            fresh.tamper(&sql).await;
        }
    });
    futures(loops).await;
    let elapsed = began.elapsed();
    a_second(before - pending(&fresh.store).await, elapsed)
}

/// Runs all of them at once, in this task.
async fn futures(all: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        waiting.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

async fn engine(
    fresh: &Fresh,
    ids: &Arc<Counted>,
    (workers, batch): (u64, u64),
    turn: Duration,
) -> u64 {
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    let mut stores = Vec::new();
    for _worker in 0..workers {
        stores.push(open(fresh).await.unwrap());
    }
    let before = pending(&fresh.store).await;
    let began = Instant::now();
    for store in stores {
        let ctx = Context {
            store,
            clock: Arc::new(Still),
            ids: Arc::clone(ids) as Arc<dyn IdSource>,
            library: Arc::new(Library::load(None, None).unwrap()),
        };
        let (notices, providers) = (Arc::new(DeskQueue), Arc::new(GrpcProviders::new()));
        let worker = Worker { ctx, notices, providers, dns: None };
        let lanes = [(Lane::Low, usize::try_from(batch).unwrap())].into();
        let hands = Hands { lanes, ..Hands::default() };
        running.spawn(run_jobs_with(worker, hands, stop.clone()));
    }
    while began.elapsed() < turn {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    running.join_all().await;
    let elapsed = began.elapsed();
    a_second(before - pending(&fresh.store).await, elapsed)
}

/// As a process of its own would: with its own connections.
async fn open(fresh: &Fresh) -> Result<Store, StoreError> {
    Store::open(&fresh.options).await
}

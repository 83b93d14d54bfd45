//! What a call costs the server over gRPC, in CPU time and in calls a second, next to a bare call of the same message.
//!
//! The server is the `tasuki` program as it is shipped, on SQLite in a folder that goes away. The baseline is a server
//! of tonic alone that decodes the very same request and answers with an empty message: this program again, started
//! with the name of the call. Each server is a process of its own, so that its CPU time is only its own; they take
//! turns, and each ratio is of medians. The caller runs on the same machine: calls a second are those of both together.
#![expect(clippy::unwrap_used, reason = "benchmark")]

mod bare;
mod eligibility;
mod quote;
mod served;

use std::time::{Duration, Instant};

use tonic::transport::Channel;

use self::served::Process;

/// Calls that one turn makes, so many of them at once.
const N_CALLS: usize = 8_000;
const AT_ONCE: usize = 64;

/// Turns of each server.
const N_TURNS: usize = 7;

/// One way of calling a server.
struct Way<'a> {
    name: &'static str,
    /// What it is to cost at most, in CPU time, as a multiple of the bare call.
    most: Option<f64>,
    /// How many calls a second there are to be at least, as a share of the bare calls.
    least: Option<f64>,
    server: &'a Process,
    call: Box<dyn Fn(Channel, usize) -> Calling>,
}

type Calling = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn main() {
    // Started by itself, as the baseline.
    if std::env::args().any(|argument| argument == bare::SERVE) {
        return bare::serve();
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        eligibility::measure().await;
        quote::measure().await;
    });
}

/// Whether something of this name was asked for: without arguments everything is.
fn is_wanted(name: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let first = words.next();
    first.is_none_or(|first| name.contains(&first) || words.any(|word| name.contains(&word)))
}

/// What one turn found.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// The server's CPU time per call, in microseconds.
    cpu: f64,
    /// Calls a second.
    calls: f64,
}

/// Measures all ways in turns and prints what was found.
async fn compare(title: &str, mut ways: Vec<Way<'_>>) {
    // Of a call that was not asked for as a whole, only what was, beside the bare call.
    let mut at = 0;
    ways.retain(|way| {
        at += 1;
        at == 1 || is_wanted(title) || is_wanted(way.name)
    });
    if ways.len() == 1 {
        return;
    }
    let mut turns = vec![Vec::new(); ways.len()];
    // The first turn warms up.
    for turn in 0..=N_TURNS {
        for (way, turns) in ways.iter().zip(&mut turns) {
            let found = turn_of(way, turn).await;
            if turn > 0 {
                turns.push(found);
            }
        }
    }
    report(title, &ways, &turns);
}

#[expect(clippy::print_stdout, clippy::float_arithmetic, reason = "the result of a benchmark")]
fn report(title: &str, ways: &[Way<'_>], turns: &[Vec<Turn>]) {
    println!("{title}");
    let mut bare = None;
    for (way, turns) in ways.iter().zip(turns) {
        let found = Turn {
            cpu: median(turns.iter().map(|turn| turn.cpu)),
            calls: median(turns.iter().map(|turn| turn.calls)),
        };
        let first = *bare.get_or_insert(found);
        let (cost, rate) = (found.cpu / first.cpu, found.calls / first.calls);
        let most = way.most.map(|most| format!(" (at most {most})")).unwrap_or_default();
        let least = way.least.map(|least| format!(" (at least {least})")).unwrap_or_default();
        println!(
            "  {:<44} {:>7.1} µs {cost:>6.2} x{most}, {:>6.0} calls/s {rate:>5.2} x{least}",
            way.name, found.cpu, found.calls
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap()
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a measurement"
)]
async fn turn_of(way: &Way<'_>, turn: usize) -> Turn {
    let channel = way.server.channel().await;
    let (before, began) = (way.server.cpu(), Instant::now());
    let mut calls = tokio::task::JoinSet::new();
    for caller in 0..AT_ONCE {
        let channel = channel.clone();
        let first = (turn * AT_ONCE + caller) * N_CALLS;
        let calls_of_one: Vec<Calling> =
            (0..N_CALLS / AT_ONCE).map(|n| (way.call)(channel.clone(), first + n)).collect();
        calls.spawn(async move {
            for call in calls_of_one {
                call.await;
            }
        });
    }
    calls.join_all().await;
    let took = began.elapsed();
    // What was batched is done soon after its answer.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let spent = way.server.cpu().saturating_sub(before);
    let n = N_CALLS as f64;
    Turn { cpu: spent.as_secs_f64() * 1e6 / n, calls: n / took.as_secs_f64() }
}

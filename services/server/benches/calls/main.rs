//! What a call costs the server over gRPC, in CPU time, next to a bare call of the same message.
//!
//! The server is the `tasuki` program as it is shipped, on SQLite in a folder that goes away. The baseline is a server
//! of tonic alone that decodes the very same request and answers with an empty message: this program again, started
//! with the name of the call. Each server is a process of its own, so that its CPU time is only its own; they take
//! turns, and each ratio is of medians.
#![expect(clippy::unwrap_used, reason = "benchmark")]

mod bare;
mod eligibility;
mod served;

use std::time::Duration;

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
    /// What it may cost, as a multiple of the bare call.
    target: Option<f64>,
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
    runtime.block_on(eligibility::measure());
}

/// Measures all ways in turns and prints what each call cost the server.
async fn compare(title: &str, ways: &[Way<'_>]) {
    let mut costs = vec![Vec::new(); ways.len()];
    // The first turn warms up.
    for turn in 0..=N_TURNS {
        for (way, costs) in ways.iter().zip(&mut costs) {
            let cost = turn_of(way, turn).await;
            if turn > 0 {
                costs.push(cost);
            }
        }
    }
    report(title, ways, &mut costs);
}

#[expect(clippy::print_stdout, clippy::float_arithmetic, reason = "the result of a benchmark")]
fn report(title: &str, ways: &[Way<'_>], costs: &mut [Vec<f64>]) {
    println!("{title}");
    let mut bare = None;
    for (way, costs) in ways.iter().zip(costs) {
        costs.sort_by(f64::total_cmp);
        let median = costs.get(costs.len() / 2).copied().unwrap();
        let ratio = median / *bare.get_or_insert(median);
        let target = way.target.map(|most| format!(", target at most {most}")).unwrap_or_default();
        println!("  {:<46} {median:>7.1} µs  {ratio:>5.2} x{target}", way.name);
    }
}

/// The server's CPU time per call, in microseconds.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a measurement"
)]
async fn turn_of(way: &Way<'_>, turn: usize) -> f64 {
    let channel = way.server.channel().await;
    let before = way.server.cpu();
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
    // What was batched is done soon after its answer.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let spent = way.server.cpu().saturating_sub(before);
    spent.as_secs_f64() * 1e6 / N_CALLS as f64
}

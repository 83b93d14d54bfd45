//! Long runs over books of decisions, as streams with progress.

use std::time::Duration;

use tasuki_app::governing::{
    BookEntry, BookProblem, BookRun, CompareBase, CompareQuestion, CompareStep, Compared,
    ComparisonRun, Side, Tally,
};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::types::v1 as words_proto;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::mapping;
use crate::status::status;
use crate::{explain, fields, words};

/// How often progress is told at least.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Messages that wait for a slow receiver; the run waits with them.
const WAITING: usize = 64;

/// Tenants of a summary.
const MOST_TENANTS: usize = 1_000;

type Stream<T> = ReceiverStream<Result<T, Status>>;
type Sender<T> = mpsc::Sender<Result<T, Status>>;

/// The receiver is gone: nobody waits for the rest.
struct Gone;

pub(super) fn period(
    field: &str,
    period: Option<words_proto::Period>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
    let Some(words_proto::Period { start, end }) = period else { return Ok((None, None)) };
    let from = fields::optional_timestamp(&format!("{field}.start"), start)?;
    let until = fields::optional_timestamp(&format!("{field}.end"), end)?;
    Ok((from, until))
}

pub(super) fn question(message: proto::CompareVersionsRequest) -> Result<CompareQuestion, Problem> {
    let (from, until) = period("as_of", message.as_of)?;
    Ok(CompareQuestion {
        kind: explain::kind_from(message.kind()),
        name: message.name,
        base: message.base.map_or(CompareBase::Recorded, side),
        other: message.other.map_or(CompareBase::Recorded, side),
        from,
        until,
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
    })
}

fn side(side: proto::VersionReference) -> CompareBase {
    if !side.files.is_empty() {
        CompareBase::Files(mapping::sources(side.files))
    } else if side.version.is_empty() {
        CompareBase::Recorded
    } else {
        CompareBase::Version(side.version)
    }
}

/// Runs a comparison to its end while somebody listens.
pub(super) fn compare(
    run: ComparisonRun,
    only_changed: bool,
) -> Stream<proto::CompareVersionsResponse> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        // A receiver that is gone needs no answer.
        let _ = comparing(run, only_changed, &sender).await;
    });
    ReceiverStream::new(receiver)
}

async fn comparing(
    mut run: ComparisonRun,
    only_changed: bool,
    sender: &Sender<proto::CompareVersionsResponse>,
) -> Result<(), Gone> {
    use proto::compare_versions_response::Part;
    let part = |part| Ok(proto::CompareVersionsResponse { part: Some(part) });
    let mut due = Instant::now();
    loop {
        if Instant::now() >= due {
            let tally = run.tally();
            let done = tally.n_compared + tally.n_unreadable;
            let progress = progress(done, run.n_total, tally.n_changed);
            send(sender, part(Part::Progress(progress))).await?;
            due = Instant::now() + PROGRESS_EVERY;
        }
        let CompareStep { decisions, .. } = match run.step().await {
            Ok(Some(step)) => step,
            Ok(None) => return send(sender, part(Part::Summary(summary(run.tally())))).await,
            Err(problem) => return send(sender, Err(status(&problem))).await,
        };
        for (entry, compared) in &decisions {
            if compared.is_changed() || !only_changed {
                send(sender, part(Part::Decision(changed(entry, compared)))).await?;
            }
        }
    }
}

/// Runs a replay to its end while somebody listens.
pub(super) fn replay(run: BookRun) -> Stream<proto::ReplayBookResponse> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        // A receiver that is gone needs no answer.
        let _ = replaying(run, &sender).await;
    });
    ReceiverStream::new(receiver)
}

async fn replaying(
    mut run: BookRun,
    sender: &Sender<proto::ReplayBookResponse>,
) -> Result<(), Gone> {
    use proto::replay_book_response::Part;
    let part = |part| Ok(proto::ReplayBookResponse { part: Some(part) });
    let mut due = Instant::now();
    loop {
        let found = run.summary();
        if Instant::now() >= due {
            let progress = progress(found.n_done, run.n_total, found.n_problems);
            send(sender, part(Part::Progress(progress))).await?;
            due = Instant::now() + PROGRESS_EVERY;
        }
        let step = match run.step().await {
            Ok(Some(step)) => step,
            Ok(None) => {
                let summary = proto::ReplaySummary {
                    n_replayed: count(found.n_replayed),
                    n_problems: count(found.n_problems),
                    n_chains: count(found.n_chains),
                };
                return send(sender, part(Part::Summary(summary))).await;
            }
            Err(problem) => return send(sender, Err(status(&problem))).await,
        };
        for found in &step.problems {
            send(sender, part(Part::Problem(problem(found)))).await?;
        }
    }
}

async fn send<T>(sender: &Sender<T>, message: Result<T, Status>) -> Result<(), Gone> {
    sender.send(message).await.map_err(|_| Gone)
}

fn progress(n_done: u64, n_total: u64, n_changed: u64) -> proto::ComparisonProgress {
    proto::ComparisonProgress {
        n_done: count(n_done),
        n_total: count(n_total),
        n_changed: count(n_changed),
    }
}

fn problem(problem: &BookProblem) -> proto::ReplayProblem {
    proto::ReplayProblem {
        tenant_id: problem.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
        decision_id: problem.decision_id.map(|id| id.to_string()).unwrap_or_default(),
        problem: problem.problem.clone(),
    }
}

fn changed(entry: &BookEntry, compared: &Compared) -> proto::ChangedDecision {
    let Compared { before, after } = compared;
    let amount = |side: &Side| side.amount_yen.map(|yen| words::money(Money::jpy(yen)));
    proto::ChangedDecision {
        decision_id: entry.id.clone(),
        case_name: entry.name.clone(),
        tenant_id: entry.tenant_id.clone().unwrap_or_default(),
        subject: entry.subject.clone(),
        before: explain::outcome(before.outcome).into(),
        after: explain::outcome(after.outcome).into(),
        codes_before: before.codes.clone(),
        codes_after: after.codes.clone(),
        amount_before: amount(before),
        amount_after: amount(after),
    }
}

fn summary(tally: &Tally) -> proto::ComparisonSummary {
    let yen = |yen: i64| Some(words::money(Money::jpy(yen)));
    let mut rules: Vec<proto::RuleImpact> = tally
        .rules
        .iter()
        .map(|(code, rule)| proto::RuleImpact {
            code: code.clone(),
            n_newly_failing: count(rule.n_newly_failing),
            n_no_longer_failing: count(rule.n_no_longer_failing),
            difference: yen(rule.difference_yen),
        })
        .collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.n_newly_failing + rule.n_no_longer_failing));
    let mut tenants: Vec<_> = tally.tenants.iter().collect();
    tenants.sort_by_key(|(_, tenant)| std::cmp::Reverse(tenant.difference_yen.unsigned_abs()));
    proto::ComparisonSummary {
        n_compared: count(tally.n_compared),
        n_changed: count(tally.n_changed),
        n_to_satisfied: count(tally.n_to_satisfied),
        n_to_not_satisfied: count(tally.n_to_not_satisfied),
        n_to_undetermined: count(tally.n_to_undetermined),
        difference: yen(tally.difference_yen),
        rules,
        tenants: tenants
            .into_iter()
            .take(MOST_TENANTS)
            .map(|(id, tenant)| proto::TenantImpact {
                tenant_id: id.clone(),
                n_changed: count(tenant.n_changed),
                difference: yen(tenant.difference_yen),
            })
            .collect(),
        n_unreadable: count(tally.n_unreadable),
    }
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

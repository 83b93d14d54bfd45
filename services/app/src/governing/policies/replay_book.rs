//! Proves a whole book: every decision comes out again byte for byte, and every chain of hashes holds.

use std::collections::VecDeque;

use tasuki_core::decision::ChainHead;
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_store::decisions::{self, StoredLink};
use uuid::Uuid;

use super::decisions::{by_hash, replay};
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::scope;

/// Decisions that are replayed before the next are read.
const AT_ONCE: u64 = 200;

/// A decision that does not replay, or a link that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookProblem {
    /// The tenant; none for decisions about nobody in particular.
    pub tenant_id: Option<TenantId>,
    /// The decision; none when records are missing at the end of a chain.
    pub decision_id: Option<DecisionId>,
    /// What is wrong.
    pub problem: String,
}

/// What a replay has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BookSummary {
    /// Decisions whose place was checked.
    pub n_done: u64,
    /// Of these, decisions that were evaluated again: those of the period that was asked for.
    pub n_replayed: u64,
    /// Problems.
    pub n_problems: u64,
    /// Chains that were looked at.
    pub n_chains: u64,
}

/// A replay under way; ask it for step after step.
#[derive(Debug)]
pub struct BookRun {
    ctx: Context,
    chains: VecDeque<(Uuid, ChainHead)>,
    /// How far the first of the chains is checked.
    checked: ChainHead,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    summary: BookSummary,
    /// Decisions to look at, as many as there were at the start.
    pub n_total: u64,
}

/// What a few decisions have shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookStep {
    /// What is wrong; empty when nothing is.
    pub problems: Vec<BookProblem>,
}

/// Starts a replay. Chains are checked from their first record; only decisions of the period are
/// evaluated again.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `TENANT_NOT_FOUND`.
pub async fn replay_book(
    ctx: &Context,
    call: &Call,
    tenant: Option<TenantId>,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
) -> Result<BookRun, Problem> {
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin_read().await?;
    let scope = scope::of_list(ctx, &tx, call, tenant).await?;
    let chains: VecDeque<_> = decisions::chains(&tx, scope).await?.into();
    let lengths = chains.iter().map(|(_, head)| u64::try_from(head.sequence).unwrap_or_default());
    let n_total = lengths.sum();
    let summary = BookSummary {
        n_chains: u64::try_from(chains.len()).unwrap_or_default(),
        ..BookSummary::default()
    };
    let checked = ChainHead::default();
    Ok(BookRun { ctx: ctx.clone(), chains, checked, from, until, summary, n_total })
}

impl BookRun {
    /// The next decisions; nothing after the last.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn step(&mut self) -> Result<Option<BookStep>, Problem> {
        let Some((chain, end)) = self.chains.front().cloned() else { return Ok(None) };
        let tx = self.ctx.store.begin_read().await?;
        let rows = decisions::of_chain(&tx, chain, self.checked.sequence, AT_ONCE).await?;
        let mut problems = Vec::new();
        // What was recorded since the start is not looked at: its chain has grown, which is right.
        let rows: Vec<StoredLink> =
            rows.into_iter().filter(|row| row.link.sequence <= end.sequence).collect();
        let is_last = rows.last().is_none_or(|row| row.link.sequence >= end.sequence);
        for row in rows {
            self.check(&tx, chain, row, &mut problems).await?;
        }
        if is_last {
            problems.extend(self.end_of(chain, &end));
            self.chains.pop_front();
            self.checked = ChainHead::default();
        }
        let found = u64::try_from(problems.len()).unwrap_or_default();
        self.summary.n_problems += found;
        tokio::task::yield_now().await;
        Ok(Some(BookStep { problems }))
    }

    async fn check(
        &mut self,
        tx: &tasuki_store::Tx,
        chain: Uuid,
        row: StoredLink,
        problems: &mut Vec<BookProblem>,
    ) -> Result<(), Problem> {
        self.summary.n_done += 1;
        let broken = row.link.check(&row.document, &self.checked).err();
        self.checked = row.link.head();
        let decision = match row.decision() {
            Ok(decision) => decision,
            Err(error) => {
                let problem = format!("the record cannot be read: {error}");
                problems.push(BookProblem { tenant_id: tenant(chain), decision_id: None, problem });
                return Ok(());
            }
        };
        let named = |problem| BookProblem {
            tenant_id: tenant(chain),
            decision_id: Some(decision.id),
            problem,
        };
        problems.extend(broken.map(named));
        let at = decision.decided_at;
        let is_wanted =
            self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until);
        if is_wanted {
            let pack = by_hash(&self.ctx, tx, &decision.pack.hash).await?;
            self.summary.n_replayed += 1;
            let id = decision.id;
            if let Some(problem) = replay(decision, pack.as_deref()).problem {
                let decision_id = Some(id);
                problems.push(BookProblem { tenant_id: tenant(chain), decision_id, problem });
            }
        }
        Ok(())
    }

    /// Records that are missing at the end of a chain.
    fn end_of(&self, chain: Uuid, end: &ChainHead) -> Option<BookProblem> {
        let problem = if self.checked.sequence < end.sequence {
            let n = end.sequence - self.checked.sequence;
            format!("{n} records are missing at the end of the chain")
        } else if self.checked.hash != end.hash {
            "the last record is not the one that the end of the chain names".to_owned()
        } else {
            return None;
        };
        Some(BookProblem { tenant_id: tenant(chain), decision_id: None, problem })
    }

    /// What was found so far.
    pub const fn summary(&self) -> BookSummary {
        self.summary
    }
}

fn tenant(chain: Uuid) -> Option<TenantId> {
    (!chain.is_nil()).then(|| chain.into())
}

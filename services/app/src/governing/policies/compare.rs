//! Tries a version on recorded decisions: which would change, by rule, by tenant and by how many yen.

use std::sync::Arc;

use tasuki_core::decision::PackKind;
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_policies::compare::{BookEntry, Compared, Comparison, Tally};
use tasuki_policies::{Pack, PackSource, placed};
use tasuki_store::decisions::{self, BookQuery};

use super::files::{aside, only_pack};
use super::packs::{WhichPack, get_pack};
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::scope;

/// Decisions that are compared before the next are read: they fit into memory whatever they hold.
const AT_ONCE: u64 = 500;

/// One side of a comparison.
#[derive(Debug, Clone)]
pub enum CompareBase {
    /// What was recorded, each by the version that made it.
    Recorded,
    /// A stored version.
    Version(String),
    /// Files of a version that is not stored.
    Files(Vec<PackSource>),
}

/// What is compared, on which decisions.
#[derive(Debug, Clone)]
pub struct CompareQuestion {
    /// The kind of the pack; needed where several share the name.
    pub kind: Option<PackKind>,
    /// The name of the pack whose decisions make up the book.
    pub name: String,
    /// What it is compared with.
    pub base: CompareBase,
    /// What is tried.
    pub other: CompareBase,
    /// Only decisions about this time and later.
    pub from: Option<Timestamp>,
    /// Only decisions about times before this one.
    pub until: Option<Timestamp>,
    /// Only of this tenant; of all that the caller may see if left out.
    pub tenant_id: Option<TenantId>,
}

/// A comparison under way; ask it for step after step.
#[derive(Debug)]
pub struct ComparisonRun {
    ctx: Context,
    query: BookQuery,
    comparison: Comparison,
    after: Option<(Timestamp, DecisionId)>,
    /// Decisions to look at, as many as there were at the start.
    pub n_total: u64,
}

/// A few decisions, compared.
#[derive(Debug)]
pub struct CompareStep {
    /// The decisions with what came out and what would come out.
    pub decisions: Vec<(BookEntry, Compared)>,
    /// Decisions that cannot be compared, and why.
    pub unreadable: Vec<(DecisionId, String)>,
}

/// Starts a comparison.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `TENANT_NOT_FOUND`, `PACK_NOT_FOUND`, `PACK_INVALID`.
pub async fn compare_versions(
    ctx: &Context,
    call: &Call,
    question: CompareQuestion,
) -> Result<ComparisonRun, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    let which =
        WhichPack { kind: question.kind, name: question.name.clone(), ..WhichPack::default() };
    let base = side(ctx, call, &which, question.base).await?;
    let other = side(ctx, call, &which, question.other).await?.ok_or_else(|| {
        Problem::invalid("other", "names a version or brings files: something has to be tried")
    })?;
    let tx = ctx.store.begin_read().await?;
    let query = BookQuery {
        scope: scope::of_list(ctx, &tx, call, question.tenant_id).await?,
        kind: other.kind(),
        pack: question.name,
        from: question.from,
        until: question.until,
    };
    let n_total = decisions::count(&tx, &query).await?;
    let comparison = Comparison::new(base, other);
    Ok(ComparisonRun { ctx: ctx.clone(), query, comparison, after: None, n_total })
}

async fn side(
    ctx: &Context,
    call: &Call,
    which: &WhichPack,
    side: CompareBase,
) -> Result<Option<Arc<Pack>>, Problem> {
    match side {
        CompareBase::Recorded => Ok(None),
        CompareBase::Version(version) => {
            let which = WhichPack { version: Some(version), ..which.clone() };
            Ok(Some(get_pack(ctx, call, &which).await?.compiled))
        }
        CompareBase::Files(sources) => aside(move || only_pack(placed(sources))).await?.map(Some),
    }
}

impl ComparisonRun {
    /// The next decisions; nothing after the last.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn step(&mut self) -> Result<Option<CompareStep>, Problem> {
        let tx = self.ctx.store.begin_read().await?;
        let rows = decisions::page(&tx, &self.query, self.after, AT_ONCE).await?;
        drop(tx);
        let Some(last) = rows.last() else { return Ok(None) };
        self.after = Some((last.as_of, last.id));
        let mut step = CompareStep { decisions: Vec::new(), unreadable: Vec::new() };
        for row in rows {
            match BookEntry::read(&row.document) {
                Ok(entry) => match self.comparison.add(&entry) {
                    Ok(compared) => step.decisions.push((entry, compared)),
                    Err(why) => step.unreadable.push((row.id, why)),
                },
                Err(why) => {
                    self.comparison.skip();
                    step.unreadable.push((row.id, why));
                }
            }
        }
        // Other calls want a turn between two pages of pure computing.
        tokio::task::yield_now().await;
        Ok(Some(step))
    }

    /// What was found so far.
    pub const fn tally(&self) -> &Tally {
        self.comparison.tally()
    }
}

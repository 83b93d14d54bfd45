//! Events as they happen: each at least once, also when the watcher comes back later.

use std::time::Duration;

use tasuki_core::id::TenantId;
use tasuki_core::party::Role;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::Scope;
use tasuki_store::outbox::{self, End, Filter, Horizon, Whose};

use super::StoredEvent;
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::scope;

/// Events of one look: a slow receiver holds no more in memory.
const EVENTS_PER_LOOK: u64 = 100;

/// How often to look whether those who were writing when the watch began have finished.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How often to look before giving up: five seconds, longer than any transaction of ours.
const LOOKS_AT_START: u32 = 500;

/// Which events are to be watched.
#[derive(Debug, Clone)]
pub struct WatchEvents {
    /// Only of this tenant; of all that the caller may see if left out.
    pub tenant_id: Option<TenantId>,
    /// Only these topics, `quote.*` for all of a noun; any if empty.
    pub topics: Vec<String>,
    /// Where it begins.
    pub start: StartAt,
}

/// Where a watch begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartAt {
    /// With what happens from now on.
    Now,
    /// With the oldest event kept.
    Beginning,
    /// After the event that came with this token.
    After(String),
}

/// A look-out over the events that can no longer be overtaken by an earlier one.
#[derive(Debug)]
pub struct Timeline {
    filter: Filter,
    /// Everything up to here was given.
    given: i64,
    horizon: Horizon,
}

/// Begins to watch events.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`; `RESUME_TOKEN_INVALID` for a token of another stream;
/// `STORE_UNAVAILABLE` if a transaction stays open so long that nobody can say what is new.
pub async fn watch_events(
    ctx: &Context,
    call: &Call,
    watch: WatchEvents,
) -> Result<Timeline, Problem> {
    let tx = ctx.store.begin_read().await?;
    let scope = scope::of_list(ctx, &tx, call, watch.tenant_id).await?;
    let whose = match (call.principal.role, scope) {
        (Role::Operator | Role::System, Scope::All) => Whose::Everybody,
        (_, scope) => Whose::Of(scope),
    };
    let end = outbox::end(&tx).await?;
    drop(tx);

    let filter = Filter { topics: watch.topics, ..Filter::of(whose) };
    let mut timeline = Timeline { filter, given: 0, horizon: Horizon::default() };
    match watch.start {
        StartAt::Beginning => {}
        StartAt::After(token) => timeline.given = place(&token, end)?,
        StartAt::Now => {
            timeline.wait_until_complete(ctx, end).await?;
            timeline.given = timeline.horizon.complete();
        }
    }
    Ok(timeline)
}

/// The place that a token names.
fn place(token: &str, end: End) -> Result<i64, Problem> {
    let place = token.parse().ok().filter(|place| (0..=end.seq).contains(place));
    place.ok_or_else(|| {
        Problem::new(Reason::ResumeTokenInvalid, "the resume token is not one of this stream")
    })
}

impl Timeline {
    /// The next events, some of them or all; none when there is nothing new yet.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn look(&mut self, ctx: &Context) -> Result<Vec<StoredEvent>, Problem> {
        let tx = ctx.store.begin_read().await?;
        self.horizon.settle(&tx).await?;
        let complete = self.horizon.complete();
        if self.given >= complete {
            return Ok(Vec::new());
        }
        let between = (self.given, complete);
        let events = outbox::list(&tx, &self.filter, between, EVENTS_PER_LOOK).await?;
        let full = u64::try_from(events.len()).is_ok_and(|n| n >= EVENTS_PER_LOOK);
        let last = events.last().filter(|_| full);
        self.given = last.map_or(complete, |event| event.seq);
        Ok(events)
    }

    /// The token with which a watch goes on after everything that was given.
    pub fn resume_token(&self) -> String {
        self.given.to_string()
    }

    /// Whoever writes while the watch begins may take a place before the present end and be seen
    /// only later. That is no news of the past, so the watch begins when they have finished.
    async fn wait_until_complete(&mut self, ctx: &Context, end: End) -> Result<(), Problem> {
        self.horizon = Horizon::awaiting(end);
        for _look in 0..LOOKS_AT_START {
            let tx = ctx.store.begin_read().await?;
            self.horizon.settle(&tx).await?;
            drop(tx);
            if self.horizon.complete() >= end.seq && !self.horizon.awaits(end) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let text = "a transaction stays open: it cannot be said yet what happens from now on";
        Err(Problem::new(Reason::StoreUnavailable, text))
    }
}

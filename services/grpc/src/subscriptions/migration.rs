//! A preview of a move of prices as a stream: rows and progress, page by page.

use tasuki_app::call::Call;
use tasuki_app::context::Context;
use tasuki_app::subscribing::{MigrationAsk, MigrationRow, migration_page, migration_size};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_proto::subscription::v1 as proto;
use tokio::sync::mpsc;
use tonic::Status;

use super::mapping;
use crate::status::status;
use crate::words;

/// Messages that wait for a slow reader at most; until it reads, nothing more is looked at.
pub(super) const MOST_WAITING: usize = 64;

pub(super) type Sender = mpsc::Sender<Result<proto::PreviewMigrationResponse, Status>>;

/// Looks at the whole book and sends what it finds; ends early when nobody reads any more.
pub(super) async fn preview(
    ctx: Context,
    call: Call,
    (ask, only_changed): (MigrationAsk, bool),
    sender: Sender,
) {
    if let Err(problem) = look(&ctx, &call, (&ask, only_changed), &sender).await {
        // Nobody may be listening any more: then nobody has to be told.
        drop(sender.send(Err(status(&problem))).await);
    }
}

async fn look(
    ctx: &Context,
    call: &Call,
    (ask, only_changed): (&MigrationAsk, bool),
    sender: &Sender,
) -> Result<(), Problem> {
    let mut progress = Progress {
        n_total: migration_size(ctx, call, ask).await?,
        n_done: 0,
        n_changed: 0,
        difference: Money::ZERO_JPY,
    };
    let mut after = None;
    loop {
        let page = migration_page(ctx, call, ask, after).await?;
        progress.n_done = progress.n_done.saturating_add(page.n_looked_at);
        for row in page.rows {
            let changed = progress.count(&row)?;
            if only_changed && !changed {
                continue;
            }
            let part = proto::preview_migration_response::Part::Row(mapping::migration_row(&row));
            if sender.send(Ok(proto::PreviewMigrationResponse { part: Some(part) })).await.is_err()
            {
                return Ok(());
            }
        }
        let done = page.next.is_none();
        if sender.send(Ok(progress.message(done))).await.is_err() || done {
            return Ok(());
        }
        after = page.next;
    }
}

struct Progress {
    n_done: i64,
    n_total: i64,
    n_changed: i64,
    difference: Money,
}

impl Progress {
    /// Counts a row; tells whether its fees would change, or cannot be said.
    fn count(&mut self, row: &MigrationRow) -> Result<bool, Problem> {
        let Some(after) = row.yearly_after else {
            self.n_changed = self.n_changed.saturating_add(1);
            return Ok(true);
        };
        self.difference = self.difference.plus(after.minus(row.yearly_before)?)?;
        let changed = after != row.yearly_before || !row.prices.is_empty();
        self.n_changed = self.n_changed.saturating_add(i64::from(changed));
        Ok(changed)
    }

    fn message(&self, done: bool) -> proto::PreviewMigrationResponse {
        let progress = proto::MigrationProgress {
            n_done: self.n_done,
            n_total: self.n_total.max(self.n_done),
            n_changed: self.n_changed,
            yearly_difference: Some(words::money(self.difference)),
            done,
        };
        let part = proto::preview_migration_response::Part::Progress(progress);
        proto::PreviewMigrationResponse { part: Some(part) }
    }
}

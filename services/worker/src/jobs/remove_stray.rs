//! Takes away what was left over at a provider.

use tasuki_app::provisioning::{begin_removal, record_removal};
use tasuki_core::provisioning::{Answer, Item, Question};
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Asks until the provider says that it is gone; the tries are bounded, and then a person is asked.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    let Some((endpoint, item)) = begin_removal(&worker.ctx, job).await? else { return Ok(()) };
    let now = worker.ctx.clock.now();
    // Whoever left it there may have gone further than we know: an older generation is refused.
    let there = worker.providers.ask(&endpoint, &item, &Question::Observe, now).await;
    let reached = there.observation().map_or(0, |seen| seen.generation);
    let item = Item { generation: item.generation.max(reached.saturating_add(1)), ..item };
    let answer = worker.providers.ask(&endpoint, &item, &Question::Remove, now).await;
    if record_removal(&worker.ctx, job, (&item, &answer)).await? {
        return Ok(());
    }
    let text = match answer {
        Answer::Failed(failure) => failure.text,
        Answer::Operation(_) | Answer::Seen(..) | Answer::Nothing => "it is still there".to_owned(),
    };
    Err(JobFailure::retry(text))
}

//! Sends events as they happen, and a sign of life when nothing does.

use std::time::Duration;

use tasuki_app::call::Call;
use tasuki_app::context::Context;
use tasuki_app::governing::{self, Timeline, WatchEvents};
use tasuki_core::problem::Problem;
use tasuki_proto::tenant::v1 as proto;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::mapping;
use crate::status::status;

/// How often to look for events, which may come from any process.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long a watcher hears nothing at most: the contract promises thirty seconds.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Events that wait for a slow receiver; more wait in the database.
const WAITING: usize = 16;

type Sender = mpsc::Sender<Result<proto::WatchEventsResponse, Status>>;

/// Starts watching. The first message is a sign of life: its token says from where on events come.
///
/// # Errors
/// As [`governing::watch_events`].
pub(super) async fn start(
    ctx: Context,
    call: &Call,
    watch: WatchEvents,
) -> Result<ReceiverStream<Result<proto::WatchEventsResponse, Status>>, Problem> {
    let timeline = governing::watch_events(&ctx, call, watch).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        if let Err(problem) = send(&ctx, timeline, &sender).await {
            // A receiver that is gone needs no answer.
            let _ = sender.send(Err(status(&problem))).await;
        }
    });
    Ok(ReceiverStream::new(receiver))
}

/// Sends until nobody listens any more.
async fn send(ctx: &Context, mut timeline: Timeline, sender: &Sender) -> Result<(), Problem> {
    let mut sign_due = Instant::now();
    loop {
        if Instant::now() >= sign_due {
            let sign =
                proto::WatchEventsResponse { event: None, resume_token: timeline.resume_token() };
            if sender.send(Ok(sign)).await.is_err() {
                return Ok(());
            }
            sign_due = Instant::now() + SIGN_OF_LIFE;
        }
        let events = timeline.look(ctx).await?;
        let idle = events.is_empty();
        for event in &events {
            let answer = proto::WatchEventsResponse {
                event: Some(mapping::event(event)),
                resume_token: event.seq.to_string(),
            };
            if sender.send(Ok(answer)).await.is_err() {
                return Ok(());
            }
            sign_due = Instant::now() + SIGN_OF_LIFE;
        }
        if idle {
            tokio::select! {
                () = sender.closed() => return Ok(()),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }
}

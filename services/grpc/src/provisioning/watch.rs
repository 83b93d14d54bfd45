//! Watches an order: what is, then every change as it comes, resumable where it broke off.

use std::time::Duration;

use tasuki_app::call::Call;
use tasuki_app::context::Context;
use tasuki_app::provisioning::{OrderView, order_after};
use tasuki_core::id::{OrderId, TenantId};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_proto::provisioning::v1 as proto;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{commands, orders};
use crate::status::status;
use crate::words;

/// How often to look for changes, which may come from any process.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Changes that wait for a slow receiver; more wait in the database.
const WAITING: usize = 16;

/// Starts watching: first the order as it is, unless a resume token says what was seen already.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`, `RESUME_TOKEN_INVALID`.
pub(super) async fn start(
    ctx: Context,
    call: Call,
    message: &proto::WatchOrderRequest,
) -> Result<ReceiverStream<Result<proto::WatchOrderResponse, Status>>, Problem> {
    let key = commands::which_order(&message.tenant_id, &message.order_id)?;
    let seen = match message.resume_token.as_str() {
        "" => None,
        token => Some(token.parse::<i64>().map_err(|_| {
            Problem::new(Reason::ResumeTokenInvalid, "the resume token is not one of this order")
        })?),
    };
    let first = order_after(&ctx, &call, key, seen.unwrap_or(0)).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        if let Err(problem) = watch(&ctx, &call, key, (first, seen), &sender).await {
            // A receiver that is gone needs no answer.
            let _ = sender.send(Err(status(&problem))).await;
        }
    });
    Ok(ReceiverStream::new(receiver))
}

type Sender = mpsc::Sender<Result<proto::WatchOrderResponse, Status>>;

/// Sends until the order is over or nobody listens any more.
async fn watch(
    ctx: &Context,
    call: &Call,
    key: (TenantId, OrderId),
    (mut view, seen): (OrderView, Option<i64>),
    sender: &Sender,
) -> Result<(), Problem> {
    let mut seen_seq = seen.unwrap_or(0);
    if seen.is_none() {
        seen_seq = last_seq(&view, 0);
        let snapshot = proto::WatchOrderResponse {
            kind: proto::OrderEventKind::Snapshot.into(),
            order: Some(orders::view(&view)),
            occurred_at: Some(words::timestamp(view.now)),
            resume_token: seen_seq.to_string(),
            ..proto::WatchOrderResponse::default()
        };
        if sender.send(Ok(snapshot)).await.is_err() {
            return Ok(());
        }
    }
    loop {
        for change in view.history.iter().filter(|change| change.seq > seen_seq) {
            let at = usize::try_from(change.seq).unwrap_or(usize::MAX).saturating_sub(1);
            let answer = proto::WatchOrderResponse {
                kind: kind_of(&change.transition.event).into(),
                order: Some(orders::view(&view)),
                item_id: change.item_id.to_string(),
                transition: Some(orders::transition(at, &change.transition)),
                occurred_at: Some(words::timestamp(change.transition.changed_at)),
                resume_token: change.seq.to_string(),
            };
            if sender.send(Ok(answer)).await.is_err() {
                return Ok(());
            }
        }
        seen_seq = last_seq(&view, seen_seq);
        let state = view.stored.order.state(&view.stored.items());
        if state.is_final() {
            return Ok(());
        }
        tokio::select! {
            () = sender.closed() => return Ok(()),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
        view = order_after(ctx, call, key, seen_seq).await?;
    }
}

/// What a change is in the words of TM Forum, where it is more than a change of state.
fn kind_of(event: &str) -> proto::OrderEventKind {
    match event {
        "customer_asked" => proto::OrderEventKind::InformationRequired,
        "customer_reminded" | "customer_escalated" | "retry_scheduled" | "track_lost"
        | "removal_retried" | "removal_stuck" => proto::OrderEventKind::Jeopardy,
        "customer_step_confirmed" | "installed" | "activated" | "done" => {
            proto::OrderEventKind::Milestone
        }
        _others => proto::OrderEventKind::ItemStateChanged,
    }
}

fn last_seq(view: &OrderView, before: i64) -> i64 {
    view.history.last().map_or(before, |change| change.seq)
}

//! Publishes events to a stream of NATS: every one once, in the order of the outbox.
//!
//! Of several processes one does it at a time. That alone would not keep the order: a process may freeze in the middle
//! and go on long after its turn. So each event also names the number in the stream that it follows, and the stream
//! refuses it when there is another by then. Where the stream ends and which event stands there decides where to go on;
//! the place in the database says so when the stream has nothing of ours any more.

use std::time::Duration;

use serde::Deserialize;
use tasuki_app::context::Context;
use tasuki_core::event::CloudEvent;
use tasuki_partners::nats::{End, Entry, NatsError, Stream};
use tasuki_store::outbox::{self, Filter, Horizon, Stored, Whose};
use tasuki_store::relay_places::{self, Place};
use tasuki_store::{StoreError, turns};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Events that are on their way at once.
const BATCH: u64 = 200;

/// How often to look for new events.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How long to wait at most before another try.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// A process that dies is followed by another after so many seconds at most.
const TURN_SECONDS: i64 = 15;

/// What stands in a subject in place of a tenant.
const SCHEME: &str = "scheme";

/// Why events are not in the stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamFailure {
    /// Of the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Of the stream.
    #[error(transparent)]
    Nats(#[from] NatsError),
}

/// Publishes events to one stream.
#[derive(Debug)]
pub struct Publisher {
    ctx: Context,
    stream: Stream,
    source: String,
    /// What place and turn of the stream are called.
    name: String,
    /// Names this process among those that could do it.
    token: Uuid,
    horizon: Horizon,
    /// How far the stream has come, as far as this process knows.
    at: Option<Place>,
    has_looked: bool,
}

/// What is read of an event in the stream.
#[derive(Debug, Deserialize)]
struct Told {
    source: String,
    sequence: String,
}

/// Publishes events until told to stop. While the stream is away they stay in the outbox.
pub async fn publish_events(mut publisher: Publisher, stop: CancellationToken) {
    let name = publisher.name.clone();
    let mut wait: Option<Duration> = None;
    while !stop.is_cancelled() {
        // What is cut off in the middle comes again, and the stream drops what it has.
        let done = tokio::select! {
            () = stop.cancelled() => break,
            done = publisher.hand_on() => done,
        };
        let pause = match done {
            Ok(n_events) => {
                if wait.take().is_some() {
                    tracing::info!("events go on to `{name}`");
                }
                if n_events > 0 { Duration::ZERO } else { LOOK_AGAIN }
            }
            Err(failure) => {
                metrics::counter!("tasuki_stream_failures_total").increment(1);
                if wait.is_none() {
                    tracing::warn!(
                        "events wait in the outbox, `{name}` does not take them: {failure}"
                    );
                } else {
                    tracing::debug!("`{name}` still takes no events: {failure}");
                }
                let next = wait.map_or(LOOK_AGAIN, |it| (it * 2).min(LONGEST_WAIT));
                wait = Some(next);
                next
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    if let Err(error) = publisher.step_down().await {
        tracing::debug!("cannot give the turn at `{name}` back: {error}");
    }
}

impl Publisher {
    /// Publishes to a stream; the source names the installation in its events.
    pub fn new(ctx: Context, stream: Stream, source: &str) -> Self {
        let name = format!("nats:{}", stream.wanted().name);
        let token = ctx.ids.next_uuid();
        let (horizon, source) = (Horizon::default(), source.to_owned());
        Self { ctx, stream, source, name, token, horizon, at: None, has_looked: false }
    }

    /// Publishes what is next, if it is this process's turn; tells how many events.
    ///
    /// # Errors
    /// [`StreamFailure`]; what was not confirmed comes again.
    pub async fn hand_on(&mut self) -> Result<usize, StreamFailure> {
        let tx = self.ctx.store.begin_read().await?;
        self.horizon.settle(&tx).await?;
        let up_to = self.horizon.complete();
        let stored = relay_places::get(&tx, &self.name).await?;
        drop(tx);
        tell_behind(up_to, stored);
        // An idle process writes nothing. It looks at the stream once, so that others find it from the start.
        if self.has_looked && stored.after_seq >= up_to {
            return Ok(0);
        }
        if !self.takes_turn().await? {
            return Ok(0);
        }
        let at = match self.at {
            // Another process had the turn meanwhile.
            Some(at) if at != stored => None,
            known => known,
        };
        let at = match at {
            Some(at) => at,
            None => match self.look().await? {
                Some(at) => at,
                None => return Ok(0),
            },
        };
        let filter = Filter::of(Whose::Everybody);
        let tx = self.ctx.store.begin_read().await?;
        let events = outbox::list(&tx, &filter, (at.after_seq, up_to), BATCH).await?;
        drop(tx);
        self.publish(at, &events).await
    }

    /// Gives the turn back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn step_down(&self) -> Result<(), StoreError> {
        let tx = self.ctx.store.begin().await?;
        turns::give_back(&tx, &self.name, self.token).await?;
        tx.commit().await
    }

    async fn publish(&mut self, at: Place, events: &[Stored]) -> Result<usize, StreamFailure> {
        let entries: Vec<Entry> = events.iter().map(|event| self.entry(event)).collect();
        // The stream's numbers are stored as they were given: never negative.
        let after = u64::try_from(at.stream_seq).unwrap_or_default();
        let published = self.stream.publish(after, &entries).await;
        self.at = None;
        let n_confirmed = published.n_confirmed;
        if let Some(last) = n_confirmed.checked_sub(1).and_then(|last| events.get(last)) {
            let to = Place { after_seq: last.seq, stream_seq: signed(published.number) };
            self.go(at, to).await?;
            let n = u64::try_from(n_confirmed).unwrap_or(u64::MAX);
            metrics::counter!("tasuki_stream_events_total").increment(n);
        } else if published.failure.is_none() {
            self.at = Some(at);
        }
        match published.failure {
            None => Ok(n_confirmed),
            // Somebody else's events are in the stream: look again where it ends.
            Some(NatsError::OutOfStep(why)) => {
                tracing::debug!("`{}` has moved on: {why}", self.name);
                self.at = None;
                Ok(n_confirmed)
            }
            Some(failure) => {
                self.at = None;
                Err(failure.into())
            }
        }
    }

    /// Looks where the stream ends and goes there; nothing if another process was faster.
    async fn look(&mut self) -> Result<Option<Place>, StreamFailure> {
        let end = self.stream.look().await?;
        self.has_looked = true;
        let tx = self.ctx.store.begin_read().await?;
        let stored = relay_places::get(&tx, &self.name).await?;
        drop(tx);
        let at = resume(stored, &end, &self.source);
        if at.stream_seq < stored.stream_seq {
            tracing::warn!(
                "`{}` has lost events and gets them again: it ends with number {}, not {}",
                self.name,
                at.stream_seq,
                stored.stream_seq
            );
        }
        if at == stored {
            self.at = Some(at);
        } else {
            self.go(stored, at).await?;
        }
        Ok(self.at)
    }

    async fn go(&mut self, from: Place, to: Place) -> Result<(), StoreError> {
        let tx = self.ctx.store.begin().await?;
        let moved = relay_places::go(&tx, &self.name, (from, to), self.ctx.clock.now()).await?;
        tx.commit().await?;
        self.at = moved.then_some(to);
        Ok(())
    }

    async fn takes_turn(&self) -> Result<bool, StoreError> {
        let now = self.ctx.clock.now();
        let until = now.plus_seconds(TURN_SECONDS).unwrap_or(now);
        let tx = self.ctx.store.begin().await?;
        let taken = turns::take(&tx, &self.name, self.token, (now, until)).await?;
        if taken {
            tx.commit().await?;
        }
        Ok(taken)
    }

    fn entry(&self, event: &Stored) -> Entry {
        let whose = event.tenant.map_or_else(|| SCHEME.to_owned(), |tenant| tenant.to_string());
        Entry {
            subject: format!("{}.{}.{whose}", self.stream.wanted().prefix, event.topic),
            id: event.id.to_string(),
            media_type: CloudEvent::MEDIA_TYPE,
            body: CloudEvent::new(&self.source, &event.happened()).to_json(),
        }
    }
}

/// Where to go on, from what the database says and where the stream ends.
///
/// The last event in the stream is nearer to the truth: a process may have died between a confirmation and its
/// commit. Only where the stream has no event of ours does the database decide. A stream that ends before the number
/// that it once confirmed has lost events, or was made anew: then it decides alone, and gets them again.
fn resume(stored: Place, end: &End, source: &str) -> Place {
    let told = end.last_body.as_deref().and_then(|body| serde_json::from_slice::<Told>(body).ok());
    let ours = told.filter(|told| told.source == source);
    let last = ours.and_then(|told| told.sequence.parse::<i64>().ok());
    let stream_seq = signed(end.number);
    let after_seq = if stream_seq < stored.stream_seq {
        last.unwrap_or_default()
    } else {
        stored.after_seq.max(last.unwrap_or_default())
    };
    Place { after_seq, stream_seq }
}

fn tell_behind(up_to: i64, stored: Place) {
    let n_places = up_to.saturating_sub(stored.after_seq).max(0);
    // More than a gauge of 32 bits holds is as alarming as the most that it holds.
    metrics::gauge!("tasuki_stream_behind").set(i32::try_from(n_places).unwrap_or(i32::MAX));
}

/// A number of the stream as the database keeps it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(number: u64, last: Option<(&str, i64)>) -> End {
        let last_body = last.map(|(source, seq)| {
            format!("{{\"source\":\"{source}\",\"sequence\":\"{seq:019}\",\"id\":\"x\"}}")
                .into_bytes()
        });
        End { number, last_body }
    }

    fn after(stored: (i64, i64), end: &End) -> (i64, i64) {
        let stored = Place { after_seq: stored.0, stream_seq: stored.1 };
        let at = resume(stored, end, "tasuki");
        (at.after_seq, at.stream_seq)
    }

    #[test]
    fn the_stream_knows_better_than_the_database_how_far_it_has_come() {
        let ours = |seq| Some(("tasuki", seq));
        assert_eq!(after((0, 0), &end(0, None)), (0, 0), "a new stream");
        assert_eq!(after((40, 7), &end(7, ours(40))), (40, 7), "both agree");
        assert_eq!(after((40, 7), &end(9, ours(44))), (44, 9), "confirmed, and then it died");
        assert_eq!(after((40, 7), &end(7, None)), (40, 7), "everything is too old and gone");
        assert_eq!(after((40, 7), &end(8, Some(("other", 90)))), (40, 8), "somebody else's");
        assert_eq!(
            after((40, 7), &end(8, ours(12))),
            (40, 8),
            "the last ones were deleted by hand"
        );
    }

    #[test]
    fn what_a_stream_has_lost_it_gets_again() {
        assert_eq!(after((40, 7), &end(5, Some(("tasuki", 30)))), (30, 5), "an older state");
        assert_eq!(after((40, 7), &end(0, None)), (0, 0), "made anew");
    }
}

//! Puts decisions of many calls on record together: one transaction for all that wait, so that each call pays a small
//! part of its cost. A call is answered after its decisions are committed, never before.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::prelude::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_core::time::Timestamp;
use tokio::sync::oneshot;

use crate::connect::Store;
use crate::decisions::{self, Record};
use crate::document;
use crate::error::StoreError;
use crate::idempotency::{self, Claimed, RequestKey};

/// Calls that one transaction takes in.
const MOST_AT_ONCE: usize = 128;

/// What one call puts on record.
#[derive(Debug, Clone)]
pub struct Entry<T> {
    /// What makes a repeat of the call the same call.
    pub key: RequestKey,
    /// Its decisions.
    pub decisions: Vec<Record>,
    /// What a repeat of it is told.
    pub answer: T,
    /// When it was made.
    pub at: Timestamp,
}

/// The calls that wait for the next transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct DecisionLog {
    waiting: Arc<Mutex<Vec<Waiting>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Waiting {
    entry: Entry<String>,
    answer: oneshot::Sender<Result<Option<Json>, StoreError>>,
}

impl Store {
    /// Puts decisions on record, together with those of other calls that come at the same time. Gives the first
    /// answer if the call is a repeat; then nothing was put on record again.
    ///
    /// Whoever drops the future does not take the decisions back: they are on record, or not, as a whole.
    ///
    /// # Errors
    /// [`StoreError::RequestIdReused`] if the request id came with another body; [`StoreError::Unavailable`] or
    /// [`StoreError::LostRace`] when nothing was put on record.
    pub async fn put_on_record<T: Serialize + DeserializeOwned>(
        &self,
        entry: Entry<T>,
    ) -> Result<Option<T>, StoreError> {
        let Entry { key, decisions, answer, at } = entry;
        let answer = document::to_text("idempotency", &answer)?;
        let (tell, mut told) = oneshot::channel();
        let log = self.decision_log();
        log.push(Waiting { entry: Entry { key, decisions, answer, at }, answer: tell });
        loop {
            tokio::select! {
                biased;
                answer = &mut told => return first(answer),
                turn = Arc::clone(&log.turn).lock_owned() => {
                    let batch = log.next();
                    if batch.is_empty() {
                        continue;
                    }
                    let store = self.clone();
                    // A task of its own: whoever gives up waiting must not stop what others wait for.
                    tokio::spawn(async move {
                        commit(&store, batch).await;
                        drop(turn);
                    });
                }
            }
        }
    }
}

fn first<T: DeserializeOwned>(
    answer: Result<Result<Option<Json>, StoreError>, oneshot::error::RecvError>,
) -> Result<Option<T>, StoreError> {
    let stopped = |_| StoreError::Unavailable("the process is stopping".to_owned());
    answer.map_err(stopped)??.map(|json| document::from_row("idempotency", json)).transpose()
}

impl DecisionLog {
    fn push(&self, waiting: Waiting) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
    }

    fn next(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let most = waiting.len().min(MOST_AT_ONCE);
        waiting.drain(..most).collect()
    }
}

/// Commits what waits and tells each call what became of it.
async fn commit(store: &Store, batch: Vec<Waiting>) {
    let (entries, callers): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|waiting| (waiting.entry, waiting.answer)).unzip();
    match write(store, entries).await {
        Ok(answers) => {
            for (caller, answer) in callers.into_iter().zip(answers) {
                // Whoever no longer listens will ask again.
                let _ = caller.send(answer);
            }
        }
        Err(error) => {
            let retry = matches!(error, StoreError::LostRace);
            let text = error.to_string();
            for caller in callers {
                let error = || StoreError::Unavailable(text.clone());
                let _ = caller.send(Err(if retry { StoreError::LostRace } else { error() }));
            }
        }
    }
}

type Answered = Result<Option<Json>, StoreError>;

async fn write(store: &Store, entries: Vec<Entry<String>>) -> Result<Vec<Answered>, StoreError> {
    let tx = store.begin().await?;
    let (mut keys, mut answers, mut decided) = (Vec::new(), Vec::new(), Vec::new());
    for Entry { key, decisions, answer, at } in entries {
        keys.push(key);
        answers.push((answer, at));
        decided.push(decisions);
    }
    let claims = keys.iter().zip(answers).map(|(key, (answer, at))| (key, answer, at));
    let claimed = idempotency::claim_all(&tx, claims.collect()).await?;
    let mut answers = Vec::with_capacity(claimed.len());
    for ((claimed, decided), key) in claimed.into_iter().zip(decided).zip(keys) {
        answers.push(match claimed {
            Claimed::New => {
                for record in decided {
                    decisions::keep(&tx, record);
                }
                Ok(None)
            }
            Claimed::Repeat(answer) => Ok(Some(answer)),
            Claimed::Other => Err(StoreError::RequestIdReused(key.request_id)),
        });
    }
    tx.commit_records().await?;
    Ok(answers)
}

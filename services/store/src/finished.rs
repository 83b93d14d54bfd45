//! Tells who waits for a tenant that one of its jobs is finished.

use tasuki_core::id::TenantId;
use tokio::sync::broadcast;

/// How many finished jobs a listener may be behind. One that is further behind looks for itself.
const BEHIND: usize = 256;

/// The jobs that this process finishes.
#[derive(Debug, Clone)]
pub(crate) struct Finished(broadcast::Sender<TenantId>);

impl Default for Finished {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

impl Finished {
    /// A job of a tenant is finished, and its transaction has been committed.
    pub(crate) fn tell(&self, tenant: TenantId) {
        // Without listeners there is nobody to tell.
        let _ = self.0.send(tenant);
    }

    pub(crate) fn listen(&self) -> FinishedJobs {
        FinishedJobs(self.0.subscribe())
    }
}

/// Hears of each job that this process finishes.
#[derive(Debug)]
pub struct FinishedJobs(broadcast::Receiver<TenantId>);

impl FinishedJobs {
    /// Returns when a job of this tenant was finished since the last call, or may have been.
    pub async fn of(&mut self, tenant: TenantId) {
        loop {
            match self.0.recv().await {
                Ok(finished) if finished != tenant => {}
                // Behind: it may have been among those that were missed.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                // The store is gone: nothing will be finished any more.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn only_jobs_of_the_tenant_are_heard_and_none_is_missed() {
        let (ours, theirs) =
            (TenantId::from(Uuid::from_u128(1)), TenantId::from(Uuid::from_u128(2)));
        let finished = Finished::default();
        let mut heard = finished.listen();
        finished.tell(theirs);
        let waited = tokio::time::timeout(Duration::from_millis(5), heard.of(ours)).await;
        assert!(waited.is_err(), "it was another's");
        // Told before anybody waits.
        finished.tell(ours);
        heard.of(ours).await;
    }

    #[tokio::test]
    async fn who_is_far_behind_looks_for_itself() {
        let (ours, theirs) =
            (TenantId::from(Uuid::from_u128(1)), TenantId::from(Uuid::from_u128(2)));
        let finished = Finished::default();
        let mut heard = finished.listen();
        for _ in 0..=BEHIND {
            finished.tell(theirs);
        }
        heard.of(ours).await;
    }
}

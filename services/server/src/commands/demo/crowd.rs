//! Does the same for many firms, several at once.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// As many firms at once as keep the server busy and its queue short.
const AT_ONCE: usize = 16;

/// Runs a task for each, and gives the answers in the order of the questions.
pub(crate) async fn each<T, R, F>(
    all: impl IntoIterator<Item = T>,
    mut task: impl FnMut(T) -> F,
) -> anyhow::Result<Vec<R>>
where
    R: Send + 'static,
    F: Future<Output = anyhow::Result<R>> + Send + 'static,
{
    let free = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut n_all = 0_usize;
    for (place, one) in all.into_iter().enumerate() {
        let (free, task) = (Arc::clone(&free), task(one));
        running.spawn(async move {
            let _turn = free.acquire_owned().await;
            (place, task.await)
        });
        n_all += 1;
    }
    let mut answers: Vec<Option<R>> = std::iter::repeat_with(|| None).take(n_all).collect();
    while let Some(ended) = running.join_next().await {
        let (place, answer) = ended.context("a scene ended early")?;
        if let Some(slot) = answers.get_mut(place) {
            *slot = Some(answer?);
        }
    }
    Ok(answers.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_stand_in_the_order_of_the_questions() {
        let answers = each(0..50, async |n| Ok(n * 2)).await;
        assert_eq!(answers.unwrap(), (0..50).map(|n| n * 2).collect::<Vec<_>>());
    }
}

//! Looks after one item of an order: asks its provider and records the answer.

use tasuki_app::provisioning::{Begun, begin_attention, record_answer};
use tasuki_core::provisioning::{
    Answer, DnsSeen, Item, Meaning, ProviderFailure, Question, ReasonCode, RetryClass,
};
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Does what is due, or asks the provider outside any transaction and records what it said.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    let asked = match begin_attention(&worker.ctx, job).await? {
        Begun::Done => return Ok(()),
        Begun::Ask(asked) => asked,
    };
    let answer = match (&asked.question, &asked.endpoint) {
        (Question::Wait, _) => Answer::Nothing,
        (_, None) => not_registered(&asked.item),
        (question, Some(endpoint)) => {
            worker.providers.ask(endpoint, &asked.item, question, asked.now).await
        }
    };
    let dns = match &worker.dns {
        Some(dns) if !asked.records.is_empty() => dns.look_up(&asked.records).await,
        Some(_) | None => DnsSeen::NotLooked,
    };
    Ok(record_answer(&worker.ctx, job, &asked, (&answer, &dns)).await?)
}

/// Somebody may still register under the name: the item waits for that as long as for a provider
/// that is down, and says on every try what it waits for.
fn not_registered(item: &Item) -> Answer {
    let (id, provider) = (item.id, item.provider_id);
    tracing::warn!(item.id = %id, "item `{id}` waits: no provider `{provider}` is registered");
    Answer::Failed(ProviderFailure {
        meaning: Meaning::Retry(RetryClass::Unreachable),
        reason: Some(ReasonCode::ProviderNotRegistered),
        text: format!("no provider `{provider}` is registered"),
    })
}

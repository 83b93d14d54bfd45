//! The calls of the contract, as short as they can be said.

use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provisioning::v1::ReasonCode;

use super::caller::{Caller, Mine, Refused};
use crate::record::instant;

type Answer<T> = Result<T, Refused>;

/// Pages at most: a provider with more instances of one page each is not verified with this kit.
const MOST_PAGES: usize = 100_000;

fn some<T>(value: Option<T>, what: &str) -> Answer<T> {
    value.ok_or_else(|| Refused::Broken(format!("an answer has no {what}")))
}

impl Caller {
    pub(super) async fn offers(&self) -> Answer<proto::Capabilities> {
        let message = proto::GetCapabilitiesRequest {};
        let answer = self.call(message, async |mut it, ask| it.get_capabilities(ask).await).await?;
        some(answer.capabilities, "capabilities")
    }

    pub(super) async fn put(&self, mine: &Mine) -> Answer<proto::Operation> {
        Ok(self.put_as(self.put_message(mine)).await?.0)
    }

    pub(super) async fn put_as(
        &self,
        message: proto::PutInstanceRequest,
    ) -> Answer<(proto::Operation, bool)> {
        let answer = self.call(message, async |mut it, ask| it.put_instance(ask).await).await?;
        Ok((some(answer.operation, "operation")?, answer.repeated_request))
    }

    pub(super) async fn operation(&self, id: &str) -> Answer<proto::Operation> {
        let message = proto::GetOperationRequest {
            operation_id: id.to_owned(),
            observed_at: Some(instant(self.now())),
        };
        let answer = self.call(message, async |mut it, ask| it.get_operation(ask).await).await?;
        some(answer.operation, "operation")
    }

    pub(super) async fn observe(&self, id: &str) -> Answer<proto::Instance> {
        let message = proto::ObserveInstanceRequest {
            instance_id: id.to_owned(),
            observed_at: Some(instant(self.now())),
        };
        let answer = self.call(message, async |mut it, ask| it.observe_instance(ask).await).await?;
        some(answer.instance, "instance")
    }

    /// The ids of ours that are listed, with pages of that size.
    pub(super) async fn list(&self, page_size: i32) -> Answer<Vec<String>> {
        let (mut ids, mut page_token) = (Vec::new(), String::new());
        for _page in 0..MOST_PAGES {
            let message = proto::ListInstancesRequest {
                updated_after: None,
                observed_at: Some(instant(self.now())),
                page_size,
                page_token,
            };
            let answer =
                self.call(message, async |mut it, ask| it.list_instances(ask).await).await?;
            ids.extend(answer.instances.into_iter().map(|it| it.instance_id));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(ids);
            }
        }
        Err(Refused::Broken("the list has no end".to_owned()))
    }

    pub(super) async fn suspend(&self, mine: &Mine) -> Answer<proto::Operation> {
        let message = proto::SuspendInstanceRequest {
            instance_id: mine.id.clone(),
            generation: mine.generation,
            request_id: Self::key("sus", mine),
            reason: ReasonCode::SubscriptionSuspended.into(),
            requested_at: Some(instant(self.now())),
        };
        let answer = self.call(message, async |mut it, ask| it.suspend_instance(ask).await).await?;
        some(answer.operation, "operation")
    }

    pub(super) async fn resume(&self, mine: &Mine) -> Answer<proto::Operation> {
        let message = proto::ResumeInstanceRequest {
            instance_id: mine.id.clone(),
            generation: mine.generation,
            request_id: Self::key("res", mine),
            requested_at: Some(instant(self.now())),
        };
        let answer = self.call(message, async |mut it, ask| it.resume_instance(ask).await).await?;
        some(answer.operation, "operation")
    }

    /// The flag says whether there was something to take away.
    pub(super) async fn delete(&self, mine: &Mine) -> Answer<(proto::Operation, bool)> {
        let message = proto::DeleteInstanceRequest {
            instance_id: mine.id.clone(),
            generation: mine.generation,
            request_id: Self::key("del", mine),
            reason: ReasonCode::CancelledByOperator.into(),
            retain_data_until: None,
            requested_at: Some(instant(self.now())),
        };
        let answer = self.call(message, async |mut it, ask| it.delete_instance(ask).await).await?;
        Ok((some(answer.operation, "operation")?, answer.existed))
    }

    pub(super) async fn cancel(&self, operation_id: &str) -> Answer<proto::Operation> {
        let message = proto::CancelOperationRequest {
            operation_id: operation_id.to_owned(),
            request_id: format!("cancel-{operation_id}").chars().take(64).collect(),
            requested_at: Some(instant(self.now())),
        };
        let answer = self.call(message, async |mut it, ask| it.cancel_operation(ask).await).await?;
        some(answer.operation, "operation")
    }
}

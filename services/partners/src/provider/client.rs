//! The client of the provider contract.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tasuki_core::provisioning::{
    Answer, AnswerCode, Asked, Capabilities, Item, Meaning, Observation, OperationSeen,
    ProviderFailure, Question, ReasonCode, Sent,
};
use tasuki_core::time::Timestamp;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_service_client::ProviderServiceClient;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, ConnectError, Request, Status};
use tonic_types::StatusExt as _;

use super::{Providers, mapping};

/// How long one call may take. A question is at most two calls, and both together end before the
/// lease of the job that asks.
const CALL_TIME: Duration = Duration::from_secs(20);

/// How long a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// The provider's words are kept up to this length.
const LONGEST_TEXT: usize = 500;

/// Asks providers over gRPC; one connection for each address, made when it is first needed.
#[derive(Debug)]
pub struct GrpcProviders {
    channels: Mutex<HashMap<String, Channel>>,
    call_time: Duration,
}

impl Default for GrpcProviders {
    fn default() -> Self {
        Self::with_call_time(CALL_TIME)
    }
}

type Client = ProviderServiceClient<Channel>;

impl GrpcProviders {
    /// Without a connection yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with another patience: no call takes longer.
    pub fn with_call_time(call_time: Duration) -> Self {
        Self { channels: Mutex::default(), call_time }
    }

    fn client(&self, endpoint: &str) -> Result<Client, Box<ProviderFailure>> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(endpoint) {
            return Ok(Client::new(channel.clone()));
        }
        let channel = Endpoint::from_shared(endpoint.to_owned())
            .map_err(|error| Box::new(no_address(endpoint, &error)))?
            .connect_timeout(CONNECT_TIME)
            .timeout(self.call_time)
            .connect_lazy();
        channels.insert(endpoint.to_owned(), channel.clone());
        Ok(Client::new(channel))
    }
}

/// Pages of a list at most: a provider with more than a million instances is asked differently.
const MOST_PAGES: usize = 1_000;

impl GrpcProviders {
    /// The ids of everything that a provider has: for sweeps that find what was left over.
    ///
    /// # Errors
    /// What follows from the failure.
    pub async fn instances(
        &self,
        endpoint: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, Box<ProviderFailure>> {
        let mut client = self.client(endpoint)?;
        let (mut ids, mut page_token) = (Vec::new(), String::new());
        for _page in 0..MOST_PAGES {
            let mut request = Request::new(proto::ListInstancesRequest {
                updated_after: None,
                observed_at: Some(mapping::instant(now)),
                page_size: 1_000,
                page_token,
            });
            request.set_timeout(self.call_time);
            let answer = client.list_instances(request).await;
            let answer = answer.map_err(|status| failure(&status, Asked::Look))?.into_inner();
            ids.extend(answer.instances.into_iter().map(|instance| instance.instance_id));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(ids);
            }
        }
        // Half a list would look as if the other half were gone.
        Err(broken(format!("the list has more than {MOST_PAGES} pages"), Asked::Look))
    }
}

// An address that is none is a mistake in our own records; the provider has seen nothing.
fn no_address(endpoint: &str, error: &dyn Error) -> ProviderFailure {
    ProviderFailure {
        meaning: AnswerCode::Unavailable.means(Asked::Create, Sent::No),
        reason: None,
        text: format!("`{endpoint}` is no address of a provider: {error}"),
    }
}

#[async_trait]
impl Providers for GrpcProviders {
    async fn ask(
        &self,
        endpoint: &str,
        item: &Item,
        question: &Question,
        now: Timestamp,
    ) -> Answer {
        let client = match self.client(endpoint) {
            Ok(client) => client,
            Err(failure) => return Answer::Failed(*failure),
        };
        let asking = Asking { client, item, now, call_time: self.call_time };
        let answer = match question {
            Question::Put => asking.put().await.map(Answer::Operation),
            Question::Operation(id) => asking.operation(id).await.map(Answer::Operation),
            Question::Observe => asking.observe().await,
            Question::Remove => asking.remove().await,
            Question::Suspend => asking.suspend().await.map(Answer::Operation),
            Question::Resume => asking.resume().await.map(Answer::Operation),
            Question::Wait => Ok(Answer::Nothing),
        };
        answer.unwrap_or_else(|failure| Answer::Failed(*failure))
    }

    async fn list(
        &self,
        endpoint: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<String>>, Box<ProviderFailure>> {
        match self.instances(endpoint, now).await {
            Ok(ids) => Ok(Some(ids)),
            // A list is optional in the contract.
            Err(failure) if failure.text.starts_with("Unimplemented") => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn capabilities(&self, endpoint: &str) -> Result<Capabilities, Box<ProviderFailure>> {
        let mut client = self.client(endpoint)?;
        let mut request = Request::new(proto::GetCapabilitiesRequest {});
        request.set_timeout(self.call_time);
        let answer = client.get_capabilities(request).await;
        let answer = answer.map_err(|status| failure(&status, Asked::Look))?.into_inner();
        mapping::capabilities(answer.capabilities).map_err(|text| broken(text, Asked::Look))
    }
}

struct Asking<'a> {
    client: Client,
    item: &'a Item,
    now: Timestamp,
    call_time: Duration,
}

type Outcome<T> = Result<T, Box<ProviderFailure>>;

impl Asking<'_> {
    fn request<M>(&self, message: M, key: &str) -> Request<M> {
        let mut request = Request::new(message);
        request.set_timeout(self.call_time);
        for (name, value) in
            [("x-request-id", key), ("x-tenant", self.item.spec.tenant_reference.as_str())]
        {
            // A pseudonym with characters that no header may have is left out: it is in the body.
            if let Ok(value) = MetadataValue::try_from(value) {
                request.metadata_mut().insert(name, value);
            }
        }
        request
    }

    async fn put(&self) -> Outcome<OperationSeen> {
        let key = self.item.put_key();
        let message = proto::PutInstanceRequest {
            instance_id: self.item.id.to_string(),
            generation: i64::from(self.item.generation),
            request_id: key.clone(),
            spec: Some(mapping::spec(&self.item.spec)),
            spec_hash: self.item.spec.hash(),
            validate_only: false,
            requested_at: Some(mapping::instant(self.now)),
            wanted_by: None,
        };
        let request = self.request(message, &key);
        let answer = self.client.clone().put_instance(request).await;
        let answer = answer.map_err(|status| failure(&status, Asked::Create))?;
        mapping::operation(answer.into_inner().operation, self.now)
            .map_err(|text| broken(text, Asked::Create))
    }

    async fn operation(&self, id: &str) -> Outcome<OperationSeen> {
        let message = proto::GetOperationRequest {
            operation_id: id.to_owned(),
            observed_at: Some(mapping::instant(self.now)),
        };
        let request = self.request(message, id);
        let answer = self.client.clone().get_operation(request).await;
        let answer = answer.map_err(|status| failure(&status, Asked::Look))?;
        mapping::operation(answer.into_inner().operation, self.now)
            .map_err(|text| broken(text, Asked::Look))
    }

    // A provider that says "not found" says that nothing is there.
    async fn instance(&self) -> Outcome<Observation> {
        let id = self.item.id.to_string();
        let message = proto::ObserveInstanceRequest {
            instance_id: id.clone(),
            observed_at: Some(mapping::instant(self.now)),
        };
        let request = self.request(message, &id);
        let answer = match self.client.clone().observe_instance(request).await {
            Ok(answer) => answer,
            Err(status) => {
                let failure = failure(&status, Asked::Look);
                let absent = failure.meaning == Meaning::Absent;
                return if absent { Ok(mapping::nothing(self.now)) } else { Err(failure) };
            }
        };
        mapping::observation(answer.into_inner().instance, self.now)
            .map_err(|text| broken(text, Asked::Look))
    }

    // What is there, and the operation that it names: a repair says why something is down.
    async fn observe(&self) -> Outcome<Answer> {
        let seen = self.instance().await?;
        let operation = if seen.operation_id.is_empty() {
            None
        } else {
            self.operation(&seen.operation_id).await.ok()
        };
        Ok(Answer::Seen(Box::new(seen), operation))
    }

    async fn remove(&self) -> Outcome<Answer> {
        let key = self.item.delete_key();
        let code = self.item.state.cause().map_or(ReasonCode::SubscriptionEnded, |why| why.code);
        let message = proto::DeleteInstanceRequest {
            instance_id: self.item.id.to_string(),
            generation: i64::from(self.item.generation),
            request_id: key.clone(),
            reason: mapping::reason(code).into(),
            retain_data_until: None,
            requested_at: Some(mapping::instant(self.now)),
        };
        let request = self.request(message, &key);
        match self.client.clone().delete_instance(request).await {
            Ok(_taken_away) => {}
            Err(status) => {
                let failure = failure(&status, Asked::Remove);
                if failure.meaning != Meaning::Absent {
                    return Err(failure);
                }
            }
        }
        Ok(Answer::Seen(Box::new(self.instance().await?), None))
    }

    async fn suspend(&self) -> Outcome<OperationSeen> {
        let key = self.item.suspend_key();
        let code = self.item.state.cause().map(|why| why.code);
        let message = proto::SuspendInstanceRequest {
            instance_id: self.item.id.to_string(),
            generation: i64::from(self.item.generation),
            request_id: key.clone(),
            reason: mapping::reason(code.unwrap_or(ReasonCode::SubscriptionSuspended)).into(),
            requested_at: Some(mapping::instant(self.now)),
        };
        let request = self.request(message, &key);
        let answer = self.client.clone().suspend_instance(request).await;
        let answer = answer.map_err(|status| failure(&status, Asked::Look))?;
        mapping::operation(answer.into_inner().operation, self.now)
            .map_err(|text| broken(text, Asked::Look))
    }

    async fn resume(&self) -> Outcome<OperationSeen> {
        let key = self.item.resume_key();
        let message = proto::ResumeInstanceRequest {
            instance_id: self.item.id.to_string(),
            generation: i64::from(self.item.generation),
            request_id: key.clone(),
            requested_at: Some(mapping::instant(self.now)),
        };
        let request = self.request(message, &key);
        let answer = self.client.clone().resume_instance(request).await;
        let answer = answer.map_err(|status| failure(&status, Asked::Look))?;
        mapping::operation(answer.into_inner().operation, self.now)
            .map_err(|text| broken(text, Asked::Look))
    }
}

/// What a status means, with the reason and the words of the provider.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "it travels as an error: small when all is well"
)]
fn failure(status: &Status, asked: Asked) -> Box<ProviderFailure> {
    let reason =
        status.get_details_error_info().and_then(|info| info.reason.parse::<ReasonCode>().ok());
    let text: String = status.message().chars().take(LONGEST_TEXT).collect();
    Box::new(ProviderFailure {
        meaning: code(status.code()).means(asked, sent(status)),
        reason,
        text: format!("{:?}: {text}", status.code()),
    })
}

// An answer that cannot be understood: the call may well have taken effect.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "it travels as an error: small when all is well"
)]
fn broken(text: String, asked: Asked) -> Box<ProviderFailure> {
    Box::new(ProviderFailure {
        meaning: AnswerCode::Internal.means(asked, Sent::Perhaps),
        reason: None,
        text,
    })
}

// Only a connection that could not be made is proof that nothing was sent.
fn sent(status: &Status) -> Sent {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<ConnectError>() {
            return Sent::No;
        }
        source = error.source();
    }
    Sent::Perhaps
}

const fn code(code: Code) -> AnswerCode {
    match code {
        Code::Cancelled => AnswerCode::Cancelled,
        // A status without an error is an answer that cannot be understood.
        Code::Ok | Code::Unknown => AnswerCode::Unknown,
        Code::InvalidArgument => AnswerCode::InvalidArgument,
        Code::DeadlineExceeded => AnswerCode::DeadlineExceeded,
        Code::NotFound => AnswerCode::NotFound,
        Code::AlreadyExists => AnswerCode::AlreadyExists,
        Code::PermissionDenied => AnswerCode::PermissionDenied,
        Code::ResourceExhausted => AnswerCode::ResourceExhausted,
        Code::FailedPrecondition => AnswerCode::FailedPrecondition,
        Code::Aborted => AnswerCode::Aborted,
        Code::OutOfRange => AnswerCode::OutOfRange,
        Code::Unimplemented => AnswerCode::Unimplemented,
        Code::Internal => AnswerCode::Internal,
        Code::Unavailable => AnswerCode::Unavailable,
        Code::DataLoss => AnswerCode::DataLoss,
        Code::Unauthenticated => AnswerCode::Unauthenticated,
    }
}

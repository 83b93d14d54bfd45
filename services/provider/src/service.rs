//! The calls of the contract.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_service_server::ProviderService;
use tokio::sync::Notify;
use tonic::{Request, Response, Status};

use crate::capabilities;
use crate::faults::{Breach, Faults, Tries};
use crate::record::from_instant;
use crate::registry::{Change, Put, Registry};

/// What calls and the sender of events share.
pub(crate) struct Shared {
    registry: Mutex<Registry>,
    /// Woken when an event may have been queued.
    pub(crate) queued: Notify,
}

impl Shared {
    pub(crate) fn new(registry: Registry) -> Self {
        Self { registry: Mutex::new(registry), queued: Notify::new() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reference provider.
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) shared: Arc<Shared>,
    pub(crate) faults: Faults,
    pub(crate) tries: Tries,
    pub(crate) sends_events: bool,
}

type Answer<T> = Result<Response<T>, Status>;

/// Page size when none is wanted.
const USUAL_PAGE: usize = 50;

impl Service {
    /// The message, after its rules were checked and the switches had their say.
    async fn open<M: prost_reflect::ReflectMessage>(
        &self,
        call: &str,
        key: impl Fn(&M) -> &str,
        request: Request<M>,
    ) -> Result<M, Status> {
        let message = request.into_inner();
        tasuki_proto::validate(&message).map_err(|violations| {
            let first = violations.first().map(|one| format!("`{}`: {}", one.field, one.message));
            Status::invalid_argument(first.unwrap_or_default())
        })?;
        self.faults.before(&self.tries, call, key(&message)).await?;
        Ok(message)
    }

    fn change<T>(&self, act: impl FnOnce(&mut Registry) -> Result<T, Status>) -> Result<T, Status> {
        let done = act(&mut self.shared.lock());
        self.shared.queued.notify_one();
        done
    }
}

fn instant(field: &str, at: Option<prost_types::Timestamp>) -> Result<Timestamp, Status> {
    from_instant(at).ok_or_else(|| Status::invalid_argument(format!("`{field}` is no instant")))
}

#[tonic::async_trait]
impl ProviderService for Service {
    async fn get_capabilities(
        &self,
        request: Request<proto::GetCapabilitiesRequest>,
    ) -> Answer<proto::GetCapabilitiesResponse> {
        self.open("GetCapabilities", |_| "", request).await?;
        let capabilities = capabilities::capabilities(&self.name, self.sends_events);
        Ok(Response::new(proto::GetCapabilitiesResponse { capabilities: Some(capabilities) }))
    }

    async fn put_instance(
        &self,
        request: Request<proto::PutInstanceRequest>,
    ) -> Answer<proto::PutInstanceResponse> {
        let message = self.open("PutInstance", |m| &m.request_id, request).await?;
        let spec = message.spec.unwrap_or_default();
        if !self.faults.breaks(Breach::AnythingOffered) {
            capabilities::check(&spec)?;
        }
        let at = instant("requested_at", message.requested_at)?;
        let put = Put {
            instance_id: message.instance_id,
            generation: message.generation,
            request_id: message.request_id,
            spec,
            spec_hash: message.spec_hash,
            at,
        };
        if message.validate_only && !self.faults.breaks(Breach::ValidateSetsUp) {
            let operation = proto::Operation {
                operation_id: "op-check".to_owned(),
                instance_id: put.instance_id,
                generation: put.generation,
                kind: proto::OperationKind::Put.into(),
                state: proto::OperationState::Pending.into(),
                ..proto::Operation::default()
            };
            let operation = Some(operation);
            return Ok(Response::new(proto::PutInstanceResponse {
                operation,
                repeated_request: false,
            }));
        }
        let (operation, repeated_request) = self.change(|registry| registry.put(&put))?;
        let operation = Some(operation);
        Ok(Response::new(proto::PutInstanceResponse { operation, repeated_request }))
    }

    async fn get_operation(
        &self,
        request: Request<proto::GetOperationRequest>,
    ) -> Answer<proto::GetOperationResponse> {
        let message = self.open("GetOperation", |m| &m.operation_id, request).await?;
        let at = instant("observed_at", message.observed_at)?;
        let operation = self.change(|registry| registry.operation(&message.operation_id, at))?;
        Ok(Response::new(proto::GetOperationResponse { operation: Some(operation) }))
    }

    async fn observe_instance(
        &self,
        request: Request<proto::ObserveInstanceRequest>,
    ) -> Answer<proto::ObserveInstanceResponse> {
        let message = self.open("ObserveInstance", |m| &m.instance_id, request).await?;
        let at = instant("observed_at", message.observed_at)?;
        let instance = self.change(|registry| registry.observe(&message.instance_id, at))?;
        Ok(Response::new(proto::ObserveInstanceResponse { instance: Some(instance) }))
    }

    async fn list_instances(
        &self,
        request: Request<proto::ListInstancesRequest>,
    ) -> Answer<proto::ListInstancesResponse> {
        let message = self.open("ListInstances", |m| &m.page_token, request).await?;
        let at = instant("observed_at", message.observed_at)?;
        let wanted = usize::try_from(message.page_size).unwrap_or(USUAL_PAGE);
        let size = if wanted == 0 { USUAL_PAGE } else { wanted };
        let since = from_instant(message.updated_after);
        let mut instances = self.shared.lock().list(&message.page_token, since, size + 1, at);
        let more = instances.len() > size;
        instances.truncate(size);
        let last = instances.last().filter(|_| more).map(|last| last.instance_id.clone());
        Ok(Response::new(proto::ListInstancesResponse {
            instances,
            next_page_token: last.unwrap_or_default(),
        }))
    }

    async fn suspend_instance(
        &self,
        request: Request<proto::SuspendInstanceRequest>,
    ) -> Answer<proto::SuspendInstanceResponse> {
        let message = self.open("SuspendInstance", |m| &m.request_id, request).await?;
        let change = Change {
            instance_id: message.instance_id,
            generation: message.generation,
            request_id: message.request_id,
            at: instant("requested_at", message.requested_at)?,
        };
        let kind = proto::OperationKind::Suspend;
        let operation = self.change(|registry| registry.suspend(kind, &change))?;
        Ok(Response::new(proto::SuspendInstanceResponse { operation: Some(operation) }))
    }

    async fn resume_instance(
        &self,
        request: Request<proto::ResumeInstanceRequest>,
    ) -> Answer<proto::ResumeInstanceResponse> {
        let message = self.open("ResumeInstance", |m| &m.request_id, request).await?;
        let change = Change {
            instance_id: message.instance_id,
            generation: message.generation,
            request_id: message.request_id,
            at: instant("requested_at", message.requested_at)?,
        };
        let kind = proto::OperationKind::Resume;
        let operation = self.change(|registry| registry.suspend(kind, &change))?;
        Ok(Response::new(proto::ResumeInstanceResponse { operation: Some(operation) }))
    }

    async fn delete_instance(
        &self,
        request: Request<proto::DeleteInstanceRequest>,
    ) -> Answer<proto::DeleteInstanceResponse> {
        let message = self.open("DeleteInstance", |m| &m.request_id, request).await?;
        let change = Change {
            instance_id: message.instance_id,
            generation: message.generation,
            request_id: message.request_id,
            at: instant("requested_at", message.requested_at)?,
        };
        let (operation, existed) = self.change(|registry| registry.delete(&change))?;
        let operation = Some(operation);
        Ok(Response::new(proto::DeleteInstanceResponse { operation, existed }))
    }

    async fn cancel_operation(
        &self,
        request: Request<proto::CancelOperationRequest>,
    ) -> Answer<proto::CancelOperationResponse> {
        let message = self.open("CancelOperation", |m| &m.request_id, request).await?;
        let at = instant("requested_at", message.requested_at)?;
        let operation = self.change(|registry| registry.cancel(&message.operation_id, at))?;
        Ok(Response::new(proto::CancelOperationResponse { operation: Some(operation) }))
    }
}

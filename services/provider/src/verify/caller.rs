//! Calls a provider as the scheme does: every call with a deadline, every change with a key.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_service_client::ProviderServiceClient;
use tasuki_proto::provisioning::v1::InstanceSpec;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};

use super::Plan;
use crate::record::instant;

/// What an answer that is no answer is told as.
pub(super) type Told<T> = Result<T, String>;

/// An instance of ours at the provider.
#[derive(Debug, Clone)]
pub(super) struct Mine {
    pub(super) id: String,
    pub(super) generation: i64,
    pub(super) spec: InstanceSpec,
}

impl Mine {
    pub(super) fn hash(&self) -> String {
        let mut parameters: Vec<_> = self.spec.parameters.iter().collect();
        parameters.sort();
        let text = format!(
            "{} {} {} {parameters:?}",
            self.spec.component, self.spec.plan, self.spec.quantity
        );
        format!("sha256:{}", hex::encode(Sha256::digest(text)))
    }

    pub(super) fn next(&self) -> Self {
        Self { generation: self.generation + 1, ..self.clone() }
    }
}

/// What was learned on the way.
#[derive(Debug, Default)]
struct Known {
    capabilities: Option<proto::Capabilities>,
    ids: Vec<String>,
    n_made: u32,
    passed: SignedDuration,
}

/// Calls one provider.
pub(super) struct Caller {
    pub(super) client: ProviderServiceClient<Channel>,
    pub(super) plan: Plan,
    began_at: Timestamp,
    started: tokio::time::Instant,
    known: Mutex<Known>,
}

impl Caller {
    pub(super) fn new(plan: &Plan) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(plan.target.clone())
            .with_context(|| {
                format!("`{}` is no address such as http://127.0.0.1:7450", plan.target)
            })?
            .connect_timeout(Duration::from_secs(5))
            .connect_lazy();
        Ok(Self {
            client: ProviderServiceClient::new(channel),
            plan: plan.clone(),
            began_at: plan.began_at,
            started: tokio::time::Instant::now(),
            known: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn provider(&self) -> String {
        let known = self.lock();
        known.capabilities.as_ref().map(|it| it.provider.clone()).unwrap_or_default()
    }

    pub(super) fn learn(&self, capabilities: proto::Capabilities) {
        self.lock().capabilities = Some(capabilities);
    }

    pub(super) fn capabilities(&self) -> proto::Capabilities {
        self.lock().capabilities.clone().unwrap_or_default()
    }

    /// The component that is ordered.
    pub(super) fn component(&self) -> Told<proto::Component> {
        let capabilities = self.capabilities();
        let mut components = capabilities.components.into_iter();
        match &self.plan.component {
            Some(name) => components
                .find(|it| it.component == *name)
                .ok_or_else(|| format!("`{name}` is not offered: choose one that is")),
            None => components.next().ok_or_else(|| "no component is offered".to_owned()),
        }
    }

    /// The present: real time, and for a provider that simulates time what has passed by our word.
    pub(super) fn now(&self) -> Timestamp {
        let passed = self.lock().passed;
        if self.capabilities().simulates_time {
            self.began_at.checked_add(passed).unwrap_or(self.began_at)
        } else {
            let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
            let passed = SignedDuration::from_millis(passed);
            self.began_at.checked_add(passed).unwrap_or(self.began_at)
        }
    }

    /// Lets time pass: by word for who simulates it, really for who does not.
    pub(super) async fn pass(&self, simulated: SignedDuration, real: Duration) {
        if self.capabilities().simulates_time {
            self.lock().passed += simulated;
        } else {
            tokio::time::sleep(real).await;
        }
    }

    /// A new instance of ours, not asked for yet.
    pub(super) fn mine(&self) -> Told<Mine> {
        let component = self.component()?;
        let plan = component.plans.first();
        let spec = InstanceSpec {
            service: component.service,
            component: component.component.clone(),
            plan: plan.map(|plan| plan.plan.clone()).unwrap_or_default(),
            plan_version: String::new(),
            quantity: component.minimum_quantity.max(1),
            parameters: self.plan.parameters.iter().cloned().collect(),
            tenant_reference: self.plan.tenant_reference.clone(),
            region: String::new(),
        };
        let mut known = self.lock();
        known.n_made += 1;
        let id = format!("verify-{:x}-{}", self.began_at.as_microsecond(), known.n_made);
        known.ids.push(id.clone());
        Ok(Mine { id, generation: 1, spec })
    }

    /// A key that names the step.
    pub(super) fn key(verb: &str, mine: &Mine) -> String {
        format!("{verb}-{}-{}", mine.id, mine.generation)
    }

    pub(super) fn put_message(&self, mine: &Mine) -> proto::PutInstanceRequest {
        proto::PutInstanceRequest {
            instance_id: mine.id.clone(),
            generation: mine.generation,
            request_id: Self::key("put", mine),
            spec: Some(mine.spec.clone()),
            spec_hash: mine.hash(),
            validate_only: false,
            requested_at: Some(instant(self.now())),
            wanted_by: None,
        }
    }

    /// One call: in time, well formed, or with the code that is told.
    pub(super) async fn call<Q, A>(
        &self,
        message: Q,
        call: impl AsyncFnOnce(
            ProviderServiceClient<Channel>,
            Request<Q>,
        ) -> Result<tonic::Response<A>, tonic::Status>,
    ) -> Result<A, Refused>
    where
        A: prost_reflect::ReflectMessage,
    {
        let mut request = Request::new(message);
        request.set_timeout(self.plan.answer_within * 3);
        let started = tokio::time::Instant::now();
        let answered = call(self.client.clone(), request).await;
        let took = started.elapsed();
        if took > self.plan.answer_within {
            let (took, within) = (took.as_millis(), self.plan.answer_within.as_millis());
            return Err(Refused::Broken(format!("an answer took {took} ms of {within} allowed")));
        }
        let answer = answered.map_err(Refused::from)?.into_inner();
        if let Err(broken) = tasuki_proto::validate(&answer) {
            let rule = broken.first().map(|one| format!("`{}` {}", one.field, one.message));
            let rule = rule.unwrap_or_default();
            return Err(Refused::Broken(format!(
                "an answer breaks a rule of the contract: {rule}"
            )));
        }
        Ok(answer)
    }

    /// Takes away whatever was set up; what cannot be is left to the report.
    pub(super) async fn clean_up(&self) {
        let ids = self.lock().ids.clone();
        for id in ids {
            let Ok(mine) = self.mine() else { return };
            let mine = Mine { id, generation: 1_000, ..mine };
            if let Err(refused) = self.delete(&mine).await {
                tracing::warn!("`{}` may be left at the provider: {refused}", mine.id);
            }
        }
    }
}

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// With a code, and the provider's words.
    With(Code, String),
    /// The answer is none of the contract.
    Broken(String),
}

impl From<tonic::Status> for Refused {
    fn from(status: tonic::Status) -> Self {
        Self::With(status.code(), status.message().to_owned())
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::With(code, text) => write!(f, "answered with {code:?}: {text}"),
            Self::Broken(text) => f.write_str(text),
        }
    }
}

impl From<Refused> for String {
    fn from(refused: Refused) -> Self {
        refused.to_string()
    }
}

//! What every handler does first: who calls, is the request well formed, was it made before.

use std::sync::Arc;

use prost::Message;
use prost_reflect::ReflectMessage;
use sha2::{Digest, Sha256};
use tasuki_app::call::{Call, RequestKey};
use tasuki_app::context::Context;
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::webhook::AddressRules;
use tonic::{Request, Status};

use crate::auth::Authenticate;
use crate::status::status;

/// What handlers share.
#[derive(Debug, Clone)]
pub struct Edge {
    /// What use cases work with.
    pub ctx: Context,
    auth: Arc<dyn Authenticate>,
    webhook_rules: Arc<AddressRules>,
}

/// The prefix of request messages' full names is left out of keys: the rest is unique.
const PACKAGE: &str = "tasuki.";

impl Edge {
    /// An edge over a context, with a way to find the principal.
    pub fn new(ctx: Context, auth: Arc<dyn Authenticate>) -> Self {
        Self { ctx, auth, webhook_rules: Arc::default() }
    }

    /// The edge with other rules about addresses that events may be sent to.
    #[must_use]
    pub fn with_webhook_rules(self, rules: AddressRules) -> Self {
        Self { webhook_rules: Arc::new(rules), ..self }
    }

    /// Which addresses events may be sent to.
    pub(crate) fn webhook_rules(&self) -> &AddressRules {
        &self.webhook_rules
    }

    /// Opens a request that changes nothing, or whose repeats are recognised otherwise.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, or `INVALID_ARGUMENT` with every broken rule.
    pub async fn open<M: ReflectMessage>(&self, request: Request<M>) -> Result<(Call, M), Status> {
        self.open_checking(request, |_| true).await
    }

    /// Opens a batch of rows: rules that rows break are left to their own answers.
    /// Without a request id repeats are recognised row by row.
    ///
    /// # Errors
    /// As [`Edge::open`], for rules about the batch as a whole.
    pub async fn open_batch<M: ReflectMessage + Message>(
        &self,
        request: Request<M>,
        rows: &'static str,
        request_id: impl FnOnce(&M) -> &str,
    ) -> Result<(Call, M), Status> {
        let inside = format!("{rows}[");
        let checked = |field: &str| !field.starts_with(&inside);
        let (mut call, message) = self.open_checking(request, checked).await?;
        let request_id = request_id(&message);
        if !request_id.is_empty() {
            call.key = Some(key(&call, &message, request_id));
        }
        Ok((call, message))
    }

    async fn open_checking<M: ReflectMessage>(
        &self,
        request: Request<M>,
        checked: impl Fn(&str) -> bool,
    ) -> Result<(Call, M), Status> {
        let (metadata, _, message) = request.into_parts();
        let principal = self.auth.principal(&metadata).await.map_err(|problem| status(&problem))?;
        let span = tracing::Span::current();
        span.record("principal", tracing::field::display(&principal));
        let broken: Vec<Violation> =
            broken(&message).into_iter().filter(|broken| checked(&broken.field)).collect();
        if !broken.is_empty() {
            return Err(status(&Problem::all_invalid(broken)));
        }
        Ok((Call::by(principal), message))
    }

    /// Opens a request that changes something: a repeat with the same request id and body gets the
    /// first answer.
    ///
    /// # Errors
    /// As [`Edge::open`], and `REQUEST_INVALID` without a request id.
    pub async fn open_change<M: ReflectMessage + Message>(
        &self,
        request: Request<M>,
        request_id: impl FnOnce(&M) -> &str,
    ) -> Result<(Call, M), Status> {
        self.open_unless_asking(request, |message| (request_id(message), Asking::No)).await
    }

    /// Opens a request that changes something unless it only asks (`validate_only`): then it needs no
    /// request id, and there is nothing to repeat.
    ///
    /// # Errors
    /// As [`Edge::open_change`].
    pub async fn open_unless_asking<M: ReflectMessage + Message>(
        &self,
        request: Request<M>,
        look: impl FnOnce(&M) -> (&str, Asking),
    ) -> Result<(Call, M), Status> {
        let (call, message) = self.open(request).await?;
        let call =
            call_of_row(&call, &message, look(&message)).map_err(|problem| status(&problem))?;
        Ok((call, message))
    }
}

/// Whether a request only asks what would happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// It asks and changes nothing.
    Yes,
    /// It changes something.
    No,
}

impl From<bool> for Asking {
    fn from(validate_only: bool) -> Self {
        if validate_only { Self::Yes } else { Self::No }
    }
}

/// A row of a batch, if it breaks no rule of the contract.
///
/// # Errors
/// `REQUEST_INVALID` with every broken rule, for the row's own answer.
pub(crate) fn row<M: ReflectMessage>(message: M) -> Result<M, Problem> {
    let broken = broken(&message);
    if broken.is_empty() { Ok(message) } else { Err(Problem::all_invalid(broken)) }
}

/// The call of one row of a batch, which is the call that the row would be by itself: a repeat is recognised
/// either way.
///
/// # Errors
/// `REQUEST_INVALID` without a request id, unless it only asks.
pub(crate) fn call_of_row<M: ReflectMessage + Message>(
    call: &Call,
    row: &M,
    (request_id, asking): (&str, Asking),
) -> Result<Call, Problem> {
    let key = match asking {
        Asking::Yes => None,
        Asking::No if request_id.is_empty() => {
            let text = "is required: choose a new id for each change, and keep it for repeats";
            return Err(Problem::invalid("request_id", text));
        }
        Asking::No => Some(key(call, row, request_id)),
    };
    Ok(Call { key, ..call.clone() })
}

/// The rules of the contract that a message breaks.
fn broken<M: ReflectMessage>(message: &M) -> Vec<Violation> {
    let violations = tasuki_proto::validate(message).err().unwrap_or_default();
    violations
        .into_iter()
        .map(|broken| Violation { field: broken.field, description: broken.message })
        .collect()
}

/// What makes a repeat of this call the same call.
fn key<M: ReflectMessage + Message>(call: &Call, message: &M, request_id: &str) -> RequestKey {
    RequestKey {
        scope: call.principal.subject.clone(),
        method: method_of(message),
        request_id: request_id.to_owned(),
        body_hash: hex::encode(Sha256::digest(message.encode_to_vec())),
    }
}

/// The full name of the request message, which is unique per call by the rules of the contracts.
fn method_of<M: ReflectMessage>(message: &M) -> String {
    let descriptor = message.descriptor();
    let name = descriptor.full_name();
    name.strip_prefix(PACKAGE).unwrap_or(name).to_owned()
}

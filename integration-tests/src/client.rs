//! A client that knows the contracts by their descriptors only: requests and answers are JSON with the field names of
//! the contracts.

use std::error::Error as _;
use std::time::{Duration, Instant};

use prost_reflect::prost::Message as _;
use prost_reflect::prost::bytes::{Buf as _, BufMut as _};
use prost_reflect::{DynamicMessage, MethodDescriptor, SerializeOptions};
use serde_json::Value;
use tasuki_proto::DESCRIPTOR_POOL;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

/// How long one call may take; a server that is frozen gives no answer.
const CALL_TIME: Duration = Duration::from_secs(20);

/// The wait before a call is repeated.
const REPEAT_AFTER: Duration = Duration::from_millis(100);

/// Answers with long lists are larger than the default of four MiB.
const LARGEST_ANSWER: usize = 64 << 20;

/// A line to a server; it is opened when first used and again whenever it breaks.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
}

/// An answer, and how often the call was repeated for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The answer.
    pub answer: Value,
    /// How often.
    pub n_repeats: u32,
}

impl Client {
    /// A client of the server at an address such as `127.0.0.1:50051`.
    ///
    /// # Errors
    /// It is no address.
    pub fn new(address: &str) -> Result<Self, Status> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| Status::invalid_argument(error.to_string()))?
            .connect_timeout(CALL_TIME);
        Ok(Self { channel: endpoint.connect_lazy() })
    }

    /// Calls once, such as `tasuki.quote.v1.QuoteService/GetQuote`.
    ///
    /// # Errors
    /// What the server answered, or `INVALID_ARGUMENT` for what the contract does not know.
    pub async fn call(&self, method: &str, request: &Value) -> Result<Value, Status> {
        let contract = contract(method)?;
        let request = DynamicMessage::deserialize(contract.input(), request)
            .map_err(|error| Status::invalid_argument(format!("{method}: {error}")))?;
        let path = PathAndQuery::try_from(format!("/{method}"))
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let mut line = Grpc::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER);
        line.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(request.encode_to_vec());
        request.set_timeout(CALL_TIME);
        let answer = tokio::time::timeout(CALL_TIME, line.unary(request, path, Bytes)).await;
        let answer = answer.map_err(|_| Status::deadline_exceeded("no answer in time"))??;
        let bytes = answer.into_inner();
        let answer = DynamicMessage::decode(contract.output(), bytes.as_slice())
            .map_err(|error| Status::data_loss(error.to_string()))?;
        let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
        answer
            .serialize_with_options(serde_json::value::Serializer, &options)
            .map_err(|error| Status::data_loss(error.to_string()))
    }

    /// Repeats a call with the same body while it may still work.
    ///
    /// # Errors
    /// A refusal that will not pass, or the last failure when patience has ended.
    pub async fn persist(
        &self,
        method: &str,
        request: &Value,
        patience: Duration,
    ) -> Result<Answered, Status> {
        let began = Instant::now();
        let mut n_repeats = 0;
        loop {
            match self.call(method, request).await {
                Ok(answer) => return Ok(Answered { answer, n_repeats }),
                Err(status) if may_pass(&status) && began.elapsed() < patience => {
                    n_repeats += 1;
                    tokio::time::sleep(REPEAT_AFTER).await;
                }
                Err(status) => return Err(status),
            }
        }
    }
}

fn contract(method: &str) -> Result<MethodDescriptor, Status> {
    let unknown = || Status::unimplemented(format!("no contract knows `{method}`"));
    let (service, name) = method.split_once('/').ok_or_else(unknown)?;
    let service = DESCRIPTOR_POOL.get_service_by_name(service).ok_or_else(unknown)?;
    service.methods().find(|one| one.name() == name).ok_or_else(unknown)
}

/// Whether a repeat of the call may be answered otherwise.
fn may_pass(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::ResourceExhausted => {
            true
        }
        // Made by our end of the line: it broke while the answer was on its way.
        Code::Unknown | Code::Cancelled | Code::Internal => status.source().is_some(),
        Code::FailedPrecondition => {
            status.get_details_error_info().is_some_and(|info| info.reason == "CLOCK_STUCK")
        }
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

/// Messages as they are on the line.
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; from.remaining()];
        from.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

//! The baseline: tonic and nothing else. Decodes a request and answers with an empty message, or with one that it was
//! given: what an answer of that size costs whoever makes it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use prost::Message as _;
use tasuki_proto::cover::v1::{EvaluateEligibilityRequest, EvaluateEligibilityResponse};
use tasuki_proto::quote::v1::{CreateQuoteRequest, CreateQuoteResponse};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_prost::ProstCodec;

/// The argument with which this program serves instead of measuring.
pub(crate) const SERVE: &str = "--serve-bare";

/// A call that is measured.
trait Measured: 'static {
    /// The service that has it.
    const SERVICE: &'static str;
    type Request: prost::Message + Default + 'static;
    type Response: prost::Message + Clone + Default + 'static;
}

struct EvaluateEligibility;

impl Measured for EvaluateEligibility {
    const SERVICE: &'static str = "tasuki.cover.v1.CoverService";
    type Request = EvaluateEligibilityRequest;
    type Response = EvaluateEligibilityResponse;
}

struct CreateQuote;

impl Measured for CreateQuote {
    const SERVICE: &'static str = "tasuki.quote.v1.QuoteService";
    type Request = CreateQuoteRequest;
    type Response = CreateQuoteResponse;
}

/// Answers every call of its service as the one that is measured.
struct Service<T: Measured>(Arc<T::Response>);

impl<T: Measured> Service<T> {
    /// The answer of another call says nothing here, and is taken for an empty one.
    fn answering(encoded: &[u8]) -> Self {
        Self(Arc::new(T::Response::decode(encoded).unwrap_or_default()))
    }
}

impl<T: Measured> Clone for Service<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Measured> NamedService for Service<T> {
    const NAME: &'static str = T::SERVICE;
}

impl<T: Measured> tower::Service<Request<Body>> for Service<T> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = Answer::<T>(Arc::clone(&self.0));
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
            Ok(grpc.unary(answer, request).await)
        })
    }
}

struct Answer<T: Measured>(Arc<T::Response>);

impl<T: Measured> tonic::server::UnaryService<T::Request> for Answer<T> {
    type Response = T::Response;
    type Future = std::future::Ready<Result<tonic::Response<Self::Response>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<T::Request>) -> Self::Future {
        std::hint::black_box(request);
        std::future::ready(Ok(tonic::Response::new((*self.0).clone())))
    }
}

/// Serves the measured calls until killed, with the answer whose file is named behind [`SERVE`].
#[expect(clippy::print_stdout, reason = "whoever started it reads the address")]
pub(crate) fn serve() {
    let file = std::env::args().skip_while(|argument| argument != SERVE).nth(1);
    let answer = file.map(|file| std::fs::read(file).unwrap()).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("bare on http://{}", listener.local_addr().unwrap());
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        Server::builder()
            .add_service(Service::<EvaluateEligibility>::answering(&answer))
            .add_service(Service::<CreateQuote>::answering(&answer))
            .serve_with_incoming(incoming)
            .await
            .unwrap();
    });
}

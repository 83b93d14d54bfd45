//! The baseline: tonic and nothing else. Decodes a request and answers with an empty message.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::{Request, Response};
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
    type Response: prost::Message + Default + 'static;
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
struct Service<T>(PhantomData<fn() -> T>);

impl<T> Clone for Service<T> {
    fn clone(&self) -> Self {
        Self(PhantomData)
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
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
            Ok(grpc.unary(Answer::<T>(PhantomData), request).await)
        })
    }
}

struct Answer<T>(PhantomData<fn() -> T>);

impl<T: Measured> tonic::server::UnaryService<T::Request> for Answer<T> {
    type Response = T::Response;
    type Future = std::future::Ready<Result<tonic::Response<Self::Response>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<T::Request>) -> Self::Future {
        std::hint::black_box(request);
        std::future::ready(Ok(tonic::Response::new(T::Response::default())))
    }
}

/// Serves the measured calls until killed.
#[expect(clippy::print_stdout, reason = "whoever started it reads the address")]
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("bare on http://{}", listener.local_addr().unwrap());
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        Server::builder()
            .add_service(Service::<EvaluateEligibility>(PhantomData))
            .add_service(Service::<CreateQuote>(PhantomData))
            .serve_with_incoming(incoming)
            .await
            .unwrap();
    });
}

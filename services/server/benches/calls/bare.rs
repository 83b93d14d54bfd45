//! The baseline: tonic and nothing else. Decodes a request and answers with an empty message.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::{Request, Response};
use tasuki_proto::cover::v1::{EvaluateEligibilityRequest, EvaluateEligibilityResponse};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_prost::ProstCodec;

/// The argument with which this program serves instead of measuring.
pub(crate) const SERVE: &str = "--serve-bare";

#[derive(Clone)]
struct Covers;

impl NamedService for Covers {
    const NAME: &'static str = "tasuki.cover.v1.CoverService";
}

impl tower::Service<Request<Body>> for Covers {
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
            Ok(grpc.unary(Answer, request).await)
        })
    }
}

#[derive(Clone)]
struct Answer;

impl tonic::server::UnaryService<EvaluateEligibilityRequest> for Answer {
    type Response = EvaluateEligibilityResponse;
    type Future = std::future::Ready<Result<tonic::Response<Self::Response>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<EvaluateEligibilityRequest>) -> Self::Future {
        std::hint::black_box(request);
        std::future::ready(Ok(tonic::Response::new(EvaluateEligibilityResponse::default())))
    }
}

/// Serves one call until killed.
#[expect(clippy::print_stdout, reason = "whoever started it reads the address")]
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("bare on http://{}", listener.local_addr().unwrap());
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        Server::builder().add_service(Covers).serve_with_incoming(incoming).await.unwrap();
    });
}

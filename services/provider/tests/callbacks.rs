//! What the reference provider tells its caller: once per stage, twice when told to, and again until
//! it is taken in.
#![expect(clippy::unwrap_used, reason = "test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_callback_service_server::{
    ProviderCallbackService, ProviderCallbackServiceServer,
};
use tasuki_proto::provider::v1::provider_service_client::ProviderServiceClient;
use tasuki_proto::provisioning::v1::InstanceSpec;
use tasuki_proto::types::v1::Service;
use tasuki_provider::{Behaviour, Callbacks, Course, Options, Scenario};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

const START: i64 = 1_601_510_400;
const DAY: i64 = 86_400;
const PROVIDER: &str = "prv_00000000-0000-0000-0000-000000000001";

/// Longer than any test needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes events in, as often as they come; asks for the first so often to be sent again.
#[derive(Debug, Clone, Default)]
struct Receiver {
    calls: Arc<Mutex<Vec<proto::ReportEventRequest>>>,
    n_unready: usize,
}

#[tonic::async_trait]
impl ProviderCallbackService for Receiver {
    async fn report_event(
        &self,
        request: Request<proto::ReportEventRequest>,
    ) -> Result<Response<proto::ReportEventResponse>, Status> {
        let message = request.into_inner();
        let mut calls = self.calls.lock().unwrap();
        let ready = calls.len() >= self.n_unready;
        let outcome = if ready { proto::AckOutcome::Accepted } else { proto::AckOutcome::Retry };
        let ack = |event: &proto::Event| proto::EventAck {
            event_id: event.event_id.clone(),
            outcome: outcome.into(),
            ..proto::EventAck::default()
        };
        let acks = message.events.iter().map(ack).collect();
        calls.push(message);
        Ok(Response::new(proto::ReportEventResponse { acks }))
    }
}

impl Receiver {
    /// Listens; the address.
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = Server::builder()
            .add_service(ProviderCallbackServiceServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(served);
        url
    }

    fn events(&self) -> Vec<proto::Event> {
        self.calls.lock().unwrap().iter().flat_map(|call| call.events.clone()).collect()
    }

    /// The numbers of the events that came, in order, once there are so many.
    async fn sequences(&self, n_events: usize) -> Vec<i64> {
        let enough = async {
            while self.events().len() < n_events {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, enough).await.unwrap();
        self.events().iter().map(|event| event.sequence).collect()
    }
}

fn options(url: &str, behaviour: Behaviour, state: Option<&Path>) -> Options {
    let course = Course { behaviour, active_after_days: Some(10), ..Course::default() };
    let (url, provider_id) = (url.to_owned(), PROVIDER.to_owned());
    Options {
        scenario: Scenario::all(course),
        callbacks: Some(Callbacks { url, token: Some("secret".to_owned()), provider_id }),
        state: state.map(|folder| folder.join("state.jsonl")),
        ..Options::default()
    }
}

fn at(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: START + seconds, nanos: 0 }
}

/// Serves until the test ends; the address.
async fn serve(options: Options) -> (String, tokio::task::JoinHandle<anyhow::Result<()>>) {
    let bound = tasuki_provider::bind(options).await.unwrap();
    let url = format!("http://{}", bound.address());
    (url, tokio::spawn(bound.serve(std::future::pending())))
}

async fn put(url: &str) {
    let spec = InstanceSpec {
        service: Service::CloudWaf.into(),
        component: "cloud_waf".to_owned(),
        quantity: 1,
        tenant_reference: "F001".to_owned(),
        ..InstanceSpec::default()
    };
    let request = proto::PutInstanceRequest {
        instance_id: "i-1".to_owned(),
        generation: 1,
        request_id: "put-i-1-1".to_owned(),
        spec: Some(spec),
        spec_hash: format!("sha256:{}", "a".repeat(64)),
        requested_at: Some(at(0)),
        ..proto::PutInstanceRequest::default()
    };
    let mut client = ProviderServiceClient::connect(url.to_owned()).await.unwrap();
    client.put_instance(request).await.unwrap();
}

async fn look(url: &str, seconds: i64) {
    let instance_id = "i-1".to_owned();
    let request = proto::ObserveInstanceRequest { instance_id, observed_at: Some(at(seconds)) };
    let mut client = ProviderServiceClient::connect(url.to_owned()).await.unwrap();
    client.observe_instance(request).await.unwrap();
}

#[tokio::test]
async fn each_stage_is_told_once_with_its_own_number_by_the_tenants_clock() {
    let receiver = Receiver::default();
    let (url, _serving) = serve(options(&receiver.listen().await, Behaviour::Normal, None)).await;
    put(&url).await;
    assert_eq!(receiver.sequences(1).await, [1]);
    look(&url, DAY / 2).await;
    look(&url, 10 * DAY).await;
    assert_eq!(receiver.sequences(4).await, [1, 2, 3, 4]);

    let events = receiver.events();
    let days: Vec<i64> = events
        .iter()
        .map(|event| (event.occurred_at.unwrap_or_default().seconds - START) / DAY)
        .collect();
    assert_eq!(days, [0, 1, 9, 10]);
    assert!(events.iter().all(|event| tasuki_proto::validate(event).is_ok()));
    let ids: BTreeSet<&str> = events.iter().map(|event| event.event_id.as_str()).collect();
    assert_eq!(ids.len(), 4);
    let calls = receiver.calls.lock().unwrap();
    assert!(calls.iter().all(|call| call.provider_id == PROVIDER));
}

#[tokio::test]
async fn told_to_send_twice_it_sends_the_doubles_in_the_other_order() {
    let receiver = Receiver::default();
    let behaviour = Behaviour::DuplicateCallback;
    let (url, _serving) = serve(options(&receiver.listen().await, behaviour, None)).await;
    put(&url).await;
    assert_eq!(receiver.sequences(2).await, [1, 1]);
    look(&url, 10 * DAY).await;
    assert_eq!(receiver.sequences(8).await[2..], [2, 3, 4, 4, 3, 2]);
}

#[tokio::test]
async fn what_was_not_taken_in_is_sent_again_with_the_same_id() {
    let receiver = Receiver { n_unready: 2, ..Receiver::default() };
    let (url, _serving) = serve(options(&receiver.listen().await, Behaviour::Normal, None)).await;
    put(&url).await;
    assert_eq!(receiver.sequences(3).await, [1, 1, 1]);
    let ids: BTreeSet<String> = receiver.events().into_iter().map(|event| event.event_id).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn what_a_receiver_missed_is_sent_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = "http://127.0.0.1:1";
    let (url, serving) = serve(options(nobody, Behaviour::Normal, Some(folder.path()))).await;
    put(&url).await;
    look(&url, 2 * DAY).await;
    serving.abort();
    let _ended = serving.await;

    let receiver = Receiver::default();
    let url = receiver.listen().await;
    let (url, _serving) = serve(options(&url, Behaviour::Normal, Some(folder.path()))).await;
    assert_eq!(receiver.sequences(2).await, [1, 2]);
    look(&url, 10 * DAY).await;
    assert_eq!(receiver.sequences(4).await, [1, 2, 3, 4]);
}

//! What every provider must keep, tried on the reference provider over gRPC.
#![expect(clippy::unwrap_used, reason = "test")]

use std::path::Path;

use prost_types::Timestamp;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_service_client::ProviderServiceClient;
use tasuki_proto::provider::v1::{Health, OperationState};
use tasuki_proto::provisioning::v1::{CustomerActionKind, InstanceSpec, ReasonCode};
use tasuki_proto::types::v1::Service;
use tasuki_provider::{Behaviour, Course, Faults, Options, Scenario};
use tokio::sync::oneshot;
use tonic::Code;
use tonic::transport::Channel;

const DAY: i64 = 86_400;
const START: i64 = 1_601_510_400;

type Client = ProviderServiceClient<Channel>;

struct Running {
    client: Client,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Running {
    async fn start(options: Options) -> Self {
        let bound = tasuki_provider::bind(options).await.unwrap();
        let url = format!("http://{}", bound.address());
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(bound.serve(async move {
            let _told = stopped.await;
        }));
        Self { client: Client::connect(url).await.unwrap(), stop, done }
    }

    async fn stop(self) {
        drop(self.client);
        self.stop.send(()).unwrap();
        self.done.await.unwrap().unwrap();
    }
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages are optional")]
fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: START + seconds, nanos: 0 })
}

fn put(instance: &str, generation: i64, component: &str) -> proto::PutInstanceRequest {
    let service = match component {
        "utm" => Service::Utm,
        "edr" => Service::Edr,
        _others => Service::CloudWaf,
    };
    proto::PutInstanceRequest {
        instance_id: instance.to_owned(),
        generation,
        request_id: format!("put-{instance}-{generation}"),
        spec: Some(InstanceSpec {
            service: service.into(),
            component: component.to_owned(),
            quantity: 5,
            tenant_reference: "F001".to_owned(),
            ..InstanceSpec::default()
        }),
        spec_hash: format!("sha256:{}", "a".repeat(64)),
        requested_at: at(0),
        ..proto::PutInstanceRequest::default()
    }
}

fn delete(instance: &str, generation: i64) -> proto::DeleteInstanceRequest {
    proto::DeleteInstanceRequest {
        instance_id: instance.to_owned(),
        generation,
        request_id: format!("del-{instance}-{generation}"),
        reason: ReasonCode::CancelledByCustomer.into(),
        requested_at: at(DAY),
        ..proto::DeleteInstanceRequest::default()
    }
}

async fn operation(client: &mut Client, id: &str, seconds: i64) -> proto::Operation {
    let request =
        proto::GetOperationRequest { operation_id: id.to_owned(), observed_at: at(seconds) };
    client.get_operation(request).await.unwrap().into_inner().operation.unwrap()
}

async fn observe(client: &mut Client, id: &str, seconds: i64) -> proto::Instance {
    let request =
        proto::ObserveInstanceRequest { instance_id: id.to_owned(), observed_at: at(seconds) };
    client.observe_instance(request).await.unwrap().into_inner().instance.unwrap()
}

fn course(behaviour: Behaviour, days: u32) -> Options {
    let course = Course { behaviour, active_after_days: Some(days), ..Course::default() };
    Options { scenario: Scenario::all(course), ..Options::default() }
}

#[tokio::test]
async fn the_same_request_gives_the_same_answer_and_another_spec_is_refused() {
    let mut running = Running::start(course(Behaviour::Normal, 10)).await;
    let client = &mut running.client;
    let first = client.put_instance(put("i-1", 1, "cloud_waf")).await.unwrap().into_inner();
    let again = client.put_instance(put("i-1", 1, "cloud_waf")).await.unwrap().into_inner();
    assert!(!first.repeated_request && again.repeated_request);
    assert_eq!(first.operation, again.operation);

    let other = proto::PutInstanceRequest {
        spec_hash: format!("sha256:{}", "b".repeat(64)),
        ..put("i-1", 1, "cloud_waf")
    };
    assert_eq!(client.put_instance(other).await.unwrap_err().code(), Code::AlreadyExists);
    client.put_instance(put("i-1", 3, "cloud_waf")).await.unwrap();
    let older = client.put_instance(put("i-1", 2, "cloud_waf")).await.unwrap_err();
    assert_eq!(older.code(), Code::FailedPrecondition);
    running.stop().await;
}

#[tokio::test]
async fn an_operation_moves_by_the_tenants_clock_and_by_nothing_else() {
    let mut running = Running::start(course(Behaviour::Normal, 10)).await;
    let client = &mut running.client;
    let put = client.put_instance(put("i-1", 1, "cloud_waf")).await.unwrap().into_inner();
    let id = put.operation.unwrap().operation_id;

    assert_eq!(operation(client, &id, 0).await.state(), OperationState::Running);
    let waiting = operation(client, &id, 2 * DAY).await;
    assert_eq!(waiting.state(), OperationState::AwaitingCustomer);
    let action = waiting.customer_action.unwrap();
    assert_eq!(action.kind(), CustomerActionKind::DnsChange);
    assert!(!action.expected_records.is_empty() && !action.instructions.unwrap().ja.is_empty());
    assert_eq!(observe(client, "i-1", 2 * DAY).await.activated_at, None);

    assert_eq!(operation(client, &id, 10 * DAY).await.state(), OperationState::Succeeded);
    let live = observe(client, "i-1", 10 * DAY).await;
    assert_eq!((live.health(), live.activated_at), (Health::Ok, at(10 * DAY)));
    assert!(!live.evidence_id.is_empty());
    // The past stays as it was.
    assert_eq!(operation(client, &id, 0).await.state(), OperationState::Running);
    running.stop().await;
}

#[tokio::test]
async fn a_deletion_that_overtook_its_creation_keeps_it_from_coming_back() {
    let mut running = Running::start(Options::default()).await;
    let client = &mut running.client;
    let deleted = client.delete_instance(delete("i-1", 2)).await.unwrap().into_inner();
    assert!(!deleted.existed);
    let late = client.put_instance(put("i-1", 1, "utm")).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);
    assert!(!observe(client, "i-1", DAY).await.exists);

    client.put_instance(put("i-1", 3, "utm")).await.unwrap();
    assert!(observe(client, "i-1", DAY).await.exists);
    assert!(client.delete_instance(delete("i-1", 4)).await.unwrap().into_inner().existed);
    assert!(!client.delete_instance(delete("i-1", 4)).await.unwrap().into_inner().existed);
    running.stop().await;
}

#[tokio::test]
async fn what_was_answered_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = |path: &Path| Options {
        state: Some(path.join("state.jsonl")),
        ..course(Behaviour::Normal, 10)
    };
    let mut running = Running::start(options(folder.path())).await;
    running.client.put_instance(put("i-1", 1, "edr")).await.unwrap();
    running.client.put_instance(put("i-2", 1, "edr")).await.unwrap();
    running.client.delete_instance(delete("i-2", 2)).await.unwrap();
    running.stop().await;

    let mut running = Running::start(options(folder.path())).await;
    let client = &mut running.client;
    let again = client.put_instance(put("i-1", 1, "edr")).await.unwrap().into_inner();
    assert!(again.repeated_request);
    assert_eq!(observe(client, "i-1", 10 * DAY).await.endpoints.unwrap().n_reporting, 5);
    assert!(client.put_instance(put("i-2", 1, "edr")).await.is_err());
    let listed = proto::ListInstancesRequest {
        observed_at: at(DAY),
        ..proto::ListInstancesRequest::default()
    };
    let listed = client.list_instances(listed).await.unwrap().into_inner().instances;
    assert_eq!(listed.iter().map(|one| one.instance_id.as_str()).collect::<Vec<_>>(), ["i-1"]);
    running.stop().await;
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_took_effect() {
    let faults = Faults { time_out_after_effect: true, ..Faults::default() };
    let mut running = Running::start(Options { faults, ..Options::default() }).await;
    let client = &mut running.client;
    let lost = client.put_instance(put("i-1", 1, "utm")).await.unwrap_err();
    assert_eq!(lost.code(), Code::DeadlineExceeded);
    assert!(observe(client, "i-1", 0).await.exists);
    assert!(client.put_instance(put("i-1", 1, "utm")).await.unwrap().into_inner().repeated_request);
    running.stop().await;
}

#[tokio::test]
async fn a_lost_line_shows_as_a_failed_repair_with_its_reason() {
    let mut running = Running::start(course(Behaviour::InternetLostAfterInstall, 4)).await;
    let client = &mut running.client;
    client.put_instance(put("i-1", 1, "utm")).await.unwrap();
    assert_eq!(observe(client, "i-1", 4 * DAY).await.health(), Health::Ok);
    let down = observe(client, "i-1", 6 * DAY).await;
    assert_eq!((down.health(), down.updated_at), (Health::Down, at(5 * DAY + 7_200)));
    let repair = operation(client, &down.operation_id, 6 * DAY).await;
    assert_eq!(repair.state(), OperationState::Failed);
    assert_eq!(repair.failure.unwrap().reason(), ReasonCode::InternetLostAfterInstall);
    running.stop().await;
}

#[tokio::test]
async fn a_request_that_breaks_the_contract_is_refused_with_the_field() {
    let mut running = Running::start(Options::default()).await;
    let bad = proto::PutInstanceRequest { spec_hash: "x".into(), ..put("i-1", 1, "utm") };
    let status = running.client.put_instance(bad).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("spec_hash"), "{status}");
    let unknown = running.client.put_instance(put("i-1", 1, "firewall")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    running.stop().await;
}

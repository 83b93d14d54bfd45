//! Webhook endpoints over a real socket: whose they are, what is refused, and what is shown once.
#![expect(clippy::unwrap_used, reason = "test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::id::{IdSource, PartnerId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms};
use tasuki_core::time::{Clock, Timestamp};
use tasuki_grpc::auth::{Authenticate, bearer};
use tasuki_grpc::edge::Edge;
use tasuki_proto::webhook::v1 as proto;
use tasuki_proto::webhook::v1::webhook_service_client::WebhookServiceClient;
use tasuki_store::partners;
use tasuki_store::testing::{Fresh, databases};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2022-06-01T12:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1_000)
    }
}

/// The token is a role, or `partner:` and the code of a partner.
#[derive(Debug)]
struct Anybody;

#[tonic::async_trait]
impl Authenticate for Anybody {
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem> {
        let token =
            bearer(metadata).ok_or_else(|| Problem::new(Reason::Unauthenticated, "no token"))?;
        let (role, code) = token.split_once(':').unwrap_or((token, ""));
        let role = Role::ALL.into_iter().find(|it| it.as_str() == role).unwrap();
        let partner_id = (!code.is_empty()).then(|| PartnerId::of_code(code));
        Ok(Principal { partner_id, ..Principal::of(token, role) })
    }
}

struct Served {
    client: WebhookServiceClient<Channel>,
    _database: Fresh,
}

fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let token = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    request
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

async fn served() -> Vec<Served> {
    let mut all = Vec::new();
    for database in databases().await {
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::new(Noon),
            ids: Arc::new(Counted::default()),
            library: Arc::new(Library::load(None, None).unwrap()),
        };
        let tx = ctx.store.begin().await.unwrap();
        for code in ["ogs", "elsewhere"] {
            let partner = Partner {
                id: PartnerId::of_code(code),
                code: code.to_owned(),
                name: code.to_owned(),
                name_en: String::new(),
                kind: PartnerKind::Isv,
                capabilities: Vec::new(),
                solicitor_licence: None,
                terms: PartnerTerms::default(),
                created_at: ctx.clock.now(),
            };
            partners::insert(&tx, &partner).await.unwrap();
        }
        tx.commit().await.unwrap();
        let routes = tasuki_grpc::routes(&Edge::new(ctx, Arc::new(Anybody)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming),
        );
        let channel =
            Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        all.push(Served { client: WebhookServiceClient::new(channel), _database: database });
    }
    all
}

fn new(request_id: &str, url: &str) -> proto::CreateWebhookEndpointRequest {
    proto::CreateWebhookEndpointRequest {
        request_id: request_id.to_owned(),
        partner_id: String::new(),
        url: url.to_owned(),
        topics: vec!["order.*".to_owned()],
        description: "the portal".to_owned(),
    }
}

const URL: &str = "https://hooks.example.com/tasuki";

impl Served {
    async fn create(
        &mut self,
        token: &str,
        request: proto::CreateWebhookEndpointRequest,
    ) -> Result<(proto::WebhookEndpoint, String), Status> {
        let answer = self.client.create_webhook_endpoint(by(token, request)).await?.into_inner();
        Ok((answer.webhook_endpoint.unwrap(), answer.secret))
    }

    async fn list(&mut self, token: &str) -> Vec<proto::WebhookEndpoint> {
        let request = proto::ListWebhookEndpointsRequest::default();
        let answer = self.client.list_webhook_endpoints(by(token, request)).await.unwrap();
        answer.into_inner().webhook_endpoints
    }
}

#[tokio::test]
async fn a_secret_is_shown_to_the_call_that_made_it_and_to_its_repeats() {
    for mut served in served().await {
        let (made, secret) = served.create("partner:ogs", new("a", URL)).await.unwrap();
        assert!(secret.starts_with("whsec_") && secret.len() > 40);
        assert_eq!(made.partner_id, PartnerId::of_code("ogs").to_string());
        assert_eq!(made.state(), proto::WebhookEndpointState::Active);
        let again = served.create("partner:ogs", new("a", URL)).await.unwrap();
        assert_eq!(again, (made.clone(), secret.clone()), "a repeat makes no second one");
        assert_eq!(served.list("partner:ogs").await, std::slice::from_ref(&made));
        let other = served.create("partner:ogs", new("a", "https://b.example.com/")).await;
        assert_eq!(reason(&other.unwrap_err()), "REQUEST_ID_REUSED");

        let rotate = |request_id: &str, etag: &str| proto::RotateWebhookSecretRequest {
            request_id: request_id.to_owned(),
            webhook_endpoint_id: made.id.clone(),
            etag: etag.to_owned(),
            old_valid_hours: 0,
        };
        let client = &mut served.client;
        let stale = client.rotate_webhook_secret(by("partner:ogs", rotate("r", "7"))).await;
        assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");
        let rotated =
            client.rotate_webhook_secret(by("partner:ogs", rotate("r", &made.etag))).await;
        let rotated = rotated.unwrap().into_inner();
        assert!(rotated.secret.starts_with("whsec_") && rotated.secret != secret);
        let late = served.create("partner:ogs", new("a", URL)).await.unwrap();
        assert_eq!(late.1, "", "the first secret is no longer used, so it is not shown");
    }
}

#[tokio::test]
async fn a_partner_sees_its_own_endpoints_and_the_operator_all() {
    for mut served in served().await {
        let (own, _) = served.create("partner:ogs", new("a", URL)).await.unwrap();
        let (of_operator, _) = served.create("operator", new("a", URL)).await.unwrap();
        assert_eq!(of_operator.partner_id, "");
        assert_eq!(served.list("operator").await.len(), 2);
        assert!(served.list("partner:elsewhere").await.is_empty());

        for id in [&own.id, &of_operator.id] {
            let request = proto::GetWebhookEndpointRequest { webhook_endpoint_id: id.clone() };
            let got = served.client.get_webhook_endpoint(by("partner:elsewhere", request)).await;
            assert_eq!(reason(&got.unwrap_err()), "WEBHOOK_ENDPOINT_NOT_FOUND");
        }
        let mut foreign = new("b", URL);
        foreign.partner_id = PartnerId::of_code("ogs").to_string();
        let refused = served.create("partner:elsewhere", foreign).await.unwrap_err();
        assert_eq!(reason(&refused), "PARTNER_NOT_FOUND");
        for role in ["soc", "help_desk", "insurer", "tenant", "provider", "partner"] {
            let refused = served.create(role, new("c", URL)).await.unwrap_err();
            assert_eq!(reason(&refused), "ROLE_FORBIDDEN", "{role}");
        }
    }
}

#[tokio::test]
async fn an_address_inside_a_network_is_refused_with_its_reason() {
    for mut served in served().await {
        for (url, why) in [
            ("http://hooks.example.com/", "not_https"),
            ("https://127.0.0.1/", "private_address"),
            ("https://0x7f.1/", "private_address"),
            ("https://[::ffff:10.0.0.1]/", "private_address"),
            ("https://169.254.169.254/latest", "private_address"),
            ("https://localhost/", "private_name"),
            ("https://user:password@hooks.example.com/", "credentials"),
            ("https://hooks.example.com:22/", "port"),
            ("hooks", "no_url"),
        ] {
            let refused = served.create("partner:ogs", new(url, url)).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{url}");
            let told = refused.get_details_error_info().unwrap();
            assert_eq!(
                (told.reason.as_str(), told.metadata["why"].as_str()),
                ("WEBHOOK_ADDRESS_REFUSED", why)
            );
            let fields = refused.get_details_bad_request().unwrap().field_violations;
            assert_eq!(fields[0].field, "url");
        }
        let mut request = new("t", URL);
        request.topics = vec!["ordr.*".to_owned()];
        let refused = served.create("partner:ogs", request).await.unwrap_err();
        assert!(refused.message().contains("no event has the topic `ordr.*`"), "{refused}");
        assert!(served.list("operator").await.is_empty());
    }
}

#[tokio::test]
async fn an_endpoint_is_changed_disabled_enabled_tried_and_deleted() {
    for mut served in served().await {
        let (made, _) = served.create("partner:ogs", new("a", URL)).await.unwrap();
        let client = &mut served.client;
        let token = "partner:ogs";
        let update = proto::UpdateWebhookEndpointRequest {
            request_id: "u".to_owned(),
            webhook_endpoint_id: made.id.clone(),
            etag: made.etag.clone(),
            url: None,
            topics: Some(proto::TopicSelection { topics: Vec::new() }),
            description: Some("everything".to_owned()),
        };
        let updated = client.update_webhook_endpoint(by(token, update.clone())).await.unwrap();
        let updated = updated.into_inner().webhook_endpoint.unwrap();
        assert_eq!((updated.topics.len(), updated.url.as_str()), (0, URL));
        let inside = proto::UpdateWebhookEndpointRequest {
            request_id: "v".to_owned(),
            etag: updated.etag.clone(),
            url: Some("https://10.0.0.1/".to_owned()),
            ..update
        };
        let refused = client.update_webhook_endpoint(by(token, inside)).await.unwrap_err();
        assert_eq!(reason(&refused), "WEBHOOK_ADDRESS_REFUSED");

        let disable = proto::DisableWebhookEndpointRequest {
            request_id: "d".to_owned(),
            webhook_endpoint_id: made.id.clone(),
            etag: updated.etag,
        };
        let off = client.disable_webhook_endpoint(by(token, disable)).await.unwrap();
        let off = off.into_inner().webhook_endpoint.unwrap();
        assert_eq!(off.disabled_reason(), proto::WebhookDisabledReason::ByHand);
        assert!(off.disabled_at.is_some());
        let test = |request_id: &str| proto::SendTestEventRequest {
            request_id: request_id.to_owned(),
            webhook_endpoint_id: made.id.clone(),
        };
        let refused = client.send_test_event(by(token, test("t"))).await.unwrap_err();
        assert_eq!(reason(&refused), "WEBHOOK_ENDPOINT_STATE");
        let enable = proto::EnableWebhookEndpointRequest {
            request_id: "e".to_owned(),
            webhook_endpoint_id: made.id.clone(),
            etag: off.etag,
            start: proto::WebhookStart::Now.into(),
        };
        let on = client.enable_webhook_endpoint(by(token, enable)).await.unwrap();
        let on = on.into_inner().webhook_endpoint.unwrap();
        assert_eq!(on.state(), proto::WebhookEndpointState::Active);
        let sent = client.send_test_event(by(token, test("t2"))).await.unwrap().into_inner();
        assert!(sent.event_id.starts_with("evt_"));

        let delete = proto::DeleteWebhookEndpointRequest {
            request_id: "x".to_owned(),
            webhook_endpoint_id: made.id.clone(),
            etag: on.etag,
        };
        client.delete_webhook_endpoint(by(token, delete.clone())).await.unwrap();
        client.delete_webhook_endpoint(by(token, delete)).await.unwrap();
        assert!(served.list("operator").await.is_empty());
    }
}

#[tokio::test]
async fn a_partner_has_twenty_endpoints_at_most() {
    for mut served in served().await {
        for n in 0..20 {
            served.create("partner:ogs", new(&format!("a{n}"), URL)).await.unwrap();
        }
        let refused = served.create("partner:ogs", new("a20", URL)).await.unwrap_err();
        assert_eq!(reason(&refused), "TOO_MANY_WEBHOOK_ENDPOINTS");
        served.create("partner:elsewhere", new("a", URL)).await.unwrap();
    }
}

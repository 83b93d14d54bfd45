//! The edge over a real socket: who may call, what is refused and how it is told, and what a
//! repeat gets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

mod catalog;
mod chosen_cover;
mod claims;
mod policies;
mod quotes;
mod remedies;
mod tenants;

use std::sync::Arc;

use tasuki_app::catalog::adopt_cards;
use tasuki_app::context::Context;
use tasuki_app::governing::adopt_packs;
use tasuki_app::library::Library;
use tasuki_core::id::{IdSource, PartnerId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::{Clock, Timestamp};
use tasuki_grpc::auth::{Authenticate, bearer};
use tasuki_grpc::edge::Edge;

use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::types::v1::Service;
use tasuki_store::testing::{Fresh, databases};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2021-04-01T12:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(std::sync::atomic::AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Uuid::from_u128(u128::from(n) + 1)
    }
}

/// The token is the role, and for partners its code: `partner:ogs`.
#[derive(Debug)]
struct ByName;

#[tonic::async_trait]
impl Authenticate for ByName {
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem> {
        let token =
            bearer(metadata).ok_or_else(|| Problem::new(Reason::Unauthenticated, "no token"))?;
        let role = match token.split(':').next() {
            Some("operator") => Role::Operator,
            Some("partner") => Role::Partner,
            Some("provider") => Role::Provider,
            Some("insurer") => Role::Insurer,
            Some("tenant") => Role::Tenant,
            _ => return Err(Problem::new(Reason::Unauthenticated, "unknown token")),
        };
        let partner_id = token.strip_prefix("partner:").map(PartnerId::of_code);
        Ok(Principal { partner_id, ..Principal::of(token, role) })
    }
}

struct Served {
    channel: Channel,
    ctx: Context,
    _database: Fresh,
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
        adopt_packs(&ctx).await.unwrap();
        adopt_cards(&ctx).await.unwrap();
        let routes = tasuki_grpc::routes(&Edge::new(ctx.clone(), Arc::new(ByName)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming),
        );
        let channel =
            Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        all.push(Served { channel, ctx, _database: database });
    }
    all
}

fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

fn partner(request_id: &str, code: &str, name: &str) -> proto::CreatePartnerRequest {
    proto::CreatePartnerRequest {
        request_id: request_id.to_owned(),
        code: code.to_owned(),
        kind: proto::PartnerKind::Isv.into(),
        name: name.to_owned(),
        ..proto::CreatePartnerRequest::default()
    }
}

fn tenant(request_id: &str, name: &str) -> proto::CreateTenantRequest {
    proto::CreateTenantRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        ..proto::CreateTenantRequest::default()
    }
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn a_call_without_a_token_is_refused() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel);
        let refused = partners.create_partner(partner("r1", "ogs", "OGS")).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::Unauthenticated, "UNAUTHENTICATED".into())
        );
        let wrong = by("somebody", partner("r1", "ogs", "OGS"));
        assert_eq!(partners.create_partner(wrong).await.unwrap_err().code(), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn a_role_that_may_not_is_told_so() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel);
        let refused =
            partners.create_partner(by("partner:ogs", partner("r1", "x", "X"))).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let info = refused.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("ROLE_FORBIDDEN", "tasuki"));
        assert_eq!(info.metadata.get("role").map(String::as_str), Some("partner"));
    }
}

#[tokio::test]
async fn every_broken_rule_is_named_with_its_field() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel);
        let broken =
            proto::CreatePartnerRequest { code: "Not A Code".to_owned(), ..partner("r1", "", "") };
        let refused = partners.create_partner(by("operator", broken)).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::InvalidArgument, "REQUEST_INVALID".into())
        );
        let fields: Vec<String> = refused
            .get_details_bad_request()
            .unwrap()
            .field_violations
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(fields, ["name", "code"]);
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_body_is_refused() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel);
        let mut create = async |request| {
            partners.create_partner(by("operator", request)).await.map(Response::into_inner)
        };
        let first = create(partner("r1", "ogs", "OGS")).await.unwrap();
        assert_eq!(create(partner("r1", "ogs", "OGS")).await.unwrap(), first);
        let other = create(partner("r1", "ogs", "another name")).await.unwrap_err();
        assert_eq!(reason(&other), "REQUEST_ID_REUSED");
        let taken = create(partner("r2", "ogs", "OGS")).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken)), (Code::AlreadyExists, "PARTNER_EXISTS".into()));
    }
}

#[tokio::test]
async fn a_provider_is_found_by_its_id_and_by_its_partner() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel);
        let made = partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await;
        let partner_id = made.unwrap().into_inner().partner.unwrap().id;
        let mut made = Vec::new();
        for (name, partner_id) in [("okinawa-utm", partner_id.as_str()), ("somebody", "")] {
            let new = proto::RegisterProviderRequest {
                request_id: name.to_owned(),
                partner_id: partner_id.to_owned(),
                name: name.to_owned(),
                endpoint: "http://127.0.0.1:1".to_owned(),
                services: vec![Service::Utm.into()],
                ..proto::RegisterProviderRequest::default()
            };
            let answer = partners.register_provider(by("operator", new)).await.unwrap();
            made.push(answer.into_inner().provider.unwrap());
        }
        let ask = |provider_id: &str| {
            by("operator", proto::GetProviderRequest { provider_id: provider_id.to_owned() })
        };
        let read = partners.get_provider(ask(&made[1].id)).await.unwrap().into_inner();
        assert_eq!(read.provider.as_ref(), Some(&made[1]));
        let unknown = format!("prv_{}", Uuid::from_u128(7));
        let refused = partners.get_provider(ask(&unknown)).await.unwrap_err();
        assert_eq!(reason(&refused), "PROVIDER_NOT_FOUND");
        let list = proto::ListProvidersRequest { partner_id, ..Default::default() };
        let listed = partners.list_providers(by("operator", list)).await.unwrap().into_inner();
        assert_eq!(listed.providers, made[..1]);
    }
}

#[tokio::test]
async fn ten_repeats_at_once_make_one_tenant() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await.unwrap();
        let calls = (0..10).map(|_| {
            let mut tenants = TenantServiceClient::new(served.channel.clone());
            tokio::spawn(async move {
                tenants.create_tenant(by("partner:ogs", tenant("t1", "A社"))).await
            })
        });
        let mut ids = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            let made = call.await.unwrap().unwrap().into_inner().tenant.unwrap();
            ids.push(made.id);
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }
}

#[tokio::test]
async fn a_partner_does_not_learn_of_anothers_tenants() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        for code in ["ogs", "ntt-west"] {
            partners.create_partner(by("operator", partner(code, code, code))).await.unwrap();
        }
        let mut tenants = TenantServiceClient::new(served.channel.clone());
        let made = tenants.create_tenant(by("partner:ogs", tenant("t1", "A社"))).await.unwrap();
        let tenant_id = made.into_inner().tenant.unwrap().id;

        let get = || proto::GetTenantRequest { tenant_id: tenant_id.clone() };
        assert!(tenants.get_tenant(by("partner:ogs", get())).await.is_ok());
        let hidden = tenants.get_tenant(by("partner:ntt-west", get())).await.unwrap_err();
        assert_eq!((hidden.code(), reason(&hidden)), (Code::NotFound, "TENANT_NOT_FOUND".into()));
        let hidden = tenants.get_tenant(by("tenant", get())).await.unwrap_err();
        assert_eq!(hidden.code(), Code::NotFound, "a tenant token without a tenant sees nobody");

        let list = proto::ListTenantsRequest::default();
        let listed = tenants.list_tenants(by("partner:ntt-west", list)).await.unwrap();
        assert!(listed.into_inner().tenants.is_empty());
        let asked = proto::CreateTenantRequest {
            partner_id: PartnerId::of_code("ogs").to_string(),
            ..tenant("t2", "B社")
        };
        let refused = tenants.create_tenant(by("partner:ntt-west", asked)).await.unwrap_err();
        assert_eq!(reason(&refused), "PARTNER_NOT_FOUND");
    }
}

#[tokio::test]
async fn lists_come_in_pages_that_miss_nothing() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await.unwrap();
        let mut tenants = TenantServiceClient::new(served.channel.clone());
        for n in 0..5 {
            let new = tenant(&format!("t{n}"), &format!("firm {n}"));
            tenants.create_tenant(by("partner:ogs", new)).await.unwrap();
        }
        let (mut names, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = proto::ListTenantsRequest {
                page_size: 2,
                page_token: page_token.clone(),
                ..proto::ListTenantsRequest::default()
            };
            let page = tenants.list_tenants(by("operator", ask)).await.unwrap().into_inner();
            names.extend(page.tenants.into_iter().map(|tenant| tenant.name));
            if page.next_page_token.is_empty() {
                break;
            }
            page_token = page.next_page_token;
        }
        assert_eq!(names, ["firm 0", "firm 1", "firm 2", "firm 3", "firm 4"]);
        let ask = proto::ListTenantsRequest {
            page_token: "no token of ours".to_owned(),
            ..proto::ListTenantsRequest::default()
        };
        let refused = tenants.list_tenants(by("operator", ask)).await.unwrap_err();
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }
}

#[tokio::test]
async fn only_a_simulated_clock_moves_and_only_forward() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await.unwrap();
        let mut tenants = TenantServiceClient::new(served.channel.clone());
        let start = prost_types::Timestamp { seconds: 1_600_000_000, nanos: 0 };
        let mut make = async |id: &str, start| {
            let simulated_clock_start = start;
            let new = proto::CreateTenantRequest { simulated_clock_start, ..tenant(id, id) };
            let made = tenants.create_tenant(by("partner:ogs", new)).await.unwrap();
            made.into_inner().tenant.unwrap().id
        };
        let (real, simulated) = (make("real", None).await, make("simulated", Some(start)).await);
        let mut advance = async |tenant_id: &str, seconds: i64| {
            let ask = proto::AdvanceClockRequest {
                request_id: "a".to_owned(),
                tenant_id: tenant_id.to_owned(),
                to: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            };
            tenants.advance_clock(by("operator", ask)).await.map(Response::into_inner)
        };
        let refused = advance(&real, 1_600_000_001).await.unwrap_err();
        assert_eq!(reason(&refused), "CLOCK_NOT_SIMULATED");
        let moved = advance(&simulated, 1_600_000_500).await.unwrap();
        assert_eq!(moved.tenant.unwrap().clock_at.unwrap().seconds, 1_600_000_500);
        let refused = advance(&simulated, 1_600_000_499).await.unwrap_err();
        assert_eq!(reason(&refused), "CLOCK_MOVES_BACK");
    }
}

#[tokio::test]
async fn what_is_not_served_yet_says_so() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        let ask = proto::UpdatePartnerRequest::default();
        let refused = partners.update_partner(by("operator", ask)).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::Unimplemented, "NOT_SERVED_YET".into())
        );
    }
}

//! Providers over a real socket: what they report beside the state of instances, how they are changed and checked, and
//! preflight before there is a customer.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::date;
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::catalog::{BillingCycle, CompanyProfile, SelectedItem};
use tasuki_core::id::{IdSource, PartnerId, ProviderId, SubscriptionId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{Subscription, SubscriptionDraft};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Provider, Tenant};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_grpc::auth::{Authenticate, bearer};
use tasuki_grpc::edge::Edge;
use tasuki_proto::alert::v1 as alert;
use tasuki_proto::alert::v1::alert_service_client::AlertServiceClient;
use tasuki_proto::google::r#type::Date;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::AckOutcome;
use tasuki_proto::provider::v1::event::Payload;
use tasuki_proto::provider::v1::provider_callback_service_client::ProviderCallbackServiceClient;
use tasuki_proto::provisioning::v1 as provisioning;
use tasuki_proto::provisioning::v1::provisioning_service_client::ProvisioningServiceClient;
use tasuki_proto::tenant::v1 as tenant;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::types::v1::{Period, Service as ProtoService};
use tasuki_proto::usage::v1 as usage;
use tasuki_proto::usage::v1::usage_service_client::UsageServiceClient;
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, providers, subscriptions, tenants};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Request;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use uuid::Uuid;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2021-04-10T03:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1_000)
    }
}

/// The token is `operator`, or the name of a provider.
#[derive(Debug)]
struct ByName;

#[tonic::async_trait]
impl Authenticate for ByName {
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem> {
        match bearer(metadata) {
            None => Err(Problem::new(Reason::Unauthenticated, "no token")),
            Some("operator") => Ok(Principal::of("operator", Role::Operator)),
            Some(name) => Ok(Principal {
                provider_id: Some(ProviderId::of_code(name)),
                ..Principal::of(name, Role::Provider)
            }),
        }
    }
}

struct Served {
    name: &'static str,
    channel: Channel,
    tenant_id: TenantId,
    subscription_id: SubscriptionId,
    _database: Fresh,
}

fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages may be absent")]
fn at(text: &str) -> Option<prost_types::Timestamp> {
    let at: Timestamp = text.parse().unwrap();
    Some(prost_types::Timestamp { seconds: at.as_jiff().as_second(), nanos: 0 })
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
        let (tenant_id, subscription_id) = set_up(&ctx).await;
        let routes = tasuki_grpc::routes(&Edge::new(ctx, Arc::new(ByName)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming),
        );
        let channel =
            Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let name = database.name;
        all.push(Served { name, channel, tenant_id, subscription_id, _database: database });
    }
    all
}

/// Two providers, and a tenant with a subscription.
async fn set_up(ctx: &Context) -> (TenantId, SubscriptionId) {
    let created_at: Timestamp = "2021-03-01T00:00:00Z".parse().unwrap();
    let partner = Partner {
        id: PartnerId::of_code("ogs"),
        code: "ogs".to_owned(),
        name: "沖電グローバルシステムズ".to_owned(),
        name_en: String::new(),
        kind: PartnerKind::Operator,
        capabilities: Vec::new(),
        solicitor_licence: None,
        terms: PartnerTerms::default(),
        created_at,
    };
    let tenant = Tenant {
        id: TenantId::from(Uuid::from_u128(1)),
        partner_id: partner.id,
        name: "比嘉商店".to_owned(),
        name_en: String::new(),
        partner_reference: String::new(),
        zone: Zone::named(Zone::TOKYO).unwrap(),
        profile: CompanyProfile::default(),
        clock_at: None,
        created_at,
        updated_at: created_at,
    };
    let waf = SelectedItem::of(Service::CloudWaf).with_plan("cloud_waf.standard");
    let draft = SubscriptionDraft {
        id: ctx.ids.next(),
        tenant_id: tenant.id,
        partner_id: partner.id,
        quote_id: ctx.ids.next(),
        items: vec![(ctx.ids.next(), waf)],
        rate_card: ctx.cards().in_force("okinawa", date(2021, 3, 1)).unwrap().reference.clone(),
        cycle: BillingCycle::CalendarMonth,
        start_on: date(2021, 3, 1),
        trial: None,
        minimum_term_months: 12,
        discounts: Vec::new(),
    };
    let subscription = Subscription::open(draft, created_at);
    let tx = ctx.store.begin().await.unwrap();
    partners::insert(&tx, &partner).await.unwrap();
    tenants::insert(&tx, &tenant).await.unwrap();
    for name in ["secuwaf", "elsewhere"] {
        let provider = Provider {
            id: ProviderId::of_code(name),
            name: name.to_owned(),
            services: vec![Service::CloudWaf],
            endpoint: "http://127.0.0.1:1".to_owned(),
            partner_id: None,
            fee_rate: None,
            paused: false,
            visit_calendar: None,
            created_at,
        };
        providers::insert(&tx, &provider).await.unwrap();
    }
    subscriptions::insert(&tx, &subscription).await.unwrap();
    tx.commit().await.unwrap();
    (tenant.id, subscription.id)
}

impl Served {
    /// An instance of the first provider, of the subscription or of none.
    async fn instance(&self, subscription_id: &str) -> String {
        let spec = provisioning::InstanceSpec {
            service: ProtoService::CloudWaf.into(),
            component: "cloud_waf".to_owned(),
            quantity: 1,
            ..provisioning::InstanceSpec::default()
        };
        let item = provisioning::NewItem {
            spec: Some(spec),
            provider_id: ProviderId::of_code("secuwaf").to_string(),
            ..provisioning::NewItem::default()
        };
        let order = provisioning::CreateOrderRequest {
            request_id: format!("o.{subscription_id}"),
            tenant_id: self.tenant_id.to_string(),
            subscription_id: subscription_id.to_owned(),
            items: vec![item],
            keep_refused: true,
            ..provisioning::CreateOrderRequest::default()
        };
        let mut orders = ProvisioningServiceClient::new(self.channel.clone());
        let order = orders.create_order(by("operator", order)).await.unwrap().into_inner();
        order.order.unwrap().items[0].id.clone()
    }

    async fn report(&self, provider: &str, events: Vec<proto::Event>) -> Vec<proto::EventAck> {
        let request = proto::ReportEventRequest {
            request_id: String::new(),
            provider_id: ProviderId::of_code(provider).to_string(),
            events,
        };
        let mut callbacks = ProviderCallbackServiceClient::new(self.channel.clone());
        callbacks.report_event(by(provider, request)).await.unwrap().into_inner().acks
    }
}

fn outcomes(acks: &[proto::EventAck]) -> Vec<AckOutcome> {
    acks.iter().map(proto::EventAck::outcome).collect()
}

fn event(instance: &str, id: &str, payload: Payload) -> proto::Event {
    let kind = match &payload {
        Payload::Usage(_) => proto::EventKind::Usage,
        Payload::Incident(_) => proto::EventKind::Incident,
        Payload::Operation(_) | Payload::CustomerAction(_) | Payload::Health(_) => {
            proto::EventKind::Unspecified
        }
    };
    proto::Event {
        event_id: id.to_owned(),
        instance_id: instance.to_owned(),
        generation: 1,
        sequence: 1,
        occurred_at: at("2021-04-09T00:00:00Z"),
        kind: kind.into(),
        payload: Some(payload),
    }
}

fn measured(quantity: &str, kind: usage::UsageKind, corrects: &str) -> Payload {
    Payload::Usage(proto::UsageMeasured {
        meter: "waf.traffic_gb".to_owned(),
        kind: kind.into(),
        quantity: quantity.to_owned(),
        measured: Some(Period {
            start: at("2021-04-01T00:00:00Z"),
            end: at("2021-04-02T00:00:00Z"),
        }),
        corrects_event_id: corrects.to_owned(),
    })
}

fn incident(instance: &str, alert_id: &str) -> Payload {
    Payload::Incident(alert::AlertReport {
        instance_id: instance.to_owned(),
        provider_id: ProviderId::of_code("secuwaf").to_string(),
        provider_alert_id: alert_id.to_owned(),
        service: ProtoService::CloudWaf.into(),
        kind: alert::AlertKind::Malware.into(),
        count: 1,
        detected_at: at("2021-04-09T00:00:00Z"),
        ..alert::AlertReport::default()
    })
}

#[tokio::test]
async fn usage_is_billed_to_the_subscription_of_its_instance_once() {
    use usage::UsageKind::{Correction, Delta};
    for served in served().await {
        let instance = served.instance(&served.subscription_id.to_string()).await;
        let events = vec![
            event(&instance, "u1", measured("10.5", Delta, "")),
            event(&instance, "u2", measured("2", Delta, "")),
            event(&instance, "u1", measured("10.5", Delta, "")),
            event(&instance, "u3", measured("1", Correction, "u2")),
            event(&instance, "u4", measured("-1", Delta, "")),
            event(&instance, "u 5", measured("1", Delta, "")),
        ];
        let acks = served.report("secuwaf", events.clone()).await;
        assert_eq!(
            outcomes(&acks),
            [
                AckOutcome::Accepted,
                AckOutcome::Accepted,
                AckOutcome::Repeated,
                AckOutcome::Accepted,
                AckOutcome::Refused,
                AckOutcome::Refused,
            ],
            "{} {acks:?}",
            served.name
        );
        assert!(acks[4].message.contains("quantity"), "{}", acks[4].message);
        assert!(acks[5].message.contains("event_id"), "{}", acks[5].message);
        let again = served.report("secuwaf", events[..2].to_vec()).await;
        assert_eq!(outcomes(&again), [AckOutcome::Repeated, AckOutcome::Repeated]);

        let summary = usage::SummarizeUsageRequest {
            tenant_id: served.tenant_id.to_string(),
            subscription_id: served.subscription_id.to_string(),
            month: "2021-04".to_owned(),
        };
        let mut usages = UsageServiceClient::new(served.channel.clone());
        let summary = usages.summarize_usage(by("operator", summary)).await.unwrap().into_inner();
        assert_eq!(summary.meters[0].quantity, "11.5", "{:?}", summary.meters);
    }
}

#[tokio::test]
async fn usage_of_nobodys_subscription_or_of_anothers_instance_is_refused() {
    for served in served().await {
        let free = served.instance("").await;
        let used = || measured("1", usage::UsageKind::Delta, "");
        let acks = served.report("secuwaf", vec![event(&free, "u1", used())]).await;
        assert_eq!(outcomes(&acks), [AckOutcome::Refused], "{}", served.name);
        assert_eq!(acks[0].reason, "SUBSCRIPTION_NOT_FOUND");

        let own = served.instance(&served.subscription_id.to_string()).await;
        let acks = served.report("elsewhere", vec![event(&own, "u1", used())]).await;
        assert_eq!(outcomes(&acks), [AckOutcome::Refused]);
        assert_eq!(acks[0].reason, "ITEM_NOT_FOUND");
    }
}

#[tokio::test]
async fn an_incident_is_taken_in_like_a_reported_alert() {
    for served in served().await {
        let instance = served.instance(&served.subscription_id.to_string()).await;
        let other = served.instance("").await;
        let events = vec![
            event(&instance, "e1", incident(&instance, "a1")),
            event(&instance, "e2", incident("", "a1")),
            event(&instance, "e3", incident(&other, "a2")),
        ];
        let acks = served.report("secuwaf", events).await;
        assert_eq!(
            outcomes(&acks),
            [AckOutcome::Accepted, AckOutcome::Repeated, AckOutcome::Refused],
            "{} {acks:?}",
            served.name
        );
        assert!(acks[2].message.contains("instance_id"), "{}", acks[2].message);
        let acks =
            served.report("elsewhere", vec![event(&instance, "e4", incident("", "a4"))]).await;
        assert_eq!(outcomes(&acks), [AckOutcome::Refused]);

        let list = alert::ListAlertsRequest {
            tenant_id: served.tenant_id.to_string(),
            ..alert::ListAlertsRequest::default()
        };
        let mut alerts = AlertServiceClient::new(served.channel.clone());
        let alerts = alerts.list_alerts(by("operator", list)).await.unwrap().into_inner().alerts;
        assert_eq!(alerts.len(), 1);
        let report = alerts[0].report.as_ref().unwrap();
        assert_eq!((report.provider_alert_id.as_str(), &report.instance_id), ("a1", &instance));
    }
}

#[tokio::test]
async fn a_provider_is_changed_by_who_has_read_it_and_checked_without_a_call_when_it_has_no_server()
{
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        let id = ProviderId::of_code("secuwaf").to_string();
        let get = || tenant::GetProviderRequest { provider_id: id.clone() };
        let read = partners.get_provider(by("operator", get())).await.unwrap().into_inner();
        let read = read.provider.unwrap();
        let update = |request_id: &str, etag: &str| tenant::UpdateProviderRequest {
            request_id: request_id.to_owned(),
            provider_id: id.clone(),
            etag: etag.to_owned(),
            endpoint: Some("https://provider.example.jp:8443".to_owned()),
            paused: Some(true),
            services: vec![ProtoService::CloudWaf.into(), ProtoService::Edr.into()],
            visit_calendar: Some("kumamoto_on_site".to_owned()),
        };
        let done = partners.update_provider(by("operator", update("u", &read.etag))).await;
        let done = done.unwrap().into_inner().provider.unwrap();
        assert_eq!(
            (done.endpoint.as_str(), done.paused),
            ("https://provider.example.jp:8443", true)
        );
        assert_eq!((done.services.len(), done.visit_calendar.as_str()), (2, "kumamoto_on_site"));
        let again =
            partners.update_provider(by("operator", update("u", &read.etag))).await.unwrap();
        assert_eq!(again.into_inner().provider.unwrap(), done, "a repeat gets the first answer");
        let stale = partners.update_provider(by("operator", update("v", &read.etag))).await;
        assert_eq!(stale.unwrap_err().code(), tonic::Code::Aborted, "{}", served.name);
        let own = partners.update_provider(by("secuwaf", update("w", &done.etag))).await;
        assert_eq!(own.unwrap_err().code(), tonic::Code::PermissionDenied);

        let pulls = tenant::RegisterProviderRequest {
            request_id: "r".to_owned(),
            name: "field-work".to_owned(),
            services: vec![ProtoService::OnSiteResponse.into()],
            ..tenant::RegisterProviderRequest::default()
        };
        let pulls = partners.register_provider(by("operator", pulls)).await.unwrap().into_inner();
        let provider_id = pulls.provider.unwrap().id;
        let check = tenant::CheckProviderRequest { provider_id };
        let check = partners.check_provider(by("operator", check)).await.unwrap().into_inner();
        assert!(!check.reachable && check.problems[0].contains("LeaseWork"), "{check:?}");
    }
}

#[tokio::test]
async fn preflight_is_asked_for_a_company_that_nobody_knows_yet() {
    for served in served().await {
        let mut orders = ProvisioningServiceClient::new(served.channel.clone());
        let spec = provisioning::InstanceSpec {
            service: ProtoService::CloudWaf.into(),
            component: "cloud_waf".to_owned(),
            quantity: 1,
            ..provisioning::InstanceSpec::default()
        };
        let item = provisioning::NewItem { spec: Some(spec), ..provisioning::NewItem::default() };
        let survey = provisioning::Survey {
            answered_on: Some(Date { year: 2021, month: 4, day: 9 }),
            profile: Some(tenant::CompanyProfile::default()),
            ..provisioning::Survey::default()
        };
        let ask = provisioning::CreateOrderRequest {
            validate_only: true,
            items: vec![item],
            survey: Some(survey),
            keep_refused: true,
            ..provisioning::CreateOrderRequest::default()
        };
        let order = orders.create_order(by("operator", ask.clone())).await.unwrap().into_inner();
        let order = order.order.unwrap();
        assert_eq!((order.tenant_id.as_str(), order.id.as_str()), ("", ""), "{}", served.name);
        let item = &order.items[0];
        assert_eq!(item.spec.as_ref().unwrap().tenant_reference, "");
        let found = &item.preflight.as_ref().unwrap().findings;
        assert!(!found.is_empty(), "what is not known is to be settled first");

        let blank = provisioning::CreateOrderRequest { survey: None, ..ask.clone() };
        let refused = orders.create_order(by("operator", blank)).await.unwrap_err();
        assert!(refused.message().contains("survey.profile"), "{refused}");
        let real = provisioning::CreateOrderRequest {
            validate_only: false,
            request_id: "o".to_owned(),
            ..ask
        };
        let refused = orders.create_order(by("operator", real)).await.unwrap_err();
        assert!(refused.message().contains("tenant_id"), "{refused}");
    }
}

//! Alerts, incidents, notices, calendars and usage over a real socket.
#![expect(clippy::unwrap_used, reason = "test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prost_types::Timestamp as ProtoTimestamp;
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::id::{IdSource, PartnerId, ProviderId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::{Clock, Timestamp};
use tasuki_grpc::auth::{Authenticate, bearer};
use tasuki_grpc::edge::Edge;
use tasuki_proto::alert::v1 as alert;
use tasuki_proto::alert::v1::alert_service_client::AlertServiceClient;
use tasuki_proto::incident::v1 as incident;
use tasuki_proto::incident::v1::incident_service_client::IncidentServiceClient;
use tasuki_proto::tenant::v1 as tenant;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::types::v1::{LocalizedText, Service, Severity};
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
        "2021-04-01T03:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

/// The token is the role; a provider is `secure-innovation`.
#[derive(Debug)]
struct ByName;

#[tonic::async_trait]
impl Authenticate for ByName {
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem> {
        let token =
            bearer(metadata).ok_or_else(|| Problem::new(Reason::Unauthenticated, "no token"))?;
        let role = match token {
            "operator" => Role::Operator,
            "provider" => Role::Provider,
            "soc" => Role::Soc,
            "desk" => Role::HelpDesk,
            _ => return Err(Problem::new(Reason::Unauthenticated, "unknown token")),
        };
        let provider_id = (role == Role::Provider).then(provider_id);
        Ok(Principal { provider_id, ..Principal::of(token, role) })
    }
}

fn provider_id() -> ProviderId {
    ProviderId::of_code("secure-innovation")
}

struct Served {
    channel: Channel,
    tenant_id: String,
    _database: Fresh,
}

fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

fn at(text: &str) -> ProtoTimestamp {
    let at: Timestamp = text.parse().unwrap();
    ProtoTimestamp { seconds: at.as_jiff().as_second(), nanos: 0 }
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
        let routes = tasuki_grpc::routes(&Edge::new(ctx, Arc::new(ByName)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming),
        );
        let channel =
            Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let tenant_id = set_up(&channel).await;
        all.push(Served { channel, tenant_id, _database: database });
    }
    all
}

/// A partner, a provider and a tenant; gives the tenant's id.
async fn set_up(channel: &Channel) -> String {
    let mut partners = PartnerServiceClient::new(channel.clone());
    let partner = tenant::CreatePartnerRequest {
        request_id: "p".to_owned(),
        code: "ogs".to_owned(),
        kind: tenant::PartnerKind::Operator.into(),
        name: "沖電グローバルシステムズ".to_owned(),
        ..tenant::CreatePartnerRequest::default()
    };
    partners.create_partner(by("operator", partner)).await.unwrap();
    let provider = tenant::RegisterProviderRequest {
        request_id: "v".to_owned(),
        name: "secure-innovation".to_owned(),
        endpoint: "http://127.0.0.1:1".to_owned(),
        services: vec![Service::Utm.into(), Service::Edr.into()],
        ..tenant::RegisterProviderRequest::default()
    };
    partners.register_provider(by("operator", provider)).await.unwrap();
    let mut tenants = TenantServiceClient::new(channel.clone());
    let firm = tenant::CreateTenantRequest {
        request_id: "t".to_owned(),
        partner_id: PartnerId::of_code("ogs").to_string(),
        name: "琉球商事".to_owned(),
        ..tenant::CreateTenantRequest::default()
    };
    let firm = tenants.create_tenant(by("operator", firm)).await.unwrap().into_inner();
    firm.tenant.unwrap().id
}

fn report(served: &Served, id: &str, kind: alert::AlertKind) -> alert::AlertReport {
    alert::AlertReport {
        tenant_id: served.tenant_id.clone(),
        provider_id: provider_id().to_string(),
        provider_alert_id: id.to_owned(),
        service: Service::Utm.into(),
        kind: kind.into(),
        count: 1,
        detected_at: Some(at("2021-04-01T02:00:00Z")),
        ..alert::AlertReport::default()
    }
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn each_row_of_a_batch_is_answered_by_itself() {
    for served in served().await {
        let mut alerts = AlertServiceClient::new(served.channel.clone());
        let blocked = alert::AlertReport {
            blocked: true,
            ..report(&served, "good", alert::AlertKind::BadSiteBlock)
        };
        let batch = alert::ReportAlertsRequest {
            request_id: "b1".to_owned(),
            reports: vec![
                blocked,
                alert::AlertReport {
                    count: 0,
                    ..report(&served, "none", alert::AlertKind::Malware)
                },
                report(&served, "no level", alert::AlertKind::Malware),
                report(&served, "no-detail", alert::AlertKind::EdrVerdict),
                report(&served, "good", alert::AlertKind::BadSiteBlock),
            ],
        };
        let first = alerts.report_alerts(by("provider", batch.clone())).await.unwrap();
        let first = first.into_inner();
        let outcomes: Vec<_> = first.results.iter().map(alert::ReportResult::outcome).collect();
        assert_eq!(
            outcomes,
            [
                alert::ReportOutcome::Accepted,
                alert::ReportOutcome::Refused,
                alert::ReportOutcome::Refused,
                alert::ReportOutcome::Refused,
                alert::ReportOutcome::Repeated,
            ]
        );
        assert!(first.results[1].message.contains("count"), "{}", first.results[1].message);
        assert!(first.results[2].message.contains("provider_alert_id"));
        assert!(first.results[3].message.contains("edr"));
        assert_eq!(first.results[4].alert_id, first.results[0].alert_id);

        let again = alerts.report_alerts(by("provider", batch)).await.unwrap().into_inner();
        assert_eq!(again, first, "a repeat of the call gets the first answer");

        let none = alert::ReportAlertsRequest { request_id: "b2".to_owned(), reports: vec![] };
        let refused = alerts.report_alerts(by("provider", none)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_verdict_leads_to_an_incident_with_its_notices_and_explanation() {
    for served in served().await {
        let mut alerts = AlertServiceClient::new(served.channel.clone());
        let reported = alert::ReportAlertRequest {
            request_id: "r".to_owned(),
            report: Some(report(&served, "a", alert::AlertKind::InternalMalwareComms)),
        };
        let reported = alerts.report_alert(by("provider", reported)).await.unwrap().into_inner();
        let first = reported.alert.unwrap();
        assert_eq!(first.state(), alert::AlertState::AwaitingVerdict);
        let triage = first.triage.unwrap();
        assert_eq!((triage.pack.as_str(), triage.findings.len()), ("okinawa", 0));

        let verdict = alert::RecordVerdictRequest {
            request_id: "v".to_owned(),
            tenant_id: served.tenant_id.clone(),
            alert_id: first.id.clone(),
            verdict: alert::Verdict::ActionNeeded.into(),
            reason: "C&Cとの通信".to_owned(),
            reviewed_at: None,
            etag: first.etag,
        };
        let judged = alerts.record_verdict(by("soc", verdict)).await.unwrap().into_inner();
        let judged = judged.alert.unwrap();
        assert_eq!(judged.verdict(), alert::Verdict::ActionNeeded);
        assert_eq!(judged.severity(), Severity::High);

        let mut incidents = IncidentServiceClient::new(served.channel.clone());
        let asked = incident::GetIncidentRequest {
            tenant_id: served.tenant_id.clone(),
            incident_id: judged.incident_id.clone(),
        };
        let seen = incidents.get_incident(by("desk", asked)).await.unwrap().into_inner();
        let seen = seen.incident.unwrap();
        assert_eq!(seen.rung(), incident::Rung::L2Remote);
        assert_eq!(seen.next_escalation_at, Some(at("2021-04-01T03:30:00Z")));
        assert_eq!(seen.alert_ids, [first.id]);
        assert!(seen.explanation.is_some());

        let notices = incidents
            .list_notices(by(
                "desk",
                incident::ListNoticesRequest {
                    tenant_id: served.tenant_id.clone(),
                    ..incident::ListNoticesRequest::default()
                },
            ))
            .await
            .unwrap()
            .into_inner();
        let ways: Vec<_> = notices.notices.iter().map(|it| (it.channel(), it.audience())).collect();
        assert_eq!(
            ways,
            [
                (incident::NoticeChannel::Email, incident::NoticeAudience::Tenant),
                (incident::NoticeChannel::Phone, incident::NoticeAudience::Tenant),
                (incident::NoticeChannel::Email, incident::NoticeAudience::Engineers),
            ]
        );

        let acknowledge = incident::AcknowledgeIncidentRequest {
            request_id: "k".to_owned(),
            tenant_id: served.tenant_id.clone(),
            incident_id: judged.incident_id,
            etag: seen.etag.clone(),
        };
        let mine = incidents.acknowledge_incident(by("desk", acknowledge.clone())).await.unwrap();
        let mine = mine.into_inner().incident.unwrap();
        assert_eq!(mine.next_escalation_at, None);
        let late =
            incident::AcknowledgeIncidentRequest { request_id: "k2".to_owned(), ..acknowledge };
        let refused = incidents.acknowledge_incident(by("desk", late)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
    }
}

#[tokio::test]
async fn data_recovery_is_blocked_until_remote_support_was_given() {
    for served in served().await {
        let mut incidents = IncidentServiceClient::new(served.channel.clone());
        let tenant_id = served.tenant_id.clone();
        let enquiry = incident::OpenIncidentRequest {
            request_id: "o".to_owned(),
            tenant_id: tenant_id.clone(),
            description: "ファイルが開けません".to_owned(),
            ..incident::OpenIncidentRequest::default()
        };
        let opened = incidents.open_incident(by("desk", enquiry)).await.unwrap().into_inner();
        let incident_id = opened.incident.unwrap().id;

        let wish = incident::OpenServiceRequestRequest {
            request_id: "s".to_owned(),
            tenant_id: tenant_id.clone(),
            incident_id: incident_id.clone(),
            kind: incident::ServiceRequestKind::DataRecovery.into(),
            ..incident::OpenServiceRequestRequest::default()
        };
        let wish = incidents.open_service_request(by("desk", wish)).await.unwrap().into_inner();
        let wish = wish.service_request.unwrap();
        assert_eq!(wish.state(), incident::ServiceRequestState::Blocked);
        assert_eq!(wish.waits_for().collect::<Vec<_>>(), [incident::WorkKind::RemoteSupport]);

        let carry_in = incident::AdvanceServiceRequestRequest {
            request_id: "c".to_owned(),
            tenant_id: tenant_id.clone(),
            incident_id: incident_id.clone(),
            number: wish.number,
            to: incident::ServiceRequestState::AwaitingCustomer.into(),
            ..incident::AdvanceServiceRequestRequest::default()
        };
        let refused =
            incidents.advance_service_request(by("desk", carry_in.clone())).await.unwrap_err();
        assert_eq!(reason(&refused), "PREREQUISITE_MISSING");

        let text = |ja: &str| Some(LocalizedText { ja: ja.to_owned(), en: "looked".to_owned() });
        let work = incident::RecordWorkRequest {
            request_id: "w".to_owned(),
            tenant_id,
            incident_id,
            kind: incident::WorkKind::RemoteSupport.into(),
            started_at: Some(at("2021-04-01T02:30:00Z")),
            n_minutes: 20,
            outcome: incident::WorkOutcome::NothingFound.into(),
            findings: text("遠隔では読めませんでした"),
            ..incident::RecordWorkRequest::default()
        };
        let work = incidents.record_work(by("desk", work)).await.unwrap().into_inner();
        assert_eq!(work.work.unwrap().number, 1);
        let carry_in =
            incident::AdvanceServiceRequestRequest { request_id: "c2".to_owned(), ..carry_in };
        let moved = incidents.advance_service_request(by("desk", carry_in)).await.unwrap();
        let moved = moved.into_inner().service_request.unwrap();
        assert_eq!(moved.state(), incident::ServiceRequestState::AwaitingCustomer);
        assert!(moved.next_step.unwrap().ja.contains("ハードディスク"));
    }
}

#[tokio::test]
async fn a_calendar_says_when_it_opens_and_why_it_is_closed() {
    for served in served().await {
        let mut incidents = IncidentServiceClient::new(served.channel.clone());
        let day = |month, day| Some(tasuki_proto::google::r#type::Date { year: 2020, month, day });
        let question = incident::GetServiceCalendarRequest {
            name: "okinawa_help_desk".to_owned(),
            from: day(11, 2),
            until: day(11, 5),
            at: Some(at("2020-11-02T08:00:00Z")),
        };
        let answer = incidents.get_service_calendar(by("desk", question)).await.unwrap();
        let answer = answer.into_inner();
        let open: Vec<_> = answer.days.iter().map(|day| day.open.len()).collect();
        assert_eq!(open, [1, 0, 1]);
        assert_eq!(answer.days[1].holiday.as_ref().unwrap().ja, "文化の日");
        let said = answer.answer.unwrap();
        assert!(!said.open, "five in the afternoon is closed");
        assert_eq!(said.next_open_at, Some(at("2020-11-04T00:00:00Z")));

        let question = incident::GetServiceCalendarRequest {
            name: "sapporo".to_owned(),
            ..incident::GetServiceCalendarRequest::default()
        };
        let refused = incidents.get_service_calendar(by("desk", question)).await.unwrap_err();
        assert_eq!(reason(&refused), "CALENDAR_NOT_FOUND");

        let watch = incident::WatchIncidentsRequest::default();
        let refused = incidents.watch_incidents(by("desk", watch)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unimplemented);
    }
}

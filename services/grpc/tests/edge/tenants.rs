//! Tenants over a socket: everything told is answered, changes are guarded, events are watched.

use std::time::Duration;

use tasuki_proto::google::r#type::{Date, Money};
use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::types::v1 as types;
use tonic::transport::Channel;
use tonic::{Code, Streaming};
use tonic_types::StatusExt;

use super::{Served, by, partner, reason, served, tenant};

/// Longer than anything here takes, shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(20);

async fn client(served: &Served) -> TenantServiceClient<Channel> {
    let mut partners = PartnerServiceClient::new(served.channel.clone());
    partners.create_partner(by("operator", partner("p", "ogs", "OGS"))).await.unwrap();
    TenantServiceClient::new(served.channel.clone())
}

fn yen(units: i64) -> Money {
    Money { currency_code: "JPY".to_owned(), units, nanos: 0 }
}

/// Every field of a profile says something.
fn full() -> proto::CompanyProfile {
    let count = |windows| proto::EndpointCounts {
        windows: Some(windows),
        mac: Some(0),
        linux: None,
        mobile: Some(4),
    };
    let days = types::DayPeriod {
        start: Some(Date { year: 2021, month: 4, day: 1 }),
        end: Some(Date { year: 2022, month: 4, day: 1 }),
    };
    proto::CompanyProfile {
        industry: Some("I".to_owned()),
        employees: Some(8),
        capital: Some(yen(3_000_000)),
        endpoints: Some(count(6)),
        has_utm: Some(true),
        has_antivirus: Some(false),
        has_website: Some(true),
        waf: proto::WafState::Off.into(),
        dns_control: proto::DnsControl::ThirdPartyAgrees.into(),
        monthly_traffic_gb: Some("8.5".to_owned()),
        sites: vec![proto::Site {
            code: "head-office".to_owned(),
            name: "本店".to_owned(),
            prefecture: "47".to_owned(),
            remote_island: Some(true),
        }],
        monthly_budget: Some(yen(30_000)),
        budget_tax_mode: types::TaxMode::Exclusive.into(),
        wishes: vec![types::Service::Edr.into()],
        upstream_maintainer: proto::MaintainerCooperation::Agreed.into(),
        maintainer_consent: proto::Consent::Given.into(),
        has_executive_approval: Some(true),
        memberships: vec![proto::Membership {
            association: "naha-chamber-of-commerce".to_owned(),
            valid: Some(days),
            evidence: "会員番号 123".to_owned(),
        }],
        sponsors: vec![proto::Sponsor {
            code: "parent".to_owned(),
            name: "親会社".to_owned(),
            share_rate: "0.5".to_owned(),
            monthly_cap: Some(yen(8_000)),
            valid: Some(days),
            services: vec![types::Service::Utm.into()],
        }],
        web_screens: Some(5),
        global_ips: Some(1),
        has_login_account: Some(true),
        last_training_on: Some(Date { year: 2020, month: 11, day: 5 }),
        security_action_stars: Some(2),
        users: Some(9),
        throughput_mbps: Some("100".to_owned()),
        updates_are_managed: Some(false),
        has_backup: Some(true),
        nameserver_change_needed: Some(false),
        domain_is_shared: Some(true),
    }
}

fn wanting(request_id: &str) -> proto::CreateTenantRequest {
    proto::CreateTenantRequest {
        profile: Some(full()),
        partner_reference: "A-1".to_owned(),
        name_en: "Higa Shop".to_owned(),
        ..tenant(request_id, "比嘉商店")
    }
}

fn changing(request_id: &str, read: &proto::Tenant) -> proto::UpdateTenantRequest {
    proto::UpdateTenantRequest {
        request_id: request_id.to_owned(),
        tenant_id: read.id.clone(),
        etag: read.etag.clone(),
        ..proto::UpdateTenantRequest::default()
    }
}

#[tokio::test]
async fn a_tenant_is_answered_with_everything_that_was_told() {
    for served in served().await {
        let mut tenants = client(&served).await;
        let made = tenants.create_tenant(by("partner:ogs", wanting("t1"))).await.unwrap();
        let made = made.into_inner().tenant.unwrap();
        assert_eq!(made.profile, Some(full()));
        assert_eq!((made.industry.as_str(), made.employees), ("I", 8), "taken from the profile");
        assert_eq!(made.sites, full().sites);
        assert_eq!(made.memberships, full().memberships);
        assert_eq!(made.sponsors, full().sponsors);
        assert_eq!((made.partner_reference.as_str(), made.name_en.as_str()), ("A-1", "Higa Shop"));
        assert_eq!(made.updated_at, made.created_at);
        assert!(!made.etag.is_empty());

        let ask = proto::GetTenantRequest { tenant_id: made.id.clone() };
        let read = tenants.get_tenant(by("operator", ask)).await.unwrap().into_inner();
        assert_eq!(read.tenant.as_ref(), Some(&made));
        let again = tenants.create_tenant(by("partner:ogs", wanting("t1"))).await.unwrap();
        assert_eq!(again.into_inner().tenant.as_ref(), Some(&made), "a repeat is answered alike");
        let taken = tenants.create_tenant(by("partner:ogs", wanting("t2"))).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken)), (Code::AlreadyExists, "TENANT_EXISTS".into()));
        let list = |reference: &str| proto::ListTenantsRequest {
            partner_reference: reference.to_owned(),
            ..proto::ListTenantsRequest::default()
        };
        let found = tenants.list_tenants(by("partner:ogs", list("A-1"))).await.unwrap();
        assert_eq!(found.into_inner().tenants, [made]);
        let none = tenants.list_tenants(by("partner:ogs", list("A-2"))).await.unwrap();
        assert!(none.into_inner().tenants.is_empty());
    }
}

#[tokio::test]
async fn a_tenant_is_changed_once_and_by_who_has_read_it() {
    for served in served().await {
        let mut tenants = client(&served).await;
        let made = tenants.create_tenant(by("partner:ogs", wanting("t1"))).await.unwrap();
        let made = made.into_inner().tenant.unwrap();
        let profile = proto::CompanyProfile { has_utm: Some(false), ..full() };
        let change = proto::UpdateTenantRequest {
            profile: Some(profile.clone()),
            name: Some("比嘉商会".to_owned()),
            ..changing("u1", &made)
        };
        let mut update = async |change: proto::UpdateTenantRequest| {
            let answer = tenants.update_tenant(by("partner:ogs", change)).await;
            answer.map(|answer| answer.into_inner().tenant.unwrap())
        };
        let changed = update(change.clone()).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.name_en.as_str()), ("比嘉商会", "Higa Shop"));
        assert_eq!(changed.profile, Some(profile));
        assert_ne!(changed.etag, made.etag);
        assert_eq!(update(change).await.unwrap(), changed, "a repeat gets the first answer");
        let late = update(changing("u2", &made)).await.unwrap_err();
        assert_eq!((late.code(), reason(&late)), (Code::Aborted, "ETAG_MISMATCH".into()));

        let mut twice = full();
        twice.sites.extend(full().sites);
        let negative = proto::CompanyProfile { monthly_budget: Some(yen(-1)), ..full() };
        for (profile, field) in
            [(twice, "profile.sites[1].code"), (negative, "profile.monthly_budget")]
        {
            let wrong =
                proto::UpdateTenantRequest { profile: Some(profile), ..changing("u3", &changed) };
            let refused = update(wrong).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument);
            let named = refused.get_details_bad_request().unwrap().field_violations;
            assert_eq!(named[0].field, field);
        }
        let blank =
            proto::UpdateTenantRequest { name: Some("　".to_owned()), ..changing("u4", &changed) };
        assert_eq!(reason(&update(blank).await.unwrap_err()), "REQUEST_INVALID");
    }
}

async fn next(stream: &mut Streaming<proto::WatchEventsResponse>) -> proto::WatchEventsResponse {
    let message = tokio::time::timeout(PATIENCE, stream.message()).await.unwrap();
    message.unwrap().unwrap()
}

#[tokio::test]
async fn events_are_watched_as_they_happen_and_after_a_break() {
    for served in served().await {
        let mut tenants = client(&served).await;
        let made = tenants.create_tenant(by("partner:ogs", wanting("t1"))).await.unwrap();
        let mut made = made.into_inner().tenant.unwrap();
        let watch = |resume_token: &str| proto::WatchEventsRequest {
            tenant_id: made.id.clone(),
            resume_token: resume_token.to_owned(),
            topics: vec!["tenant.*".to_owned()],
            from_beginning: false,
        };
        let (now, wrong) = (watch(""), watch("none of ours"));
        let mut stream =
            tenants.watch_events(by("partner:ogs", now.clone())).await.unwrap().into_inner();
        let sign = next(&mut stream).await;
        assert_eq!(sign.event, None, "a sign of life says that the watch is on");
        let mut tokens = Vec::new();
        for n in 1..=2 {
            let name = Some(format!("firm {n}"));
            let change = proto::UpdateTenantRequest { name, ..changing(&n.to_string(), &made) };
            let changed = tenants.update_tenant(by("partner:ogs", change)).await.unwrap();
            made = changed.into_inner().tenant.unwrap();
            let told = next(&mut stream).await;
            let event = told.event.unwrap();
            assert_eq!((event.topic.as_str(), &event.subject), ("tenant.updated", &made.id));
            tokens.push((told.resume_token, event));
        }
        drop(stream);

        let after = proto::WatchEventsRequest { resume_token: tokens[0].0.clone(), ..now.clone() };
        let mut stream = tenants.watch_events(by("partner:ogs", after)).await.unwrap().into_inner();
        assert_eq!(next(&mut stream).await.event, None);
        assert_eq!(next(&mut stream).await.event.as_ref(), Some(&tokens[1].1));
        let begin = proto::WatchEventsRequest { from_beginning: true, ..now.clone() };
        let mut stream = tenants.watch_events(by("operator", begin)).await.unwrap().into_inner();
        assert_eq!(next(&mut stream).await.event, None);
        assert_eq!(next(&mut stream).await.event.unwrap().topic, "tenant.created");

        let refused = tenants.watch_events(by("operator", wrong)).await.unwrap_err();
        assert_eq!(reason(&refused), "RESUME_TOKEN_INVALID");
        let hidden = tenants.watch_events(by("tenant", now)).await.unwrap_err();
        assert_eq!(reason(&hidden), "TENANT_NOT_FOUND");
        let list = proto::ListEventsRequest {
            tenant_id: made.id.clone(),
            topics: vec!["tenant.created".to_owned()],
            ..proto::ListEventsRequest::default()
        };
        let listed = tenants.list_events(by("operator", list)).await.unwrap().into_inner();
        assert_eq!(listed.events.len(), 1, "a list looks at its filters as well");
    }
}

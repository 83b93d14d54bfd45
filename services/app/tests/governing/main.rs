//! What is kept of tenants, and what is told about them, on both databases.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

mod events;
mod policies;
mod rate_cards;
mod scene;

use scene::{changing, jst, operator, partner, schemes, wanting, with_key};
use tasuki_app::governing::{
    EventList, TenantChange, TenantList, create_tenant, get_tenant, list_events, list_tenants,
    update_tenant,
};
use tasuki_app::paging::PageRequest;
use tasuki_core::catalog::CompanyProfile;
use tasuki_core::id::PartnerId;
use tasuki_core::reason::Reason;

#[tokio::test]
async fn a_tenant_keeps_what_its_creator_told() {
    for scheme in schemes().await {
        let made = create_tenant(&scheme.ctx, &operator(), wanting("A-1")).await.unwrap();
        assert_eq!(made.tenant.profile, wanting("A-1").profile);
        assert_eq!(made.tenant.partner_reference, "A-1");
        assert_eq!(made.tenant.updated_at, made.tenant.created_at);
        let read = get_tenant(&scheme.ctx, &partner("ogs"), made.tenant.id).await.unwrap();
        assert_eq!(read, made, "{}", scheme.name);
        assert_eq!((read.tenant.industry(), read.tenant.prefecture()), ("I", Some("47")));
    }
}

#[tokio::test]
async fn a_partners_reference_names_one_of_its_tenants() {
    for scheme in schemes().await {
        let create = async |reference: &str, code: &str| {
            let partner_id = Some(PartnerId::of_code(code));
            let new = tasuki_app::governing::NewTenant { partner_id, ..wanting(reference) };
            create_tenant(&scheme.ctx, &operator(), new).await
        };
        let first = create("A-1", "ogs").await.unwrap();
        let problem = create("A-1", "ogs").await.unwrap_err();
        assert_eq!(problem.reason(), Reason::TenantExists, "{}", scheme.name);
        assert!(problem.metadata().contains(&("id", first.tenant.id.to_string())));
        create("A-1", "elsewhere").await.unwrap();
        create("", "ogs").await.unwrap();
        let second = create("", "ogs").await.unwrap();

        let list =
            TenantList { partner_reference: Some("A-1".to_owned()), ..TenantList::default() };
        let found = list_tenants(&scheme.ctx, &partner("ogs"), list, &PageRequest::default()).await;
        assert_eq!(found.unwrap().rows, [first], "{}", scheme.name);
        let partner_reference = Some("A-1".to_owned());
        let taken = TenantChange { partner_reference, ..changing(&second) };
        let refused = update_tenant(&scheme.ctx, &operator(), taken).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::TenantExists, "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_change_replaces_what_it_names_and_leaves_the_rest() {
    for scheme in schemes().await {
        let made = create_tenant(&scheme.ctx, &operator(), wanting("A-1")).await.unwrap();
        scheme.advance(made.tenant.id, "2021-05-01 09:00").await;
        let profile = CompanyProfile { has_utm: Some(true), ..CompanyProfile::default() };
        let name = Some("比嘉ホールディングス".to_owned());
        let change = TenantChange { name, profile: Some(profile.clone()), ..changing(&made) };
        let call = with_key(partner("ogs"), "u1");
        let changed = update_tenant(&scheme.ctx, &call, change.clone()).await.unwrap();
        assert_eq!(changed.tenant.name, "比嘉ホールディングス");
        assert_eq!(changed.tenant.profile, profile, "the old one is gone as a whole");
        assert_eq!(changed.tenant.partner_reference, "A-1");
        assert_eq!(changed.tenant.updated_at, jst("2021-05-01 09:00"), "by the tenant's clock");
        assert_eq!(changed.tenant.created_at, made.tenant.created_at);
        assert_ne!(changed.etag(), made.etag());
        let read = get_tenant(&scheme.ctx, &operator(), made.tenant.id).await.unwrap();
        assert_eq!(read, changed, "{}", scheme.name);

        let again = update_tenant(&scheme.ctx, &call, change.clone()).await.unwrap();
        assert_eq!(again, changed, "a repeat gets the first answer");
        let late = update_tenant(&scheme.ctx, &partner("ogs"), change.clone()).await.unwrap_err();
        assert_eq!(late.reason(), Reason::EtagMismatch, "{}", scheme.name);
        let stranger = update_tenant(&scheme.ctx, &partner("elsewhere"), change).await;
        assert_eq!(stranger.unwrap_err().reason(), Reason::TenantNotFound);
        let same = TenantChange { profile: Some(profile), ..changing(&changed) };
        let same = update_tenant(&scheme.ctx, &operator(), same).await.unwrap();
        assert_eq!(same, changed, "what changes nothing makes no version");

        let list = EventList {
            tenant_id: made.tenant.id,
            topics: vec!["tenant.updated".to_owned()],
            subject: None,
            occurred_from: None,
            occurred_before: None,
        };
        let told = list_events(&scheme.ctx, &operator(), list, &PageRequest::default()).await;
        let payloads: Vec<_> = told.unwrap().rows.into_iter().map(|event| event.payload).collect();
        assert_eq!(payloads, [serde_json::json!({ "changed": ["name", "profile"] })]);
    }
}

#[tokio::test]
async fn of_two_who_change_at_once_one_does() {
    for scheme in schemes().await {
        let made = create_tenant(&scheme.ctx, &operator(), wanting("A-1")).await.unwrap();
        let tries: Vec<_> = (0..8)
            .map(|n| {
                let change = TenantChange { name: Some(format!("firm {n}")), ..changing(&made) };
                let ctx = scheme.ctx.clone();
                tokio::spawn(async move { update_tenant(&ctx, &operator(), change).await })
            })
            .collect();
        let mut n_changed = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(_) => n_changed += 1,
                Err(problem) => assert!(
                    matches!(problem.reason(), Reason::EtagMismatch | Reason::LostRace),
                    "{problem}"
                ),
            }
        }
        assert_eq!(n_changed, 1, "{}", scheme.name);
    }
}

//! Limits of which each site of a firm has its own.

use tasuki_app::claiming::{self, LimitQuestion, NotifyLoss};
use tasuki_core::catalog::{CompanyProfile, ProfileSite};
use tasuki_core::id::TenantId;
use tasuki_core::master_contract::{CoveragePart, Stacking};
use tasuki_core::service::Service;
use tasuki_store::{certificates, tenants};

use crate::scene::{Loss, Scheme, desk, handler, notice, schemes, yen};

fn loss(at: &'static str) -> Loss {
    Loss::of(Service::Utm, at, "2021-03-10 09:00").items(&[(CoveragePart::OnSiteResponse, 100_000)])
}

/// A firm with these sites, under a contract with 150,000 yen for each of them.
async fn firm(scheme: &mut Scheme, sites: &[&str]) -> TenantId {
    let per_site = |draft: &mut tasuki_core::master_contract::MasterContractDraft| {
        draft.terms.stacking = Stacking::PerSite;
        draft.terms.limits[3].amount = yen(150_000);
    };
    scheme.under("per-site", per_site).await;
    let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
    let site = |code: &&str| ProfileSite {
        code: (*code).to_owned(),
        name: String::new(),
        prefecture: None,
        remote_island: None,
    };
    let tx = scheme.ctx.store.begin().await.unwrap();
    let stored = tenants::get(&tx, tenant).await.unwrap().unwrap();
    let mut firm = stored.tenant;
    firm.profile = CompanyProfile { sites: sites.iter().map(site).collect(), ..firm.profile };
    tenants::save(&tx, &firm, stored.version).await.unwrap();
    tx.commit().await.unwrap();
    scheme.clock(tenant, "2021-03-10 09:00").await;
    tenant
}

fn at_site(tenant: TenantId, at: &'static str, site: &str) -> NotifyLoss {
    NotifyLoss { site_code: site_of(site), ..notice(tenant, &loss(at), None) }
}

fn site_of(site: &str) -> Option<String> {
    Some(site.to_owned()).filter(|code| !code.is_empty())
}

async fn payable(
    scheme: &Scheme,
    (tenant, at): (TenantId, &'static str),
    site: &str,
) -> (i64, String) {
    let said = |notice| NotifyLoss { site_code: site_of(site), ..notice };
    let view = scheme.assessed_as(tenant, &loss(at), said).await;
    let total = view.claim.assessment().unwrap().benefit.total;
    scheme.approved(&view).await.unwrap();
    (total.amount(), view.claim.site_code.unwrap_or_default())
}

#[tokio::test]
async fn each_site_has_its_own_limit_and_all_share_the_programmes() {
    for mut scheme in schemes(5_000_000).await {
        let tenant = firm(&mut scheme, &["naha", "nago"]).await;
        for (at, site, expected) in [
            ("2021-03-01 10:00", "naha", 100_000),
            ("2021-03-02 10:00", "naha", 50_000),
            ("2021-03-03 10:00", "nago", 100_000),
        ] {
            let paid = payable(&scheme, (tenant, at), site).await;
            assert_eq!(paid, (expected, site.to_owned()), "{}", scheme.name);
        }
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let id = certificates::of_tenant(&tx, tenant).await.unwrap()[0].certificate.id;
        drop(tx);
        let question = LimitQuestion::Certificate(tenant, id);
        let call = handler("first");
        let all = claiming::get_limits(&scheme.ctx, &call, question, (None, None)).await.unwrap();
        let left: Vec<_> = all
            .iter()
            .map(|of| (of.limit.code.as_str(), of.site_code.as_deref(), of.left.amount()))
            .collect();
        let expected = [
            ("limit.certificate", Some("naha"), 0),
            ("limit.programme", None, 4_750_000),
            ("limit.certificate", Some("nago"), 50_000),
        ];
        assert_eq!(left, expected, "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_notice_has_to_say_which_site_where_there_are_several() {
    for mut scheme in schemes(5_000_000).await {
        let tenant = firm(&mut scheme, &["naha", "nago"]).await;
        for site in ["", "tokyo"] {
            let told = at_site(tenant, "2021-03-01 10:00", site);
            let refused = claiming::notify_loss(&scheme.ctx, &desk(), told).await.unwrap_err();
            let [violation] = refused.violations() else { panic!("{refused:?}") };
            assert_eq!(violation.field, "site_code");
            assert!(violation.description.contains("`naha`, `nago`"), "{}", scheme.name);
        }
    }
}

#[tokio::test]
async fn the_only_site_needs_no_name() {
    for mut scheme in schemes(5_000_000).await {
        let tenant = firm(&mut scheme, &["naha"]).await;
        let paid = payable(&scheme, (tenant, "2021-03-01 10:00"), "").await;
        assert_eq!(paid, (100_000, "naha".to_owned()), "{}", scheme.name);
    }
}

//! Other terms and another pack are tried on the losses that were recorded.

use std::sync::Arc;

use tasuki_app::billing::recorded_losses;
use tasuki_app::call::Call;
use tasuki_app::library::pack_sources;
use tasuki_core::claim::ClaimOutcome;
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::money::Money;
use tasuki_core::service::Service;
use tasuki_economics::book::compare;
use tasuki_policies::{Pack, PackSet, PackSource};

use crate::scene::{Loss, schemes, terms, yen};

/// The contract of the scene.
const CODE: &str = "first-response-2021";

/// The trigger with virus removal alone.
fn narrower() -> Arc<Pack> {
    let mut sources: Vec<PackSource> = pack_sources(None).unwrap();
    sources.retain(|source| source.path.starts_with("trigger/v1/"));
    let pack = sources.iter_mut().find(|source| source.path.ends_with("pack.yaml")).unwrap();
    let both = "[on_site_response, virus_removal]";
    assert!(pack.text.contains(both));
    *pack = PackSource::new(pack.path.clone(), pack.text.replace(both, "[virus_removal]"));
    let packs = PackSet::load_each(sources).map_err(|wrong| wrong[0].to_string()).unwrap();
    Arc::clone(&packs[0])
}

#[tokio::test]
async fn another_trigger_is_tried_on_the_recorded_facts() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let items = [(CoveragePart::OnSiteResponse, 60_000), (CoveragePart::VirusRemoval, 30_000)];
        let loss = Loss::of(Service::Utm, "2021-06-10 10:00", "2021-06-11 09:00").items(&items);
        let view = scheme.assessed(tenant, &loss).await;
        assert_eq!(view.claim.outcome(), Some(ClaimOutcome::Eligible), "{}", scheme.name);

        let same = recorded_losses(&scheme.ctx, &Call::system(), CODE, None).await.unwrap();
        let terms = same.contract.terms.clone();
        let found = compare(same.losses, &terms, &terms).unwrap();
        assert_eq!((found.before, found.after, found.n_changed), (yen(90_000), yen(90_000), 0));

        let pack = narrower();
        let tried = recorded_losses(&scheme.ctx, &Call::system(), CODE, Some(&pack)).await.unwrap();
        let found = compare(tried.losses, &terms, &terms).unwrap();
        assert_eq!((found.before, found.after), (yen(90_000), yen(30_000)), "{}", scheme.name);
        assert_eq!(found.rows[0].difference, Money::jpy(-60_000));
    }
}

#[tokio::test]
async fn a_lower_aggregate_is_used_up_by_the_earlier_losses() {
    for scheme in schemes(5_000_000).await {
        for (n, at) in [(1, "2021-06-10 10:00"), (2, "2021-06-09 10:00")] {
            let tenant = scheme.insured(n, &[Service::Utm], "2021-02-01 00:00").await;
            scheme.assessed(tenant, &Loss::of(Service::Utm, at, "2021-06-11 09:00")).await;
        }
        let book = recorded_losses(&scheme.ctx, &Call::system(), CODE, None).await.unwrap();
        let found = compare(book.losses, &terms(5_000_000), &terms(80_000)).unwrap();
        let after: Vec<_> = found.rows.iter().map(|row| row.after.amount()).collect();
        assert_eq!(after, [60_000, 20_000], "{}", scheme.name);
    }
}

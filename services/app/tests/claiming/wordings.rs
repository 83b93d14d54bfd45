//! The wording is chosen by the date of loss, and contracts name packs that exist.

use tasuki_app::call::Call;
use tasuki_app::claiming::{self, Intent, NewMasterContract};
use tasuki_app::library::{Library, pack_sources};
use tasuki_core::claim::ClaimOutcome;
use tasuki_core::party::{Principal, Role};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_policies::{PackSet, PackSource};

use crate::scene::{Loss, codes, draft, schemes, schemes_with};

/// Notice may come thirty days late until June 2021, and three days late from July on.
fn stricter_from_july() -> Library {
    let mut library = Library::load(None, None).unwrap();
    let mut sources = pack_sources(None).unwrap();
    let old = sources.iter_mut().find(|it| it.path == "exclusion/v1/pack.yaml").unwrap();
    let text = old.text.clone();
    let from = "effective: { from: 2020-09-01 }";
    assert!(text.contains(from) && text.contains("notice_days_most: { int: 30"));
    *old = PackSource::new(
        old.path.clone(),
        text.replace(from, "effective: { from: 2020-09-01, to: 2021-07-01 }"),
    );
    let stricter = text
        .replace(from, "effective: { from: 2021-07-01 }")
        .replace("notice_days_most: { int: 30", "notice_days_most: { int: 3")
        .replace("version: \"2020.1\"", "version: \"2021.2\"");
    sources.push(PackSource::new("exclusion/v1@2021.2/pack.yaml", stricter));
    library.packs = PackSet::load(sources).map_err(|wrong| wrong[0].to_string()).unwrap().into();
    library
}

#[tokio::test]
async fn a_loss_is_judged_by_the_wording_of_its_day_and_not_of_its_notice() {
    for scheme in schemes_with(5_000_000, stricter_from_july).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let june = Loss::of(Service::Utm, "2021-06-30 23:59", "2021-07-10 09:00");
        let view = scheme.assessed(tenant, &june).await;
        assert_eq!(view.claim.outcome(), Some(ClaimOutcome::Eligible), "{}", scheme.name);
        let july = Loss::of(Service::Utm, "2021-07-01 00:00", "2021-07-11 09:00");
        let view = scheme.assessed(tenant, &july).await;
        assert_eq!(view.claim.outcome(), Some(ClaimOutcome::NotEligible), "{}", scheme.name);
        assert_eq!(codes(&view).0, ["LATE_NOTICE"]);
        let versions: Vec<_> =
            view.last_decisions().into_iter().map(|it| it.pack.version).collect();
        assert_eq!(versions, ["2020.1", "2020.1", "2021.2", "2020.1"]);
    }
}

#[tokio::test]
async fn a_contract_is_recorded_once_and_names_packs_that_exist() {
    for scheme in schemes(5_000_000).await {
        let call = Call::by(Principal::of("test:operator", Role::Operator));
        let create = |code: &str, change: &dyn Fn(&mut NewMasterContract)| {
            let mut new = NewMasterContract { draft: draft(code, 1), intent: Intent::Do };
            change(&mut new);
            claiming::create_master_contract(&scheme.ctx, &call, new)
        };
        let taken = create("first-response-2021", &|_| {}).await.unwrap_err();
        assert_eq!(taken.reason(), Reason::MasterContractExists, "{}", scheme.name);
        let missing = create("other", &|new| {
            new.draft.terms.packs.trigger = "no-such-pack".to_owned();
            new.draft.terms.packs.payable = Some("neither".to_owned());
        });
        let missing = missing.await.unwrap_err();
        let fields: Vec<_> = missing.violations().iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["terms.packs.trigger", "terms.packs.payable"]);
        create("asked", &|new| new.intent = Intent::OnlyAsk).await.unwrap();
        create("asked", &|_| {}).await.unwrap();
    }
}

//! What policies take off a quote, what they say about its criteria, and who may ask for one.

use std::sync::Arc;

use tasuki_app::billing::{Preview, preview_invoice};
use tasuki_app::library::{Library, pack_sources};
use tasuki_app::quoting::{NewQuote, QuoteView, accept_quote, create_quote};
use tasuki_core::catalog::{CompanyProfile, ProfileMembership, SelectedItem};
use tasuki_core::decision::{Outcome, PackKind};
use tasuki_core::id::TenantId;
use tasuki_core::quote::LineKind;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::SubscriptionCommand;
use tasuki_core::time::CivilDate;
use tasuki_policies::PackSet;
use tasuki_store::{decisions, subscriptions};

use crate::cover::insured;
use crate::scene::{Scheme, operator, partner, schemes, wanting};
use crate::{accept_of, quoted};

fn bundle() -> Vec<SelectedItem> {
    vec![
        SelectedItem::of(Service::Utm),
        SelectedItem::of(Service::CloudWaf).with_traffic_gb("10".parse().unwrap()),
        SelectedItem::of(Service::Edr).with_endpoints(5),
    ]
}

fn member(evidence: &str) -> CompanyProfile {
    let membership = ProfileMembership {
        association: "naha-chamber-of-commerce".to_owned(),
        valid_from: Some(jiff::civil::date(2020, 4, 1)),
        valid_to: Some(jiff::civil::date(2022, 4, 1)),
        evidence: evidence.to_owned(),
    };
    CompanyProfile { memberships: vec![membership], ..CompanyProfile::default() }
}

fn discounts(view: &QuoteView) -> Vec<(&str, i64)> {
    let lines = view.quote.offer.priced.lines_of(LineKind::Discount);
    lines.map(|line| (line.code.as_str(), line.amount.unwrap().amount())).collect()
}

fn open_criteria(view: &QuoteView) -> Vec<&str> {
    let all = view.quote.offer.compliance.iter();
    all.filter(|of| of.outcome != Outcome::Satisfied).map(|of| of.code.as_str()).collect()
}

/// Lets every service of an accepted quote be in use from its first day on.
async fn running(scheme: &Scheme, tenant: TenantId, view: &QuoteView) -> Preview {
    running_from(scheme, tenant, view, view.quote.offer.priced.start_on).await
}

/// Lets every service of an accepted quote be in use from a day on.
async fn running_from(
    scheme: &Scheme,
    tenant: TenantId,
    view: &QuoteView,
    on: CivilDate,
) -> Preview {
    let by = operator();
    let accepted = accept_quote(&scheme.ctx, &by, tenant, accept_of(view));
    let accepted = Box::pin(accepted).await.unwrap();
    let id = accepted.subscription_id.unwrap();
    let tx = scheme.ctx.store.begin().await.unwrap();
    let stored = subscriptions::lock(&tx, tenant, id).await.unwrap().unwrap();
    assert_eq!(stored.subscription.discounts, view.quote.offer.priced.discounts);
    let items: Vec<_> = stored.subscription.items.iter().map(|item| item.item_id).collect();
    let started =
        items.into_iter().fold(stored.subscription, |all, item| all.with_item_started(item, on));
    let activate = SubscriptionCommand::Activate { on, trial_until: None };
    let (active, _) = started.step(&activate, view.quote.issued_at).unwrap();
    subscriptions::save(&tx, &active, stored.version, active.created_at).await.unwrap();
    tx.commit().await.unwrap();
    Preview {
        tenant_id: tenant,
        subscription_id: id,
        month: "2021-09".parse().unwrap(),
        payer_code: "customer".to_owned(),
    }
}

/// PRC-11, ACT-11.
#[tokio::test]
async fn a_member_of_a_chamber_pays_less_on_the_quote_and_on_every_invoice_of_the_year() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-08-02T01:00:00Z").await;
        let start_on = Some(jiff::civil::date(2021, 9, 1));
        let new =
            NewQuote { profile: Some(member("会員証")), start_on, ..wanting(tenant, bundle()) };
        let view = quoted(&scheme, new).await;
        let priced = &view.quote.offer.priced;
        assert_eq!(discounts(&view), [("discount.chamber_membership", -500); 2]);
        assert_eq!(priced.totals.first_year.net.amount(), 247_000, "259,000 less 12 times 1,000");
        assert_eq!(priced.totals.first_year.gross.amount(), 271_700);
        assert_eq!(priced.totals.steady_year.net.amount(), 249_000, "as the price list says");
        let given = &priced.discounts[0];
        assert_eq!(given.ends_on, Some(jiff::civil::date(2022, 9, 1)));
        assert!(given.reason.en.contains("5 % off the monthly fees for 12 months"));
        assert!(given.reason.ja.contains("12か月間5%"));

        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let decision = given.decision_id.unwrap();
        let recorded = decisions::get(&tx, decision).await.unwrap().unwrap();
        assert_eq!(recorded.subject, view.quote.id.to_string());
        assert_eq!((recorded.pack.kind, &recorded.pack), (PackKind::Discount, &given.pack));
        assert!(view.quote.offer.packs.contains(&given.pack));
        drop(tx);

        let mut preview = Box::pin(running(&scheme, tenant, &view)).await;
        let mut net = 0;
        for _ in 0..12 {
            let content = preview_invoice(&scheme.ctx, &operator(), &preview).await;
            net += content.unwrap().unwrap().net.amount();
            preview.month = preview.month.next().unwrap();
        }
        assert_eq!(net, 247_000, "{}: invoices say what the quote said", scheme.name);
        let after = preview_invoice(&scheme.ctx, &operator(), &preview).await.unwrap().unwrap();
        let codes: Vec<_> = after.lines.iter().map(|line| line.code.as_str()).collect();
        assert_eq!(codes, ["utm.monthly", "cloud_waf.monthly", "edr.yearly"], "{}", scheme.name);
    }
}

#[tokio::test]
async fn without_evidence_or_campaign_the_price_list_is_what_it_is() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-08-02T01:00:00Z").await;
        let new = NewQuote { profile: Some(member(" ")), ..wanting(tenant, bundle()) };
        let view = quoted(&scheme, new).await;
        assert_eq!(discounts(&view), []);
        assert_eq!(view.quote.offer.priced.totals.first_year.net.amount(), 259_000);
        let kinds: Vec<_> = view.said.iter().map(|of| of.pack.kind).collect();
        assert!(kinds.contains(&PackKind::Discount), "why there is none is on record: {kinds:?}");
        let start_on = Some(jiff::civil::date(2022, 5, 1));
        let late =
            NewQuote { profile: Some(member("会員証")), start_on, ..wanting(tenant, bundle()) };
        assert_eq!(discounts(&quoted(&scheme, late).await), [], "the membership has ended by then");
    }
}

/// PRC-09.
#[tokio::test]
async fn a_campaign_takes_the_initial_fee_off_while_it_lasts() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-09-30T14:59:59Z").await;
        let campaign = Some("otasuketai-2021".to_owned());
        let new = || NewQuote { campaign: campaign.clone(), ..wanting(tenant, bundle()) };
        let view = quoted(&scheme, new()).await;
        assert_eq!(discounts(&view), [("discount.campaign_initial_fee", -10_000)]);
        assert_eq!(view.quote.offer.priced.totals.initial.amount(), 0);
        assert_eq!(view.quote.offer.priced.discounts[0].ends_on, None);
        scheme.advance(tenant, "2021-09-30T15:00:00Z").await;
        assert_eq!(discounts(&quoted(&scheme, new()).await), [], "{}", scheme.name);
    }
}

/// Members get 1,001 yen off the monthly fees, and everybody 2,000 off each year of the light EDR.
fn with_amounts() -> Arc<Library> {
    let path = "discount/okinawa/pack.yaml";
    let (share, volume) = ("decimal(chamber_percent)", "decimal(volume_percent)");
    with_texts(
        path,
        &[
            (", fees:", ", yen: '0', fees:"),
            (&format!("\"{share} * decimal('0.01')\", yen: '0'"), "\"decimal('0')\", yen: '1001'"),
            (&format!("\"{volume} * decimal('0.01')\", yen: '0'"), "\"decimal('0')\", yen: '2000'"),
            ("volume_from: { int: 600,", "volume_from: { int: 5,"),
        ],
    )
}

/// PRC-11: what the quote says in yen is billed in yen, also when the set-up took two months longer.
#[tokio::test]
async fn fixed_amounts_are_billed_as_quoted_from_the_first_paid_day() {
    for mut scheme in schemes().await {
        scheme.ctx.library = with_amounts();
        let tenant = scheme.tenant(1, "2021-08-02T01:00:00Z").await;
        let start_on = Some(jiff::civil::date(2021, 9, 1));
        let new =
            NewQuote { profile: Some(member("会員証")), start_on, ..wanting(tenant, bundle()) };
        let view = quoted(&scheme, new).await;
        let priced = &view.quote.offer.priced;
        assert_eq!(
            discounts(&view),
            [
                ("discount.chamber_membership", -500),
                ("discount.chamber_membership", -501),
                ("discount.volume_endpoints", -2_000),
            ]
        );
        assert_eq!(priced.totals.first_year.net.amount(), 259_000 - 12 * 1_001 - 2_000);
        assert_eq!(priced.totals.steady_year.net.amount(), 249_000 - 2_000);
        assert_eq!(priced.discounts[0].ends_on, Some(jiff::civil::date(2022, 9, 1)));

        let late = jiff::civil::date(2021, 11, 1);
        let mut preview = Box::pin(running_from(&scheme, tenant, &view, late)).await;
        preview.month = "2021-11".parse().unwrap();
        for sums in [&priced.totals.first_year, &priced.totals.steady_year] {
            let mut gross = 0;
            for _ in 0..12 {
                let content = preview_invoice(&scheme.ctx, &operator(), &preview).await;
                gross += content.unwrap().unwrap().gross.amount();
                preview.month = preview.month.next().unwrap();
            }
            assert_eq!(gross, sums.gross.amount(), "{}: as quoted", scheme.name);
        }
    }
}

/// The shipped packs with one text of one pack replaced.
fn with_pack(path: &str, from: &str, to: &str) -> Arc<Library> {
    with_texts(path, &[(from, to)])
}

/// The shipped packs with texts of one pack replaced, one after the other.
fn with_texts(path: &str, texts: &[(&str, &str)]) -> Arc<Library> {
    let mut sources = pack_sources(None).unwrap();
    for source in sources.iter_mut().filter(|of| of.path == path) {
        for (from, to) in texts {
            assert!(source.text.contains(from), "`{from}` is not in `{path}`");
            source.text = source.text.replace(from, to);
        }
    }
    let mut library = Library::load(None, None).unwrap();
    library.packs = PackSet::load(sources).unwrap().into();
    Arc::new(library)
}

#[tokio::test]
async fn a_discount_pack_that_cannot_tell_gives_nothing_and_says_what_is_missing() {
    for mut scheme in schemes().await {
        // Without `has(…)`, who names no campaign leaves the pack without an answer.
        let asks = "has(order.campaign) && order.campaign == campaign_code";
        scheme.ctx.library =
            with_pack("discount/okinawa/pack.yaml", asks, "order.campaign == campaign_code");
        let tenant = scheme.tenant(1, "2021-08-02T01:00:00Z").await;
        let new = NewQuote { profile: Some(member("会員証")), ..wanting(tenant, bundle()) };
        let view = quoted(&scheme, new).await;
        assert_eq!(discounts(&view), [], "not even what the other rules would give");
        assert_eq!(view.quote.offer.priced.totals.first_year.net.amount(), 259_000);
        let decision = view.said.iter().find(|of| of.pack.kind == PackKind::Discount).unwrap();
        assert_eq!(decision.explanation.outcome, Outcome::Undetermined);
        assert!(decision.explanation.findings[0].message.en.contains("`order.campaign`"));
    }
}

#[tokio::test]
async fn a_pack_that_gives_no_discount_but_nonsense_stops_the_quote() {
    for mut scheme in schemes().await {
        let (from, to) = ("chamber_percent: { int: 5,", "chamber_percent: { int: 101,");
        scheme.ctx.library = with_pack("discount/okinawa/pack.yaml", from, to);
        let tenant = scheme.tenant(1, "2021-08-02T01:00:00Z").await;
        let new = NewQuote { profile: Some(member("会員証")), ..wanting(tenant, bundle()) };
        let refused = create_quote(&scheme.ctx, &operator(), new).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::Internal);
        assert!(refused.to_string().contains("`rate` is \"1.01\" and must be a decimal from 0"));
    }
}

#[tokio::test]
async fn a_quote_says_which_criteria_of_the_public_scheme_its_bundle_meets() {
    for scheme in schemes().await {
        insured(&scheme).await;
        let tenant = scheme.tenant(1, "2021-08-02T01:00:00Z").await;
        let view = quoted(&scheme, wanting(tenant, bundle())).await;
        let all: Vec<_> = view.quote.offer.compliance.iter().map(|of| of.code.as_str()).collect();
        assert_eq!(
            all,
            [
                "otasuketai.consultation_window",
                "otasuketai.watched_day_and_night",
                "otasuketai.engineer_on_request",
                "otasuketai.first_response_covered",
                "otasuketai.extra_charges_explained"
            ]
        );
        // The price list asks for a quote before an engineer comes, so nobody can say how much.
        assert_eq!(open_criteria(&view), ["otasuketai.extra_charges_explained"]);
        let met = &view.quote.offer.compliance[0];
        assert!(met.note.is_none() && met.text.ja.contains("窓口"));
        let open = &view.quote.offer.compliance[4];
        assert!(open.note.as_ref().unwrap().en.contains("rate card"));
        assert!(view.said.iter().any(|of| of.pack.kind == PackKind::Compliance));

        let diagnosis = vec![SelectedItem::of(Service::Diagnosis)];
        let view = quoted(&scheme, wanting(tenant, diagnosis)).await;
        assert_eq!(
            open_criteria(&view),
            [
                "otasuketai.consultation_window",
                "otasuketai.watched_day_and_night",
                "otasuketai.engineer_on_request"
            ]
        );
    }
}

#[tokio::test]
async fn the_criteria_are_those_of_the_day_and_before_the_first_there_are_none() {
    for scheme in schemes().await {
        let early = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(early, bundle())).await;
        assert!(view.quote.offer.compliance.is_empty());

        let late = scheme.tenant(2, "2024-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(late, bundle())).await;
        let caps: Vec<_> =
            view.quote.offer.compliance.iter().filter(|of| of.code.ends_with("_cap")).collect();
        assert_eq!(caps.len(), 2, "class 1 of v2.0");
        assert!(caps.iter().all(|of| of.outcome == Outcome::Satisfied));
        assert!(caps[1].text.en.contains("this bundle 150 yen"), "{}", caps[1].text.en);
        let two = vec![SelectedItem {
            quantity: Some("2".parse().unwrap()),
            ..SelectedItem::of(Service::Utm)
        }];
        let view = quoted(&scheme, wanting(late, two)).await;
        assert!(open_criteria(&view).contains(&"otasuketai.network_price_cap"));
        assert!(open_criteria(&view).contains(&"otasuketai.first_response_covered"), "no contract");
    }
}

#[tokio::test]
async fn the_access_pack_decides_who_may_quote() {
    for mut scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let call = partner("ogs");
        create_quote(&scheme.ctx, &call, wanting(tenant, bundle())).await.unwrap();

        scheme.ctx.library =
            with_pack("access/roles/pack.yaml", "in ['read', 'sell', ", "in ['read', ");
        let refused =
            create_quote(&scheme.ctx, &call, wanting(tenant, bundle())).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RoleForbidden);
        let told = "ROLE_FORBIDDEN: the role `partner` may not `sell`";
        assert_eq!(refused.to_string(), told, "{}", scheme.name);
        create_quote(&scheme.ctx, &operator(), wanting(tenant, bundle())).await.unwrap();
    }
}

#[test]
fn a_folder_of_packs_that_says_nothing_about_access_gets_the_built_in_pack() {
    let folder = std::env::temp_dir().join(format!("tasuki-packs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let library = Library::load(Some(&folder), None).unwrap();
    std::fs::remove_dir(&folder).unwrap();
    let packs = library.packs.packs();
    assert_eq!(packs.packs().count(), 1);
    assert!(!packs.access().is_empty());
}

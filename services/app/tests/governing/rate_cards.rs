//! Rate cards from draft to activation, and what another would change.

use std::sync::Arc;

use tasuki_app::call::Call;
use tasuki_app::catalog::{
    CardActivation, CardStanding, NewCardDraft, RateCardView, WithSubscriptions,
    activate_rate_card, adopt_cards, compare_rate_cards, create_card_draft, get_rate_card,
    list_rate_cards, refresh_cards,
};
use tasuki_app::context::Context;
use tasuki_app::governing::create_tenant;
use tasuki_app::library::Library;
use tasuki_core::catalog::{BillingCycle, RateCardRef, SelectedItem};
use tasuki_core::id::{PartnerId, SubscriptionId};
use tasuki_core::money::Money;
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{Subscription, SubscriptionDraft};
use tasuki_store::subscriptions;

use super::scene::{Scheme, by, jst, operator, schemes, wanting, with_key};

const OKINAWA: &str = include_str!("../../../../pricing/cards/okinawa-2021.yaml");

fn person(name: &str) -> Call {
    Call::by(Principal::of(name, Role::Operator))
}

/// The card of Okinawa as its next version, with another price of EDR.
fn next(version: &str, yen: u32) -> NewCardDraft {
    let text = OKINAWA
        .replacen("version: 2021-01", &format!("version: {version}"), 1)
        .replacen("effective: { from: 2021-01-26 }", "effective: { from: 2022-04-01 }", 1)
        .replacen("{ per_unit: { yen: 1800 } }", &format!("{{ per_unit: {{ yen: {yen} }} }}"), 1);
    NewCardDraft { files: vec![("okinawa.yaml".to_owned(), text)], validate_only: false }
}

fn activation(version: &str, etag: &str, on: &str) -> CardActivation {
    CardActivation {
        rate_card: format!("okinawa@{version}"),
        etag: etag.to_owned(),
        effective_on: on.parse().unwrap(),
        validate_only: false,
    }
}

async fn drafted(scheme: &Scheme, version: &str) -> RateCardView {
    create_card_draft(&scheme.ctx, &person("ana"), next(version, 2_000)).await.unwrap().view
}

/// Another server on the same database, that has just started.
async fn restarted(scheme: &Scheme) -> Context {
    let library = Arc::new(Library::load(None, None).unwrap());
    let ctx = Context { library, ..scheme.ctx.clone() };
    adopt_cards(&ctx).await.unwrap();
    ctx
}

fn in_force(ctx: &Context, day: &str) -> Option<RateCardRef> {
    let cards = ctx.cards();
    cards.in_force("okinawa", day.parse().unwrap()).map(|it| it.reference.clone())
}

async fn tried(ctx: &Context, who: &str, change: CardActivation) -> Option<Reason> {
    reason(activate_rate_card(ctx, &person(who), &change).await)
}

fn reason<T>(outcome: Result<T, Problem>) -> Option<Reason> {
    outcome.err().map(|problem| problem.reason())
}

#[tokio::test]
async fn a_draft_comes_into_force_on_a_day_by_somebody_else_and_stays_after_a_restart() {
    for scheme in schemes().await {
        let ctx = &scheme.ctx;
        adopt_cards(ctx).await.unwrap();
        let other = restarted(&scheme).await;
        let draft = drafted(&scheme, "2022-04").await;
        assert_eq!(draft.standing, CardStanding::Draft);
        assert_eq!(in_force(ctx, "2022-05-01").unwrap().version, "2021-01", "{}", scheme.name);

        let change = |etag: &str| activation("2022-04", etag, "2022-04-01");
        let own = tried(ctx, "ana", change(&draft.etag)).await;
        assert_eq!(own, Some(Reason::SecondPersonNeeded));
        assert_eq!(tried(ctx, "ben", change("77")).await, Some(Reason::EtagMismatch));
        let asked = CardActivation {
            validate_only: true,
            ..activation("2022-04", &draft.etag, "2022-04-01")
        };
        activate_rate_card(ctx, &person("ben"), &asked).await.unwrap();
        assert_eq!(in_force(ctx, "2022-05-01").unwrap().version, "2021-01", "it was only asked");

        let call = with_key(person("ben"), "activate");
        let change = activation("2022-04", &draft.etag, "2022-04-01");
        let active = activate_rate_card(ctx, &call, &change).await.unwrap();
        let again = activate_rate_card(ctx, &call, &change).await.unwrap();
        assert_eq!((again.etag, again.standing), (active.etag.clone(), CardStanding::Active));
        let versions = ["2022-03-31", "2022-04-01"].map(|day| in_force(ctx, day).unwrap().version);
        assert_eq!(versions, ["2021-01", "2022-04"]);
        let once = tried(ctx, "cem", activation("2022-04", "", "2022-06-01")).await;
        assert_eq!(once, Some(Reason::RateCardState));

        assert_eq!(in_force(&other, "2022-04-01").unwrap().version, "2021-01", "not looked yet");
        assert!(refresh_cards(&other).await.unwrap());
        assert!(!refresh_cards(&other).await.unwrap(), "nothing changed since");
        assert_eq!(in_force(&other, "2022-04-01").unwrap().version, "2022-04");
        let fresh = restarted(&scheme).await;
        for pinned in [in_force(ctx, "2022-03-31").unwrap(), active.card.reference.clone()] {
            assert!(fresh.cards().pinned(&pinned).is_some(), "`{pinned}` is found after a restart");
        }
    }
}

#[tokio::test]
async fn days_without_a_version_and_days_with_two_are_refused() {
    for scheme in schemes().await {
        let ctx = &scheme.ctx;
        adopt_cards(ctx).await.unwrap();
        drafted(&scheme, "2022-04").await;
        drafted(&scheme, "2022-03").await;
        let activated = async |version, on| tried(ctx, "ben", activation(version, "", on)).await;
        assert_eq!(activated("2022-04", "2022-04-01").await, None, "{}", scheme.name);
        assert_eq!(activated("2022-03", "2022-03-01").await, Some(Reason::RateCardPeriodOverlap));
        assert_eq!(activated("2022-03", "2022-04-01").await, Some(Reason::RateCardPeriodOverlap));
        assert_eq!(activated("2023-01", "2023-01-01").await, Some(Reason::RateCardNotFound));
    }
}

#[tokio::test]
async fn a_draft_is_checked_once_and_seen_by_operators_only() {
    for scheme in schemes().await {
        let ctx = &scheme.ctx;
        adopt_cards(ctx).await.unwrap();
        let mut broken = next("2022-04", 2_000);
        broken.files[0].1 = broken.files[0].1.replace("cadence: yearly", "cadence: yearli");
        let refused = create_card_draft(ctx, &person("ana"), broken).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RateCardInvalid);
        assert!(refused.violations()[0].field.starts_with("okinawa.yaml:"), "{refused:?}");
        let partner = create_card_draft(ctx, &by(Role::Partner), next("2022-04", 2_000)).await;
        assert_eq!(reason(partner), Some(Reason::RoleForbidden));

        let first = drafted(&scheme, "2022-04").await;
        assert_eq!(drafted(&scheme, "2022-04").await.etag, first.etag, "the same is no second");
        let other = create_card_draft(ctx, &person("ana"), next("2022-04", 2_100)).await;
        assert_eq!(reason(other), Some(Reason::RateCardVersionExists));

        let day = "2022-01-01".parse().unwrap();
        let seen = async |role| reason(get_rate_card(ctx, &by(role), "okinawa@2022-04", day).await);
        assert_eq!(seen(Role::Operator).await, None);
        assert_eq!(seen(Role::Partner).await, Some(Reason::RateCardNotFound));
        let all = list_rate_cards(ctx, &operator(), None).await.unwrap();
        let shown: Vec<_> =
            all.iter().map(|view| (view.card.reference.to_string(), view.standing)).collect();
        assert_eq!(
            shown,
            [
                ("kumamoto@2021-01".to_owned(), CardStanding::Active),
                ("kumamoto-trial@2020-09".to_owned(), CardStanding::Retired),
                ("okinawa@2022-04".to_owned(), CardStanding::Draft),
                ("okinawa@2021-01".to_owned(), CardStanding::Active),
                ("okinawa-trial@2020-09".to_owned(), CardStanding::Retired),
            ],
            "{}",
            scheme.name
        );
    }
}

async fn subscribed(scheme: &Scheme, n: u32, items: Vec<SelectedItem>) -> SubscriptionId {
    let ctx = &scheme.ctx;
    let tenant = create_tenant(ctx, &operator(), wanting(&format!("A-{n}"))).await.unwrap().tenant;
    let draft = SubscriptionDraft {
        id: ctx.ids.next(),
        tenant_id: tenant.id,
        partner_id: PartnerId::of_code("ogs"),
        quote_id: ctx.ids.next(),
        items: items.into_iter().map(|item| (ctx.ids.next(), item)).collect(),
        rate_card: in_force(ctx, "2021-04-01").unwrap(),
        cycle: BillingCycle::CalendarMonth,
        start_on: "2021-04-01".parse().unwrap(),
        trial: None,
        minimum_term_months: 0,
        discounts: Vec::new(),
    };
    let subscription = Subscription::open(draft, jst("2021-04-01 09:00"));
    let tx = ctx.store.begin().await.unwrap();
    subscriptions::insert(&tx, &subscription).await.unwrap();
    tx.commit().await.unwrap();
    subscription.id
}

#[tokio::test]
async fn a_comparison_says_what_it_means_in_yen_and_for_whom() {
    for scheme in schemes().await {
        let ctx = &scheme.ctx;
        adopt_cards(ctx).await.unwrap();
        let edr = |n| SelectedItem::of(Service::Edr).with_endpoints(n);
        let small = subscribed(&scheme, 1, vec![SelectedItem::of(Service::Utm), edr(5)]).await;
        let large = subscribed(&scheme, 2, vec![edr(100)]).await;
        subscribed(&scheme, 3, vec![SelectedItem::of(Service::Utm)]).await;
        let huge = subscribed(&scheme, 4, vec![edr(900)]).await;
        let mut fewer = next("2022-04", 2_000);
        fewer.files[0].1 = fewer.files[0].1.replace("maximum: \"1000\"", "maximum: \"500\"");
        create_card_draft(ctx, &person("ana"), fewer).await.unwrap();

        let names = ("okinawa@2021-01", "okinawa@2022-04");
        let found =
            compare_rate_cards(ctx, &operator(), names, WithSubscriptions::Yes).await.unwrap();
        let moves = found.moves.unwrap();
        assert_eq!((moves.n_subscriptions, moves.n_changed, moves.n_not_sold), (4, 2, 1));
        assert_eq!(moves.yearly_difference, Money::jpy(1_000 + 20_000), "{}", scheme.name);
        let named: Vec<_> = moves.named.iter().map(|it| it.subscription_id).collect();
        assert_eq!(named, [huge, large, small]);
        assert_eq!(moves.named[2].before, Money::jpy(129_000));
        assert_eq!(moves.named[2].after, Ok(Money::jpy(130_000)));

        let same = ("okinawa@2021-01", "okinawa@2021-01");
        let found =
            compare_rate_cards(ctx, &operator(), same, WithSubscriptions::Yes).await.unwrap();
        assert_eq!(found.moves.unwrap().n_changed, 0);
        let partner =
            compare_rate_cards(ctx, &by(Role::Partner), same, WithSubscriptions::Yes).await;
        assert_eq!(reason(partner), Some(Reason::RoleForbidden));
    }
}

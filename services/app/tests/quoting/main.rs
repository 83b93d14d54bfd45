//! Quotes from the question to the subscription, on both databases.
#![expect(clippy::unwrap_used, reason = "test")]

mod chosen_cover;
mod cover;
mod policies;
mod scene;
mod told;

use scene::{Scheme, company, operator, partner, schemes, wanting, with_key};
use tasuki_app::paging::PageRequest;
use tasuki_app::quoting::{
    AcceptQuote, Intent, NewQuote, QuoteList, QuoteView, WithdrawQuote, accept_quote, create_quote,
    get_quote, list_quotes, withdraw_quote,
};
use tasuki_core::catalog::SelectedItem;
use tasuki_core::decision::PackKind;
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{LineKind, QuoteState};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{PhaseKind, SubscriptionState};
use tasuki_store::decisions::{self, DecisionFilter};
use tasuki_store::{Scope, outbox, subscriptions};

fn accept_of(view: &QuoteView) -> AcceptQuote {
    AcceptQuote {
        quote_id: view.quote.id,
        etag: view.etag(),
        accepted: Vec::new(),
        start_on: None,
        accepted_by: "代表取締役".to_owned(),
        intent: Intent::Do,
    }
}

async fn quoted(scheme: &Scheme, new: NewQuote) -> QuoteView {
    create_quote(&scheme.ctx, &operator(), new).await.unwrap()
}

async fn topics(scheme: &Scheme, tenant: TenantId) -> Vec<String> {
    let tx = scheme.ctx.store.begin_read().await.unwrap();
    let all = outbox::Filter::of_tenant(tenant);
    let events = outbox::list(&tx, &all, (0, i64::MAX), 100).await.unwrap();
    events.into_iter().map(|event| event.topic).collect()
}

fn edr(endpoints: u32) -> Vec<SelectedItem> {
    vec![SelectedItem::of(Service::Edr).with_endpoints(endpoints)]
}

#[tokio::test]
async fn the_four_companies_of_figure_2_get_their_bundles_in_order_of_priority() {
    use Service::{CloudWaf, Diagnosis, Edr, Utm};
    let companies: [([bool; 3], &[Service], i64); 4] = [
        ([true, true, true], &[Edr, CloudWaf, Diagnosis], 229_000),
        ([true, true, false], &[Utm, Edr, CloudWaf, Diagnosis], 359_000),
        ([true, false, false], &[Utm, Edr, Diagnosis], 239_000),
        ([false, false, false], &[Utm, Edr], 139_000),
    ];
    for scheme in schemes().await {
        for (n, (has, expected, first_year)) in (1..).zip(companies) {
            let tenant = scheme.tenant(n, "2021-04-01T01:00:00Z").await;
            let profile = Some(company(has, 30_000));
            let view = quoted(&scheme, NewQuote { profile, ..wanting(tenant, vec![]) }).await;
            let priced = &view.quote.offer.priced;
            let services: Vec<_> = priced.selection.iter().map(|item| item.service).collect();
            assert_eq!(services, expected, "{} company {n}", scheme.name);
            assert_eq!(priced.totals.first_year.net.amount(), first_year, "company {n}");
            let reasons: Vec<_> =
                view.quote.offer.recommended.iter().filter(|of| of.in_bundle).collect();
            assert_eq!(reasons.len(), expected.len(), "each with its reason");
            let kinds: Vec<_> = view.said.iter().map(|of| of.pack.kind).collect();
            assert_eq!(kinds.first(), Some(&PackKind::Recommendation));
            assert_eq!(kinds.len(), expected.len() + 1, "one question for each service");
        }
    }
}

#[tokio::test]
async fn what_does_not_fit_the_budget_is_left_for_later() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let profile = Some(company([true, true, false], 25_000));
        let view = quoted(&scheme, NewQuote { profile, ..wanting(tenant, vec![]) }).await;
        let offer = &view.quote.offer;
        assert_eq!(offer.priced.totals.first_year.net.amount(), 259_000);
        assert_eq!(offer.priced.budget.as_ref().unwrap().verdict.as_str(), "within");
        let later: Vec<_> = offer.recommended.iter().filter(|of| !of.in_bundle).collect();
        assert_eq!(later.len(), 1);
        assert_eq!(later[0].service, Service::Diagnosis);
        let [lower, higher] = offer.alternatives.as_slice() else { panic!("both") };
        assert_eq!((lower.code.as_str(), higher.code.as_str()), ("lower", "higher"));
        assert_eq!(higher.totals.first_year.net.amount(), 359_000);
        assert_eq!(
            higher.difference.en,
            "Adds Security diagnosis of a web application; ¥110,000 more in the first year, with tax"
        );
        assert!(lower.totals.first_year.net.amount() < 259_000);
        assert!(lower.difference.en.starts_with("Without Cloud WAF; ¥132,000 less"));
    }
}

#[tokio::test]
async fn a_wish_is_quoted_and_what_speaks_against_it_is_said() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let mut profile = company([true, true, false], 30_000);
        profile.endpoints = profile.endpoints.map(|of| tasuki_core::catalog::EndpointCounts {
            windows: Some(0),
            mac: Some(7),
            ..of
        });
        let new = NewQuote { profile: Some(profile), ..wanting(tenant, edr(7)) };
        let view = quoted(&scheme, new).await;
        let offer = &view.quote.offer;
        assert_eq!(offer.priced.selection.len(), 1, "the preflight of the set-up decides");
        let codes: Vec<_> = offer.unavailable.iter().map(|of| of.code.as_str()).collect();
        let expected = ["EDR_NEEDS_WINDOWS", "UNSUPPORTED_OS_MAC", "MORE_THAN_WINDOWS_ENDPOINTS"];
        assert_eq!(codes, expected, "every reason, not only the first");
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let subject = view.quote.id.to_string();
        let about =
            DecisionFilter { subject: Some(subject), ..DecisionFilter::all(Scope::Tenant(tenant)) };
        let recorded = decisions::list(&tx, &about, None, 10).await.unwrap();
        assert_eq!(recorded.len(), 2, "what was asked of policies is on record");
        assert!(recorded.iter().all(|linked| linked.decision.is_intact()));
    }
}

#[tokio::test]
async fn a_quote_becomes_one_subscription_and_no_more() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(tenant, edr(6))).await;
        let call = with_key(operator(), "accept-1", "same");
        let accept = || accept_quote(&scheme.ctx, &call, tenant, accept_of(&view));
        let first = accept().await.unwrap();
        let again = accept().await.unwrap();
        assert_eq!(first, again, "a repeat gets the first answer");
        let other = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(&view)).await;
        assert_eq!(other.unwrap_err().reason(), Reason::EtagMismatch);
        let read_again = get_quote(&scheme.ctx, &operator(), tenant, view.quote.id).await.unwrap();
        let late = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(&read_again)).await;
        assert_eq!(late.unwrap_err().reason(), Reason::QuoteState);

        let id = first.subscription_id.unwrap();
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let stored = subscriptions::get(&tx, tenant, id).await.unwrap().unwrap().subscription;
        assert_eq!(stored.state(), &SubscriptionState::Pending);
        assert_eq!(stored.phases.len(), 1);
        assert_eq!(stored.phases[0].kind, PhaseKind::Paid);
        assert_eq!(stored.phases[0].rate_card, view.quote.offer.priced.rate_card);
        assert_eq!(stored.items[0].selected.endpoints, Some(6));
        let seen = topics(&scheme, tenant).await;
        let count = |topic: &str| seen.iter().filter(|of| *of == topic).count();
        assert_eq!((count("quote.issued"), count("quote.accepted")), (1, 1), "{seen:?}");
        assert_eq!(count("subscription.opened"), 1);
    }
}

#[tokio::test]
async fn what_is_offered_is_a_snapshot_with_its_hash() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(tenant, edr(6))).await;
        let read = get_quote(&scheme.ctx, &operator(), tenant, view.quote.id).await.unwrap();
        assert_eq!(read, view, "{}", scheme.name);
        assert!(view.quote.hash.starts_with("sha256:"));
        let contingent = view.quote.offer.priced.lines_of(LineKind::Contingent).count();
        assert!(contingent >= 4, "everything that may ever be charged is listed");
    }
}

#[tokio::test]
async fn a_quote_ends_by_the_clock_of_its_tenant() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(tenant, edr(6))).await;
        scheme.advance(tenant, "2021-05-01T00:59:59Z").await;
        let still = get_quote(&scheme.ctx, &operator(), tenant, view.quote.id).await.unwrap();
        assert_eq!(still.quote.state, QuoteState::Issued);
        scheme.advance(tenant, "2021-05-01T01:00:00Z").await;
        let over = get_quote(&scheme.ctx, &operator(), tenant, view.quote.id).await.unwrap();
        assert_eq!(over.quote.state.as_str(), "expired");
        let late = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(&view)).await;
        assert_eq!(late.unwrap_err().reason(), Reason::QuoteExpired);
    }
}

#[tokio::test]
async fn who_only_asks_leaves_nothing_behind() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let ask = NewQuote { intent: Intent::OnlyAsk, ..wanting(tenant, edr(6)) };
        let view = quoted(&scheme, ask.clone()).await;
        assert!(!view.is_stored() && view.etag().is_empty());
        let nobody = NewQuote { tenant_id: None, ..ask };
        let view = create_quote(&scheme.ctx, &partner("ogs"), nobody).await.unwrap();
        assert_eq!(view.quote.offer.priced.totals.yearly.amount(), 10_800);
        let list = QuoteList::default();
        let page =
            list_quotes(&scheme.ctx, &operator(), &list, &PageRequest::default()).await.unwrap();
        assert!(page.rows.is_empty(), "{}", scheme.name);
        assert!(topics(&scheme, tenant).await.is_empty());
    }
}

#[tokio::test]
async fn the_first_day_chooses_between_the_pilot_and_the_price_list() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2020-10-05T01:00:00Z").await;
        let pilot = quoted(&scheme, wanting(tenant, edr(8))).await;
        let priced = &pilot.quote.offer.priced;
        assert_eq!(priced.rate_card.code, "okinawa-trial");
        assert_eq!(priced.trial_until, Some(jiff::civil::date(2021, 1, 26)));
        assert_eq!(priced.totals.first_year.gross.amount(), 0);
        let accepted = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(&pilot)).await;
        let id = accepted.unwrap().subscription_id.unwrap();
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let stored = subscriptions::get(&tx, tenant, id).await.unwrap().unwrap().subscription;
        assert_eq!(stored.trial_until(), Some(jiff::civil::date(2021, 1, 26)));
        assert!(!stored.has_paid_phase(), "it ends unless somebody converts it");
        drop(tx);
        let start_on = Some(jiff::civil::date(2021, 2, 1));
        let paid = quoted(&scheme, NewQuote { start_on, ..wanting(tenant, edr(8)) }).await;
        assert_eq!(paid.quote.offer.priced.rate_card.code, "okinawa");
    }
}

#[tokio::test]
async fn refusals_name_what_is_wrong() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let refused = async |new: NewQuote| -> Problem {
            create_quote(&scheme.ctx, &operator(), new).await.unwrap_err()
        };
        let unknown =
            NewQuote { rate_card: Some("hokkaido".to_owned()), ..wanting(tenant, edr(6)) };
        assert_eq!(refused(unknown).await.reason(), Reason::RateCardNotFound);
        let training = vec![SelectedItem::of(Service::Training)];
        let problem = refused(wanting(tenant, training)).await;
        assert_eq!(problem.reason(), Reason::SelectionInvalid);
        assert_eq!(problem.violations()[0].field, "selection[0].service");
        let traffic = SelectedItem::of(Service::CloudWaf).with_traffic_gb("51".parse().unwrap());
        let problem = refused(wanting(tenant, vec![traffic])).await;
        assert_eq!(problem.reason(), Reason::NeedsPersonalQuote);
        let nothing = refused(wanting(tenant, vec![])).await;
        assert_eq!(nothing.reason(), Reason::SelectionInvalid, "too little is known to recommend");
    }
}

#[tokio::test]
async fn a_partner_sees_and_sells_to_its_own_tenants_only() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(tenant, edr(6))).await;
        let stranger = partner("elsewhere");
        let read = get_quote(&scheme.ctx, &stranger, tenant, view.quote.id).await;
        assert_eq!(read.unwrap_err().reason(), Reason::TenantNotFound);
        let sold = create_quote(&scheme.ctx, &stranger, wanting(tenant, edr(6))).await;
        assert_eq!(sold.unwrap_err().reason(), Reason::TenantNotFound);
        let accepted = accept_quote(&scheme.ctx, &stranger, tenant, accept_of(&view)).await;
        assert_eq!(accepted.unwrap_err().reason(), Reason::TenantNotFound);
        let list = QuoteList::default();
        let page = list_quotes(&scheme.ctx, &stranger, &list, &PageRequest::default()).await;
        assert!(page.unwrap().rows.is_empty());
        let own = list_quotes(&scheme.ctx, &partner("ogs"), &list, &PageRequest::default()).await;
        assert_eq!(own.unwrap().rows.len(), 1, "{}", scheme.name);
    }
}

#[tokio::test]
async fn quotes_are_listed_by_the_time_at_which_they_were_issued() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let first = quoted(&scheme, wanting(tenant, edr(6))).await.quote.id;
        scheme.advance(tenant, "2021-04-02T01:00:00Z").await;
        let second = quoted(&scheme, wanting(tenant, edr(7))).await.quote;
        let list = async |list: QuoteList| {
            let page = list_quotes(&scheme.ctx, &operator(), &list, &PageRequest::default()).await;
            page.unwrap().rows.into_iter().map(|view| view.quote.id).collect::<Vec<_>>()
        };
        let at = Some(second.issued_at);
        let from = QuoteList { issued_from: at, ..QuoteList::default() };
        assert_eq!(list(from).await, [second.id], "{}", scheme.name);
        let before = QuoteList { issued_before: at, ..QuoteList::default() };
        assert_eq!(list(before).await, [first], "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_withdrawn_quote_cannot_be_accepted() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(tenant, edr(6))).await;
        let withdraw = WithdrawQuote {
            quote_id: view.quote.id,
            etag: view.etag(),
            because: "台数の変更".to_owned(),
        };
        let gone = withdraw_quote(&scheme.ctx, &operator(), tenant, withdraw).await.unwrap();
        assert_eq!(gone.quote.state.as_str(), "withdrawn");
        let late = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(&gone)).await;
        assert_eq!(late.unwrap_err().reason(), Reason::QuoteState);
    }
}

#[tokio::test]
async fn of_many_who_accept_at_once_one_does() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let view = quoted(&scheme, wanting(tenant, edr(6))).await;
        let tries = (0..8).map(|_| {
            let (ctx, accept) = (scheme.ctx.clone(), accept_of(&view));
            tokio::spawn(async move { accept_quote(&ctx, &operator(), tenant, accept).await })
        });
        let tries: Vec<_> = tries.collect();
        let mut n_accepted = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(_) => n_accepted += 1,
                Err(problem) => assert!(
                    matches!(problem.reason(), Reason::EtagMismatch | Reason::LostRace),
                    "{problem}"
                ),
            }
        }
        assert_eq!(n_accepted, 1, "{}", scheme.name);
        let seen = topics(&scheme, tenant).await;
        assert_eq!(seen.iter().filter(|of| *of == "subscription.opened").count(), 1);
    }
}

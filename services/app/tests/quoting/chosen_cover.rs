//! Cover that a customer chooses: its price, who solicits it, the consent, and how it ends.

use std::sync::Arc;

use tasuki_app::access;
use tasuki_app::claiming::cover;
use tasuki_app::library::Library;
use tasuki_app::quoting::{
    AcceptQuote, Intent, NewQuote, QuoteView, ReadText, WantedCover, accept_quote, create_quote,
};
use tasuki_app::subscribing::{
    AsOf, AskedChange, Wanted, When, change_subscription, etag, get_subscription,
};
use tasuki_core::catalog::{CompanyProfile, ProfileMembership, SelectedItem, TaxMode};
use tasuki_core::certificate::{Certificate, CertificateState, CoveredItem, Evidence, Stop};
use tasuki_core::id::{
    CertificateId, InsurerId, ItemId, MasterContractId, PartnerId, SubscriptionId, TenantId,
};
use tasuki_core::master_contract::{
    Attachment, InsurancePeriod, MasterContract, MasterContractDraft, PremiumPayer,
};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::quote::LineKind;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::SubscriptionCommand;
use tasuki_core::tenant::{Licence, Partner, PartnerKind, PartnerTerms};
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{CivilDate, Zone};
use tasuki_pricing::cards::Cards;
use tasuki_store::{certificates, master_contracts, partners, quotes, subscriptions};
use uuid::Uuid;

use crate::accept_of;
use crate::cover::{insured, terms};
use crate::scene::{Scheme, at, operator, schemes, wanting};

const OKINAWA: &str = include_str!("../../../../pricing/cards/okinawa-2021.yaml");
const OPTION: &str = "utm.cover_plus";
const CONTRACT: &str = "okinawa-plus-2021";
const CONSENT: &str = "consent.cover.okinawa-plus-2021";

fn plus() -> MasterContractId {
    MasterContractId::from(Uuid::from_u128(901))
}

/// The card of Okinawa with cover that can be chosen with a UTM.
fn card(yen: u32) -> String {
    let option = format!(
        "options:\n  - option: {OPTION}\n    plans: [utm.basic, utm.total]\n    name: {{ ja: 上乗せ補償, en: \
         Additional cover }}\n    cover: {CONTRACT}\n"
    );
    let price = format!(
        "\nprices:\n  - price: {OPTION}\n    plans: [utm.basic, utm.total]\n    option: {OPTION}\n    label: \
         {{ ja: 上乗せ補償の保険料, en: Premium of the additional cover }}\n    cadence: monthly\n    tax_mode: \
         exempt\n    model: {{ flat: {yen} }}\n"
    );
    OKINAWA.replacen("options:\n", &option, 1).replacen("\nprices:\n", &price, 1)
}

fn with_card(scheme: &mut Scheme, yen: u32) {
    let text = card(yen);
    let cards = Cards::load([("okinawa.yaml", text.as_str())]).unwrap();
    let library = Library { cards: cards.into(), ..Library::load(None, None).unwrap() };
    scheme.ctx.library = Arc::new(library);
}

async fn plus_contract(scheme: &Scheme) {
    let mut terms = terms();
    terms.attachment = Attachment::Optional;
    terms.premium.payer = PremiumPayer::Tenant;
    terms.premium.amount = Some(Money::jpy(500));
    terms.wording.title = Text::new("上乗せ補償", "Additional cover");
    let clause = terms.wording.clauses.first_mut().unwrap();
    "exclusion.plus".clone_into(&mut clause.code);
    let draft = MasterContractDraft {
        code: CONTRACT.to_owned(),
        insurer_id: InsurerId::of_code("insurer-a"),
        holder_id: PartnerId::of_code("ogs"),
        period: InsurancePeriod {
            starts_on: jiff::civil::date(2021, 2, 1),
            ends_on: jiff::civil::date(2022, 2, 1),
            hour: 16,
            zone: Zone::named(Zone::TOKYO).unwrap(),
        },
        terms,
    };
    let contract = MasterContract::new(plus(), draft, at("2021-01-01T00:00:00Z")).unwrap();
    let tx = scheme.ctx.store.begin().await.unwrap();
    master_contracts::insert(&tx, &contract).await.unwrap();
    tx.commit().await.unwrap();
}

/// A partner that may solicit insurance until a day.
async fn solicitor(scheme: &Scheme, code: &str, valid_to: CivilDate) -> PartnerId {
    let partner = Partner {
        id: PartnerId::of_code(code),
        code: code.to_owned(),
        name: "首里保険事務所".to_owned(),
        name_en: "Shuri Insurance Office".to_owned(),
        kind: PartnerKind::Agent,
        capabilities: Vec::new(),
        solicitor_licence: Some(Licence {
            number: "第0123号".to_owned(),
            valid_from: jiff::civil::date(2020, 4, 1),
            valid_to,
        }),
        terms: PartnerTerms::default(),
        created_at: at("2020-09-01T00:00:00Z"),
    };
    let tx = scheme.ctx.store.begin().await.unwrap();
    partners::insert(&tx, &partner).await.unwrap();
    tx.commit().await.unwrap();
    partner.id
}

/// The scheme on each database, with a tenant on the first of April 2021 at ten, Japan's time.
async fn scenes() -> Vec<(Scheme, TenantId)> {
    let mut all = Vec::new();
    for mut scheme in schemes().await {
        with_card(&mut scheme, 500);
        insured(&scheme).await;
        plus_contract(&scheme).await;
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        all.push((scheme, tenant));
    }
    all
}

fn with_cover(tenant: TenantId, partner_id: Option<PartnerId>) -> NewQuote {
    let utm = SelectedItem::of(Service::Utm).with_option(OPTION);
    let edr = SelectedItem::of(Service::Edr).with_endpoints(5);
    NewQuote { partner_id, ..wanting(tenant, vec![edr, utm]) }
}

async fn quoted(scheme: &Scheme, new: NewQuote) -> Result<QuoteView, Problem> {
    create_quote(&scheme.ctx, &operator(), new).await
}

fn read(code: &str) -> ReadText {
    ReadText {
        code: code.to_owned(),
        document_version: "2021.1".to_owned(),
        language: Language::Ja,
        shown_at: at("2021-04-01T00:30:00Z"),
        accepted_at: Some(at("2021-04-01T00:40:00Z")),
        accepted_by: "代表取締役 比嘉".to_owned(),
    }
}

/// The certificates of the cover that comes by itself, and of that which was chosen.
async fn bought(scheme: &Scheme, tenant: TenantId) -> (Certificate, Certificate) {
    let licensed = solicitor(scheme, "shuri", jiff::civil::date(2022, 4, 1)).await;
    let view = quoted(scheme, with_cover(tenant, Some(licensed))).await.unwrap();
    let texts = [read("exclusion.plus"), read(CONSENT)].into();
    let accept = AcceptQuote { accepted: texts, ..accept_of(&view) };
    let accepted = accept_quote(&scheme.ctx, &operator(), tenant, accept).await.unwrap();
    let [own, chosen]: [CertificateId; 2] = accepted.certificate_ids.try_into().unwrap();
    assert_eq!(accepted.certificate_id, Some(own));
    (of(scheme, tenant, own).await, of(scheme, tenant, chosen).await)
}

async fn of(scheme: &Scheme, tenant: TenantId, id: CertificateId) -> Certificate {
    let tx = scheme.ctx.store.begin_read().await.unwrap();
    certificates::get(&tx, tenant, id).await.unwrap().unwrap().certificate
}

#[tokio::test]
async fn a_quote_says_what_chosen_cover_costs_who_solicits_it_and_what_to_consent_to() {
    for (scheme, tenant) in scenes().await {
        let licensed = solicitor(&scheme, "shuri", jiff::civil::date(2022, 4, 1)).await;
        for intent in [Intent::OnlyAsk, Intent::Do] {
            let new = NewQuote { intent, ..with_cover(tenant, Some(licensed)) };
            let offer = quoted(&scheme, new).await.unwrap().quote.offer;
            let mut charged = offer.priced.lines_of(LineKind::Charged);
            let line = charged.find(|line| line.code == OPTION).unwrap();
            assert_eq!(line.amount, Some(Money::jpy(500)));
            assert_eq!(line.tax_mode, TaxMode::Exempt, "a premium bears no tax");
            assert_eq!(offer.cover.unwrap().contract, "okinawa-first-response-2021");
            let [chosen] = offer.chosen_covers.as_slice() else { panic!("one") };
            let choice = chosen.choice.as_ref().unwrap();
            assert_eq!((chosen.master_contract_id, choice.partner_id), (plus(), licensed));
            assert_eq!(choice.licence.number, "第0123号");
            assert_eq!(choice.solicitor.en, "Shuri Insurance Office");
            let texts = offer.priced.acknowledgements.iter();
            let required: Vec<_> =
                texts.filter(|text| text.required).map(|text| text.code.as_str()).collect();
            assert_eq!(required, ["exclusion.plus", CONSENT], "{}", scheme.name);
            let consent = offer.priced.acknowledgements.iter().find(|text| text.code == CONSENT);
            let words = &consent.unwrap().text.en;
            assert!(
                words.contains("¥500") && words.contains("Shuri") && words.contains("2022-04-01")
            );
        }
    }
}

#[tokio::test]
async fn nothing_is_taken_off_a_premium() {
    for (scheme, tenant) in scenes().await {
        let licensed = solicitor(&scheme, "shuri", jiff::civil::date(2022, 4, 1)).await;
        // The discount of the chamber's members is from July on.
        scheme.advance(tenant, "2021-08-02T01:00:00Z").await;
        let member = ProfileMembership {
            association: "naha-chamber-of-commerce".to_owned(),
            valid_from: None,
            valid_to: None,
            evidence: "card 12".to_owned(),
        };
        let profile = CompanyProfile { memberships: vec![member], ..CompanyProfile::default() };
        let new = NewQuote { profile: Some(profile), ..with_cover(tenant, Some(licensed)) };
        let priced = quoted(&scheme, new).await.unwrap().quote.offer.priced;
        let [discount] = priced.discounts.as_slice() else { panic!("{:?}", priced.discounts) };
        assert_eq!(discount.line_codes, ["utm.monthly"], "{}", scheme.name);
    }
}

#[tokio::test]
async fn cover_that_was_not_chosen_is_told_with_its_price_and_sold_to_nobody() {
    for (scheme, tenant) in scenes().await {
        let new = wanting(tenant, vec![SelectedItem::of(Service::Utm)]);
        let view = quoted(&scheme, new).await.unwrap();
        let offer = &view.quote.offer;
        let mut told = offer.priced.lines_of(LineKind::Contingent);
        let line = told.find(|line| line.code == OPTION).unwrap();
        assert_eq!(line.amount, Some(Money::jpy(500)));
        assert!(offer.chosen_covers.is_empty());
        let accept = accept_of(&view);
        let accepted = accept_quote(&scheme.ctx, &operator(), tenant, accept).await.unwrap();
        assert_eq!(accepted.certificate_ids.len(), 1, "only what comes by itself");
    }
}

#[tokio::test]
async fn nobody_sells_cover_without_a_licence_that_is_valid_that_day() {
    for (scheme, tenant) in scenes().await {
        let over = solicitor(&scheme, "over", jiff::civil::date(2021, 4, 1)).await;
        for partner in [None, Some(over)] {
            for intent in [Intent::OnlyAsk, Intent::Do] {
                let new = NewQuote { intent, ..with_cover(tenant, partner) };
                let refused = quoted(&scheme, new).await.unwrap_err();
                assert_eq!(refused.reason(), Reason::LicenceNotValid, "{}", scheme.name);
                assert!(refused.message().contains("2021-04-01"), "{}", refused.message());
            }
        }
        // Its last day is the second of April: a quote of the first is too old on the third.
        let short = solicitor(&scheme, "short", jiff::civil::date(2021, 4, 3)).await;
        let view = quoted(&scheme, with_cover(tenant, Some(short))).await.unwrap();
        scheme.advance(tenant, "2021-04-02T15:00:00Z").await;
        let texts = [read("exclusion.plus"), read(CONSENT)].into();
        let accept = AcceptQuote { accepted: texts, ..accept_of(&view) };
        let refused = accept_quote(&scheme.ctx, &operator(), tenant, accept).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::LicenceNotValid);
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let quote = quotes::get(&tx, tenant, view.quote.id).await.unwrap().unwrap().quote;
        assert_eq!(quote.state.as_str(), "issued", "nothing came of it");
        assert!(certificates::of_tenant(&tx, tenant).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn cover_is_not_bought_without_consent_and_reading() {
    for (scheme, tenant) in scenes().await {
        let licensed = solicitor(&scheme, "shuri", jiff::civil::date(2022, 4, 1)).await;
        let view = quoted(&scheme, with_cover(tenant, Some(licensed))).await.unwrap();
        let other = ReadText { document_version: "2020.9".to_owned(), ..read(CONSENT) };
        for (texts, missing) in [
            (vec![read("exclusion.plus")], CONSENT),
            (vec![read("exclusion.plus"), other], CONSENT),
            (vec![read(CONSENT)], "exclusion.plus"),
        ] {
            let accept = AcceptQuote { accepted: texts, ..accept_of(&view) };
            let refused = accept_quote(&scheme.ctx, &operator(), tenant, accept).await.unwrap_err();
            let [violation] = refused.violations() else { panic!("{refused:?}") };
            assert!(violation.description.contains(missing), "{}", scheme.name);
        }
    }
}

#[tokio::test]
async fn what_a_card_and_its_contract_do_not_agree_on_is_not_quoted() {
    for (mut scheme, tenant) in scenes().await {
        let licensed = Some(solicitor(&scheme, "shuri", jiff::civil::date(2022, 4, 1)).await);
        let none = NewQuote { cover: WantedCover::None, ..with_cover(tenant, licensed) };
        let refused = quoted(&scheme, none).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "selections[1].options");
        let early = jiff::civil::date(2021, 2, 1);
        let early = NewQuote { start_on: Some(early), ..with_cover(tenant, licensed) };
        let refused = quoted(&scheme, early).await.unwrap_err();
        // The contract begins at 16:00 of that day, the subscription at its first instant.
        assert_eq!(refused.reason(), Reason::MasterContractNotFound, "{}", scheme.name);
        with_card(&mut scheme, 480);
        let refused = quoted(&scheme, with_cover(tenant, licensed)).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RateCardInvalid);
        assert!(refused.message().contains("500 yen"), "{}", refused.message());
    }
}

async fn run(scheme: &Scheme, tenant: TenantId, certificate: &Certificate, item_id: ItemId) {
    let tx = scheme.ctx.store.begin().await.unwrap();
    let call = operator();
    let entered = access::enter(&scheme.ctx, &tx, &call, tenant, Permission::Sell).await.unwrap();
    let item = CoveredItem {
        item_id,
        service: Service::Utm,
        starts_at: at("2021-04-01T01:00:00Z"),
        ends_at: None,
        evidence: Evidence { kind: "order_item_active".to_owned(), id: item_id.to_string() },
    };
    let subscription = certificate.subscription_id;
    cover::put_in_force(&scheme.ctx, &tx, &entered, subscription, &item).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn chosen_cover_keeps_the_consent_and_begins_with_the_service_it_was_chosen_with() {
    for (scheme, tenant) in scenes().await {
        let (own, chosen) = Box::pin(bought(&scheme, tenant)).await;
        assert_eq!((own.solicitation, own.carriers), (None, vec![]));
        let sold = chosen.solicitation.as_ref().unwrap();
        assert_eq!(sold.partner_id, PartnerId::of_code("shuri"), "not the tenant's partner");
        assert_eq!(sold.licence_number, "第0123号");
        let consent = &sold.consent;
        assert_eq!((consent.code.as_str(), consent.document_version.as_str()), (CONSENT, "2021.1"));
        assert_eq!(
            (consent.language, consent.acknowledged_by.as_str()),
            (Language::Ja, "代表取締役 比嘉")
        );
        assert_eq!(consent.acknowledged_at, at("2021-04-01T00:40:00Z"));
        let [carrier] = chosen.carriers.as_slice() else { panic!("the UTM") };

        let other = ItemId::from(Uuid::from_u128(77));
        run(&scheme, tenant, &chosen, other).await;
        assert_eq!(of(&scheme, tenant, own.id).await.state.as_str(), "in_force");
        let waits = of(&scheme, tenant, chosen.id).await;
        assert_eq!(waits.state, CertificateState::NotYetInForce, "the EDR does not carry it");
        run(&scheme, tenant, &chosen, *carrier).await;
        let begun = of(&scheme, tenant, chosen.id).await;
        assert_eq!(begun.state.as_str(), "in_force", "{}", scheme.name);
    }
}

/// Every service runs.
async fn activate(scheme: &Scheme, tenant: TenantId, id: SubscriptionId) {
    let now = at("2021-04-01T01:00:00Z");
    let on = jiff::civil::date(2021, 4, 1);
    let tx = scheme.ctx.store.begin().await.unwrap();
    let stored = subscriptions::lock(&tx, tenant, id).await.unwrap().unwrap();
    let items: Vec<_> = stored.subscription.items.iter().map(|item| item.item_id).collect();
    let running =
        items.into_iter().fold(stored.subscription, |of, item| of.with_item_started(item, on));
    let command = SubscriptionCommand::Activate { on, trial_until: None };
    let (active, _) = running.step(&command, now).unwrap();
    subscriptions::save(&tx, &active, stored.version, now).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn cover_ends_when_its_option_is_given_up_and_no_change_adds_it() {
    for (scheme, tenant) in scenes().await {
        let (own, chosen) = Box::pin(bought(&scheme, tenant)).await;
        run(&scheme, tenant, &chosen, chosen.carriers[0]).await;
        activate(&scheme, tenant, chosen.subscription_id).await;
        let change = async |item: SelectedItem| {
            let (ctx, call, id) = (&scheme.ctx, operator(), chosen.subscription_id);
            let view = get_subscription(ctx, &call, tenant, (id, AsOf::default())).await.unwrap();
            let wanted =
                Wanted { subscription_id: id, etag: Some(etag(view.version)), intent: Intent::Do };
            let set = AskedChange { set: vec![item], ..AskedChange::default() };
            change_subscription(ctx, &call, tenant, &wanted, (set, When::Now)).await
        };
        let plain = || SelectedItem::of(Service::Utm);
        change(plain()).await.unwrap();
        let ended = of(&scheme, tenant, chosen.id).await.state;
        let CertificateState::Ended { because, .. } = ended else { panic!("{ended:?}") };
        assert_eq!(because, Stop::Requested);
        assert_eq!(of(&scheme, tenant, own.id).await.state.as_str(), "in_force");
        let refused = change(plain().with_option(OPTION)).await.unwrap_err();
        assert!(refused.violations()[0].description.contains("quote"), "{}", scheme.name);
    }
}

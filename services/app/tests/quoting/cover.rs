//! What an acceptance leads to: the order, what preflight refuses, and the cover.

use tasuki_app::quoting::{AcceptQuote, NewQuote, ReadText, accept_quote, create_quote};
use tasuki_core::catalog::{Cadence, EndpointCounts, Proration, SelectedItem};
use tasuki_core::id::{InsurerId, MasterContractId, PartnerId};
use tasuki_core::master_contract::{
    Attachment, BenefitForm, Clause, ClauseKind, CoverPacks, CoverTerms, CoveragePart,
    InsurancePeriod, Limit, LimitBasis, LimitScope, LossBasis, MasterContract, MasterContractDraft,
    PartTerms, Premium, PremiumBasis, PremiumPayer, Stacking, Wording,
};
use tasuki_core::money::Money;
use tasuki_core::provisioning::OrderState;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::subscription::{Because, SubscriptionState};
use tasuki_core::text::{Language, Text};
use tasuki_core::time::Zone;
use tasuki_store::{certificates, master_contracts, orders, subscriptions};
use uuid::Uuid;

use crate::scene::{Scheme, at, company, operator, schemes, wanting};
use crate::{accept_of, quoted};

const CLAUSE: &str = "exclusion.unapproved_bypass";

fn wording() -> Wording {
    Wording {
        title: Text::new("初動対応補償", "First-response cover"),
        version: "2021.1".to_owned(),
        uri: String::new(),
        hash: String::new(),
        clauses: vec![Clause {
            code: CLAUSE.to_owned(),
            clause: "第5条".to_owned(),
            kind: ClauseKind::Exclusion,
            title: Text::new("承認のない設定変更", "Unapproved changes"),
            text: Text::new("承認のない設定変更は対象外です", "Unapproved changes are not covered"),
            plain: None,
            parts: vec![],
            must_be_acknowledged: true,
        }],
    }
}

pub(crate) fn terms() -> CoverTerms {
    CoverTerms {
        attachment: Attachment::Automatic,
        territories: vec!["JP".to_owned()],
        parts: vec![PartTerms {
            part: CoveragePart::OnSiteResponse,
            form: BenefitForm::Either,
            coinsurance: Rate::ONE,
            deductible: Money::ZERO_JPY,
            waiting_seconds: 0,
            n_per_period: None,
            section: "costs".to_owned(),
            clause: None,
            required_documents: vec![],
        }],
        limits: vec![Limit {
            code: "limit.certificate".to_owned(),
            scope: LimitScope::Certificate,
            basis: LimitBasis::PerPeriod,
            parts: [].into(),
            amount: Money::jpy(300_000),
            reinstatement_rates: vec![],
            clause: None,
        }],
        loss_basis: LossBasis::Occurrence,
        retroactive_from: None,
        stacking: Stacking::PerTenant,
        premium: Premium {
            basis: PremiumBasis::PerCertificate,
            amount: Some(Money::jpy(80)),
            rate: None,
            cadence: Cadence::Monthly,
            payer: PremiumPayer::Operator,
            proration: Proration::None,
        },
        packs: CoverPacks {
            eligibility: None,
            cover: Some("v1".to_owned()),
            trigger: "v1".to_owned(),
            exclusion: "v1".to_owned(),
            payable: None,
        },
        wording: wording(),
        notice_days: Some(30),
        single_approval_up_to: Some(Money::jpy(100_000)),
        authorities: Vec::new(),
    }
}

pub(crate) async fn insured(scheme: &Scheme) -> MasterContractId {
    let id = MasterContractId::from(Uuid::from_u128(900));
    let draft = MasterContractDraft {
        code: "okinawa-first-response-2021".to_owned(),
        insurer_id: InsurerId::of_code("insurer-a"),
        holder_id: PartnerId::of_code("ogs"),
        period: InsurancePeriod {
            starts_on: jiff::civil::date(2021, 2, 1),
            ends_on: jiff::civil::date(2022, 2, 1),
            hour: 0,
            zone: Zone::named(Zone::TOKYO).unwrap(),
        },
        terms: terms(),
    };
    let contract = MasterContract::new(id, draft, at("2021-01-01T00:00:00Z")).unwrap();
    let tx = scheme.ctx.store.begin().await.unwrap();
    master_contracts::insert(&tx, &contract).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn the_offered_cover_becomes_a_certificate_with_the_clauses_that_were_read() {
    for scheme in schemes().await {
        let contract = insured(&scheme).await;
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let item = SelectedItem::of(Service::Utm);
        let view = quoted(&scheme, wanting(tenant, vec![item])).await;
        let offer = &view.quote.offer;
        assert_eq!(offer.cover.as_ref().map(|cover| cover.master_contract_id), Some(contract));
        let to_read: Vec<_> =
            offer.priced.acknowledgements.iter().map(|of| of.code.as_str()).collect();
        assert_eq!(to_read, [CLAUSE]);

        let read = ReadText {
            code: CLAUSE.to_owned(),
            document_version: "2021.1".to_owned(),
            language: Language::Ja,
            shown_at: at("2021-04-01T00:30:00Z"),
            accepted_at: None,
            accepted_by: "代表取締役".to_owned(),
        };
        let accept = AcceptQuote { accepted: vec![read], ..accept_of(&view) };
        let accepted = accept_quote(&scheme.ctx, &operator(), tenant, accept).await.unwrap();
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let id = accepted.certificate_id.unwrap();
        let certificate = certificates::get(&tx, tenant, id).await.unwrap().unwrap().certificate;
        assert_eq!(certificate.subscription_id, accepted.subscription_id.unwrap());
        assert_eq!(certificate.state.as_str(), "not_yet_in_force");
        let known = certificates::acknowledgements(&tx, tenant, contract).await.unwrap();
        assert_eq!(known.len(), 1, "{}", scheme.name);
    }
}

#[tokio::test]
async fn what_was_read_in_the_future_is_refused() {
    for scheme in schemes().await {
        insured(&scheme).await;
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let item = SelectedItem::of(Service::Utm);
        let view = quoted(&scheme, wanting(tenant, vec![item])).await;
        let read = ReadText {
            code: CLAUSE.to_owned(),
            document_version: "2021.1".to_owned(),
            language: Language::Ja,
            shown_at: at("2021-04-02T00:30:00Z"),
            accepted_at: None,
            accepted_by: "代表取締役".to_owned(),
        };
        let accept = AcceptQuote { accepted: vec![read], ..accept_of(&view) };
        let refused = accept_quote(&scheme.ctx, &operator(), tenant, accept).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "acknowledgements[0].acknowledged_at");
    }
}

#[tokio::test]
async fn an_accepted_quote_orders_each_service_once() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let profile = Some(company([true, false, false], 30_000));
        let view = quoted(&scheme, NewQuote { profile, ..wanting(tenant, vec![]) }).await;
        let accepted = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(&view)).await;
        let accepted = accepted.unwrap();
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let id = accepted.subscription_id.unwrap();
        let subscription = subscriptions::get(&tx, tenant, id).await.unwrap().unwrap();
        assert_eq!(accepted.order_ids.len(), 1);
        let order = orders::get(&tx, tenant, accepted.order_ids[0]).await.unwrap().unwrap();
        let ordered: Vec<_> =
            order.items().iter().map(|item| (item.id, item.spec.component.clone())).collect();
        let components = ["utm", "edr", "diagnosis.platform"];
        let expected: Vec<_> = subscription
            .subscription
            .items
            .iter()
            .zip(components)
            .map(|(item, component)| (item.item_id, component.to_owned()))
            .collect();
        assert_eq!(ordered, expected, "{}", scheme.name);
        assert_eq!(order.order.subscription_id, Some(id));
    }
}

#[tokio::test]
async fn when_nothing_can_be_set_up_the_subscription_and_its_cover_end_at_once() {
    for scheme in schemes().await {
        insured(&scheme).await;
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let mut profile = company([true, true, false], 30_000);
        let only_macs = EndpointCounts { windows: Some(0), mac: Some(7), ..Default::default() };
        profile.endpoints = Some(only_macs);
        let edr = vec![SelectedItem::of(Service::Edr).with_endpoints(7)];
        let new = NewQuote { profile: Some(profile), ..wanting(tenant, edr) };
        let view = create_quote(&scheme.ctx, &operator(), new).await.unwrap();
        let accepted = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(&view)).await;
        let accepted = accepted.unwrap();
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let order = orders::get(&tx, tenant, accepted.order_ids[0]).await.unwrap().unwrap();
        assert_eq!(order.order.state(&order.items()), OrderState::Rejected);
        let id = accepted.subscription_id.unwrap();
        let stored = subscriptions::get(&tx, tenant, id).await.unwrap().unwrap().subscription;
        let over = SubscriptionState::Cancelled {
            on: jiff::civil::date(2021, 4, 1),
            because: Because::NothingProvided,
        };
        assert_eq!(stored.state(), &over);
        let id = accepted.certificate_id.unwrap();
        let certificate = certificates::get(&tx, tenant, id).await.unwrap().unwrap().certificate;
        assert_eq!(certificate.state.as_str(), "ended", "{}", scheme.name);
    }
}

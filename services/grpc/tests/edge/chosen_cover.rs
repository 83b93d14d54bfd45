//! Cover that a customer chooses, over a real socket: from the rate card to the certificate.

use tasuki_proto::catalog::v1 as catalog;
use tasuki_proto::catalog::v1::CoverAttachment;
use tasuki_proto::catalog::v1::catalog_service_client::CatalogServiceClient;
use tasuki_proto::cover::v1 as cover;
use tasuki_proto::cover::v1::cover_service_client::CoverServiceClient;
use tasuki_proto::google::r#type::Date;
use tasuki_proto::quote::v1 as quote;
use tasuki_proto::quote::v1::quote_service_client::QuoteServiceClient;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::tenant::v1::{CreatePartnerRequest, SolicitorLicence};
use tasuki_proto::types::v1::{Acknowledgement, DayPeriod, Language, Service, SourceFile, TaxMode};
use tonic::transport::Channel;
use uuid::Uuid;

use super::claims::terms;
use super::{Served, by, partner, reason, served, tenant};

const OKINAWA: &str = include_str!("../../../../pricing/cards/okinawa-2021.yaml");

/// The day from which the card with cover sells.
const DAY: Date = Date { year: 2021, month: 4, day: 5 };

fn card() -> String {
    OKINAWA
        .replacen("version: 2021-01", "version: 2021-04", 1)
        .replacen(
            "options:\n",
            "options:\n  - option: utm.cover_plus\n    plans: [utm.basic]\n    name: { ja: 上乗せ補償, en: More \
             cover }\n    cover: plus-2021\n",
            1,
        )
        .replacen(
            "\nprices:\n",
            "\nprices:\n  - price: utm.cover_plus\n    plans: [utm.basic]\n    option: utm.cover_plus\n    \
             label: { ja: 上乗せ補償の保険料, en: Premium }\n    cadence: monthly\n    tax_mode: exempt\n    \
             model: { flat: 80 }\n",
            1,
        )
}

async fn sell_cover(served: &Served) {
    let mut cards = CatalogServiceClient::new(served.channel.clone());
    let draft = catalog::CreateRateCardDraftRequest {
        request_id: "draft".to_owned(),
        files: vec![SourceFile { path: "okinawa.yaml".to_owned(), text: card() }],
        validate_only: false,
    };
    let draft = cards.create_rate_card_draft(by("operator:ana", draft)).await.unwrap();
    let activate = catalog::ActivateRateCardRequest {
        request_id: "activate".to_owned(),
        rate_card: "okinawa@2021-04".to_owned(),
        etag: draft.into_inner().rate_card.unwrap().etag,
        effective_on: Some(DAY),
        validate_only: false,
    };
    cards.activate_rate_card(by("operator:ben", activate)).await.unwrap();
}

async fn contract(served: &Served, holder_partner_id: &str) -> String {
    let mut terms = terms();
    terms.attachment = CoverAttachment::Optional.into();
    terms.premium.as_mut().unwrap().payer = cover::PremiumPayer::Tenant.into();
    let wording = terms.wording.as_mut().unwrap();
    wording.clauses.first_mut().unwrap().must_be_acknowledged = true;
    let new = cover::CreateMasterContractRequest {
        request_id: "c1".to_owned(),
        code: "plus-2021".to_owned(),
        insurer_id: format!("ins_{}", Uuid::from_u128(9)),
        holder_partner_id: holder_partner_id.to_owned(),
        period: Some(cover::ContractPeriod {
            starts_on: Some(Date { year: 2021, month: 2, day: 1 }),
            ends_on: Some(Date { year: 2022, month: 2, day: 1 }),
            zone: "Asia/Tokyo".to_owned(),
            ..cover::ContractPeriod::default()
        }),
        terms: Some(terms),
        ..cover::CreateMasterContractRequest::default()
    };
    let mut covers = CoverServiceClient::new(served.channel.clone());
    let made = covers.create_master_contract(by("operator", new)).await.unwrap();
    made.into_inner().master_contract.unwrap().id
}

/// A tenant of the operator, and a partner with a licence.
async fn found(served: &Served) -> (String, String) {
    let mut partners = PartnerServiceClient::new(served.channel.clone());
    let made = partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await.unwrap();
    let operator = made.into_inner().partner.unwrap().id;
    let valid = DayPeriod {
        start: Some(Date { year: 2020, month: 4, day: 1 }),
        end: Some(Date { year: 2022, month: 4, day: 1 }),
    };
    let licensed = CreatePartnerRequest {
        name_en: "Shuri Insurance Office".to_owned(),
        solicitor_licence: Some(SolicitorLicence {
            number: "第0123号".to_owned(),
            valid: Some(valid),
        }),
        ..partner("r2", "shuri", "首里保険事務所")
    };
    let made = partners.create_partner(by("operator", licensed)).await.unwrap();
    let solicitor = made.into_inner().partner.unwrap().id;
    contract(served, &operator).await;
    sell_cover(served).await;
    let mut tenants = TenantServiceClient::new(served.channel.clone());
    let made = tenants.create_tenant(by("partner:ogs", tenant("t1", "比嘉商店"))).await.unwrap();
    (made.into_inner().tenant.unwrap().id, solicitor)
}

fn wanted(tenant_id: &str, partner_id: &str) -> quote::CreateQuoteRequest {
    let option = quote::OptionChoice { code: "utm.cover_plus".to_owned(), quantity: String::new() };
    quote::CreateQuoteRequest {
        request_id: format!("q-{}", partner_id.len()),
        tenant_id: tenant_id.to_owned(),
        partner_id: partner_id.to_owned(),
        selections: vec![quote::Selection {
            service: Service::Utm.into(),
            options: vec![option],
            ..quote::Selection::default()
        }],
        rate_card: "okinawa".to_owned(),
        start_on: Some(DAY),
        ..quote::CreateQuoteRequest::default()
    }
}

fn read(of: &quote::RequiredAcknowledgement) -> Acknowledgement {
    Acknowledgement {
        code: of.code.clone(),
        document_version: of.document_version.clone(),
        language: Language::Ja.into(),
        shown_at: Some(prost_types::Timestamp { seconds: 1_617_271_200, nanos: 0 }),
        acknowledged_at: None,
        acknowledged_by: "代表取締役 比嘉".to_owned(),
    }
}

async fn accepted(
    mut quotes: QuoteServiceClient<Channel>,
    of: &quote::Quote,
    acknowledgements: Vec<Acknowledgement>,
) -> Result<quote::AcceptQuoteResponse, tonic::Status> {
    let accept = quote::AcceptQuoteRequest {
        request_id: format!("a-{}", acknowledgements.len()),
        tenant_id: of.tenant_id.clone(),
        quote_id: of.id.clone(),
        etag: of.etag.clone(),
        acknowledgements,
        accepted_by: "代表取締役 比嘉".to_owned(),
        ..quote::AcceptQuoteRequest::default()
    };
    Ok(quotes.accept_quote(by("operator", accept)).await?.into_inner())
}

#[tokio::test]
async fn cover_is_offered_on_a_plan_solicited_with_a_licence_and_bought_with_consent() {
    for served in served().await {
        let (tenant_id, solicitor) = found(&served).await;
        let mut cards = CatalogServiceClient::new(served.channel.clone());
        let plans = catalog::ListPlansRequest {
            orderable_on: Some(DAY),
            rate_card: "okinawa@2021-04".to_owned(),
            ..catalog::ListPlansRequest::default()
        };
        let plans = cards.list_plans(by("operator", plans)).await.unwrap().into_inner().plans;
        let basic = plans.iter().find(|plan| plan.code == "utm.basic").unwrap();
        let option = basic.options.iter().find(|of| of.code == "utm.cover_plus").unwrap();
        assert_eq!(option.cover_contract, "plus-2021");

        let mut quotes = QuoteServiceClient::new(served.channel.clone());
        let refused = quotes.create_quote(by("operator", wanted(&tenant_id, ""))).await;
        assert_eq!(reason(&refused.unwrap_err()), "LICENCE_NOT_VALID");
        let made = quotes.create_quote(by("operator", wanted(&tenant_id, &solicitor))).await;
        let quote = made.unwrap().into_inner().quote.unwrap();
        let line = quote.lines.iter().find(|line| line.code == "utm.cover_plus").unwrap();
        assert_eq!((line.kind(), line.tax_mode()), (quote::LineKind::Charged, TaxMode::Exempt));
        let [chosen] = quote.optional_covers.as_slice() else { panic!("one") };
        assert_eq!(chosen.attachment(), CoverAttachment::Optional);
        assert_eq!(chosen.option_code, "utm.cover_plus");
        let by_whom = chosen.solicitor.as_ref().unwrap();
        assert_eq!(by_whom.partner_id, solicitor);
        let licence = by_whom.licence.as_ref().unwrap();
        assert_eq!(licence.number, "第0123号");
        assert_eq!(licence.valid.as_ref().unwrap().end.unwrap().year, 2022);

        let needed: Vec<_> = quote.acknowledgements.iter().filter(|of| of.required).collect();
        let without_consent = needed.iter().filter(|of| of.code != chosen.consent_code);
        let texts = without_consent.map(|of| read(of)).collect();
        let refused = accepted(quotes.clone(), &quote, texts).await.unwrap_err();
        assert_eq!(reason(&refused), "REQUEST_INVALID");
        let texts = needed.iter().map(|of| read(of)).collect();
        let bought = accepted(quotes, &quote, texts).await.unwrap();
        let certificate_id = bought.certificate_ids.last().unwrap().clone();

        let mut covers = CoverServiceClient::new(served.channel.clone());
        let ask = cover::GetCertificateRequest {
            tenant_id: tenant_id.clone(),
            certificate_id,
            ..cover::GetCertificateRequest::default()
        };
        let certificate = covers.get_certificate(by("operator", ask)).await.unwrap().into_inner();
        let certificate = certificate.certificate.unwrap();
        assert_eq!(certificate.state(), cover::CertificateState::Pending);
        assert_eq!(certificate.attachment(), CoverAttachment::Optional);
        assert_eq!(certificate.carrier_item_ids.len(), 1);
        let sold = certificate.solicitation.unwrap();
        assert_eq!((sold.partner_id, sold.licence_number.as_str()), (solicitor, "第0123号"));
        let consent = sold.consent.unwrap();
        assert_eq!(consent.code, chosen.consent_code);
        assert_eq!(
            (consent.language(), consent.document_version.as_str()),
            (Language::Ja, "2021.1")
        );
        assert_eq!(consent.acknowledged_by, "代表取締役 比嘉");
    }
}

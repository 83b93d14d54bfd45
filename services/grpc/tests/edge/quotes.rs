//! Quotes over the wire: discounts and the criteria of public schemes.

use tasuki_proto::google::r#type::Date;
use tasuki_proto::quote::v1::quote_service_client::QuoteServiceClient;
use tasuki_proto::quote::v1::{
    AcceptQuoteRequest, CreateQuoteRequest, LineKind, PackReference, QuoteTotals,
    RenderQuoteRequest, Selection,
};
use tasuki_proto::subscription::v1::GetSubscriptionRequest;
use tasuki_proto::subscription::v1::subscription_service_client::SubscriptionServiceClient;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::tenant::v1::{CompanyProfile, CreateTenantRequest, Membership, Sponsor};
use tasuki_proto::types::v1::{Cadence, DayPeriod, DocumentFormat, Outcome, PackKind, Service};

use crate::{by, partner, served, tenant};

/// 2 August 2021, 10:00 in Japan.
const AUGUST_2021: i64 = 1_627_866_000;

fn units(money: Option<tasuki_proto::google::r#type::Money>) -> i64 {
    money.unwrap().units
}

#[tokio::test]
async fn a_quote_carries_its_discounts_and_which_criteria_it_meets() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await.unwrap();
        let mut tenants = TenantServiceClient::new(served.channel.clone());
        let start = prost_types::Timestamp { seconds: AUGUST_2021, nanos: 0 };
        let new =
            CreateTenantRequest { simulated_clock_start: Some(start), ..tenant("t1", "firm") };
        let made = tenants.create_tenant(by("partner:ogs", new)).await.unwrap();
        let tenant_id = made.into_inner().tenant.unwrap().id;

        let membership = Membership {
            association: "naha-chamber-of-commerce".to_owned(),
            evidence: "card 12".to_owned(),
            ..Membership::default()
        };
        let selection = Selection { service: Service::Utm.into(), ..Selection::default() };
        let ask = CreateQuoteRequest {
            request_id: "q1".to_owned(),
            tenant_id,
            profile: Some(CompanyProfile {
                memberships: vec![membership],
                ..CompanyProfile::default()
            }),
            selections: vec![selection],
            rate_card: "okinawa".to_owned(),
            campaign_code: "otasuketai-2021".to_owned(),
            ..CreateQuoteRequest::default()
        };
        let mut quotes = QuoteServiceClient::new(served.channel.clone());
        let made = quotes.create_quote(by("partner:ogs", ask.clone())).await.unwrap();
        let quote = made.into_inner().quote.unwrap();

        let off: Vec<_> = quote
            .lines
            .iter()
            .filter(|line| line.kind() == LineKind::Discount)
            .map(|line| (line.code.as_str(), units(line.amount.clone()), line.ends_on.is_some()))
            .collect();
        assert_eq!(
            off,
            [
                ("discount.campaign_initial_fee", -10_000, false),
                ("discount.chamber_membership", -500, true)
            ]
        );
        let given = &quote.discounts[0];
        assert_eq!((given.code.as_str(), given.rate.as_str()), ("CHAMBER_MEMBERSHIP", "0.05"));
        assert_eq!((given.cadence(), units(given.amount.clone())), (Cadence::Monthly, 500));
        assert_eq!(given.ends_on.unwrap().year, 2022);
        assert_eq!(given.line_codes, ["utm.monthly"]);
        assert!(given.decision_id.starts_with("dec_"));
        assert!(given.reason.as_ref().unwrap().ja.contains("会員"));
        let QuoteTotals { initial, first_year_net, steady_year_net, .. } = quote.totals.unwrap();
        assert_eq!(units(initial), 0);
        assert_eq!((units(first_year_net), units(steady_year_net)), (114_000, 120_000));

        let criteria: Vec<_> =
            quote.compliance.iter().map(|of| (of.code.as_str(), of.outcome())).collect();
        assert_eq!(criteria.len(), 5);
        assert!(criteria.contains(&("otasuketai.watched_day_and_night", Outcome::Satisfied)));
        assert!(criteria.contains(&("otasuketai.consultation_window", Outcome::NotSatisfied)));
        let kinds: Vec<_> = quote.packs.iter().map(PackReference::kind).collect();
        assert!(kinds.contains(&PackKind::Discount) && kinds.contains(&PackKind::Compliance));

        let wrong = CreateQuoteRequest { campaign_code: "a b".to_owned(), ..ask };
        let refused = quotes.create_quote(by("partner:ogs", wrong)).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_quote_is_given_on_paper_on_the_screen_and_as_data() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        partners.create_partner(by("operator", partner("r1", "ogs", "OGS <&> Co"))).await.unwrap();
        let mut tenants = TenantServiceClient::new(served.channel.clone());
        let start = prost_types::Timestamp { seconds: AUGUST_2021, nanos: 0 };
        let new = CreateTenantRequest {
            simulated_clock_start: Some(start),
            ..tenant("t1", "<b>美ら海商店</b> #strong[x]")
        };
        let made = tenants.create_tenant(by("partner:ogs", new)).await.unwrap();
        let tenant_id = made.into_inner().tenant.unwrap().id;
        let mut quotes = QuoteServiceClient::new(served.channel.clone());
        let ask = CreateQuoteRequest {
            request_id: "q1".to_owned(),
            tenant_id: tenant_id.clone(),
            selections: vec![Selection { service: Service::Utm.into(), ..Selection::default() }],
            rate_card: "okinawa".to_owned(),
            ..CreateQuoteRequest::default()
        };
        let made = quotes.create_quote(by("partner:ogs", ask)).await.unwrap();
        let quote = made.into_inner().quote.unwrap();
        let ask = RenderQuoteRequest {
            tenant_id,
            quote_id: quote.id.clone(),
            ..RenderQuoteRequest::default()
        };
        let mut documents = Vec::new();
        for format in [DocumentFormat::Unspecified, DocumentFormat::Pdf, DocumentFormat::Json] {
            let ask = RenderQuoteRequest { format: format.into(), ..ask.clone() };
            let answer = quotes.render_quote(by("partner:ogs", ask.clone())).await.unwrap();
            let again = quotes.render_quote(by("partner:ogs", ask)).await.unwrap();
            let document = answer.into_inner().document.unwrap();
            assert_eq!(again.into_inner().document.as_ref(), Some(&document), "the same bytes");
            documents.push(document);
        }
        let [html, pdf, json] = documents.as_slice() else { panic!("three") };
        assert_eq!(html.file_name, format!("{}-ja.html", quote.id));
        assert_eq!(html.media_type, "text/html; charset=utf-8");
        let page = String::from_utf8(html.content.clone()).unwrap();
        assert!(page.contains("¥143,000") && page.contains(&quote.hash), "{page}");
        assert!(page.contains("&#60;b&#62;美ら海商店") && !page.contains("<b>美ら海"), "{page}");
        assert_eq!(
            (pdf.media_type.as_str(), &pdf.content[..5]),
            ("application/pdf", &b"%PDF-"[..])
        );
        let data = String::from_utf8(json.content.clone()).unwrap();
        assert!(data.contains(&quote.hash), "{data}");

        let csv = RenderQuoteRequest { format: DocumentFormat::Csv.into(), ..ask };
        let refused = quotes.render_quote(by("partner:ogs", csv)).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one quote from its question to its subscription")]
async fn sponsors_of_a_company_stand_in_its_quote_and_its_subscription() {
    for served in served().await {
        let mut partners = PartnerServiceClient::new(served.channel.clone());
        partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await.unwrap();
        let mut tenants = TenantServiceClient::new(served.channel.clone());
        let start = prost_types::Timestamp { seconds: AUGUST_2021, nanos: 0 };
        let new =
            CreateTenantRequest { simulated_clock_start: Some(start), ..tenant("t1", "firm") };
        let made = tenants.create_tenant(by("partner:ogs", new)).await.unwrap();
        let tenant_id = made.into_inner().tenant.unwrap().id;

        let first = |year, month| Some(Date { year, month, day: 1 });
        let days = DayPeriod { start: first(2021, 8), end: first(2022, 2) };
        let sponsor = |code: &str, share: &str| Sponsor {
            code: code.to_owned(),
            name: format!("{code} Ltd"),
            share_rate: share.to_owned(),
            ..Sponsor::default()
        };
        let half_a_year = Sponsor {
            valid: Some(days),
            services: vec![Service::Utm.into()],
            ..sponsor("parent", "0.5")
        };
        let sponsors = vec![half_a_year, sponsor("uncle", "0.01")];
        let asking = |sponsors| CreateQuoteRequest {
            request_id: "q1".to_owned(),
            tenant_id: tenant_id.clone(),
            profile: Some(CompanyProfile { sponsors, ..CompanyProfile::default() }),
            selections: vec![Selection { service: Service::Utm.into(), ..Selection::default() }],
            rate_card: "okinawa".to_owned(),
            start_on: first(2021, 8),
            ..CreateQuoteRequest::default()
        };
        let mut quotes = QuoteServiceClient::new(served.channel.clone());
        let made = quotes.create_quote(by("partner:ogs", asking(sponsors))).await.unwrap();
        let quote = made.into_inner().quote.unwrap();

        let [customer, parent] = quote.payers.as_slice() else { panic!("{:?}", quote.payers) };
        assert_eq!((customer.payer.as_str(), customer.share_rate.as_str()), ("customer", ""));
        assert_eq!((parent.name.as_str(), parent.share_rate.as_str()), ("parent Ltd", "0.5"));
        assert_eq!(parent.services().collect::<Vec<_>>(), [Service::Utm]);
        assert_eq!(parent.valid, Some(days));
        assert!(parent.decision_id.starts_with("dec_"));
        // ¥10,000 at the start and each month, 10 % tax: half of seven fees is the parent's.
        assert_eq!(units(parent.first_year.clone()), 38_500);
        assert_eq!(units(customer.first_year.clone()), 143_000 - 38_500);
        assert_eq!(units(parent.steady_year.clone()), 0, "it pays until a day only");
        assert_eq!(units(customer.steady_year.clone()), 132_000);
        let [declined] = quote.declined_payers.as_slice() else { panic!("one is declined") };
        assert_eq!((declined.payer.as_str(), declined.codes.len()), ("uncle", 1));
        assert_eq!(declined.codes[0], "SPONSOR_SHARE_TOO_SMALL");
        assert!(declined.reason.as_ref().unwrap().en.contains("you pay that part"));

        let too_much = asking(vec![sponsor("a", "0.6"), sponsor("b", "0.6")]);
        let too_much = CreateQuoteRequest { request_id: "q2".to_owned(), ..too_much };
        let refused = quotes.create_quote(by("partner:ogs", too_much)).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        assert!(refused.message().contains("add up to 1.2"), "{}", refused.message());

        let accept = AcceptQuoteRequest {
            request_id: "a1".to_owned(),
            tenant_id: tenant_id.clone(),
            quote_id: quote.id.clone(),
            etag: quote.etag.clone(),
            accepted_by: "owner".to_owned(),
            ..AcceptQuoteRequest::default()
        };
        let accepted = quotes.accept_quote(by("partner:ogs", accept)).await.unwrap().into_inner();
        let mut subscriptions = SubscriptionServiceClient::new(served.channel.clone());
        let mut seen = async |as_of| {
            let ask = GetSubscriptionRequest {
                tenant_id: tenant_id.clone(),
                subscription_id: accepted.subscription_id.clone(),
                as_of,
                ..GetSubscriptionRequest::default()
            };
            let read = subscriptions.get_subscription(by("partner:ogs", ask)).await.unwrap();
            let payers = read.into_inner().subscription.unwrap().payers;
            payers.into_iter().map(|payer| payer.payer).collect::<Vec<_>>()
        };
        assert_eq!(seen(None).await, ["customer", "parent"]);
        let later = prost_types::Timestamp { seconds: AUGUST_2021 + 200 * 86_400, nanos: 0 };
        assert_eq!(seen(Some(later)).await, [""; 0], "its half year is over then");
    }
}

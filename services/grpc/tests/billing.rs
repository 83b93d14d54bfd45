//! A month end over a real socket: invoice, payment, credit note, settlement, margin.
#![expect(clippy::unwrap_used, reason = "test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::date;
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::catalog::{BillingCycle, CompanyProfile, SelectedItem};
use tasuki_core::id::{IdSource, ItemId, PartnerId, ProviderId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{Subscription, SubscriptionCommand, SubscriptionDraft};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Provider, Tenant};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_grpc::auth::{Authenticate, bearer};
use tasuki_grpc::edge::Edge;
use tasuki_proto::billing::v1 as billing;
use tasuki_proto::billing::v1::billing_service_client::BillingServiceClient;
use tasuki_proto::google::r#type::{Date, Money};
use tasuki_proto::settlement::v1 as settlement;
use tasuki_proto::settlement::v1::settlement_service_client::SettlementServiceClient;
use tasuki_proto::types::v1::DocumentFormat;
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, providers, subscriptions, tenants};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        "2022-06-01T00:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1_000)
    }
}

/// The token is the name of a clerk of the operator.
#[derive(Debug)]
struct Clerks;

#[tonic::async_trait]
impl Authenticate for Clerks {
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem> {
        let token =
            bearer(metadata).ok_or_else(|| Problem::new(Reason::Unauthenticated, "no token"))?;
        Ok(Principal::of(token, Role::Operator))
    }
}

struct Served {
    channel: Channel,
    ctx: Context,
    tenant_id: TenantId,
    _database: Fresh,
}

fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

fn yen(units: i64) -> Money {
    Money { currency_code: "JPY".to_owned(), units, nanos: 0 }
}

async fn served() -> Vec<Served> {
    let mut all = Vec::new();
    for database in databases().await {
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::new(Later),
            ids: Arc::new(Counted::default()),
            library: Arc::new(Library::load(None, None).unwrap()),
        };
        let tenant_id = found(&ctx).await;
        let routes = tasuki_grpc::routes(&Edge::new(ctx.clone(), Arc::new(Clerks)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming),
        );
        let channel =
            Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        all.push(Served { channel, ctx, tenant_id, _database: database });
    }
    all
}

/// An operator with a provider, and a tenant with a running UTM.
async fn found(ctx: &Context) -> TenantId {
    let start = date(2021, 2, 1);
    let zone = Zone::named(Zone::TOKYO).unwrap();
    let created_at = Timestamp::start_of(start, &zone).unwrap();
    let partner = Partner {
        id: PartnerId::of_code("ogs"),
        code: "ogs".to_owned(),
        name: "沖電グローバルシステムズ".to_owned(),
        name_en: String::new(),
        kind: PartnerKind::Operator,
        capabilities: Vec::new(),
        solicitor_licence: None,
        terms: PartnerTerms {
            registration_number: Some("T8700110005901".parse().unwrap()),
            ..PartnerTerms::default()
        },
        created_at,
    };
    let provider = Provider {
        id: ProviderId::of_code("okinawa-soc"),
        name: "okinawa-soc".to_owned(),
        services: vec![Service::Utm],
        endpoint: "http://127.0.0.1:1".to_owned(),
        partner_id: None,
        fee_rate: Some("0.6".parse().unwrap()),
        paused: false,
        visit_calendar: None,
        created_at,
    };
    let tenant = Tenant {
        id: ctx.ids.next(),
        partner_id: partner.id,
        name: "比嘉商店".to_owned(),
        name_en: String::new(),
        partner_reference: String::new(),
        zone,
        profile: CompanyProfile {
            industry: Some("I".to_owned()),
            employees: Some(5),
            ..CompanyProfile::default()
        },
        clock_at: Some(created_at),
        created_at,
        updated_at: created_at,
    };
    let item: ItemId = ctx.ids.next();
    let draft = SubscriptionDraft {
        id: ctx.ids.next(),
        tenant_id: tenant.id,
        partner_id: partner.id,
        quote_id: ctx.ids.next(),
        items: vec![(item, SelectedItem::of(Service::Utm))],
        rate_card: ctx.cards().in_force("okinawa", start).unwrap().reference.clone(),
        cycle: BillingCycle::CalendarMonth,
        start_on: start,
        trial: None,
        minimum_term_months: 0,
        discounts: Vec::new(),
    };
    let command = SubscriptionCommand::Activate { on: start, trial_until: None };
    let opened = Subscription::open(draft, created_at).with_item_started(item, start);
    let (subscription, _) = opened.step(&command, created_at).unwrap();
    let tx = ctx.store.begin().await.unwrap();
    partners::insert(&tx, &partner).await.unwrap();
    providers::insert(&tx, &provider).await.unwrap();
    tenants::insert(&tx, &tenant).await.unwrap();
    subscriptions::insert(&tx, &subscription).await.unwrap();
    tx.commit().await.unwrap();
    tenant.id
}

impl Served {
    async fn set_clock(&self, at: &str) {
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::set_clock(&tx, self.tenant_id, at.parse().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn close(&self, request_id: &str) -> billing::CloseMonthRequest {
        billing::CloseMonthRequest {
            request_id: request_id.to_owned(),
            tenant_id: self.tenant_id.to_string(),
            month: "2021-02".to_owned(),
            validate_only: request_id.is_empty(),
        }
    }

    /// The invoice of February.
    async fn february(&self) -> billing::Invoice {
        let mut client = BillingServiceClient::new(self.channel.clone());
        self.set_clock("2021-02-28T15:00:00Z").await;
        let answer = client.close_month(by("clerk", self.close("c"))).await.unwrap();
        answer.into_inner().invoices.remove(0)
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story from its beginning to its end")]
async fn a_month_is_closed_looked_at_paid_and_given_back() {
    for served in served().await {
        let mut client = BillingServiceClient::new(served.channel.clone());
        let early = client.close_month(by("clerk", served.close("x"))).await.unwrap_err();
        assert_eq!(early.code(), Code::FailedPrecondition);
        assert_eq!(reason(&early), "MONTH_NOT_OVER");

        served.set_clock("2021-02-28T15:00:00Z").await;
        let said = client.close_month(by("clerk", served.close(""))).await.unwrap().into_inner();
        assert_eq!((said.invoices[0].id.as_str(), said.invoices[0].number.as_str()), ("", ""));

        let invoice = served.february().await;
        assert_eq!(invoice.number, "2021-000001", "only saying used no number");
        assert_eq!(invoice.state(), billing::InvoiceState::Final);
        assert_eq!(invoice.issued_on, Some(Date { year: 2021, month: 3, day: 1 }));
        assert_eq!(invoice.due_on, Some(Date { year: 2021, month: 3, day: 31 }));
        assert_eq!(
            (invoice.net.clone(), invoice.gross.clone()),
            (Some(yen(20_000)), Some(yen(22_000)))
        );
        assert_eq!(invoice.issuer.as_ref().unwrap().registration_number, "T8700110005901");
        assert_eq!(invoice.tax_totals[0].rate, "0.1");

        let pay = billing::RecordPaymentRequest {
            request_id: "p".to_owned(),
            tenant_id: served.tenant_id.to_string(),
            amount: Some(yen(10_000)),
            received_at: Some(prost_types::Timestamp { seconds: 1_614_524_400, nanos: 0 }),
            method: billing::PaymentMethod::BankTransfer.into(),
            reference: "BANK-1".to_owned(),
            ..billing::RecordPaymentRequest::default()
        };
        let paid = client.record_payment(by("clerk", pay)).await.unwrap().into_inner();
        assert_eq!(paid.payment.unwrap().unallocated, Some(yen(0)));

        let get = billing::GetInvoiceRequest {
            tenant_id: served.tenant_id.to_string(),
            invoice_id: invoice.id.clone(),
        };
        let read = client.get_invoice(by("clerk", get)).await.unwrap().into_inner();
        let read = read.invoice.unwrap();
        assert_eq!(read.state(), billing::InvoiceState::PartlyPaid);
        let back = billing::IssueCreditNoteRequest {
            request_id: "n".to_owned(),
            tenant_id: served.tenant_id.to_string(),
            invoice_id: invoice.id,
            etag: read.etag,
            lines: vec![billing::CreditNoteLine {
                invoice_line: 1,
                amount: Some(yen(10_000)),
                quantity: String::new(),
            }],
            reason: "初期料金の免除".to_owned(),
            validate_only: false,
        };
        let noted = client.issue_credit_note(by("clerk", back)).await.unwrap().into_inner();
        assert_eq!(noted.credit_note.unwrap().gross, Some(yen(11_000)));
        assert_eq!(noted.invoice.unwrap().due, Some(yen(1_000)));

        let ask = billing::GetBalanceRequest {
            tenant_id: served.tenant_id.to_string(),
            ..billing::GetBalanceRequest::default()
        };
        let balance = client.get_balance(by("clerk", ask)).await.unwrap().into_inner();
        assert_eq!((balance.due, balance.credited), (Some(yen(1_000)), Some(yen(11_000))));
        let render = billing::RenderInvoiceRequest {
            tenant_id: served.tenant_id.to_string(),
            invoice_id: read.id,
            ..billing::RenderInvoiceRequest::default()
        };
        let mut drawn = Vec::new();
        for format in [DocumentFormat::Html, DocumentFormat::Pdf, DocumentFormat::Json] {
            let render = billing::RenderInvoiceRequest { format: format.into(), ..render.clone() };
            let answer = client.render_invoice(by("clerk", render)).await.unwrap();
            drawn.push(answer.into_inner().document.unwrap());
        }
        let html = String::from_utf8(drawn[0].content.clone()).unwrap();
        for part in ["御請求書", "2021-000001", "T8700110005901", "返金済み", "¥11,000", "¥1,000"]
        {
            assert!(html.contains(part), "no {part} in {html}");
        }
        assert!(drawn[1].content.starts_with(b"%PDF-") && drawn[1].file_name.ends_with("-ja.pdf"));
        let json = String::from_utf8(drawn[2].content.clone()).unwrap();
        assert!(json.contains("\"number\":\"2021-000001\""), "{json}");
        let render =
            billing::RenderInvoiceRequest { format: DocumentFormat::JpPint.into(), ..render };
        let later = client.render_invoice(by("clerk", render)).await.unwrap_err();
        assert_eq!(
            (later.code(), reason(&later).as_str()),
            (Code::Unimplemented, "NOT_SERVED_YET")
        );
    }
}

#[tokio::test]
async fn invoices_are_listed_by_state_and_page() {
    for served in served().await {
        let mut client = BillingServiceClient::new(served.channel.clone());
        let invoice = served.february().await;
        let list = |state: billing::InvoiceState| billing::ListInvoicesRequest {
            tenant_id: served.tenant_id.to_string(),
            month: "2021-02".to_owned(),
            states: vec![state.into()],
            page_size: 1,
            ..billing::ListInvoicesRequest::default()
        };
        let found = client.list_invoices(by("clerk", list(billing::InvoiceState::Final))).await;
        let found = found.unwrap().into_inner();
        assert_eq!((found.invoices, found.next_page_token.as_str()), (vec![invoice], ""));
        let none = client.list_invoices(by("clerk", list(billing::InvoiceState::Paid))).await;
        assert_eq!(none.unwrap().into_inner().invoices, []);
        let mut bad = list(billing::InvoiceState::Final);
        bad.page_token = "nonsense".to_owned();
        let refused = client.list_invoices(by("clerk", bad)).await.unwrap_err();
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }
}

#[tokio::test]
async fn a_month_is_settled_approved_by_another_and_paid() {
    for served in served().await {
        served.february().await;
        let mut client = SettlementServiceClient::new(served.channel.clone());
        let settle = settlement::SettleMonthRequest {
            request_id: "s".to_owned(),
            month: "2021-02".to_owned(),
            counterpart: Some(settlement::Counterpart {
                kind: settlement::CounterpartKind::Provider.into(),
                id: ProviderId::of_code("okinawa-soc").to_string(),
                name: String::new(),
            }),
            validate_only: false,
        };
        let drafted = client.settle_month(by("clerk", settle)).await.unwrap().into_inner();
        let drafted = drafted.settlement.unwrap();
        assert_eq!(
            (drafted.net.clone(), drafted.gross.clone()),
            (Some(yen(12_000)), Some(yen(13_200)))
        );
        let approve = |id: &str| settlement::ApproveSettlementRequest {
            request_id: id.to_owned(),
            settlement_id: drafted.id.clone(),
            etag: drafted.etag.clone(),
        };
        let own = client.approve_settlement(by("clerk", approve("a"))).await.unwrap_err();
        assert_eq!(reason(&own), "SECOND_PERSON_NEEDED");
        let approved = client.approve_settlement(by("head", approve("b"))).await.unwrap();
        let approved = approved.into_inner().settlement.unwrap();
        assert_eq!(approved.approved_by.unwrap().subject, "head");

        let mut drawn = Vec::new();
        let render = |format: DocumentFormat| settlement::RenderSettlementRequest {
            settlement_id: drafted.id.clone(),
            format: format.into(),
            ..settlement::RenderSettlementRequest::default()
        };
        let formats = [DocumentFormat::Html, DocumentFormat::Pdf, DocumentFormat::Json];
        for format in formats.into_iter().chain([DocumentFormat::Csv]) {
            let answer = client.render_settlement(by("clerk", render(format))).await.unwrap();
            drawn.push(answer.into_inner().document.unwrap());
        }
        let texts: Vec<_> =
            drawn.iter().map(|it| String::from_utf8_lossy(&it.content).into_owned()).collect();
        for part in
            ["精算書 2021-02", "okinawa-soc", "承認済み", "¥13,200", "¥20,000 × 60%", "¥12,000"]
        {
            assert!(texts[0].contains(part), "no {part} in {}", texts[0]);
        }
        assert!(texts[1].starts_with("%PDF-") && drawn[1].file_name.ends_with("-ja.pdf"));
        assert!(texts[2].contains("\"gross\":"), "{}", texts[2]);
        assert_eq!(texts[3].lines().count(), 1 + drafted.lines.len(), "{}", texts[3]);
        let refused = client
            .render_settlement(by("clerk", render(DocumentFormat::JpPint)))
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), "REQUEST_INVALID");

        let ask = settlement::GetMarginRequest {
            from_month: "2021-02".to_owned(),
            until_month: "2021-02".to_owned(),
            ..settlement::GetMarginRequest::default()
        };
        let margin = client.get_margin(by("clerk", ask)).await.unwrap().into_inner();
        let total = margin.total.unwrap();
        assert_eq!((total.margin, total.margin_rate.as_str()), (Some(yen(8_000)), "0.4"));
        assert_eq!(total.loss_ratio, "", "without premium there is no loss ratio");
    }
}

#[tokio::test]
async fn one_heavy_claim_is_projected_without_any_books() {
    let served = served().await.remove(0);
    let mut client = SettlementServiceClient::new(served.channel.clone());
    let ask = settlement::ProjectPremiumRequest {
        premium: Some(yen(97_920)),
        expected_losses: Some(yen(0)),
        heavy_claim: Some(yen(150_000)),
        n_tenants: 102,
        margin_before_premium: Some(yen(1_000_000)),
        ..settlement::ProjectPremiumRequest::default()
    };
    let projected = client.project_premium(by("clerk", ask)).await.unwrap().into_inner();
    let with = projected.with_claim.unwrap();
    assert_eq!(with.next_year_premium, Some(yen(118 * 1_224)));
    assert_eq!((with.loss_ratio.as_str(), with.code.as_str()), ("1.5318", "with_claim"));
    assert_eq!(projected.premium_increase, Some(yen((118 - 56) * 1_224)));
}

#[tokio::test]
async fn a_year_of_the_scheme_is_simulated_without_any_books() {
    let served = served().await.remove(0);
    let mut client = SettlementServiceClient::new(served.channel.clone());
    let loss = |code: &str| settlement::LossModel {
        code: code.to_owned(),
        yearly_frequency: "0.01".to_owned(),
        severities: vec![settlement::SeverityBand {
            at_most: Some(yen(200_000)),
            weight: "1".to_owned(),
        }],
        deductible: Some(yen(10_000)),
        occurrence_limit: Some(yen(100_000)),
    };
    let ask =
        |code: &str, method: settlement::SimulationMethod| settlement::SimulateSchemeRequest {
            n_tenants: 100,
            losses: vec![loss(code)],
            premium: Some(yen(120_000)),
            aggregate_limit: Some(yen(300_000)),
            margin_before_premium: Some(yen(500_000)),
            method: method.into(),
            n_years: 2_000,
            seed: 7,
            ..settlement::SimulateSchemeRequest::default()
        };
    let exact = ask("on_site_response", settlement::SimulationMethod::Exact);
    let answer = client.simulate_scheme(by("clerk", exact)).await.unwrap().into_inner();
    let result = answer.result.unwrap();
    // One loss a year of 100,000: Poisson with mean one, cut at three.
    assert_eq!(result.expected_losses, Some(yen(97_667)));
    assert_eq!(result.exhaustion_probability, "0.080302");
    assert_eq!(result.percentiles[1].losses, Some(yen(200_000)));
    assert_eq!(result.standard_error, Some(yen(0)));

    let drawn = ask("on_site_response", settlement::SimulationMethod::MonteCarlo);
    let answer = client.simulate_scheme(by("clerk", drawn)).await.unwrap().into_inner();
    let result = answer.result.unwrap();
    assert_eq!(result.method(), settlement::SimulationMethod::MonteCarlo);
    let off = result.expected_losses.unwrap().units - 97_667;
    assert!(off.abs() < 4 * result.standard_error.unwrap().units, "{off}");

    let unknown = ask("roof", settlement::SimulationMethod::Exact);
    let refused = client.simulate_scheme(by("clerk", unknown)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields = refused.get_error_details();
    assert_eq!(fields.bad_request().unwrap().field_violations[0].field, "losses[0].code");
}

#[tokio::test]
async fn tables_and_books_of_an_unknown_contract_are_refused() {
    let served = served().await.remove(0);
    let mut client = SettlementServiceClient::new(served.channel.clone());
    let contract = format!("mct_{}", Uuid::from_u128(77));
    let ask = settlement::RenderBordereauRequest {
        month: "2021-02".to_owned(),
        master_contract_id: contract.clone(),
        part: settlement::BordereauPart::Claims.into(),
        ..settlement::RenderBordereauRequest::default()
    };
    let refused = client.render_bordereau(by("clerk", ask)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let ask = settlement::ExportExposureRequest { master_contract_id: contract, as_of: None };
    let refused = client.export_exposure(by("clerk", ask)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let ask = settlement::ListAccumulationsRequest::default();
    let nothing = client.list_accumulations(by("clerk", ask)).await.unwrap().into_inner();
    assert!(nothing.accumulations.is_empty());
    let ask = settlement::ListAccumulationsRequest {
        kind: "phone".to_owned(),
        ..settlement::ListAccumulationsRequest::default()
    };
    let refused = client.list_accumulations(by("clerk", ask)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

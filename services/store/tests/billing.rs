//! Closed months, invoices and settlements on both databases.
#![expect(clippy::unwrap_used, reason = "test")]

use jiff::civil::date;
use tasuki_core::actor::Actor;
use tasuki_core::catalog::{Cadence, Quantity, TaxMode, TaxTotal};
use tasuki_core::id::{InvoiceId, PartnerId, ProviderId, SettlementId, SubscriptionId, TenantId};
use tasuki_core::invoice::{
    ContentParts, Invoice, InvoiceContent, InvoiceLine, Issuer, Numbered, Payer,
};
use tasuki_core::money::{Money, Rounding};
use tasuki_core::party::Role;
use tasuki_core::rate::Rate;
use tasuki_core::settlement::{Counterpart, Settlement, SettlementDraft};
use tasuki_core::text::Text;
use tasuki_core::time::{Month, Timestamp};
use tasuki_store::invoices::{Filter, Place};
use tasuki_store::testing::databases;
use tasuki_store::{Scope, StoreError, invoices, settlements};
use uuid::Uuid;

fn at() -> Timestamp {
    "2021-03-01T00:00:00+09:00".parse().unwrap()
}

fn tenant(n: u128) -> TenantId {
    TenantId::from(Uuid::from_u128(n))
}

fn subscription(n: u128) -> SubscriptionId {
    SubscriptionId::from(Uuid::from_u128(n))
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn invoice(id: u128, of: u128, in_month: &str, number: &str) -> Invoice {
    let amount = Money::jpy(1_000);
    let line = InvoiceLine {
        number: 0,
        code: "premium".to_owned(),
        label: Text::new("保険料", "Premium"),
        service: None,
        item_id: None,
        cadence: Cadence::Monthly,
        service_period: None,
        quantity: Quantity::ONE,
        unit: None,
        unit_price: None,
        amount,
        tax_mode: TaxMode::Exempt,
        tax_rate: Rate::ZERO,
        note: None,
        rate_card: None,
        n_usage_records: 0,
    };
    let parts = ContentParts {
        month: month(in_month),
        issuer: Issuer {
            partner_id: PartnerId::of_code("ogs"),
            name: "OGS".to_owned(),
            registration_number: None,
            address: String::new(),
        },
        payer: Payer::customer("比嘉商店"),
        invoice_at: at(),
        lines: vec![line],
        tax_totals: vec![TaxTotal {
            rate: Rate::ZERO,
            mode: TaxMode::Exempt,
            net: amount,
            tax: amount.zero(),
            gross: amount,
        }],
        tax_rounding: Rounding::Down,
    };
    let content = InvoiceContent::new(parts).unwrap();
    let id = InvoiceId::from(Uuid::from_u128(id));
    let numbered = Numbered {
        number: number.to_owned(),
        issued_on: date(2021, 3, 1),
        due_on: date(2021, 3, 31),
    };
    Invoice::draft(id, tenant(of), subscription(of), content).finalize(numbered, at()).unwrap().0
}

#[tokio::test]
async fn a_month_is_closed_once() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let of = (tenant(1), subscription(1));
        assert!(invoices::close(&tx, of, month("2021-02"), at()).await.unwrap());
        assert!(!invoices::close(&tx, of, month("2021-02"), at()).await.unwrap());
        assert!(invoices::close(&tx, of, month("2021-03"), at()).await.unwrap());
        let closed = invoices::closed(&tx, month("2021-02")).await.unwrap();
        assert_eq!(closed, [subscription(1)], "{}", database.name);
    }
}

#[tokio::test]
async fn there_is_one_invoice_for_a_subscription_payer_and_month() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        invoices::insert(&tx, &invoice(1, 1, "2021-02", "2021-000001")).await.unwrap();
        let second = invoices::insert(&tx, &invoice(2, 1, "2021-02", "2021-000002")).await;
        assert!(matches!(second, Err(StoreError::Duplicate(_))), "{}", database.name);
    }
}

#[tokio::test]
async fn a_draft_is_never_stored() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let done = invoice(1, 1, "2021-02", "2021-000001");
        let draft = Invoice::draft(done.id, done.tenant_id, done.subscription_id, done.content);
        let refused = invoices::insert(&tx, &draft).await;
        assert!(matches!(refused, Err(StoreError::Row { .. })), "{}", database.name);
    }
}

#[tokio::test]
async fn a_change_over_an_old_version_is_lost() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let first = invoice(1, 1, "2021-02", "2021-000001");
        invoices::insert(&tx, &first).await.unwrap();
        assert_eq!(invoices::save(&tx, &first, 1).await.unwrap(), 2);
        let late = invoices::save(&tx, &first, 1).await;
        assert!(matches!(late, Err(StoreError::LostRace)), "{}", database.name);
        let read = invoices::get(&tx, tenant(1), first.id).await.unwrap().unwrap();
        assert_eq!((read.invoice, read.version), (first, 2));
    }
}

#[tokio::test]
async fn pages_show_every_invoice_once_the_newest_month_first() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        for (id, of, in_month, number) in [
            (1, 1, "2021-02", "2021-000001"),
            (2, 2, "2021-02", "2021-000001"),
            (3, 1, "2021-03", "2021-000002"),
            (4, 2, "2021-12", "2021-000002"),
        ] {
            invoices::insert(&tx, &invoice(id, of, in_month, number)).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut after: Option<Place> = None;
        loop {
            let all = Filter::of(Scope::All);
            let page = invoices::list(&tx, &all, after.as_ref(), 1).await.unwrap();
            let Some(stored) = page.first() else { break };
            let invoice = &stored.invoice;
            let number = invoice.state.issued().unwrap().number.clone();
            seen.push(invoice.id.as_uuid().as_u128());
            after = Some(Place { month: invoice.content.month, tenant: invoice.tenant_id, number });
        }
        assert_eq!(seen, [4, 3, 1, 2], "{}", database.name);
        let mine = Filter::of(Scope::Tenant(tenant(2))).in_month(month("2021-02"));
        let page = invoices::list(&tx, &mine, None, 10).await.unwrap();
        assert_eq!(page.len(), 1, "{}: every query takes the tenant", database.name);
    }
}

#[tokio::test]
async fn there_is_one_settlement_for_a_counterpart_and_month() {
    for database in databases().await {
        let tx = database.store.begin().await.unwrap();
        let draft = |id: u128| {
            let draft = SettlementDraft {
                id: SettlementId::from(Uuid::from_u128(id)),
                month: month("2021-02"),
                counterpart: Counterpart::Provider(ProviderId::of_code("okinawa-soc")),
                counterpart_name: "okinawa-soc".to_owned(),
                lines: Vec::new(),
                tax_totals: Vec::new(),
                drafted_by: Actor {
                    subject: "test:clerk".to_owned(),
                    role: Role::Operator,
                    partner_id: None,
                },
            };
            Settlement::draft(draft, at()).unwrap()
        };
        assert!(settlements::insert(&tx, &draft(1)).await.unwrap());
        assert!(!settlements::insert(&tx, &draft(2)).await.unwrap(), "{}", database.name);
        let counterpart = draft(1).counterpart;
        let known = settlements::of_month(&tx, month("2021-02"), &counterpart).await.unwrap();
        assert_eq!(known.unwrap().settlement, draft(1));
    }
}

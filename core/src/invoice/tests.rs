use std::fmt::Write as _;

use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::catalog::price::{Cadence, TaxMode};
use crate::catalog::quantity::Quantity;
use crate::id::PartnerId;
use crate::money::Rounding;
use crate::rate::Rate;
use crate::reason::Reason;
use crate::service::Service;
use crate::text::Text;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn line(yen: i64, tax_mode: TaxMode, percent: i64) -> InvoiceLine {
    InvoiceLine {
        number: 0,
        code: "utm.monthly".to_owned(),
        label: Text::new("UTM監視運用 月額", "Managed UTM, monthly"),
        service: Some(Service::Utm),
        item_id: None,
        cadence: Cadence::Monthly,
        service_period: None,
        quantity: Quantity::whole(3),
        unit: None,
        unit_price: None,
        amount: Money::jpy(yen),
        tax_mode,
        tax_rate: Rate::percent(percent),
        note: None,
        rate_card: None,
        n_usage_records: 0,
    }
}

/// Totals of rows without their tax: what the pricing crate does, in its plainest form.
pub(crate) fn totals(lines: &[InvoiceLine], rounding: Rounding) -> Vec<TaxTotal> {
    let mut rates: Vec<(Rate, TaxMode)> =
        lines.iter().map(|line| (line.tax_rate, line.tax_mode)).collect();
    rates.sort();
    rates.dedup();
    rates
        .into_iter()
        .map(|(rate, mode)| {
            let of_rate =
                lines.iter().filter(|line| (line.tax_rate, line.tax_mode) == (rate, mode));
            let sum = Money::total(of_rate.map(|line| line.amount)).unwrap();
            let (net, tax) = match mode {
                TaxMode::Exclusive => (sum, sum.at_rate(rate, rounding).unwrap()),
                TaxMode::Inclusive => {
                    let percent = (rate.value() * rust_decimal::Decimal::from(100)).normalize();
                    let percent: i64 = percent.to_string().parse().unwrap();
                    let tax = sum.prorated(percent, 100 + percent, rounding).unwrap();
                    (sum.minus(tax).unwrap(), tax)
                }
                TaxMode::Exempt | TaxMode::OutOfScope => (sum, Money::ZERO_JPY),
            };
            let mode = if mode.is_taxed() { TaxMode::Exclusive } else { mode };
            TaxTotal { rate, mode, net, tax, gross: net.plus(tax).unwrap() }
        })
        .collect()
}

pub(crate) fn content(lines: Vec<InvoiceLine>) -> Result<InvoiceContent, ContentError> {
    let tax_totals = totals(&lines, Rounding::Down);
    InvoiceContent::new(parts(lines, tax_totals))
}

fn parts(lines: Vec<InvoiceLine>, tax_totals: Vec<TaxTotal>) -> ContentParts {
    ContentParts {
        month: "2021-02".parse().unwrap(),
        issuer: Issuer {
            partner_id: PartnerId::of_code("ogs"),
            name: "沖電グローバルシステムズ".to_owned(),
            registration_number: Some("T8700110005901".parse().unwrap()),
            address: "沖縄県那覇市".to_owned(),
        },
        payer: Payer::customer("比嘉商店"),
        invoice_at: at("2021-03-01T00:00:00+09:00"),
        lines,
        tax_totals,
        tax_rounding: Rounding::Down,
    }
}

pub(crate) fn drafted(lines: Vec<InvoiceLine>) -> Invoice {
    Invoice::draft(
        InvoiceId::from(Uuid::from_u128(1)),
        TenantId::from(Uuid::from_u128(2)),
        SubscriptionId::from(Uuid::from_u128(3)),
        content(lines).unwrap(),
    )
}

pub(crate) fn finalized(lines: Vec<InvoiceLine>) -> Invoice {
    let numbered = Numbered {
        number: "2021-000001".to_owned(),
        issued_on: date(2021, 3, 1),
        due_on: date(2021, 3, 31),
    };
    drafted(lines).finalize(numbered, at("2021-03-01T00:00:00+09:00")).unwrap().0
}

fn states() -> Vec<(&'static str, InvoiceState)> {
    let now = at("2021-03-10T00:00:00Z");
    let issued = Issued {
        number: "2021-000001".to_owned(),
        issued_on: date(2021, 3, 1),
        due_on: date(2021, 3, 31),
        finalized_at: now,
        hash: "sha256:00".to_owned(),
    };
    let issued = || issued.clone();
    let balance = |credited, paid| Balance {
        gross: Money::jpy(1_100),
        credited: Money::jpy(credited),
        paid: Money::jpy(paid),
    };
    let since = date(2021, 4, 1);
    vec![
        ("draft", InvoiceState::Draft),
        ("final", InvoiceState::Final { issued: issued(), balance: balance(0, 0) }),
        ("partly paid", InvoiceState::PartlyPaid { issued: issued(), balance: balance(0, 600) }),
        ("past due", InvoiceState::PastDue { issued: issued(), balance: balance(0, 0), since }),
        ("paid", InvoiceState::Paid { issued: issued(), balance: balance(0, 1_100), at: now }),
        ("void", InvoiceState::Void { issued: issued(), balance: balance(1_100, 0), at: now }),
    ]
}

fn commands() -> Vec<(&'static str, InvoiceCommand)> {
    let issued = Issued {
        number: "2021-000002".to_owned(),
        issued_on: date(2021, 3, 1),
        due_on: date(2021, 3, 31),
        finalized_at: at("2021-03-01T00:00:00Z"),
        hash: "sha256:01".to_owned(),
    };
    let finalize =
        |yen| InvoiceCommand::Finalize { issued: issued.clone(), gross: Money::jpy(yen) };
    let pay = |yen| InvoiceCommand::RecordPayment { amount: Money::jpy(yen) };
    let credit = |yen| InvoiceCommand::Credit { amount: Money::jpy(yen) };
    vec![
        ("finalize ¥1,100", finalize(1_100)),
        ("finalize ¥0", finalize(0)),
        ("pay ¥0", pay(0)),
        ("pay ¥500", pay(500)),
        ("pay ¥1,100", pay(1_100)),
        ("pay ¥1,101", pay(1_101)),
        ("credit ¥0", credit(0)),
        ("credit ¥500", credit(500)),
        ("credit ¥1,100", credit(1_100)),
        ("credit ¥1,101", credit(1_101)),
        ("fall due on its day", InvoiceCommand::FallDue { today: date(2021, 3, 31) }),
        ("fall due a day later", InvoiceCommand::FallDue { today: date(2021, 4, 1) }),
    ]
}

#[test]
fn every_command_in_every_state() {
    let mut table = String::new();
    for (state_name, state) in states() {
        for (name, command) in commands() {
            let answer = match state.step(&command, at("2021-04-01T00:00:00Z")) {
                Ok((next, event)) => {
                    let due = next.balance().map_or(Money::ZERO_JPY, Balance::due);
                    format!("{} (due {due}) + {}", next.as_str(), event.topic())
                }
                Err(refused) => refused.reason.code().to_owned(),
            };
            writeln!(table, "{state_name:<11} | {name:<20} | {answer}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn tax_is_rounded_once_for_a_rate_of_an_invoice_and_not_row_by_row() {
    let taxed = |yen| line(yen, TaxMode::Exclusive, 10);
    let invoice = content(vec![taxed(104), taxed(104), taxed(104)]).unwrap();
    assert_eq!(invoice.tax, Money::jpy(31), "row by row it would be 30");
    let mixed = content(vec![taxed(104), line(105, TaxMode::Exclusive, 8)]).unwrap();
    assert_eq!((mixed.tax, mixed.gross), (Money::jpy(18), Money::jpy(227)));
}

#[test]
fn totals_that_are_not_those_of_the_rows_make_no_invoice() {
    let rows = vec![line(1_000, TaxMode::Exclusive, 10), line(200, TaxMode::Exempt, 0)];
    let right = totals(&rows, Rounding::Down);
    assert!(InvoiceContent::new(parts(rows.clone(), right.clone())).is_ok());
    let mut wrong = right.clone();
    wrong[1].tax = Money::jpy(101);
    assert_eq!(
        InvoiceContent::new(parts(rows.clone(), wrong)),
        Err(ContentError::DoesNotAddUp { rate: Rate::percent(10), mode: TaxMode::Exclusive })
    );
    let missing = right[..1].to_vec();
    assert_eq!(
        InvoiceContent::new(parts(rows, missing)),
        Err(ContentError::Unsorted { number: 1, n_totals: 0 })
    );
}

#[test]
fn the_number_and_the_days_are_part_of_the_hash() {
    let hash = |invoice: &Invoice| invoice.state.issued().unwrap().hash.clone();
    let rows = || vec![line(1_000, TaxMode::Exclusive, 10)];
    let one = finalized(rows());
    let other = Numbered {
        number: "2021-000002".to_owned(),
        issued_on: date(2021, 3, 1),
        due_on: date(2021, 3, 31),
    };
    let (other, _) = drafted(rows()).finalize(other, at("2021-03-01T00:00:00+09:00")).unwrap();
    assert_ne!(hash(&one), hash(&other));
    let (paid, _) = one
        .record_payment(
            PaymentId::from(Uuid::from_u128(9)),
            Money::jpy(100),
            at("2021-03-05T00:00:00Z"),
        )
        .unwrap();
    assert_eq!(hash(&one), hash(&paid), "a payment changes nothing on the document");
}

#[test]
fn an_invoice_gets_its_number_once() {
    let again = Numbered {
        number: "2021-000002".to_owned(),
        issued_on: date(2021, 3, 2),
        due_on: date(2021, 3, 31),
    };
    let invoice = finalized(vec![line(1_000, TaxMode::Exclusive, 10)]);
    let refused = invoice.finalize(again, at("2021-03-02T00:00:00Z")).unwrap_err();
    assert_eq!(refused.reason, Reason::InvoiceState);
}

#[test]
fn an_invoice_survives_its_document() {
    let invoice = finalized(vec![line(1_000, TaxMode::Exclusive, 10)]);
    let text = serde_json::to_string(&invoice).unwrap();
    assert_eq!(serde_json::from_str::<Invoice>(&text).unwrap(), invoice);
}

fn rows() -> impl Strategy<Value = Vec<InvoiceLine>> {
    let row = (1_i64..200_000, 0_usize..4).prop_map(|(yen, kind)| {
        let (mode, percent) = [
            (TaxMode::Exclusive, 10),
            (TaxMode::Exclusive, 8),
            (TaxMode::Inclusive, 5),
            (TaxMode::Exempt, 0),
        ][kind];
        line(yen, mode, percent)
    });
    prop::collection::vec(row, 1..12)
}

proptest! {
    #[test]
    fn rows_without_their_tax_and_the_tax_make_the_total(rows in rows()) {
        let invoice = content(rows).unwrap();
        prop_assert_eq!(invoice.net.plus(invoice.tax).unwrap(), invoice.gross);
        let nets = nets(&invoice.lines, &invoice.tax_totals).unwrap();
        prop_assert_eq!(Money::total(nets).unwrap(), invoice.net);
    }

    #[test]
    fn payments_and_credits_never_make_an_invoice_owe_less_than_was_paid_too_much(
        yen in 1_i64..10_000,
        steps in prop::collection::vec((prop::bool::ANY, 1_i64..6_000), 0..12),
    ) {
        let mut invoice = finalized(vec![line(yen, TaxMode::Exclusive, 10)]);
        for (is_payment, amount) in steps {
            let amount = Money::jpy(amount);
            let command = if is_payment {
                InvoiceCommand::RecordPayment { amount }
            } else {
                InvoiceCommand::Credit { amount }
            };
            if let Ok((next, _)) = invoice.step(&command, at("2021-03-10T00:00:00Z")) {
                invoice = next;
            }
            let Balance { gross, credited, paid } = invoice.balance();
            prop_assert!(credited <= gross);
            prop_assert!(paid <= gross);
            prop_assert_eq!(invoice.state.is_open(), invoice.balance().due().amount() > 0);
        }
    }
}

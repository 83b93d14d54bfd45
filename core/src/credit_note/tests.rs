use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::catalog::price::TaxMode;
use crate::invoice::tests::{at, finalized, line, totals};

fn credit(
    invoice: &Invoice,
    ask: &Ask,
    rounding: Rounding,
) -> Result<(CreditNote, Invoice), CreditError> {
    let lines = lines(invoice, ask)?;
    let left = totals(&rest(invoice, &lines)?, rounding);
    let draft = CreditNoteDraft {
        id: CreditNoteId::from(Uuid::from_u128(7)),
        number: "2021-C00001".to_owned(),
        issued_on: date(2021, 3, 15),
        lines,
        left,
        reason: "二重請求".to_owned(),
    };
    CreditNote::issue(invoice, draft, at("2021-03-15T00:00:00Z"))
        .map(|(note, next, _)| (note, next))
}

fn taxed(yen: i64) -> InvoiceLine {
    line(yen, TaxMode::Exclusive, 10)
}

fn row(number: u32, part: AskedPart) -> Ask {
    Ask::Lines(vec![AskedLine { number, part }])
}

#[test]
fn the_tax_given_back_is_what_the_tax_on_the_rest_falls_by() {
    // Published case LG11: 16,000 at 25 %, 29 of 30 days unused.
    let invoice = finalized(vec![line(16_000, TaxMode::Exclusive, 25)]);
    let ask = row(1, AskedPart::Amount(Money::jpy(15_467)));
    let (note, _) = credit(&invoice, &ask, Rounding::HalfUp).unwrap();
    let total = note.tax_totals[0];
    assert_eq!((total.net, total.tax), (Money::jpy(15_467), Money::jpy(3_867)));
    assert_eq!(note.gross, Money::jpy(19_334));
}

#[test]
fn everything_voids_the_invoice_and_can_be_given_back_once() {
    let rows = vec![taxed(104), taxed(-4), line(80, TaxMode::Exempt, 0)];
    let invoice = finalized(rows);
    let (note, void) = credit(&invoice, &Ask::Everything, Rounding::Down).unwrap();
    assert_eq!(note.gross, invoice.content.gross);
    assert_eq!(void.state.as_str(), "void");
    assert!(matches!(
        credit(&void, &Ask::Everything, Rounding::Down),
        Err(CreditError::BeyondInvoice { .. })
    ));
}

#[test]
fn more_than_is_left_of_a_row_is_refused() {
    let invoice = finalized(vec![taxed(900), taxed(100)]);
    let (_, next) =
        credit(&invoice, &row(1, AskedPart::Amount(Money::jpy(600))), Rounding::Down).unwrap();
    let error = credit(&next, &row(1, AskedPart::Amount(Money::jpy(301))), Rounding::Down);
    let left = Money::jpy(300);
    assert_eq!(
        error.unwrap_err(),
        CreditError::BeyondLine { number: 1, asked: Money::jpy(301), left }
    );
    let error = credit(&next, &row(3, AskedPart::All), Rounding::Down).unwrap_err();
    assert_eq!(error, CreditError::NoSuchLine { number: 3 });
}

#[test]
fn some_of_a_quantity_is_given_back_at_its_price() {
    let invoice = finalized(vec![taxed(9_000)]);
    let ask = row(1, AskedPart::Quantity(Quantity::ONE));
    let (note, _) = credit(&invoice, &ask, Rounding::Down).unwrap();
    assert_eq!(note.lines[0].amount, Money::jpy(3_000), "one of three");
    let ask = row(1, AskedPart::Quantity(Quantity::whole(4)));
    assert!(credit(&invoice, &ask, Rounding::Down).is_err(), "there were three");
}

#[test]
fn an_amount_is_handed_out_over_the_rows_by_largest_remainder() {
    let invoice = finalized(vec![taxed(100), taxed(100), taxed(100)]);
    let (note, _) = credit(&invoice, &Ask::Amount(Money::jpy(100)), Rounding::Down).unwrap();
    let amounts: Vec<i64> = note.lines.iter().map(|line| line.amount.amount()).collect();
    assert_eq!(amounts, [34, 33, 33]);
}

proptest! {
    #[test]
    fn credit_notes_never_exceed_the_invoice_and_together_give_all_of_it_back(
        rows in prop::collection::vec((1_i64..50_000, 0_usize..3), 1..8),
        asked in prop::collection::vec((0_usize..8, 1_i64..30_000), 0..10),
    ) {
        let kinds = [(TaxMode::Exclusive, 10), (TaxMode::Inclusive, 8), (TaxMode::Exempt, 0)];
        let rows = rows.into_iter().map(|(yen, kind)| line(yen, kinds[kind].0, kinds[kind].1));
        let mut invoice = finalized(rows.collect());
        let whole = invoice.content.gross;
        let mut given = Money::ZERO_JPY;
        for (place, yen) in asked {
            let number = u32::try_from(place % invoice.content.lines.len()).unwrap() + 1;
            let ask = if place == 7 {
                Ask::Amount(Money::jpy(yen))
            } else {
                row(number, AskedPart::Amount(Money::jpy(yen)))
            };
            if let Ok((note, next)) = credit(&invoice, &ask, Rounding::Down) {
                given = given.plus(note.gross).unwrap();
                invoice = next;
            }
            prop_assert!(given <= whole);
            prop_assert_eq!(invoice.balance().credited, given);
        }
        if let Ok((note, next)) = credit(&invoice, &Ask::Everything, Rounding::Down) {
            given = given.plus(note.gross).unwrap();
            invoice = next;
        }
        prop_assert_eq!(given, whole);
        prop_assert_eq!(invoice.state.as_str(), "void");
    }
}

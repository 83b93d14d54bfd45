//! What a month gives back of earlier invoices, when that is more than it charges.

use jiff::civil::date;
use tasuki_app::billing::{self, Effect};
use tasuki_app::subscribing::When;
use tasuki_core::catalog::{BillingCycle, SelectedItem};
use tasuki_core::credit_note::CreditNote;
use tasuki_core::id::TenantId;
use tasuki_core::invoice::Invoice;
use tasuki_core::service::Service;
use tasuki_core::time::Month;
use tasuki_pricing::cards::Cards;

use crate::scene::{Plan, Scheme, edr, jst, operator, schemes, schemes_with, set};

async fn notes(scheme: &Scheme, tenant: TenantId) -> Vec<CreditNote> {
    let page = tasuki_app::paging::PageRequest { size: 100, after: None };
    let list = billing::CreditNoteList { tenant_id: tenant, invoice_id: None, page };
    billing::list_credit_notes(&scheme.ctx, &operator(), &list).await.unwrap().rows
}

async fn invoices(scheme: &Scheme, tenant: TenantId) -> Vec<Invoice> {
    let list = billing::InvoiceList {
        tenant_id: Some(tenant),
        page: tasuki_app::paging::PageRequest { size: 100, after: None },
        ..billing::InvoiceList::default()
    };
    let all = billing::list_invoices(&scheme.ctx, &operator(), &list).await.unwrap().rows;
    let mut all: Vec<_> = all.into_iter().map(|view| view.invoice).collect();
    all.sort_by_key(|invoice| invoice.content.month);
    all
}

/// A month from an anchor is paid in advance. Who gives services up in the middle of it and pays
/// nothing more would have an invoice of less than nothing: there is none, and a credit note on the one that charged it.
#[tokio::test]
async fn a_month_that_only_gives_back_has_a_credit_note_and_no_invoice() {
    for scheme in schemes().await {
        let cycle = BillingCycle::Anniversary;
        let of = scheme.running(1, Plan { cycle, ..Plan::from(date(2021, 2, 15)) }).await;
        scheme.advance(of.tenant, jst("2021-05-05 09:00")).await;
        let mut gone = set(vec![]);
        gone.remove = vec![Service::Utm, Service::CloudWaf];
        scheme.change(of, gone, When::Now).await.unwrap();
        let (rows, given) = scheme.promised(of, "2021-05".parse().unwrap()).await;
        assert_eq!(rows, [], "{}", scheme.name);
        let back = |code: &str| (code.to_owned(), 10, -3_334);
        assert_eq!(given, [back("cloud_waf.monthly"), back("utm.monthly")]);

        scheme.advance(of.tenant, jst("2021-06-01 00:00")).await;
        let all = invoices(&scheme, of.tenant).await;
        let months: Vec<_> = all.iter().map(|of| of.content.month.to_string()).collect();
        assert_eq!(months, ["2021-02", "2021-03", "2021-04"]);
        let notes = notes(&scheme, of.tenant).await;
        let [note] = notes.as_slice() else { panic!("one: {notes:?}") };
        let april = &all[2];
        assert_eq!((note.invoice_id, note.invoice_month), (april.id, april.content.month));
        let lines: Vec<_> =
            note.lines.iter().map(|line| (line.invoice_line, line.amount.amount())).collect();
        assert_eq!(lines, [(1, 3_334), (2, 3_334)], "off the rows that charged it");
        assert_eq!((note.net.amount(), note.gross.amount()), (6_668, 7_335));
        assert_eq!(april.balance().due().amount(), 22_000 - 7_335);
        assert!(note.reason.contains("2021-05"), "{}", note.reason);

        let call = operator();
        let may: Month = "2021-05".parse().unwrap();
        billing::close_month(&scheme.ctx, &call, of.tenant, may, Effect::Store).await.unwrap();
        assert_eq!(self::notes(&scheme, of.tenant).await.len(), 1, "closed once, given back once");
        scheme.advance(of.tenant, jst("2021-08-01 00:00")).await;
        assert_eq!(scheme.credited(of.tenant).await, 6_668, "nothing more is given back later");
    }
}

/// As long as the month charges enough, what is given back stands on its invoice.
#[tokio::test]
async fn what_a_month_can_bear_is_set_off_on_its_invoice() {
    let (name, text) = Cards::built_in_files()
        .into_iter()
        .find(|(_, text)| text.contains("\ncode: okinawa\n"))
        .unwrap();
    let whole = "    cadence: yearly\n    unit: endpoint\n    model: { per_unit: { yen: 1800 } }";
    assert!(text.contains(whole), "{name}");
    let by_days = whole.replace("yearly\n", "yearly\n    proration: actual_days\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("card.yaml"), text.replace(whole, &by_days)).unwrap();
    for scheme in schemes_with(Some(folder.path())).await {
        let plan = |endpoints| Plan {
            selection: vec![SelectedItem::of(Service::Utm), edr(endpoints)],
            ..Plan::from(date(2021, 2, 1))
        };
        // Half of a year of few machines is less than a month of the UTM; of many it is more.
        for (n, endpoints, set_off) in [(1, 8, true), (2, 40, false)] {
            let of = scheme.running(n, plan(endpoints)).await;
            scheme.advance(of.tenant, jst("2021-08-01 09:00")).await;
            let mut gone = set(vec![]);
            gone.remove = vec![Service::Edr];
            let changed = scheme.change(of, gone, When::Now).await.unwrap();
            let back: i64 = changed.effect.lines.iter().map(|line| line.amount.amount()).sum();
            assert_eq!(back, -1_800 * i64::from(endpoints) * 184 / 365 - 1);
            scheme.advance(of.tenant, jst("2021-09-01 00:00")).await;
            let all = invoices(&scheme, of.tenant).await;
            let august = all.last().unwrap();
            assert!(!august.content.gross.is_negative());
            let (net, credited) = (august.content.net.amount(), scheme.credited(of.tenant).await);
            let wanted = if set_off { (10_000 + back, 0) } else { (10_000, -back) };
            assert_eq!((net, credited), wanted, "{}", scheme.name);
        }
    }
}

use jiff::civil::date;
use tasuki_app::paging::PageRequest;
use tasuki_app::subscribing::{self, AsOf, Flag, SubscriptionList, When};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use crate::scene::{Plan, Running, Scheme, edr, jst, operator, schemes, set};

async fn endpoints(scheme: &Scheme, of: Running, as_of: &str, known_at: Option<&str>) -> u32 {
    let at = AsOf { as_of: Some(jst(as_of)), known_at: known_at.map(jst) };
    let view = scheme.read_at(of, at).await.unwrap();
    let day = view.day();
    let mut items = view.subscription.items.iter();
    let edr = items.find(|item| item.selected.service == Service::Edr).unwrap();
    edr.selected_on(day).endpoints.unwrap()
}

#[tokio::test]
async fn a_subscription_is_read_for_a_day_and_as_it_was_known() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::from(date(2021, 2, 1))).await;
        scheme.advance(of.tenant, jst("2021-02-10 12:00")).await;
        scheme.change(of, set(vec![edr(8)]), When::On(date(2021, 4, 1))).await.unwrap();
        scheme.advance(of.tenant, jst("2021-03-05 12:00")).await;
        scheme.change(of, set(vec![edr(6)]), When::Now).await.unwrap();
        scheme.advance(of.tenant, jst("2021-06-01 12:00")).await;
        scheme.cancel(of, When::On(date(2021, 7, 1))).await.unwrap();
        scheme.advance(of.tenant, jst("2021-08-01 12:00")).await;

        // Valid time, with all that is known now.
        assert_eq!(endpoints(&scheme, of, "2021-02-20 00:00", None).await, 5);
        assert_eq!(endpoints(&scheme, of, "2021-03-05 00:00", None).await, 6);
        assert_eq!(endpoints(&scheme, of, "2021-04-01 00:00", None).await, 8);
        // The same days, with what was known at other times.
        let known = Some("2021-02-09 00:00");
        assert_eq!(
            endpoints(&scheme, of, "2021-04-01 00:00", known).await,
            5,
            "nothing was planned"
        );
        let known = Some("2021-02-11 00:00");
        assert_eq!(endpoints(&scheme, of, "2021-04-01 00:00", known).await, 8, "it was planned");
        assert_eq!(endpoints(&scheme, of, "2021-03-10 00:00", known).await, 5, "not yet changed");

        let flags = async |as_of: &str, known_at: Option<&str>| {
            let at = AsOf { as_of: Some(jst(as_of)), known_at: known_at.map(jst) };
            let mut flags = scheme.read_at(of, at).await.unwrap().flags();
            // Nobody pays in this test.
            flags.retain(|flag| *flag != Flag::PastDue);
            flags
        };
        let waits = [Flag::Active, Flag::ChangeScheduled];
        assert_eq!(flags("2021-03-31 23:00", None).await, waits, "on that day it waited");
        assert_eq!(flags("2021-04-01 00:00", None).await, [Flag::Active]);
        let pending = [Flag::Active, Flag::ChangeScheduled, Flag::CancelPending];
        let ended = flags("2021-06-30 23:00", None).await;
        assert!(pending.iter().all(|flag| ended.contains(flag)), "{ended:?}");
        let ended = flags("2021-07-01 00:00", None).await;
        assert!(ended.contains(&Flag::Cancelled), "{ended:?}");
        let ahead = flags("2021-07-01 00:00", Some("2021-06-02 00:00")).await;
        assert!(ahead.contains(&Flag::Cancelled), "as planned: {ahead:?}");
        let before = flags("2021-07-01 00:00", Some("2021-05-31 00:00")).await;
        assert!(before.contains(&Flag::Active), "{before:?}");

        let too_early = AsOf { as_of: Some(jst("2021-01-31 12:00")), known_at: None };
        let missing = scheme.read_at(of, too_early).await.unwrap_err();
        assert_eq!(missing.reason(), Reason::SubscriptionNotFound);
        let unknown = AsOf { as_of: None, known_at: Some(jst("2021-01-31 12:00")) };
        let missing = scheme.read_at(of, unknown).await.unwrap_err();
        assert_eq!(missing.reason(), Reason::SubscriptionNotFound);
    }
}

#[tokio::test]
async fn what_was_stored_before_revisions_were_kept_is_read_from_its_history() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::from(date(2021, 2, 1))).await;
        scheme.advance(of.tenant, jst("2021-02-10 12:00")).await;
        scheme.cancel(of, When::On(date(2021, 3, 1))).await.unwrap();
        // As a program before this one left it.
        scheme.database.tamper("DELETE FROM subscription_revision").await;
        let flags = async |known_at: &str| {
            let at = AsOf { as_of: None, known_at: Some(jst(known_at)) };
            scheme.read_at(of, at).await.unwrap().flags()
        };
        assert_eq!(flags("2021-02-05 00:00").await, [Flag::Active]);
        let pending = [Flag::Active, Flag::ChangeScheduled, Flag::CancelPending];
        assert_eq!(flags("2021-02-10 13:00").await, pending);
        scheme.advance(of.tenant, jst("2021-03-02 12:00")).await;
        assert_eq!(flags("2021-02-05 00:00").await, [Flag::Active]);
        let planned = flags("2021-02-10 13:00").await;
        assert!(planned.contains(&Flag::Cancelled), "it was planned for a day before: {planned:?}");
        assert!(flags("2021-03-02 00:00").await.contains(&Flag::Cancelled));
    }
}

#[tokio::test]
async fn lists_are_narrowed_by_flags_and_read_for_a_time() {
    for scheme in schemes().await {
        let mut all = Vec::new();
        for n in 1..=5 {
            all.push(scheme.running(n, Plan::from(date(2021, 2, 1))).await);
        }
        for of in [all[1], all[3]] {
            scheme.cancel(of, When::On(date(2021, 4, 1))).await.unwrap();
        }
        let list = async |flags: Vec<Flag>, as_of: Option<Timestamp>, after: Option<String>| {
            let list = SubscriptionList {
                tenant_id: None,
                flags,
                at: AsOf { as_of, known_at: None },
                page: PageRequest { size: 1, after },
            };
            subscribing::list_subscriptions(&scheme.ctx, &operator(), &list).await.unwrap()
        };
        let first = list(vec![Flag::CancelPending, Flag::Active], None, None).await;
        assert_eq!(first.rows[0].subscription.id, all[3].id, "{}: the newest first", scheme.name);
        let second = list(vec![Flag::CancelPending], None, first.next).await;
        assert_eq!(second.rows[0].subscription.id, all[1].id);
        let last = list(vec![Flag::CancelPending], None, second.next).await;
        assert_eq!((last.rows.len(), last.next), (0, None));
        let ended = list(vec![Flag::Cancelled], Some(jst("2021-04-02 00:00")), None).await;
        assert_eq!(ended.rows[0].subscription.id, all[3].id, "as it is planned");
        assert_eq!(list(vec![Flag::Cancelled], None, None).await.rows, []);
    }
}

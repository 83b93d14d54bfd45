use jiff::civil::date;
use tasuki_app::quoting::Intent;
use tasuki_app::subscribing::{
    MigrationAsk, Move, When, migrate_subscriptions, migration_page, migration_size,
};
use tasuki_core::id::SubscriptionId;
use uuid::Uuid;

use crate::scene::{Plan, Scheme, jst, keyed, operator, schemes_with, utm};

/// B8: 30 a month, 60 for new ones from 15 January; a third version charges as the second.
fn card(version: &str, effective: &str, yen: i64, label: &str) -> String {
    format!(
        "
code: simple
version: '{version}'
operator: ogs
name: {{ ja: 料金表, en: Prices }}
source: test
effective: {{ {effective} }}
tax: {{ mode: exclusive, rate: '0.1', rounding: down }}
cycle: calendar_month
rounding: down
valid_days: 30
plans:
  - plan: utm.basic
    service: utm
    default: true
    name: {{ ja: UTM, en: UTM }}
    description: {{ ja: 見張り, en: Watch }}
    quantities: [{{ unit: unit, default: '1', minimum: '1', maximum: '10' }}]
prices:
  - price: utm.monthly
    plans: [utm.basic]
    label: {{ ja: {label}, en: {label} }}
    cadence: monthly
    proration: actual_days
    unit: unit
    model: {{ per_unit: {{ yen: {yen} }} }}
"
    )
}

async fn book() -> Vec<Scheme> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("1.yaml", card("1", "from: 2020-01-01, to: 2021-01-15", 30, "Monthly")),
        ("2.yaml", card("2", "from: 2021-01-15, to: 2021-06-01", 60, "Monthly")),
        ("3.yaml", card("3", "from: 2021-06-01", 60, "Fee")),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    schemes_with(Some(folder.path())).await
}

fn moving(ids: Vec<SubscriptionId>, to: &str, when: When) -> Move {
    let (same_bill, intent) = (false, Intent::Do);
    Move { subscription_ids: ids, to: to.to_owned(), when, same_bill, intent }
}

#[tokio::test]
async fn existing_subscriptions_move_on_a_later_day_than_new_ones() {
    for scheme in book().await {
        let plan = |card: &str, from| Plan {
            card: card.to_owned(),
            selection: vec![utm(1)],
            ..Plan::from(from)
        };
        let existing = scheme.running(1, plan("simple", date(2021, 1, 1))).await;
        let new = scheme.running(2, plan("simple", date(2021, 2, 1))).await;
        scheme.advance(existing.tenant, jst("2021-01-20 00:00")).await;
        let unknown = SubscriptionId::from(Uuid::from_u128(5));
        let command = moving(vec![existing.id, unknown], "simple@2", When::On(date(2021, 3, 1)));
        let (ctx, call) = (&scheme.ctx, keyed("move"));
        let results = migrate_subscriptions(ctx, &call, &command).await.unwrap();
        assert_eq!((results[0].moved, results[0].yearly_difference.amount()), (true, 360));
        assert_eq!(results[1].reason, "SUBSCRIPTION_NOT_FOUND");
        let repeat = migrate_subscriptions(ctx, &call, &command).await.unwrap();
        assert_eq!(repeat, results, "{}", scheme.name);
        assert_eq!(scheme.read(existing).await.subscription.waiting().len(), 1);
        for of in [existing, new] {
            scheme.advance(of.tenant, jst("2021-04-01 00:00")).await;
        }
        let net = async |of| {
            let billed = scheme.billed(of).await;
            billed
                .into_iter()
                .map(|(month, rows)| (month.to_string(), rows[0].2))
                .collect::<Vec<_>>()
        };
        let month = |text: &str, yen| (text.to_owned(), yen);
        assert_eq!(
            net(existing).await,
            [month("2021-01", 30), month("2021-02", 30), month("2021-03", 60)]
        );
        assert_eq!(net(new).await, [month("2021-02", 60), month("2021-03", 60)]);
    }
}

#[tokio::test]
async fn the_same_bill_is_proved_or_the_move_refused() {
    for scheme in book().await {
        let plan = |card: &str, n| Plan {
            card: card.to_owned(),
            selection: vec![utm(n)],
            ..Plan::from(date(2021, 2, 1))
        };
        let dearer = scheme.running(1, plan("simple@1", 1)).await;
        let same = scheme.running(2, plan("simple@2", 3)).await;
        let ids = vec![dearer.id, same.id];
        let command =
            Move { same_bill: true, ..moving(ids, "simple@3", When::On(date(2021, 2, 11))) };
        let results = migrate_subscriptions(&scheme.ctx, &operator(), &command).await.unwrap();
        let short =
            results.iter().map(|it| (it.moved, it.reason.as_str(), it.yearly_difference.amount()));
        assert_eq!(
            short.collect::<Vec<_>>(),
            [(false, "BILL_WOULD_CHANGE", 360), (true, "", 0)],
            "{}",
            scheme.name
        );
        scheme.advance(same.tenant, jst("2021-03-01 00:00")).await;
        assert_eq!(scheme.read(same).await.subscription.phases.len(), 2);
        let billed: i64 = scheme.billed(same).await[0].1.iter().map(|row| row.2).sum();
        assert_eq!(billed, 180, "moved in the middle of a month, and the same bill");
    }
}

#[tokio::test]
async fn a_book_is_previewed_page_by_page() {
    for scheme in book().await {
        for n in 1..=7 {
            let card = if n % 2 == 0 { "simple@1" } else { "simple@2" };
            let (card, selection) = (card.to_owned(), vec![utm(1)]);
            scheme.running(n, Plan { selection, card, ..Plan::from(date(2021, 2, 1)) }).await;
        }
        let ask = MigrationAsk {
            from: "simple@1".to_owned(),
            to: "simple@2".to_owned(),
            partner_id: None,
        };
        assert_eq!(migration_size(&scheme.ctx, &operator(), &ask).await.unwrap(), 7);
        let page = migration_page(&scheme.ctx, &operator(), &ask, None).await.unwrap();
        assert_eq!((page.n_looked_at, page.rows.len()), (7, 3));
        let row = &page.rows[0];
        assert_eq!((row.yearly_before.amount(), row.yearly_after.unwrap().amount()), (360, 720));
        assert_eq!(row.prices.len(), 1);
        let rest = migration_page(&scheme.ctx, &operator(), &ask, page.next).await.unwrap();
        assert_eq!((rest.rows.len(), rest.next), (0, None));
    }
}

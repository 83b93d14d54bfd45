//! What a change is said to mean is what the invoices that follow contain.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::{Date, date};
use tasuki_app::quoting::Intent;
use tasuki_app::subscribing::{self, Changed, Suspension, Wanted, When};
use tasuki_core::catalog::BillingCycle;
use tasuki_core::problem::Problem;
use tasuki_core::service::Service;
use tasuki_core::time::{Month, Timestamp, Zone};

use crate::scene::{Plan, Rows, Running, Scheme, edr, operator, schemes, set, utm};

/// The rows of the invoices of months, and those that credit notes have instead.
type Promises = BTreeMap<Month, (Rows, Rows)>;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn month_after(month: Month, n: u32) -> Month {
    (0..n).fold(month, |month, _| month.next().unwrap())
}

async fn promised(scheme: &Scheme, of: Running, (from, to): (Month, Month)) -> Promises {
    let mut months = BTreeMap::new();
    let mut month = from;
    while month <= to {
        months.insert(month, scheme.promised(of, month).await);
        month = month.next().unwrap();
    }
    months
}

/// One of the things that can be done with a subscription, on a day.
async fn act(
    scheme: &Scheme,
    of: Running,
    (dice, wanted, today): (&mut Dice, &Wanted, Date),
) -> Result<Changed, Problem> {
    let call = operator();
    let ctx = &scheme.ctx;
    let later = today.checked_add(Span::new().days(i64::try_from(dice.below(70)).unwrap() + 1));
    let when = match dice.below(3) {
        0 => When::Now,
        1 => When::NextPeriod,
        _ => When::On(later.unwrap()),
    };
    let n = u32::try_from(dice.below(6)).unwrap();
    match dice.below(7) {
        0 | 1 => {
            let change = (set(vec![edr(3 + 2 * n)]), when);
            subscribing::change_subscription(ctx, &call, of.tenant, wanted, change).await
        }
        2 | 3 => {
            let change = (set(vec![utm(1 + n)]), when);
            subscribing::change_subscription(ctx, &call, of.tenant, wanted, change).await
        }
        4 => {
            let services = if n < 3 { vec![] } else { vec![Service::CloudWaf] };
            let resume_on = (n % 2 == 0).then(|| today.checked_add(Span::new().days(100)).unwrap());
            let reason = "改装".to_owned();
            let suspension = Suspension { services, when, reason, resume_on };
            subscribing::suspend_subscription(ctx, &call, of.tenant, wanted, suspension).await
        }
        5 => {
            let what = (vec![], When::Now);
            subscribing::resume_subscription(ctx, &call, of.tenant, wanted, what).await
        }
        _ => {
            let mut gone = set(vec![]);
            gone.remove = vec![Service::CloudWaf];
            subscribing::change_subscription(ctx, &call, of.tenant, wanted, (gone, when)).await
        }
    }
}

fn all<'a>(promises: impl Iterator<Item = &'a (Rows, Rows)>) -> Rows {
    promises.flat_map(|(rows, given)| rows.iter().chain(given)).cloned().collect()
}

/// The rows that a change leaves: those before without those that fall away, and those that come.
fn expected(before: &Promises, changed: &Changed) -> Rows {
    let mut rows = all(before.values());
    for line in &changed.effect.lines {
        let (days, yen) = (line.service_period.n_days(), line.amount.amount());
        let gone = (line.code.clone(), days, -yen);
        let falls_away = line.note.as_ref().is_some_and(|note| note.en.contains("no longer"));
        if falls_away {
            let at = rows.iter().position(|row| *row == gone);
            rows.remove(at.unwrap_or_else(|| panic!("{gone:?} was on no invoice")));
        } else {
            rows.push((line.code.clone(), days, yen));
        }
    }
    rows.sort();
    rows
}

/// Does random things for a year, and compares what was said with what was billed.
async fn live(scheme: &Scheme, n: u128, seed: u64) {
    let mut dice = Dice(seed);
    let start =
        date(2021, 2, 1).checked_add(Span::new().days(i64::try_from(dice.below(60)).unwrap()));
    let start = start.unwrap();
    let zone_name = match dice.below(3) {
        0 => Zone::TOKYO,
        1 => "America/Sao_Paulo",
        _ => "Pacific/Apia",
    };
    let zone = Zone::named(zone_name).unwrap();
    let anniversary = dice.below(2) == 1;
    let cycle = if anniversary { BillingCycle::Anniversary } else { BillingCycle::CalendarMonth };
    let plan = Plan { cycle, zone: zone_name, ..Plan::from(start) };
    let of = scheme.running(n, plan).await;
    let last = month_after(Month::of(start), 15);
    let mut today = start;
    let mut promises = promised(scheme, of, (Month::of(today), last)).await;
    for step in 0..8 {
        today =
            today.checked_add(Span::new().days(i64::try_from(dice.below(45)).unwrap())).unwrap();
        let at = Timestamp::start_of(today, &zone).unwrap();
        scheme.advance(of.tenant, at).await;
        // What was measured so far counts, and with it which step the month is charged in.
        scheme.measure(of, (at, dice.below(9))).await;
        let before = promised(scheme, of, (Month::of(today), last)).await;
        let wanted = scheme.wanted(of).await;
        let asks = Wanted { intent: Intent::OnlyAsk, ..wanted.clone() };
        let roll = dice.0;
        let asked = act(scheme, of, (&mut dice, &asks, today)).await;
        assert_eq!(before, promised(scheme, of, (Month::of(today), last)).await, "only asked");
        promises.retain(|month, _| *month < Month::of(today));
        promises.extend(before.clone());
        dice.0 = roll;
        let done = act(scheme, of, (&mut dice, &wanted, today)).await;
        let (asked, done) = match (asked, done) {
            (Ok(asked), Ok(done)) => (asked, done),
            (Err(asked), Err(done)) => {
                assert_eq!(asked.reason(), done.reason());
                continue;
            }
            (asked, done) => panic!("asked {asked:?}, done {done:?}"),
        };
        assert_eq!(asked.effect, done.effect, "{} seed {seed} step {step}", scheme.name);
        let after = promised(scheme, of, (Month::of(today), last)).await;
        let through = done.effect.through;
        let months: BTreeMap<_, _> = before
            .iter()
            .filter(|(month, _)| **month <= through)
            .map(|(m, rows)| (*m, rows.clone()))
            .collect();
        let mut rows = all(after.range(..=through).map(|(_, rows)| rows));
        rows.sort();
        assert_eq!(expected(&months, &done), rows, "{} seed {seed} step {step}", scheme.name);
        promises.extend(after);
    }
    let end = Timestamp::start_of(last.first_day(), &zone).unwrap();
    scheme.advance(of.tenant, end).await;
    promises.retain(|month, _| *month < last);
    let given: i64 = promises.values().flat_map(|(_, given)| given).map(|row| row.2).sum();
    assert_eq!(scheme.credited(of.tenant).await, -given, "{} seed {seed}", scheme.name);
    let invoiced = promises.into_iter().map(|(month, (rows, _))| (month, rows));
    let invoiced: BTreeMap<_, _> = invoiced.filter(|(_, rows)| !rows.is_empty()).collect();
    let billed: BTreeMap<_, _> = scheme.billed(of).await.into_iter().collect();
    assert_eq!(billed, invoiced, "{} seed {seed}", scheme.name);
}

#[tokio::test]
async fn what_changes_are_said_to_mean_is_what_is_billed() {
    for scheme in schemes().await {
        for seed in 1..=8 {
            live(&scheme, u128::from(seed), seed * 7_919).await;
        }
    }
}

//! Cases of a month's invoice.

use serde::Deserialize;
use tasuki_core::catalog::{BillingCycle, Quantity, SelectedItem};
use tasuki_core::id::{ItemId, PartnerId, QuoteId, SubscriptionId, TenantId};
use tasuki_core::money::Money;
use tasuki_core::subscription::{Pause, Phase, PhaseKind, Standing, SubscribedItem, Subscription};
use tasuki_core::time::{CivilDate, Zone};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::invoice_lines::{
    ChargedBefore, Measured, MonthAsk, Past, Triggered, invoice_lines,
};
use uuid::Uuid;

use crate::CARDS;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Month {
    #[serde(default = "calendar")]
    cycle: BillingCycle,
    phases: Vec<PhaseOf>,
    items: Vec<Item>,
    #[serde(default)]
    pauses: Vec<Pause>,
    months: Vec<MonthOf>,
}

const fn calendar() -> BillingCycle {
    BillingCycle::CalendarMonth
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseOf {
    kind: PhaseKind,
    rate_card: String,
    from: CivilDate,
    #[serde(default)]
    until: Option<CivilDate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    select: SelectedItem,
    starts_on: CivilDate,
    #[serde(default)]
    ends_on: Option<CivilDate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MonthOf {
    month: tasuki_core::time::Month,
    #[serde(default)]
    measured: Vec<MeasuredOf>,
    #[serde(default)]
    triggered: Vec<TriggeredOf>,
    expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuredOf {
    item: u128,
    meter: String,
    quantity: Quantity,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TriggeredOf {
    item: u128,
    price: String,
    on: CivilDate,
    #[serde(default = "one")]
    quantity: Quantity,
    #[serde(default)]
    agreed_yen: Option<i64>,
}

const fn one() -> Quantity {
    Quantity::ONE
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    lines: Vec<Line>,
    net: i64,
    tax: i64,
    gross: i64,
    #[serde(default)]
    attention: usize,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Line {
    line: String,
    yen: i64,
}

impl Month {
    pub(crate) fn run(self) {
        let cards = &*CARDS;
        let zone = Zone::named(Zone::TOKYO).unwrap();
        let subscription = self.subscription(cards);
        let mut past = Past::default();
        for of in self.months {
            let measured: Vec<_> = of
                .measured
                .into_iter()
                .map(|of| Measured {
                    item_id: item_id(of.item),
                    meter: of.meter,
                    quantity: of.quantity,
                })
                .collect();
            let triggered: Vec<_> = of
                .triggered
                .into_iter()
                .map(|of| Triggered {
                    item_id: item_id(of.item),
                    price: of.price,
                    quantity: of.quantity,
                    on: of.on,
                    agreed: of.agreed_yen.map(Money::jpy),
                })
                .collect();
            let ask = MonthAsk {
                subscription: &subscription,
                month: of.month,
                zone: &zone,
                measured: &measured,
                triggered: &triggered,
                past: &past,
            };
            let charges = invoice_lines(cards, ask).unwrap();
            let lines: Vec<_> = charges
                .lines
                .iter()
                .map(|line| Line { line: line.code.clone(), yen: line.amount.amount() })
                .collect();
            assert_eq!(lines, of.expect.lines, "{}", of.month);
            let sum = charges.sum;
            let seen = (sum.net.amount(), sum.tax.amount(), sum.gross.amount());
            assert_eq!(seen, (of.expect.net, of.expect.tax, of.expect.gross), "{}", of.month);
            assert_eq!(charges.attention.len(), of.expect.attention, "{}", of.month);
            past.measured.extend(measured.into_iter().map(|it| (of.month, it)));
            past.charged.extend(charges.lines.into_iter().map(|line| ChargedBefore {
                code: line.code,
                starts_on: line.service_period.start(),
                amount: line.amount,
            }));
        }
    }

    fn subscription(&self, cards: &Cards) -> Subscription {
        let phases = self
            .phases
            .iter()
            .map(|phase| Phase {
                kind: phase.kind,
                from: Some(phase.from),
                until: phase.until,
                rate_card: cards.named(&phase.rate_card, phase.from).unwrap().reference.clone(),
            })
            .collect();
        let items = (0..)
            .zip(&self.items)
            .map(|(at, item)| SubscribedItem {
                starts_on: Some(item.starts_on),
                ends_on: item.ends_on,
                ..SubscribedItem::awaited(item_id(at), item.select.clone())
            })
            .collect();
        let first = self.phases.first().unwrap().from;
        Subscription {
            id: SubscriptionId::from(Uuid::from_u128(1)),
            tenant_id: TenantId::from(Uuid::from_u128(2)),
            partner_id: PartnerId::from(Uuid::from_u128(3)),
            quote_id: QuoteId::from(Uuid::from_u128(4)),
            standing: Standing::pending(),
            items,
            phases,
            pauses: self.pauses.clone(),
            cycle: self.cycle,
            start_on: first,
            anchor: Some(first),
            minimum_term_months: 0,
            discounts: Vec::new(),
            payers: Vec::new(),
            scheduled: Vec::new(),
            accepted: Vec::new(),
            history: Vec::new(),
            created_at: "2020-09-01T00:00:00Z".parse().unwrap(),
        }
    }
}

fn item_id(at: u128) -> ItemId {
    ItemId::from(Uuid::from_u128(100 + at))
}

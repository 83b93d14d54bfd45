//! How long prices take: a bundle in the library, and a million subscriptions under another card.
//!
//! The prices of the bundle with their taxes and sums should take less than 20 µs; a quote says beside them, in two
//! languages, everything else that may ever be charged. The repricing needs the memory of one selection at a time,
//! whatever the number of subscriptions.
#![expect(clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tasuki_core::catalog::{Quantity, SelectedItem};
use tasuki_core::money::Money;
use tasuki_core::service::Service;
use tasuki_pricing::cards::Cards;
use tasuki_pricing::quote_lines::{Ask, Detail, priced, quote_lines};
use tasuki_pricing::rate_card::RateCard;
use tasuki_pricing::yearly_fees::YearlyFees;

/// The allocator of the program as it is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Subscriptions of a migration preview.
const SUBSCRIPTIONS: u32 = 1_000_000;
/// Subscriptions that the store gives at once.
const BATCH: usize = 1_000;

fn five_services() -> Vec<SelectedItem> {
    vec![
        SelectedItem::of(Service::Utm),
        SelectedItem::of(Service::CloudWaf).with_traffic_gb(Quantity::whole(12)),
        SelectedItem::of(Service::Edr).with_endpoints(23),
        SelectedItem::of(Service::Diagnosis),
        SelectedItem::of(Service::HelpDesk),
    ]
}

fn bundle(c: &mut Criterion) {
    let cards = Cards::built_in().unwrap();
    let card = cards.version("okinawa", "2021-01").unwrap();
    let ask = Ask::on("2021-04-01".parse().unwrap(), five_services());
    c.bench_function("five_services/prices", |b| {
        b.iter(|| priced(black_box(card), black_box(&ask), Detail::ChargedOnly).unwrap());
    });
    c.bench_function("five_services/quote_lines", |b| {
        b.iter(|| quote_lines(black_box(card), black_box(&ask)).unwrap());
    });
    let mut fees = YearlyFees::of(card);
    c.bench_function("five_services/yearly_fees", |b| {
        b.iter(|| fees.net(black_box(&ask.selection)).unwrap());
    });
}

/// The bundles of so many subscriptions from a number on, as the store gives them.
fn batch(from: u32) -> Vec<Vec<SelectedItem>> {
    (from..)
        .take(BATCH)
        .map(|n| {
            let mut bundle = five_services();
            bundle.truncate(1 + usize::try_from(n % 5).unwrap());
            for item in &mut bundle {
                if item.service == Service::Edr {
                    item.endpoints = Some(n % 900);
                }
            }
            bundle
        })
        .collect()
}

fn other_card() -> RateCard {
    let [_, (file, text), ..] = Cards::built_in_files();
    let text = text.replacen("version: 2021-01", "version: 2022-04", 1);
    RateCard::load(file, &text.replacen("yen: 1800", "yen: 2000", 1)).unwrap()
}

fn repricing(c: &mut Criterion) {
    let cards = Cards::built_in().unwrap();
    let base = cards.version("okinawa", "2021-01").unwrap();
    let other = other_card();
    let mut group = c.benchmark_group("migration_preview");
    group.sample_size(10).throughput(Throughput::Elements(SUBSCRIPTIONS.into()));
    group.bench_function("1_000_000_subscriptions", |b| {
        b.iter(|| {
            let (mut before, mut after) = (YearlyFees::of(base), YearlyFees::of(&other));
            let mut more = Money::ZERO_JPY;
            for from in (0..SUBSCRIPTIONS).step_by(BATCH) {
                // One batch in memory, like one page of the store.
                for bundle in batch(from) {
                    let difference =
                        after.net(&bundle).unwrap().minus(before.net(&bundle).unwrap());
                    more = more.plus(difference.unwrap()).unwrap();
                }
            }
            black_box(more)
        });
    });
    group.finish();
}

criterion_group!(benches, bundle, repricing);
criterion_main!(benches);

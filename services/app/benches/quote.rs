//! What a quote costs in the library: its prices alone, what suits the company, and the whole offer with other choices
//! and criteria, for five services and a company of twelve.
#![expect(clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tasuki_app::library::Library;
use tasuki_app::quoting::{Enquiry, OfferedCover, advise, compose};
use tasuki_core::catalog::{CompanyProfile, EndpointCounts, SelectedItem};
use tasuki_core::service::Service;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_pricing::quote_lines::{Ask, quote_lines};

fn selection() -> Vec<SelectedItem> {
    vec![
        SelectedItem::of(Service::Utm),
        SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap()),
        SelectedItem::of(Service::Edr).with_endpoints(9),
        SelectedItem::of(Service::Diagnosis),
        SelectedItem::of(Service::HelpDesk),
    ]
}

fn company() -> CompanyProfile {
    CompanyProfile {
        employees: Some(12),
        endpoints: Some(EndpointCounts { windows: Some(9), ..EndpointCounts::default() }),
        has_utm: Some(false),
        has_antivirus: Some(true),
        has_website: Some(true),
        monthly_traffic_gb: Some("8".parse().unwrap()),
        ..CompanyProfile::default()
    }
}

fn quotes(c: &mut Criterion) {
    let library = Library::load(None, None).unwrap();
    let cards = library.cards.cards();
    let card = cards.version("okinawa", "2021-01").unwrap();
    let (profile, asked) = (company(), selection());
    let start_on = "2021-04-01".parse().unwrap();
    let now: Timestamp = "2021-03-15T01:00:00Z".parse().unwrap();
    let zone = Zone::named(Zone::TOKYO).unwrap();
    let ask = Ask::on(start_on, asked.clone());
    let mut group = c.benchmark_group("quote");
    group.bench_function("prices", |b| {
        b.iter(|| quote_lines(black_box(card), black_box(&ask)).unwrap());
    });
    group.bench_function("advice", |b| {
        b.iter(|| advise(&library, card, black_box(&profile), black_box(&asked), now).unwrap());
    });
    group.bench_function("offer", |b| {
        b.iter(|| {
            compose(Enquiry {
                library: &library,
                card,
                profile: black_box(&profile),
                asked: black_box(&asked),
                days: (start_on, None),
                campaign: None,
                cover: OfferedCover::None,
                chosen_covers: Vec::new(),
                now: (now, &zone),
            })
            .unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, quotes);
criterion_main!(benches);

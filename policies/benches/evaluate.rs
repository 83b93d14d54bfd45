//! What checking, all reasons and metering cost next to the bare interpreter of the `cel` crate.
//!
//! The question is the shipped eligibility pack with its eight rules. The baseline asks the same
//! conditions as one expression, with a context that is made once, and gives a bare yes or no.
#![expect(clippy::unwrap_used, reason = "benchmark")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use cel::{Context, Program};
use criterion::{Criterion, criterion_group, criterion_main};
use tasuki_core::service::Service;
use tasuki_policies::facts::{CompanyFacts, FactSet};
use tasuki_policies::{PackKind, PackSet, PackSource};

/// The conditions of `eligibility/okinawa` for the light EDR.
const BASELINE: &str = "\
    (!(company.service == 'edr') || company.endpoints_windows > 0) && \
    (!(company.service == 'edr' && company.endpoints_windows > 0) \
      || company.endpoints_wanted >= 5) && \
    (!(company.service == 'edr' && company.endpoints_wanted > 5) \
      || company.endpoints_wanted <= company.endpoints_windows) && \
    (!(company.service == 'cloud_waf') || company.has_website) && \
    (!(company.service == 'cloud_waf') || company.monthly_traffic_gb <= 50) && \
    (!(company.service == 'diagnosis') || company.website_is_built) && \
    (!(company.service == 'diagnosis') || company.web_screens <= 5) && \
    (!(company.service == 'diagnosis') || company.maintainer_consent != 'refused')";

fn source() -> PackSource {
    let path = "eligibility/okinawa/pack.yaml";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs").join(path);
    PackSource::new(path, fs::read_to_string(file).unwrap())
}

fn facts(endpoints: i64) -> FactSet {
    FactSet::at("2020-10-01T00:00:00Z".parse().unwrap()).with_company(CompanyFacts {
        service: Some(Service::Edr),
        endpoints_windows: Some(endpoints),
        endpoints_wanted: Some(endpoints),
        ..CompanyFacts::default()
    })
}

fn baseline(c: &mut Criterion) {
    let program = Program::compile(BASELINE).unwrap();
    let mut context = Context::default();
    let company = serde_json::json!({
        "service": "edr", "endpoints_windows": 7, "endpoints_wanted": 7, "has_website": true,
        "monthly_traffic_gb": 10, "website_is_built": true, "web_screens": 3,
        "maintainer_consent": "given",
    });
    context.add_variable("company", company).unwrap();
    c.bench_function("cel: yes or no, context reused", |b| {
        b.iter(|| black_box(program.execute(&context)));
    });
}

fn packs(c: &mut Criterion) {
    let packs = PackSet::load([source()]).unwrap();
    let now = "2020-10-01T00:00:00Z".parse().unwrap();
    let pack = packs.in_force(PackKind::Eligibility, "okinawa", now).unwrap();
    for (name, endpoints) in [("yes", 7), ("no, with all reasons", 3)] {
        let facts = facts(endpoints);
        c.bench_function(&format!("pack: {name}"), |b| {
            b.iter(|| black_box(pack.evaluate(&facts)));
        });
    }
    c.bench_function("pack: read and check", |b| {
        b.iter(|| black_box(PackSet::load([source()])));
    });
}

criterion_group!(benches, baseline, packs);
criterion_main!(benches);

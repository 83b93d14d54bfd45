//! Which criteria of public schemes a bundle meets.

use rust_decimal::{Decimal, RoundingStrategy};
use tasuki_core::catalog::{Cadence, TaxMode};
use tasuki_core::decision::PackKind;
use tasuki_core::quote::{CoverOffer, Line, LineKind, Priced, SchemeCriterion};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_policies::PackSet;
use tasuki_policies::facts::{BundleFacts, FactSet};

use super::composing::OfferedCover;
use super::judged::Judged;

/// Months of a year.
const MONTHS: i64 = 12;
/// Digits of a monthly fee that is worked out from a yearly one or from one with tax.
const DIGITS: u32 = 2;

/// Asks every compliance pack in force about a bundle: the criteria in the order of the packs, and
/// what was asked.
pub fn criteria(
    packs: &PackSet,
    priced: &Priced,
    cover: &OfferedCover,
    now: Timestamp,
) -> (Vec<SchemeCriterion>, Vec<Judged>) {
    let mut found = Vec::new();
    let mut judged = Vec::new();
    for pack in packs.all_in_force(PackKind::Compliance, now) {
        let facts = FactSet::at(now).with_bundle(bundle(priced, cover));
        let (evaluation, asked) = Judged::by(pack, facts);
        let name = pack.name();
        found.extend(pack.criteria(&asked.facts, &evaluation).into_iter().map(|of| {
            SchemeCriterion {
                code: format!("{name}.{}", of.code.to_lowercase()),
                text: of.text,
                outcome: of.outcome,
                note: of.note,
            }
        }));
        judged.push(asked);
    }
    (found, judged)
}

/// The bundle as packs read it. Everything about it is known, but for a cover that only the store knows.
fn bundle(priced: &Priced, cover: &OfferedCover) -> BundleFacts {
    let codes = |kind| priced.lines_of(kind).map(|line| line.code.clone()).collect::<Vec<_>>();
    let unexplained = priced
        .lines_of(LineKind::Contingent)
        .filter(|line| line.amount.is_none() || line.trigger.is_none());
    let selected = |service| priced.selection.iter().filter(move |item| item.service == service);
    let endpoints = selected(Service::Edr).filter_map(|item| item.endpoints).map(i64::from).sum();
    let has_network = selected(Service::Utm).next().is_some();
    let edr = monthly(priced, Service::Edr);
    let parts = |cover: &CoverOffer| {
        cover.terms.parts.iter().map(|of| of.part.as_str().to_owned()).collect::<Vec<_>>()
    };
    let covered_parts = match cover {
        OfferedCover::Comes(cover) => Some(parts(cover)),
        OfferedCover::None => Some(Vec::new()),
        OfferedCover::NotKnown => None,
    };
    BundleFacts {
        services: Some(priced.selection.iter().map(|item| item.service).collect()),
        included: Some(codes(LineKind::Included)),
        possible: Some(codes(LineKind::Contingent)),
        unexplained: Some(unexplained.map(|line| line.code.clone()).collect()),
        network_monthly_yen: has_network.then(|| rounded(monthly(priced, Service::Utm))),
        endpoint_monthly_yen: (endpoints > 0).then(|| rounded(edr / Decimal::from(endpoints))),
        endpoints: Some(endpoints),
        covered_parts,
        registered_class: None,
    }
}

/// What a service costs a month at list prices, without tax; a yearly fee by its twelfth part.
fn monthly(priced: &Priced, service: Service) -> Decimal {
    let lines = priced.lines_of(LineKind::Charged).filter(|line| line.service == Some(service));
    lines
        .map(|line| match line.cadence {
            Some(Cadence::Monthly | Cadence::Usage) => without_tax(line),
            Some(Cadence::Yearly) => without_tax(line) / Decimal::from(MONTHS),
            Some(Cadence::Initial | Cadence::OneOff) | None => Decimal::ZERO,
        })
        .sum()
}

fn without_tax(line: &Line) -> Decimal {
    let amount = line.amount.map(|amount| Decimal::from(amount.amount())).unwrap_or_default();
    match line.tax_mode {
        TaxMode::Inclusive => amount / (Decimal::ONE + line.tax_rate.value()),
        TaxMode::Exclusive | TaxMode::Exempt | TaxMode::OutOfScope => amount,
    }
}

/// Rounded up: what is above a cap by less than the last digit is above it.
fn rounded(yen: Decimal) -> Decimal {
    yen.round_dp_with_strategy(DIGITS, RoundingStrategy::AwayFromZero).normalize()
}

//! Whether terms make sense, and whether this version of the program can keep what they promise.

use std::collections::BTreeSet;

use crate::master_contract::part::CoveragePart;
use crate::master_contract::terms::{
    Attachment, CoverTerms, Limit, LimitBasis, LimitScope, LossBasis, PartTerms, PremiumBasis,
    PremiumPayer,
};
use crate::money::Money;
use crate::problem::Violation;
use crate::rate::Rate;

/// Every field that breaks a rule.
pub(super) fn violations(terms: &CoverTerms) -> Vec<Violation> {
    let mut found = Found::default();
    parts(terms, &mut found);
    limits(terms, &mut found);
    crossings(terms, &mut found);
    premium(terms, &mut found);
    wording(terms, &mut found);
    retroactive(terms, &mut found);
    found.violations
}

#[derive(Default)]
struct Found {
    violations: Vec<Violation>,
}

impl Found {
    fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.violations.push(Violation { field: field.into(), description: description.into() });
    }

    fn add_if(&mut self, broken: bool, field: &str, description: &str) {
        if broken {
            self.add(field, description);
        }
    }
}

fn parts(terms: &CoverTerms, found: &mut Found) {
    found.add_if(terms.parts.is_empty(), "terms.parts", "must name at least one coverage part");
    let mut seen = BTreeSet::new();
    for (at, part) in terms.parts.iter().enumerate() {
        let field = |name: &str| format!("terms.parts[{at}].{name}");
        if !seen.insert(part.part) {
            found.add(field("part"), format!("`{}` is listed twice", part.part));
        }
        if part.coinsurance <= Rate::ZERO || part.coinsurance > Rate::ONE {
            let text = format!("`{}` must be above 0 and at most 1", part.coinsurance);
            found.add(field("coinsurance_rate"), text);
        }
        if part.deductible.is_negative() {
            found.add(field("deductible"), "must not be negative");
        }
        if part.n_per_period == Some(0) {
            found.add(field("n_per_period"), "must be at least 1; leave the part out to give none");
        }
        if let Some(text) = waiting(part) {
            found.add(field("waiting_seconds"), text);
        }
    }
    if terms.single_approval_up_to.is_some_and(Money::is_negative) {
        found.add("terms.single_approval_up_to", "must not be negative");
    }
    authorities(terms, found);
}

fn authorities(terms: &CoverTerms, found: &mut Found) {
    for (at, of) in terms.authorities.iter().enumerate() {
        let field = |name: &str| format!("terms.authorities[{at}].{name}");
        if terms.authorities.iter().take(at).any(|other| other.role == of.role) {
            found.add(field("role"), format!("`{}` is listed twice", of.role.as_str()));
        }
        if of.up_to.is_some_and(Money::is_negative) {
            found.add(field("up_to"), "must not be negative");
        }
    }
    // Else a claim could be approved by nobody.
    let everybody = terms.authorities.is_empty();
    let somebody = terms.authorities.iter().any(|of| of.up_to.is_none());
    found.add_if(
        !everybody && !somebody,
        "terms.authorities",
        "must name a role without `up_to`: somebody has to decide what is above the others",
    );
}

fn limits(terms: &CoverTerms, found: &mut Found) {
    let mut codes = BTreeSet::new();
    for (at, limit) in terms.limits.iter().enumerate() {
        let field = |name: &str| format!("terms.limits[{at}].{name}");
        if !codes.insert(&limit.code) {
            found.add(field("code"), format!("`{}` is used twice", limit.code));
        }
        if limit.amount.is_negative() {
            found.add(field("amount"), "must not be negative");
        }
        if let Some(part) = limit.parts.iter().find(|part| terms.part(**part).is_none()) {
            found.add(field("parts"), format!("`{part}` is not a part of this contract"));
        }
        if let Some(text) = scope_problem(terms, limit) {
            found.add(field("scope"), text);
        }
        if let Some(text) = reinstatement(terms, limit) {
            found.add(field("reinstatement_rates"), text);
        }
    }
}

fn scope_problem(terms: &CoverTerms, limit: &Limit) -> Option<&'static str> {
    match limit.scope {
        LimitScope::Item if limit.parts.len() != 1 => {
            Some("a limit of an item names exactly one part")
        }
        LimitScope::Section if limit.parts.is_empty() || n_sections(terms, limit) != 1 => {
            Some("a limit of a section names parts of one section")
        }
        LimitScope::Occurrence | LimitScope::AllCosts if limit.basis == LimitBasis::PerPeriod => {
            Some("a limit of one loss is there for each loss; use `certificate` for the period")
        }
        LimitScope::Section | LimitScope::Certificate | LimitScope::Programme
            if limit.basis == LimitBasis::PerOccurrence =>
        {
            Some("this limit is there once for each period")
        }
        LimitScope::Item
        | LimitScope::AllCosts
        | LimitScope::Occurrence
        | LimitScope::Section
        | LimitScope::Certificate
        | LimitScope::Programme => None,
    }
}

fn n_sections(terms: &CoverTerms, limit: &Limit) -> usize {
    let sections: BTreeSet<&str> = limit
        .parts
        .iter()
        .filter_map(|part| terms.part(*part))
        .map(|part| part.section.as_str())
        .collect();
    sections.len()
}

/// Limits lie inside each other or beside each other. Two that cross would make the amount depend on
/// which is applied first, and nobody could say which.
fn crossings(terms: &CoverTerms, found: &mut Found) {
    for (at, limit) in terms.limits.iter().enumerate() {
        let parts = terms.parts_of(limit);
        let crossed = terms.limits.iter().take(at).find(|other| {
            let others = terms.parts_of(other);
            !parts.is_disjoint(&others) && !parts.is_subset(&others) && !others.is_subset(&parts)
        });
        if let Some(other) = crossed {
            found.add(
                format!("terms.limits[{at}].parts"),
                format!("`{}` and `{}` share some parts only: nest them", limit.code, other.code),
            );
        }
    }
}

fn premium(terms: &CoverTerms, found: &mut Found) {
    let premium = &terms.premium;
    let by_rate = premium.basis == PremiumBasis::RateOnFees;
    found.add_if(
        by_rate == premium.amount.is_some(),
        "terms.premium.amount",
        "is needed, except for a rate on fees",
    );
    found.add_if(
        by_rate != premium.rate.is_some(),
        "terms.premium.rate",
        "is for a rate on fees, and needed there",
    );
    found.add_if(
        premium.amount.is_some_and(Money::is_negative),
        "terms.premium.amount",
        "must not be negative",
    );
    // Nobody pays for what he did not choose (INS-10, PRC-09).
    found.add_if(
        premium.payer == PremiumPayer::Tenant && terms.attachment == Attachment::Automatic,
        "terms.premium.payer",
        "the customer pays for optional cover only: what comes by itself is paid by the operator or a \
         sponsor",
    );
}

fn wording(terms: &CoverTerms, found: &mut Found) {
    let mut codes = BTreeSet::new();
    for (at, clause) in terms.wording.clauses.iter().enumerate() {
        if !codes.insert(&clause.code) {
            let text = format!("`{}` is used twice", clause.code);
            found.add(format!("terms.wording.clauses[{at}].code"), text);
        }
    }
}

/// A loss of the period never happened before it: only what is found or claimed later can have.
fn retroactive(terms: &CoverTerms, found: &mut Found) {
    found.add_if(
        terms.loss_basis == LossBasis::Occurrence && terms.retroactive_from.is_some(),
        "terms.retroactive_from",
        "is for losses that count when they are discovered or claimed: others have to happen in the \
         period anyway",
    );
}

/// Only what stands still for a time has a time that does not count.
fn waiting(part: &PartTerms) -> Option<&'static str> {
    if part.waiting_seconds < 0 {
        Some("must not be negative")
    } else if part.waiting_seconds > 0 && part.part != CoveragePart::BusinessInterruption {
        Some("a waiting period is for business interruption: no other loss lasts")
    } else {
        None
    }
}

/// A limit of a period may come back; what that costs must be known from the contract alone.
fn reinstatement(terms: &CoverTerms, limit: &Limit) -> Option<&'static str> {
    if limit.reinstatement_rates.is_empty() {
        return None;
    }
    let charged = limit.reinstatement_rates.iter().any(|rate| *rate != Rate::ZERO);
    if limit.basis == LimitBasis::PerOccurrence {
        Some("a limit of one loss is there for each loss: only a limit of the period comes back")
    } else if limit.reinstatement_rates.iter().any(|rate| *rate < Rate::ZERO) {
        Some("must not be negative")
    } else if charged && terms.yearly_premium_of(limit).is_none() {
        Some(
            "a charge is a share of a yearly premium: one for the programme for a limit of the \
             programme, one for each certificate for the others",
        )
    } else if limit.capacity().is_err() {
        Some("the amount and its reinstatements together are too large")
    } else {
        None
    }
}

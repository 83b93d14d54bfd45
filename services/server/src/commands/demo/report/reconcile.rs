//! The reports' own contradictions, as found, beside what the server holds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::pilot::{Contradiction, Text};
use super::{Checks, Reconciled};

/// What the server counted about a contradiction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Held {
    pub(crate) what: Text,
    pub(crate) values: Vec<i64>,
}

impl Held {
    pub(crate) fn new(ja: &str, en: &str, values: Vec<i64>) -> Self {
        Self { what: Text::new(ja, en), values }
    }
}

/// Compares every figure again. Nothing is smoothed: a check that fails stays failed.
pub(crate) fn reconcile(
    contradictions: &[Contradiction],
    held: &BTreeMap<String, Held>,
    checks: &mut Checks,
) -> Vec<Reconciled> {
    let mut rows = Vec::new();
    for found in contradictions {
        for (place, check) in found.checks.iter().enumerate() {
            let holds = check.relation.holds(&check.left, &check.right);
            let what = format!("{}: {}", found.id, check.name);
            checks.same(what, &check.holds, &holds);
            rows.push(Reconciled {
                id: found.id.clone(),
                what: found.what.clone(),
                check: check.name.clone(),
                sources: found.published.iter().map(|it| it.source.clone()).collect(),
                left: check.left.clone(),
                relation: check.relation,
                right: check.right.clone(),
                unit: check.unit.clone(),
                holds,
                held: held.get(&found.id).filter(|_| place == 0).cloned(),
                treatment: found.treatment.clone(),
            });
        }
    }
    rows
}

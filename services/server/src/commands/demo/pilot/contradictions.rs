//! What the reports say that does not fit together.

#![expect(
    dead_code,
    reason = "every key is named so that an unknown one is refused; not all are played"
)]

use serde::{Deserialize, Serialize};

use super::Text;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contradictions {
    pub(super) contradictions: Vec<Contradiction>,
}

/// One contradiction, as found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contradiction {
    pub(crate) id: String,
    pub(crate) what: Text,
    pub(crate) published: Vec<Published>,
    pub(crate) treatment: Text,
    pub(crate) checks: Vec<Check>,
}

/// What a report prints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Published {
    pub(crate) what: String,
    pub(crate) source: String,
    pub(crate) values: Vec<i64>,
}

/// A comparison of published values.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) left: Vec<i64>,
    pub(crate) relation: Relation,
    pub(crate) right: Vec<i64>,
    pub(crate) unit: String,
    pub(crate) holds: bool,
}

/// How two lists of numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Relation {
    Equals,
    SumEquals,
    SumAtLeast,
}

impl Relation {
    /// Whether it holds between the two.
    pub(crate) fn holds(self, left: &[i64], right: &[i64]) -> bool {
        let sum = |values: &[i64]| values.iter().sum::<i64>();
        match self {
            Self::Equals => left == right,
            Self::SumEquals => sum(left) == sum(right),
            Self::SumAtLeast => sum(left) >= sum(right),
        }
    }
}

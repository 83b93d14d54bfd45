//! Which conditions the cases of a pack have seen true, and which false.
//!
//! A condition is whatever can be true or false and decides something: the whole condition of a
//! rule and its guard, each operand of `&&`, `||` and `!`, each test of `?:`, what is asked of the
//! elements of a list, and each cell of a decision table. It counts as seen only where CEL's own
//! order of evaluation reaches it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::expression::{Compiled, Kind, Node};
use crate::pack::{Pack, Site};

mod walk;

pub(crate) use walk::Seen;

/// A condition, and what the cases have seen of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionSeen {
    /// The pack, as `kind/name@version`.
    pub pack: String,
    /// The code of the rule; the name of the variable or output where it belongs to none.
    pub rule: String,
    /// Its text.
    pub expression: String,
    /// The file that it stands in.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Whether a case has seen it true.
    pub seen_true: bool,
    /// Whether a case has seen it false.
    pub seen_false: bool,
}

impl ConditionSeen {
    /// How many of its two sides were seen.
    pub fn n_sides_seen(&self) -> usize {
        usize::from(self.seen_true) + usize::from(self.seen_false)
    }

    /// What no case has seen, in words; nothing when it was seen both true and false.
    pub const fn missing(&self) -> Option<&'static str> {
        match (self.seen_true, self.seen_false) {
            (true, true) => None,
            (true, false) => Some("never false"),
            (false, true) => Some("never true"),
            (false, false) => Some("never reached"),
        }
    }
}

/// A share of sides that has to be seen, exactly: `100%`, `97.5%`, `39/40`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    n: u64,
    of: u64,
}

impl Floor {
    /// Every condition seen true and seen false.
    pub const FULL: Self = Self { n: 1, of: 1 };

    /// Whether so many sides of so many are enough.
    pub fn is_reached(self, n_seen: usize, n_sides: usize) -> bool {
        let wide = |n: usize| u128::try_from(n).unwrap_or(u128::MAX);
        wide(n_seen).saturating_mul(self.of.into()) >= wide(n_sides).saturating_mul(self.n.into())
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.n == self.of { f.write_str("100%") } else { write!(f, "{}/{}", self.n, self.of) }
    }
}

/// The text is no share between 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no share: write `100%`, `97.5%` or `39/40`")]
pub struct ParseFloorError {
    /// What was given.
    pub text: String,
}

impl FromStr for Floor {
    type Err = ParseFloorError;

    fn from_str(text: &str) -> Result<Self, ParseFloorError> {
        let found = match (text.split_once('/'), text.strip_suffix('%')) {
            (Some((n, of)), _) => share(n.trim().parse().ok(), of.trim().parse().ok()),
            (None, Some(percent)) => {
                let percent = percent.trim().parse::<Decimal>().ok().map(|it| it.normalize());
                percent.and_then(|it| {
                    let n = u64::try_from(it.mantissa()).ok();
                    let of = 10_u64.checked_pow(it.scale()).and_then(|it| it.checked_mul(100));
                    share(n, of)
                })
            }
            (None, None) => None,
        };
        found.ok_or_else(|| ParseFloorError { text: text.to_owned() })
    }
}

fn share(n: Option<u64>, of: Option<u64>) -> Option<Floor> {
    let (n, of) = (n?, of?);
    (of > 0 && n <= of).then_some(Floor { n, of })
}

/// Every condition of a pack, in the order of its rules, variables and outputs.
pub(crate) fn conditions(pack: &Pack, seen: &Seen) -> Vec<ConditionSeen> {
    let mut found = Found { pack, conditions: Vec::new() };
    for (place, rule) in pack.rules.iter().enumerate() {
        if let Some(guard) = &rule.guard {
            found.whole(&Site::Guard(place), guard);
        }
        found.whole(&Site::Condition(place), &rule.condition);
        for (name, output) in &rule.outputs {
            found.inside(&Site::RuleOutput(place, name.clone()), output, &output.node);
        }
    }
    for (place, variable) in pack.variables.iter().enumerate() {
        found.inside(&Site::Variable(place), variable, &variable.node);
    }
    for (name, output) in &pack.outputs {
        found.inside(&Site::Output(name.clone()), output, &output.node);
    }
    let version = format!("{}/{}@{}", pack.kind(), pack.name(), pack.version());
    let told = found.conditions.into_iter().filter_map(|condition| {
        let (seen_true, seen_false) = seen.sides(&condition.key);
        let spot = pack.places.spot(&condition.key.0, condition.key.1.0)?;
        Some(ConditionSeen {
            pack: version.clone(),
            rule: spot.name.to_owned(),
            expression: condition.text,
            file: spot.file.to_owned(),
            line: spot.line,
            column: spot.column,
            seen_true,
            seen_false,
        })
    });
    told.collect()
}

/// An expression, and where in it a condition stands as byte offsets.
pub(crate) type Key = (Site, (usize, usize));

struct Condition {
    key: Key,
    text: String,
}

struct Found<'p> {
    pack: &'p Pack,
    conditions: Vec<Condition>,
}

impl Found<'_> {
    fn whole(&mut self, site: &Site, compiled: &Compiled) {
        self.condition(site, compiled, &compiled.node);
    }

    fn condition(&mut self, site: &Site, compiled: &Compiled, node: &Node) {
        let key = (site.clone(), node.part);
        let known = self.conditions.iter().any(|it| it.key == key);
        if !known && can_vary(self.pack, node) {
            let text = compiled.text_of(node).split_whitespace().collect::<Vec<_>>().join(" ");
            self.conditions.push(Condition { key, text });
        }
        self.inside(site, compiled, node);
    }

    /// The conditions below a node.
    fn inside(&mut self, site: &Site, compiled: &Compiled, node: &Node) {
        for (below, is_condition) in node.below() {
            if is_condition {
                self.condition(site, compiled, below);
            } else {
                self.inside(site, compiled, below);
            }
        }
    }
}

/// Whether a condition depends on anything: one that does not can only ever be one thing.
fn can_vary(pack: &Pack, node: &Node) -> bool {
    match &node.kind {
        Kind::Fact(_) | Kind::HasFact(_) | Kind::Found(_) | Kind::Local(_) => true,
        Kind::Variable(place) => {
            pack.variables.get(*place).is_some_and(|variable| can_vary(pack, &variable.node))
        }
        Kind::Literal(_)
        | Kind::And(_)
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Negate(_)
        | Kind::Conditional(_)
        | Kind::Binary(..)
        | Kind::Index(_)
        | Kind::Select(..)
        | Kind::HasKey(..)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Call(..)
        | Kind::Matches(..)
        | Kind::Known(_)
        | Kind::Require(_)
        | Kind::Dynamic(_)
        | Kind::Each(..) => node.below().into_iter().any(|(it, _)| can_vary(pack, it)),
    }
}

/// The sides of all conditions that were seen, and all there are.
pub(crate) fn sides<'c>(conditions: impl Iterator<Item = &'c ConditionSeen>) -> (usize, usize) {
    conditions.fold((0, 0), |(seen, all), it| (seen + it.n_sides_seen(), all + 2))
}

/// What the cases of each pack have seen, by the pack's folder.
pub(crate) type SeenByPack = BTreeMap<Arc<str>, Seen>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_compared_exactly() {
        let floor = |text: &str| text.parse::<Floor>().unwrap();
        assert_eq!(floor("100%"), floor("100/100").to_string().parse().unwrap());
        assert!(floor("2/3").is_reached(2, 3) && !floor("2/3").is_reached(199, 300));
        // Rounded, 1999 of 2000 would be 100 %.
        assert!(!floor("100%").is_reached(1999, 2000));
        assert!(floor("99.95%").is_reached(1999, 2000));
        assert!(floor("100%").is_reached(0, 0));
        for wrong in ["", "101%", "3/2", "1/0", "-1%", "all", "0.9"] {
            assert!(wrong.parse::<Floor>().is_err(), "{wrong}");
        }
    }
}

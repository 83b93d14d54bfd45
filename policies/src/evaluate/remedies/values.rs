//! Values to suppose of a fact.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tasuki_core::time::Timestamp;

use super::{Cure, Reach};
use crate::expression::{Kind, Node, Operator};
use crate::facts::{FactPath, FactType, Root};
use crate::value::Value;

/// A day in microseconds. Japan has no days of another length.
const DAY: i64 = 86_400_000_000;

/// How far Japan is ahead of UTC, in microseconds.
const JAPAN: i64 = 9 * 3_600_000_000;

/// The furthest distance that is searched: amounts of yen up to a million million.
const FURTHEST: i64 = 1 << 40;

/// The furthest distance in days: a working life.
const FURTHEST_DAYS: i64 = 1 << 15;

/// The most values of one fact that are tried.
const MAX_SAMPLES: usize = 16;

/// The value next to a bound with which a comparison holds, and which others do. Instants of the
/// future are whole days, since readers are told a day.
pub(super) fn nearer(kind: FactType, operator: Operator, bound: &Value) -> Option<(Value, Reach)> {
    let (reach, beyond) = match operator {
        Operator::GreaterOrEqual => (Reach::OrMore, false),
        Operator::Greater => (Reach::OrMore, true),
        Operator::LessOrEqual => (Reach::OrLess, false),
        Operator::Less => (Reach::OrLess, true),
        Operator::Equal
        | Operator::NotEqual
        | Operator::In
        | Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide
        | Operator::Remainder => return None,
    };
    let up = reach == Reach::OrMore;
    let value = match (kind, bound) {
        (FactType::Timestamp, Value::Timestamp(at)) => {
            let exactly = at.as_microseconds();
            let next = exactly.checked_add(match (beyond, up) {
                (false, _) => 0,
                (true, true) => 1,
                (true, false) => -1,
            })?;
            let whole = if up { midnight(day_at_or_after(next)?)? } else { next };
            Value::Timestamp(Timestamp::from_microseconds(whole).ok()?)
        }
        (FactType::Int, bound) => {
            let bound = bound.as_decimal()?;
            let whole = if up { bound.ceil() } else { bound.floor() };
            let number = whole.to_i64()?;
            let step = i64::from(beyond && whole == bound);
            Value::Int(if up { number.checked_add(step)? } else { number.checked_sub(step)? })
        }
        (FactType::Decimal, bound) => {
            let bound = bound.as_decimal()?;
            let step = if beyond { Decimal::new(1, bound.scale()) } else { Decimal::ZERO };
            let next = if up { bound.checked_add(step) } else { bound.checked_sub(step) };
            Value::Decimal(next?)
        }
        (
            FactType::Timestamp
            | FactType::Bool
            | FactType::Text
            | FactType::Word(_)
            | FactType::List(_),
            _,
        ) => return None,
    };
    Some((value, reach))
}

/// The days since 1970 of the first midnight in Japan that is not before an instant.
fn day_at_or_after(micros: i64) -> Option<i64> {
    let local = micros.checked_add(JAPAN)?;
    let day = local.div_euclid(DAY);
    day.checked_add(i64::from(local.rem_euclid(DAY) > 0))
}

fn midnight(day: i64) -> Option<i64> {
    day.checked_mul(DAY)?.checked_sub(JAPAN)
}

/// The values of a number or instant in both directions of what it is.
#[derive(Debug)]
pub(super) enum Line {
    Int(i64),
    Decimal(Decimal),
    /// Midnights in Japan, by days since 1970.
    Days {
        from: i64,
        only_later: bool,
    },
}

impl Line {
    pub(super) fn new(path: &FactPath, kind: FactType, given: Option<Value>) -> Option<Self> {
        match (kind, given) {
            (FactType::Int, Some(Value::Int(number))) => Some(Self::Int(number)),
            (FactType::Int, None) => Some(Self::Int(0)),
            (FactType::Decimal, Some(given)) => given.as_decimal().map(Self::Decimal),
            (FactType::Decimal, None) => Some(Self::Decimal(Decimal::ZERO)),
            (FactType::Timestamp, Some(Value::Timestamp(at))) => {
                let local = at.as_microseconds().checked_add(JAPAN)?;
                let only_later = path.root == Root::Now;
                Some(Self::Days { from: local.div_euclid(DAY), only_later })
            }
            (
                FactType::Bool
                | FactType::Int
                | FactType::Text
                | FactType::Word(_)
                | FactType::Timestamp
                | FactType::List(_),
                _,
            ) => None,
        }
    }

    pub(super) fn at(&self, offset: i64) -> Option<Value> {
        match self {
            Self::Int(from) => from.checked_add(offset).map(Value::Int),
            Self::Decimal(from) => from.checked_add(Decimal::from(offset)).map(Value::Decimal),
            Self::Days { from, .. } => {
                let micros = midnight(from.checked_add(offset)?)?;
                Timestamp::from_microseconds(micros).ok().map(Value::Timestamp)
            }
        }
    }

    pub(super) const fn goes_back(&self) -> bool {
        match self {
            Self::Int(_) | Self::Decimal(_) => true,
            Self::Days { only_later, .. } => !*only_later,
        }
    }

    pub(super) const fn longest(&self) -> i64 {
        match self {
            Self::Int(_) | Self::Decimal(_) => FURTHEST,
            Self::Days { .. } => FURTHEST_DAYS,
        }
    }
}

impl Cure<'_> {
    /// Values that a missing fact could turn out to have: what the rule compares it with, and some
    /// of every size.
    pub(super) fn samples(&mut self, place: usize) -> Vec<Value> {
        let mut values: Vec<Value> = match self.type_of(place) {
            Some(FactType::Bool) => return [true, false].map(Value::Bool).into(),
            Some(FactType::Word(words)) => {
                return words.iter().take(MAX_SAMPLES).map(|word| Value::text(word)).collect();
            }
            Some(_) | None => self.compared(place),
        };
        values.truncate(MAX_SAMPLES / 2);
        match self.type_of(place) {
            Some(FactType::Int) => {
                values.extend([0, 1, 1_000, 1_000_000_000].map(Value::Int));
            }
            Some(FactType::Decimal) => {
                values.extend([0, 1, 1_000].map(|it| Value::Decimal(Decimal::from(it))));
            }
            Some(FactType::Timestamp) => {
                let instants = [0, FURTHEST_DAYS]
                    .map(|day| midnight(day).and_then(|it| Timestamp::from_microseconds(it).ok()));
                values.extend(instants.into_iter().flatten().map(Value::Timestamp));
            }
            Some(FactType::Text) => values.push(Value::text("")),
            Some(FactType::List(_)) => values.extend(Value::list(vec![]).ok()),
            Some(FactType::Bool | FactType::Word(_)) | None => {}
        }
        values
    }

    /// The values next to what the rule compares a fact with.
    fn compared(&mut self, place: usize) -> Vec<Value> {
        let rule = self.rule;
        let mut values = Vec::new();
        let mut open: Vec<&Node> = vec![&rule.condition.node];
        open.extend(rule.guard.as_ref().map(|it| &it.node));
        let mut seen = Vec::new();
        while let Some(node) = open.pop() {
            if let Kind::Variable(variable) = node.kind {
                if !seen.contains(&variable) {
                    seen.push(variable);
                    open.extend(self.pack.variables.get(variable).map(|it| &it.node));
                }
                continue;
            }
            open.extend(node.below().into_iter().map(|(below, _)| below));
            for wanted in [true, false] {
                let found = self.direct(place, node, wanted);
                values.extend(found.into_iter().map(|change| change.value));
            }
        }
        values
    }
}

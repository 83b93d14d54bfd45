//! What only expressions outside of packs do.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever has no meaning here is refused, as CEL asks"
)]

use std::collections::BTreeMap;

use super::{EvalError, Evaluated, Evaluator, both, failed};
use crate::expression::{Dynamic, Node, PairMacro, Pairs};
use crate::functions::Function;
use crate::value::{self, Key, Value};

impl Evaluator<'_> {
    pub(super) fn dynamic(&mut self, dynamic: &Dynamic) -> Evaluated {
        match dynamic {
            Dynamic::Fails(message) => Err(failed(message.as_str())),
            Dynamic::Map(entries) => self.computed_map(entries),
            Dynamic::Elements(holder) => {
                let holder = self.evaluate(holder)?;
                match &holder {
                    Value::List(_) => Ok(holder),
                    Value::Map(map) => {
                        let names = map.entries.keys().map(Key::to_value).collect();
                        self.made(Value::list(names))
                    }
                    holder => Err(failed(format!("a {} has no elements", holder.type_name()))),
                }
            }
            Dynamic::Call(function, arguments) => {
                let values = self.arguments(arguments)?;
                self.spend((function.steps)(&values))?;
                self.made((function.call)(&values))
            }
            Dynamic::Own(function, arguments) => {
                let values = self.arguments(arguments)?;
                self.made(own(function, values))
            }
            Dynamic::Bind([value, body]) => {
                let value = self.evaluate(value)?;
                self.with_element(&value, body, Self::evaluate)
            }
            Dynamic::Pairs(what, pairs) => self.pairs(*what, pairs),
        }
    }

    /// Arguments, paid for by their size.
    fn arguments(&mut self, nodes: &[Node]) -> Result<Vec<Value>, EvalError> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(self.evaluate(node)?);
        }
        let weight = values.iter().map(Value::weight).fold(0, usize::saturating_add);
        self.spend(weight)?;
        Ok(values)
    }

    fn computed_map(&mut self, entries: &[(Node, Node)]) -> Evaluated {
        let mut made = BTreeMap::new();
        for (name, value) in entries {
            let name = self.evaluate(name)?;
            let value = self.evaluate(value)?;
            let Some(key) = Key::of(&name) else {
                return Err(failed(format!("a {} cannot be a name in a map", name.type_name())));
            };
            if made.insert(key, value).is_some() {
                return Err(failed(format!("the name `{name}` is there twice")));
            }
        }
        self.made(Value::map(made))
    }

    fn pairs(&mut self, what: PairMacro, pairs: &Pairs) -> Evaluated {
        let holder = self.evaluate(&pairs.holder)?;
        let all: Vec<(Value, Value)> = match &holder {
            Value::List(list) => {
                (0_i64..).map(Value::Int).zip(list.items.iter().cloned()).collect()
            }
            Value::Map(map) => {
                map.entries.iter().map(|(name, value)| (name.to_value(), value.clone())).collect()
            }
            holder => return Err(failed(format!("a {} has no elements", holder.type_name()))),
        };
        self.spend(all.len())?;
        match what {
            PairMacro::All => self.quantified_pairs(pairs, all, false),
            PairMacro::Exists => self.quantified_pairs(pairs, all, true),
            PairMacro::ExistsOne => {
                let mut n_holding = 0;
                for pair in all {
                    n_holding += usize::from(self.with_pair(pair, &pairs.body, Self::truth)?);
                }
                Ok(Value::Bool(n_holding == 1))
            }
            PairMacro::List => {
                let mut made = Vec::new();
                for pair in all {
                    if let Some((_, value)) = self.transformed(pairs, pair)? {
                        made.push(value);
                    }
                }
                self.made(Value::list(made))
            }
            PairMacro::Map => {
                let mut made = BTreeMap::new();
                for pair in all {
                    if let Some((name, value)) = self.transformed(pairs, pair)? {
                        made.extend(Key::of(&name).map(|key| (key, value)));
                    }
                }
                self.made(Value::map(made))
            }
        }
    }

    /// The name and the new value of a pair that counts.
    fn transformed(
        &mut self,
        pairs: &Pairs,
        pair: (Value, Value),
    ) -> Result<Option<(Value, Value)>, EvalError> {
        let name = pair.0.clone();
        if let Some(filter) = &pairs.filter
            && !self.with_pair(pair.clone(), filter, Self::truth)?
        {
            return Ok(None);
        }
        let value = self.with_pair(pair, &pairs.body, Self::evaluate)?;
        Ok(Some((name, value)))
    }

    /// `all` and `exists` with two names, with the rules of `&&` and `||`.
    fn quantified_pairs(
        &mut self,
        pairs: &Pairs,
        all: Vec<(Value, Value)>,
        decisive: bool,
    ) -> Evaluated {
        let mut wrong: Option<EvalError> = None;
        for pair in all {
            match self.with_pair(pair, &pairs.body, Self::truth) {
                Ok(yes) if yes == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(EvalError::Spent) => return Err(EvalError::Spent),
                Err(error) => wrong = Some(both(wrong, error)),
            }
        }
        wrong.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn with_pair<T>(
        &mut self,
        (one, two): (Value, Value),
        body: &Node,
        evaluate: fn(&mut Self, &Node) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        self.locals.push(one);
        let given = self.with_element(&two, body, evaluate);
        self.locals.pop();
        given
    }
}

/// Calls a function of packs: their instants and spans are whole microseconds.
fn own(function: &Function, values: Vec<Value>) -> Result<Value, String> {
    let mut given = Vec::with_capacity(values.len());
    for value in values {
        given.push(match value {
            Value::Dynamic(value::Dynamic::Instant(at)) => {
                let at = at.to_jiff().ok_or("the instant is out of range")?;
                Value::Timestamp(tasuki_core::time::Timestamp::new(at))
            }
            Value::Dynamic(value::Dynamic::Span(nanos)) => Value::Duration(nanos / 1_000),
            value => value,
        });
    }
    Ok(match (function.call)(&given)? {
        Value::Timestamp(at) => {
            let at = value::Instant::from_jiff(at.as_jiff()).map_err(|error| error.to_string())?;
            Value::Dynamic(value::Dynamic::Instant(at))
        }
        Value::Duration(micros) => {
            let nanos = micros.checked_mul(1_000).ok_or("the span of time is too long")?;
            Value::Dynamic(value::Dynamic::Span(nanos))
        }
        value => value,
    })
}

//! Walks a checked tree: bounded, exact, the same on every machine.
//!
//! CEL's rules hold: `&&` and `||` do not care about errors on one side when the other side
//! decides, and neither do `all` and `exists`.

use std::collections::BTreeMap;

use crate::expression::{Compiled, Each, Kind, Macro, Node, Operator, apply, negate};
use crate::facts::{FactPath, FactSet};
use crate::value::{Key, List, Value};

mod dynamic;

mod what_if;

/// How many steps one evaluation of a pack may take, each worth some ten nanoseconds. The largest
/// shipped pack takes a few hundred.
pub(crate) const MAX_STEPS: usize = 200_000;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EvalError {
    /// Facts that are not there, by their places.
    Missing(Vec<usize>),
    /// Something that has no result.
    Failed(String),
    /// The pack asks a person to look, under a code.
    Referred(String),
    /// The budget is used up.
    Spent,
}

impl EvalError {
    /// Both: what failed weighs more than what is missing.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Spent, _) | (_, Self::Spent) => Self::Spent,
            (Self::Referred(code), _) | (_, Self::Referred(code)) => Self::Referred(code),
            (Self::Failed(message), _) | (_, Self::Failed(message)) => Self::Failed(message),
            (Self::Missing(mut one), Self::Missing(two)) => {
                one.extend(two.into_iter().filter(|fact| !one.contains(fact)).collect::<Vec<_>>());
                Self::Missing(one)
            }
        }
    }
}

/// What an expression gave.
pub(crate) type Evaluated = Result<Value, EvalError>;

/// What is known about a fact.
#[derive(Debug, Clone)]
enum Cached {
    Unread,
    Missing,
    Known(Value),
}

/// A variable that was computed, and the facts that it looked at.
#[derive(Debug, Clone)]
struct Memo {
    given: Evaluated,
    reads: Vec<usize>,
}

/// Evaluates the expressions of one pack against one set of facts.
#[derive(Debug)]
pub(crate) struct Evaluator<'e> {
    facts: &'e FactSet,
    paths: &'e [FactPath],
    variables: &'e [Compiled],
    /// What the rules gave, for outputs of the whole pack.
    pub(crate) found: BTreeMap<String, Value>,
    cache: Vec<Cached>,
    memo: Vec<Option<Memo>>,
    reads: Vec<usize>,
    locals: Vec<Value>,
    steps_left: usize,
}

impl<'e> Evaluator<'e> {
    pub(crate) fn new(
        facts: &'e FactSet,
        paths: &'e [FactPath],
        variables: &'e [Compiled],
    ) -> Self {
        Self {
            facts,
            paths,
            variables,
            found: BTreeMap::new(),
            cache: vec![Cached::Unread; paths.len()],
            memo: vec![None; variables.len()],
            reads: Vec::new(),
            locals: Vec::new(),
            steps_left: MAX_STEPS,
        }
    }

    /// The variables' expressions.
    pub(crate) const fn variables(&self) -> &'e [Compiled] {
        self.variables
    }

    /// The facts that were looked at since the last time, in the order of the pack.
    pub(crate) fn take_reads(&mut self) -> Vec<usize> {
        let mut reads = std::mem::take(&mut self.reads);
        reads.sort_unstable();
        reads
    }

    /// The value of a fact; nothing when it is missing.
    pub(crate) fn fact(&mut self, place: usize) -> Option<Value> {
        match self.cache.get(place)? {
            Cached::Known(value) => return Some(value.clone()),
            Cached::Missing => return None,
            Cached::Unread => {}
        }
        let value = self.paths.get(place).and_then(|path| self.facts.read(path));
        if let Some(slot) = self.cache.get_mut(place) {
            *slot = value.clone().map_or(Cached::Missing, Cached::Known);
        }
        value
    }

    /// The value of an expression.
    pub(crate) fn evaluate(&mut self, node: &Node) -> Evaluated {
        self.spend(1)?;
        match &node.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Fact(place) => self.read(*place).ok_or_else(|| EvalError::Missing(vec![*place])),
            Kind::HasFact(place) => Ok(Value::Bool(self.read(*place).is_some())),
            Kind::Variable(place) => self.variable(*place),
            Kind::Found(name) => Ok(self.found.get(name).cloned().unwrap_or(Value::Null)),
            Kind::Local(place) => {
                self.locals.get(*place).cloned().ok_or_else(|| failed("an element is gone"))
            }
            Kind::And(operands) => self.logic(operands, false),
            Kind::Or(operands) => self.logic(operands, true),
            Kind::Not(operand) => self.truth(operand).map(|yes| Value::Bool(!yes)),
            Kind::Negate(operand) => {
                let value = self.evaluate(operand)?;
                negate(&value).map_err(EvalError::Failed)
            }
            Kind::Conditional(parts) => {
                let [test, one, two] = parts.as_ref();
                if self.truth(test)? { self.evaluate(one) } else { self.evaluate(two) }
            }
            Kind::Binary(operator, operands) => self.binary(*operator, operands),
            Kind::Index(parts) => self.index(parts),
            Kind::Select(holder, name) => {
                let holder = self.evaluate(holder)?;
                value_named(&holder, Key::Text(name.clone()))
            }
            Kind::HasKey(holder, name) => {
                let holder = self.evaluate(holder)?;
                let Value::Map(map) = &holder else {
                    return Err(failed(format!("a {} has no names", holder.type_name())));
                };
                Ok(Value::Bool(map.entries.contains_key(&Key::Text(name.clone()))))
            }
            Kind::List(elements) => self.list(elements),
            Kind::Map(entries) => {
                let mut values = BTreeMap::new();
                for (name, entry) in entries {
                    values.insert(name.clone(), self.evaluate(entry)?);
                }
                self.made(Value::map(values))
            }
            Kind::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.evaluate(argument)?);
                }
                let weight = values.iter().map(Value::weight).fold(0, usize::saturating_add);
                self.spend(weight)?;
                self.made((function.call)(&values))
            }
            Kind::Matches(text, pattern) => {
                let given = self.evaluate(text)?;
                let Value::Text(text) = &given else {
                    return Err(failed(format!("a {} matches no pattern", given.type_name())));
                };
                self.spend(text.len())?;
                Ok(Value::Bool(pattern.is_match(text)))
            }
            Kind::Known(operand) => match self.evaluate(operand) {
                Ok(_) => Ok(Value::Bool(true)),
                Err(EvalError::Missing(_)) => Ok(Value::Bool(false)),
                Err(error @ (EvalError::Failed(_) | EvalError::Referred(_) | EvalError::Spent)) => {
                    Err(error)
                }
            },
            Kind::Require(parts) => self.require(parts),
            Kind::Each(what, each) => self.each(*what, each),
            Kind::Dynamic(dynamic) => self.dynamic(dynamic),
        }
    }

    /// Whether a condition holds.
    pub(crate) fn truth(&mut self, node: &Node) -> Result<bool, EvalError> {
        let given = self.evaluate(node)?;
        let Value::Bool(yes) = given else {
            return Err(failed(format!("a {} is neither true nor false", given.type_name())));
        };
        Ok(yes)
    }

    fn spend(&mut self, steps: usize) -> Result<(), EvalError> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.unwrap_or_default();
        left.map(|_| ()).ok_or(EvalError::Spent)
    }

    /// A value that was made, paid for by its size.
    fn made(&mut self, value: Result<Value, String>) -> Evaluated {
        let value = value.map_err(EvalError::Failed)?;
        self.spend(value.weight())?;
        Ok(value)
    }

    fn read(&mut self, place: usize) -> Option<Value> {
        if !self.reads.contains(&place) {
            self.reads.push(place);
        }
        self.fact(place)
    }

    fn variable(&mut self, place: usize) -> Evaluated {
        if let Some(Some(memo)) = self.memo.get(place) {
            let new: Vec<usize> =
                memo.reads.iter().copied().filter(|fact| !self.reads.contains(fact)).collect();
            let given = memo.given.clone();
            self.reads.extend(new);
            return given;
        }
        let Some(variable) = self.variables.get(place) else {
            return Err(failed("a variable is gone"));
        };
        let locals = std::mem::take(&mut self.locals);
        let before = std::mem::take(&mut self.reads);
        let given = self.evaluate(&variable.node);
        let reads = std::mem::replace(&mut self.reads, before);
        self.locals = locals;
        if let Some(slot) = self.memo.get_mut(place) {
            *slot = Some(Memo { given, reads });
        }
        self.variable(place)
    }

    /// `&&` and `||`: the first operand that is `decisive` decides, whatever else went wrong.
    fn logic(&mut self, operands: &[Node], decisive: bool) -> Evaluated {
        let mut wrong: Option<EvalError> = None;
        for operand in operands {
            match self.truth(operand) {
                Ok(yes) if yes == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(EvalError::Spent) => return Err(EvalError::Spent),
                Err(error) => wrong = Some(both(wrong, error)),
            }
        }
        wrong.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    /// A condition that has to hold: when it does not, the code is told.
    fn require(&mut self, [condition, code]: &[Node; 2]) -> Evaluated {
        if self.truth(condition)? {
            return Ok(Value::Bool(true));
        }
        Err(EvalError::Referred(self.evaluate(code)?.to_string()))
    }

    fn binary(&mut self, operator: Operator, operands: &[Node; 2]) -> Evaluated {
        let [left, right] = operands;
        let left = self.evaluate(left)?;
        let right = self.evaluate(right)?;
        let looked_at = match operator {
            Operator::Equal | Operator::NotEqual => left.weight().min(right.weight()),
            Operator::In => right.weight().saturating_mul(left.weight().max(1)),
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => left.weight().saturating_add(right.weight()),
        };
        self.spend(looked_at)?;
        apply(operator, &left, &right).map_err(EvalError::Failed)
    }

    fn index(&mut self, parts: &[Node; 2]) -> Evaluated {
        let [holder, index] = parts;
        let holder = self.evaluate(holder)?;
        match (&holder, self.evaluate(index)?) {
            (Value::List(list), Value::Int(place)) => element(list, place),
            (holder, index) => match (holder, Key::looked_up(&index)) {
                (Value::List(list), Some(Key::Int(place))) => element(list, place),
                (Value::List(list), Some(Key::Uint(place))) => {
                    element(list, i64::try_from(place).unwrap_or(i64::MAX))
                }
                (Value::Map(_), Some(name)) | (_, Some(name @ Key::Text(_))) => {
                    value_named(holder, name)
                }
                (holder, _) => Err(failed(format!(
                    "a {} has no element at a {}",
                    holder.type_name(),
                    index.type_name()
                ))),
            },
        }
    }

    fn list(&mut self, elements: &[Node]) -> Evaluated {
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            values.push(self.evaluate(element)?);
        }
        self.made(Value::list(values))
    }

    fn each(&mut self, what: Macro, each: &Each) -> Evaluated {
        let given = self.evaluate(&each.list)?;
        let Value::List(list) = &given else {
            return Err(failed(format!("a {} has no elements", given.type_name())));
        };
        match what {
            Macro::All => self.quantified(each, &list.items, false),
            Macro::Exists => self.quantified(each, &list.items, true),
            Macro::ExistsOne => {
                let mut n_holding = 0;
                for item in &list.items {
                    n_holding += usize::from(self.with_element(item, &each.body, Self::truth)?);
                }
                Ok(Value::Bool(n_holding == 1))
            }
            Macro::Filter => {
                let mut kept = Vec::new();
                for item in &list.items {
                    if self.with_element(item, &each.body, Self::truth)? {
                        kept.push(item.clone());
                    }
                }
                self.made(Value::list(kept))
            }
            Macro::Map => {
                let mut made = Vec::new();
                for item in &list.items {
                    let counts = match &each.filter {
                        Some(filter) => self.with_element(item, filter, Self::truth)?,
                        None => true,
                    };
                    if counts {
                        made.push(self.with_element(item, &each.body, Self::evaluate)?);
                    }
                }
                self.made(Value::list(made))
            }
        }
    }

    /// `all` and `exists`, with the rules of `&&` and `||`.
    fn quantified(&mut self, each: &Each, items: &[Value], decisive: bool) -> Evaluated {
        let mut wrong: Option<EvalError> = None;
        for item in items {
            match self.with_element(item, &each.body, Self::truth) {
                Ok(yes) if yes == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(EvalError::Spent) => return Err(EvalError::Spent),
                Err(error) => wrong = Some(both(wrong, error)),
            }
        }
        wrong.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn with_element<T>(
        &mut self,
        item: &Value,
        body: &Node,
        evaluate: fn(&mut Self, &Node) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        self.locals.push(item.clone());
        let given = evaluate(self, body);
        self.locals.pop();
        given
    }
}

fn both(before: Option<EvalError>, error: EvalError) -> EvalError {
    match before {
        Some(before) => before.and(error),
        None => error,
    }
}

fn element(list: &List, place: i64) -> Evaluated {
    usize::try_from(place)
        .ok()
        .and_then(|place| list.items.get(place).cloned())
        .ok_or_else(|| failed(format!("the list has no element {place}")))
}

#[expect(clippy::needless_pass_by_value, reason = "a name is made for the question")]
fn value_named(holder: &Value, name: Key) -> Evaluated {
    let Value::Map(map) = holder else {
        return Err(failed(format!("a {} has nothing called `{name}`", holder.type_name())));
    };
    let found = map.entries.get(&name).cloned();
    found.ok_or_else(|| failed(format!("the map has nothing called `{name}`")))
}

fn failed(message: impl Into<String>) -> EvalError {
    EvalError::Failed(message.into())
}

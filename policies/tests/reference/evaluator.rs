//! A second evaluator of packs, as slow and obvious as can be: it walks the parser's own tree, looks
//! facts up by name in JSON, computes variables anew each time, and goes through rules in a loop.

#![expect(clippy::needless_pass_by_value, reason = "test")]
#![expect(clippy::wildcard_enum_match_arm, reason = "what the tests do not make up is a mistake")]

use std::collections::{BTreeMap, BTreeSet};

use cel::Env;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};
use serde_json::Value as Json;
use tasuki_policies::facts::{FactType, schemas};
use tasuki_policies::{FactSet, Outcome, Shape};

/// A value. Decimals are a whole number and how many of its digits stand behind the point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Int(i64),
    Decimal(i128, u32),
    Text(String),
    Instant(i64),
    List(Vec<Self>),
}

/// Why there is no value: the facts that are missing, or none when something failed.
pub(crate) type Wrong = BTreeSet<String>;
pub(crate) type Given = Result<Value, Wrong>;

/// What an expression may name.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) facts: Json,
    pub(crate) constants: BTreeMap<String, Value>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) found: BTreeMap<String, Vec<Value>>,
}

/// A pack as the tests make it up.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) shape: Shape,
    pub(crate) constants: BTreeMap<String, Value>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) rules: Vec<SketchRule>,
    pub(crate) outputs: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct SketchRule {
    pub(crate) code: String,
    pub(crate) guard: Option<String>,
    pub(crate) condition: String,
    pub(crate) outputs: BTreeMap<String, String>,
}

/// What both evaluators have to agree on. Findings have their outcome and, when facts are missing,
/// which.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) findings: Vec<(String, Outcome, Wrong)>,
    pub(crate) matched: Vec<String>,
    pub(crate) outputs: BTreeMap<String, Json>,
}

fn failed() -> Wrong {
    Wrong::new()
}

/// What failed weighs more than what is missing.
fn both(one: Wrong, two: Wrong) -> Wrong {
    if one.is_empty() || two.is_empty() { failed() } else { one.union(&two).cloned().collect() }
}

pub(crate) fn answer(pack: &Sketch, facts: &FactSet) -> Answer {
    let mut world = World {
        facts: facts.to_json().unwrap(),
        constants: pack.constants.clone(),
        variables: pack.variables.clone(),
        found: BTreeMap::new(),
    };
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut names: BTreeSet<String> = BTreeSet::from(["code".to_owned()]);
    names.extend(pack.rules.iter().flat_map(|rule| rule.outputs.keys().cloned()));
    let first_only = matches!(pack.shape, Shape::FirstMatch | Shape::DecisionTable);
    let mut findings = Vec::new();
    let mut matched = Vec::new();
    let mut chosen = BTreeMap::new();
    for rule in &pack.rules {
        let guard = rule.guard.as_ref().map_or(Ok(true), |guard| world.holds(guard));
        if guard == Ok(false) {
            continue;
        }
        let condition = match (world.holds(&rule.condition), guard) {
            (Ok(false), Err(wrong)) => Err(wrong),
            (given, _) => given,
        };
        let fires = match condition {
            Err(wrong) => {
                findings.push((rule.code.clone(), Outcome::Undetermined, wrong));
                if first_only {
                    break;
                }
                continue;
            }
            Ok(held) => held != (pack.shape == Shape::AllMustHold),
        };
        if !fires {
            continue;
        }
        if matches!(pack.shape, Shape::AllMustHold | Shape::NoneMayHold) {
            findings.push((rule.code.clone(), Outcome::NotSatisfied, failed()));
        } else {
            matched.push(rule.code.clone());
        }
        found.entry("code".to_owned()).or_default().push(Value::Text(rule.code.clone()));
        for (name, output) in &rule.outputs {
            match world.evaluate(output) {
                Ok(value) => {
                    found.entry(name.clone()).or_default().push(value.clone());
                    chosen.insert(name.clone(), json(&value));
                }
                Err(wrong) => findings.push((rule.code.clone(), Outcome::Undetermined, wrong)),
            }
        }
        if first_only {
            break;
        }
    }
    for name in names {
        let values = found.get(&name).cloned().unwrap_or_default();
        world.found.insert(name, values);
    }
    finish(pack, &world, (findings, matched), if first_only { chosen } else { BTreeMap::new() })
}

type Told = (Vec<(String, Outcome, Wrong)>, Vec<String>);

fn finish(
    pack: &Sketch,
    world: &World,
    (mut findings, matched): Told,
    chosen: BTreeMap<String, Json>,
) -> Answer {
    let any = |wanted| findings.iter().any(|it| it.1 == wanted);
    let must = matches!(pack.shape, Shape::AllMustHold | Shape::NoneMayHold);
    let mut outcome = if must && any(Outcome::NotSatisfied) {
        Outcome::NotSatisfied
    } else if any(Outcome::Undetermined) {
        Outcome::Undetermined
    } else if !must && matched.is_empty() {
        Outcome::NotSatisfied
    } else {
        Outcome::Satisfied
    };
    let mut outputs = if outcome == Outcome::Satisfied { chosen } else { BTreeMap::new() };
    if outcome != Outcome::Undetermined {
        for (name, output) in &pack.outputs {
            match world.evaluate(output) {
                Ok(value) => {
                    outputs.insert(name.clone(), json(&value));
                }
                Err(wrong) => {
                    let code = format!("OUTPUT_{}", name.to_uppercase());
                    findings.push((code, Outcome::Undetermined, wrong));
                    if outcome == Outcome::Satisfied {
                        outcome = Outcome::Undetermined;
                    }
                }
            }
        }
    }
    if outcome == Outcome::Undetermined {
        outputs.clear();
    }
    Answer { outcome, findings, matched, outputs }
}

/// As outputs are written.
pub(crate) fn json(value: &Value) -> Json {
    match value {
        Value::Bool(yes) => (*yes).into(),
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Instant(_) => Json::Null,
        Value::Decimal(digits, scale) => {
            let (mut digits, mut scale) = (*digits, *scale);
            while scale > 0 && digits % 10 == 0 {
                digits /= 10;
                scale -= 1;
            }
            let sign = if digits < 0 { "-" } else { "" };
            let width = usize::try_from(scale).unwrap() + 1;
            let text = format!("{:0>width$}", digits.unsigned_abs());
            let (whole, fraction) = text.split_at(text.len() + 1 - width);
            if scale == 0 {
                format!("{sign}{whole}").into()
            } else {
                format!("{sign}{whole}.{fraction}").into()
            }
        }
    }
}

impl World {
    fn holds(&self, source: &str) -> Result<bool, Wrong> {
        truth(self.evaluate(source)?)
    }

    pub(crate) fn evaluate(&self, source: &str) -> Given {
        let parser = Env::default().with_optional_support(false).parser();
        self.node(&parser.parse(source).unwrap(), &BTreeMap::new())
    }

    fn node(&self, node: &IdedExpr, locals: &BTreeMap<String, Value>) -> Given {
        match &node.expr {
            Expr::Literal(LiteralValue::Boolean(yes)) => Ok(Value::Bool(*yes.inner())),
            Expr::Literal(LiteralValue::Int(number)) => Ok(Value::Int(*number.inner())),
            Expr::Literal(LiteralValue::String(text)) => Ok(Value::Text(text.inner().to_owned())),
            Expr::Ident(name) => self.named(name, locals),
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(root) if root == "found" => {
                    Ok(Value::List(self.found[&select.field].clone()))
                }
                Expr::Ident(root) => self.fact(root, &select.field),
                other => panic!("{other:?}"),
            },
            Expr::List(list) => {
                let items: Result<Vec<Value>, Wrong> =
                    list.elements.iter().map(|it| self.node(it, locals)).collect();
                items.map(Value::List)
            }
            Expr::Call(call) => self.call(call, locals),
            other => panic!("{other:?}"),
        }
    }

    fn named(&self, name: &str, locals: &BTreeMap<String, Value>) -> Given {
        if let Some(value) = locals.get(name).or_else(|| self.constants.get(name)) {
            return Ok(value.clone());
        }
        if name == "now" {
            return Ok(instant(self.facts["now"].as_str().unwrap()));
        }
        self.evaluate(&self.variables[name])
    }

    fn fact(&self, root: &str, field: &str) -> Given {
        let schema = schemas().find(|it| it.name == root).unwrap();
        let kind = schema.fields.iter().find(|it| it.name == field).unwrap().fact_type;
        let found = self.facts.get(root).and_then(|it| it.get(field));
        found.map(|it| fact_value(it, kind)).ok_or_else(|| Wrong::from([format!("{root}.{field}")]))
    }

    fn call(&self, call: &CallExpr, locals: &BTreeMap<String, Value>) -> Given {
        let arguments: Vec<&IdedExpr> =
            call.target.iter().map(AsRef::as_ref).chain(&call.args).collect();
        let lazily = |at: usize| self.node(arguments[at], locals);
        match (call.func_name.as_str(), arguments.len()) {
            ("_&&_" | "_||_", _) => {
                let decisive = call.func_name == "_||_";
                let all = arguments.iter().map(|it| self.node(it, locals));
                decided(all, decisive)
            }
            ("_?_:_", _) => lazily(if truth(lazily(0)?)? { 1 } else { 2 }),
            ("has", _) => {
                let Expr::Select(select) = &arguments[0].expr else { panic!("no path") };
                let Expr::Ident(root) = &select.operand.expr else { panic!("no path") };
                Ok(Value::Bool(self.fact(root, &select.field).is_ok()))
            }
            ("known", _) => match lazily(0) {
                Ok(_) => Ok(Value::Bool(true)),
                Err(wrong) if wrong.is_empty() => Err(wrong),
                Err(_) => Ok(Value::Bool(false)),
            },
            ("all" | "exists" | "exists_one" | "filter" | "map", 3) => {
                let Value::List(items) = lazily(0)? else { return Err(failed()) };
                let Expr::Ident(name) = &arguments[1].expr else { panic!("no name") };
                let each = |item: &Value| {
                    let mut inner = locals.clone();
                    inner.insert(name.clone(), item.clone());
                    self.node(arguments[2], &inner)
                };
                macro_of(&call.func_name, &items, each)
            }
            (name, _) => {
                let values: Result<Vec<Value>, Wrong> =
                    arguments.iter().map(|it| self.node(it, locals)).collect();
                strict(name, &values?).ok_or_else(failed)
            }
        }
    }
}

/// `&&`, `||`, `all` and `exists`: what decides wins over what went wrong.
fn decided(all: impl Iterator<Item = Given>, decisive: bool) -> Given {
    let mut wrong: Option<Wrong> = None;
    for given in all {
        match given.and_then(truth) {
            Ok(yes) if yes == decisive => return Ok(Value::Bool(decisive)),
            Ok(_) => {}
            Err(next) => {
                wrong = Some(match wrong {
                    Some(before) => both(before, next),
                    None => next,
                });
            }
        }
    }
    wrong.map_or(Ok(Value::Bool(!decisive)), Err)
}

fn macro_of(name: &str, items: &[Value], each: impl Fn(&Value) -> Given) -> Given {
    match name {
        "all" => decided(items.iter().map(each), false),
        "exists" => decided(items.iter().map(each), true),
        "map" => items.iter().map(each).collect::<Result<_, _>>().map(Value::List),
        _ => {
            let mut kept = Vec::new();
            for item in items {
                if truth(each(item)?)? {
                    kept.push(item.clone());
                }
            }
            let one = Value::Bool(kept.len() == 1);
            Ok(if name == "filter" { Value::List(kept) } else { one })
        }
    }
}

fn truth(value: Value) -> Result<bool, Wrong> {
    if let Value::Bool(yes) = value { Ok(yes) } else { Err(failed()) }
}

fn instant(text: &str) -> Value {
    Value::Instant(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

fn decimal(text: &str) -> Value {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}").parse().unwrap();
    Value::Decimal(digits, u32::try_from(fraction.len()).unwrap())
}

fn fact_value(found: &Json, kind: FactType) -> Value {
    match kind {
        FactType::Bool => Value::Bool(found.as_bool().unwrap()),
        FactType::Int => Value::Int(found.as_i64().unwrap()),
        FactType::Decimal => decimal(found.as_str().unwrap()),
        FactType::Text | FactType::Word(_) => Value::Text(found.as_str().unwrap().to_owned()),
        FactType::Timestamp => instant(found.as_str().unwrap()),
        FactType::List(element) => Value::List(
            found.as_array().unwrap().iter().map(|it| fact_value(it, *element)).collect(),
        ),
    }
}

/// Two numbers with the same number of digits behind the point.
fn aligned(one: &Value, two: &Value) -> Option<(i128, i128, u32)> {
    let parts = |value: &Value| match value {
        Value::Int(number) => Some((i128::from(*number), 0)),
        Value::Decimal(digits, scale) => Some((*digits, *scale)),
        Value::Bool(_) | Value::Text(_) | Value::Instant(_) | Value::List(_) => None,
    };
    let ((one, first), (two, second)) = (parts(one)?, parts(two)?);
    let scale = first.max(second);
    Some((one * 10_i128.pow(scale - first), two * 10_i128.pow(scale - second), scale))
}

fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::List(one), Value::List(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (one, two) => match aligned(one, two) {
            Some((one, two, _)) => one == two,
            None => one == two,
        },
    }
}

fn less(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Text(one), Value::Text(two)) => one < two,
        (Value::Instant(one), Value::Instant(two)) => one < two,
        (one, two) => aligned(one, two).is_some_and(|(one, two, _)| one < two),
    }
}

/// Functions and operators that need all their arguments; nothing when they fail.
fn strict(name: &str, values: &[Value]) -> Option<Value> {
    let yes = |it: bool| Some(Value::Bool(it));
    let holds = |list: &[Value], item: &Value| list.iter().any(|it| same(it, item));
    match (name, values) {
        ("!_", [Value::Bool(it)]) => yes(!it),
        ("-_", [Value::Int(it)]) => it.checked_neg().map(Value::Int),
        ("_==_", [one, two]) => yes(same(one, two)),
        ("_!=_", [one, two]) => yes(!same(one, two)),
        ("_<_", [one, two]) => yes(less(one, two)),
        ("_>_", [one, two]) => yes(less(two, one)),
        ("_<=_", [one, two]) => yes(!less(two, one)),
        ("_>=_", [one, two]) => yes(!less(one, two)),
        ("@in", [item, Value::List(list)]) => yes(holds(list, item)),
        ("hasAny", [Value::List(list), Value::List(wanted)]) => {
            yes(wanted.iter().any(|it| holds(list, it)))
        }
        ("hasAll", [Value::List(list), Value::List(wanted)]) => {
            yes(wanted.iter().all(|it| holds(list, it)))
        }
        ("startsWith", [Value::Text(text), Value::Text(part)]) => yes(text.starts_with(part)),
        ("size", [Value::List(list)]) => Some(Value::Int(i64::try_from(list.len()).ok()?)),
        ("decimal", [Value::Text(text)]) => Some(decimal(text)),
        ("timestamp", [Value::Text(text)]) => Some(instant(text)),
        ("min", [one, two]) => Some(if less(two, one) { two.clone() } else { one.clone() }),
        ("max", [one, two]) => Some(if less(one, two) { two.clone() } else { one.clone() }),
        (sign, [Value::Int(one), Value::Int(two)]) => whole(sign, *one, *two),
        ("_+_", [one, two]) => aligned(one, two).map(|(a, b, at)| Value::Decimal(a + b, at)),
        ("_-_", [one, two]) => aligned(one, two).map(|(a, b, at)| Value::Decimal(a - b, at)),
        ("_*_", [one, two]) => aligned(one, two).map(|(a, b, at)| Value::Decimal(a * b, 2 * at)),
        (other, _) => panic!("`{other}` of {values:?}"),
    }
}

fn whole(sign: &str, one: i64, two: i64) -> Option<Value> {
    let (one, two) = (i128::from(one), i128::from(two));
    let given = match sign {
        "_+_" => one + two,
        "_-_" => one - two,
        "_*_" => one * two,
        "_/_" | "_%_" if two == 0 => return None,
        "_/_" => one / two,
        "_%_" => one % two,
        other => panic!("`{other}`"),
    };
    i64::try_from(given).ok().map(Value::Int)
}

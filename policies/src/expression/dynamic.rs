//! From the syntax tree to the tree of the evaluator, for expressions outside of packs.
//!
//! Standard CEL without a checker: any value anywhere, and what has no meaning is an error when it
//! is evaluated, unless it is not needed. The bounds are those of packs.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::common::ast::{
    CallExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue, SelectExpr, operators,
};

use super::Fault;
use super::check::{each, operator};
use super::parse::Parsed;
use super::tree::{Compiled, Dynamic, Each, Kind, Node, PairMacro, Pairs};
use super::types::Type;
use crate::diagnostic::nearest;
use crate::functions::{self, Style};
use crate::value::{self, Value};

/// The most levels that the evaluator may need.
const MAX_TOTAL_DEPTH: usize = 160;

/// What the names of an expression outside of packs mean.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Values by name; a name may have dots.
    pub(crate) bindings: BTreeMap<String, Value>,
    /// The namespace that names are looked up in first.
    pub(crate) container: String,
}

impl Scope {
    /// What a name means: in the namespace, in those around it, or alone. A name that starts with a
    /// dot stands alone.
    fn find(&self, name: &str) -> Option<Value> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.exactly(absolute);
        }
        let mut around = self.container.as_str();
        while !around.is_empty() {
            if let Some(found) = self.exactly(&format!("{around}.{name}")) {
                return Some(found);
            }
            around = around.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        self.exactly(name)
    }

    fn exactly(&self, name: &str) -> Option<Value> {
        let bound = self.bindings.get(name).cloned();
        bound.or_else(|| {
            functions::TYPES
                .contains(&name)
                .then(|| Value::Dynamic(value::Dynamic::Type(Arc::from(name))))
        })
    }
}

/// Makes the tree that the evaluator walks.
///
/// # Errors
/// What cannot be evaluated at all.
pub(crate) fn lower(parsed: &Parsed, scope: &Scope) -> Result<Compiled, Vec<Fault>> {
    let mut lowering = Lowering { parsed, scope, locals: Vec::new(), faults: Vec::new() };
    let node = lowering.node(&parsed.root);
    if node.depth > MAX_TOTAL_DEPTH {
        let message = "the expression nests too deeply".to_owned();
        lowering.faults.push(Fault::new("too-deep", node.part, message));
    }
    if lowering.faults.is_empty() {
        Ok(Compiled { source: Arc::from(parsed.source.as_str()), node })
    } else {
        Err(lowering.faults)
    }
}

struct Lowering<'l> {
    parsed: &'l Parsed,
    scope: &'l Scope,
    locals: Vec<String>,
    faults: Vec<Fault>,
}

impl Lowering<'_> {
    fn node(&mut self, ided: &IdedExpr) -> Node {
        match &ided.expr {
            Expr::Ident(name) => self.ident(ided, name),
            Expr::Select(select) => self.select(ided, select),
            Expr::Literal(literal) => self.made(ided, Kind::Literal(written(literal)), &[]),
            Expr::Call(call) => self.call(ided, call),
            Expr::List(list) => {
                let nodes = self.nodes(&list.elements);
                let depth = deepest(&nodes);
                self.deep(ided, Kind::List(nodes), depth)
            }
            Expr::Map(map) => self.map(ided, &map.entries),
            Expr::Struct(_) => self.wrong(ided, "messages cannot be made here"),
            Expr::Comprehension(_) | Expr::Unspecified => {
                self.wrong(ided, "this cannot be evaluated")
            }
        }
    }

    fn nodes(&mut self, all: &[IdedExpr]) -> Vec<Node> {
        all.iter().map(|it| self.node(it)).collect()
    }

    fn made(&self, ided: &IdedExpr, kind: Kind, below: &[&Node]) -> Node {
        let depth = below.iter().map(|node| node.depth).max().unwrap_or_default();
        self.deep(ided, kind, depth)
    }

    fn deep(&self, ided: &IdedExpr, kind: Kind, below: usize) -> Node {
        let part = self.parsed.place(ided.id);
        Node { kind, part, result: Type::Any, depth: below + 1 }
    }

    fn dynamic(&self, ided: &IdedExpr, dynamic: Dynamic, below: usize) -> Node {
        self.deep(ided, Kind::Dynamic(Box::new(dynamic)), below)
    }

    fn wrong(&mut self, ided: &IdedExpr, message: &str) -> Node {
        let part = self.parsed.place(ided.id);
        self.faults.push(Fault::new("unsupported", part, message.to_owned()));
        self.fails(ided, message.to_owned())
    }

    fn fails(&self, ided: &IdedExpr, message: String) -> Node {
        self.dynamic(ided, Dynamic::Fails(message), 0)
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|local| local == name)
    }

    fn ident(&mut self, ided: &IdedExpr, name: &str) -> Node {
        if let Some(at) = self.locals.iter().rposition(|local| local == name) {
            return self.made(ided, Kind::Local(at), &[]);
        }
        match self.scope.find(name) {
            Some(value) => self.made(ided, Kind::Literal(value), &[]),
            None => self.unknown(ided, name),
        }
    }

    fn unknown(&self, ided: &IdedExpr, name: &str) -> Node {
        let known = self.scope.bindings.keys().chain(&self.locals).map(String::as_str);
        let hint = nearest(name, known).map(|near| format!("; did you mean `{near}`?"));
        self.fails(ided, format!("nothing is called `{name}`{}", hint.unwrap_or_default()))
    }

    /// A path is the longest name that means something, and what is left of it.
    fn select(&mut self, ided: &IdedExpr, select: &SelectExpr) -> Node {
        if let Some(path) = path(ided)
            && !path.first().is_some_and(|root| self.is_local(root))
        {
            let longest = (2..=path.len()).rev().find_map(|n_parts| {
                let name = path.get(..n_parts)?.join(".");
                self.scope.find(&name).map(|value| (n_parts, value))
            });
            if let Some((n_parts, value)) = longest {
                let mut node = self.made(ided, Kind::Literal(value), &[]);
                for field in path.iter().skip(n_parts) {
                    let depth = node.depth;
                    let kind = Kind::Select(Box::new(node), Arc::from(*field));
                    node = self.deep(ided, kind, depth);
                }
                return node;
            }
        }
        let operand = self.node(&select.operand);
        let depth = operand.depth;
        let kind = Kind::Select(Box::new(operand), Arc::from(select.field.as_str()));
        self.deep(ided, kind, depth)
    }

    fn map(&mut self, ided: &IdedExpr, entries: &[IdedEntryExpr]) -> Node {
        let mut nodes = Vec::with_capacity(entries.len());
        let mut depth = 0;
        for entry in entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
            let (key, value) = (self.node(&entry.key), self.node(&entry.value));
            depth = depth.max(key.depth).max(value.depth);
            nodes.push((key, value));
        }
        self.dynamic(ided, Dynamic::Map(nodes), depth)
    }

    fn call(&mut self, ided: &IdedExpr, call: &CallExpr) -> Node {
        let name = call.func_name.as_str();
        if let (Some(operator), [left, right]) = (operator(name), call.args.as_slice()) {
            let pair = [self.node(left), self.node(right)];
            let depth = deepest(&pair);
            return self.deep(ided, Kind::Binary(operator, Box::new(pair)), depth);
        }
        match (name, &call.target, call.args.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, _, _) => self.logic(ided, call),
            (operators::LOGICAL_NOT, None, [operand]) => {
                let operand = self.node(operand);
                let depth = operand.depth;
                self.deep(ided, Kind::Not(Box::new(operand)), depth)
            }
            (operators::NEGATE, None, [operand]) => {
                let operand = self.node(operand);
                let depth = operand.depth;
                self.deep(ided, Kind::Negate(Box::new(operand)), depth)
            }
            (operators::CONDITIONAL, None, [test, one, two]) => {
                let parts = [self.node(test), self.node(one), self.node(two)];
                let depth = deepest(&parts);
                self.deep(ided, Kind::Conditional(Box::new(parts)), depth)
            }
            (operators::INDEX, None, [holder, index]) => {
                let parts = [self.node(holder), self.node(index)];
                let depth = deepest(&parts);
                self.deep(ided, Kind::Index(Box::new(parts)), depth)
            }
            ("has", None, [argument]) => self.has(ided, argument),
            ("refer", None, [code]) => {
                let never = self.made(ided, Kind::Literal(Value::Bool(false)), &[]);
                let parts = [never, self.node(code)];
                let depth = deepest(&parts);
                self.deep(ided, Kind::Require(Box::new(parts)), depth)
            }
            ("require", None, [condition, code]) => {
                let parts = [self.node(condition), self.node(code)];
                let depth = deepest(&parts);
                self.deep(ided, Kind::Require(Box::new(parts)), depth)
            }
            (_, Some(target), arguments) => {
                let found = self.bind(ided, (name, target), arguments);
                let found = found.or_else(|| self.each(ided, (name, target), arguments));
                let found = found.or_else(|| self.pairs(ided, (name, target), arguments));
                found.unwrap_or_else(|| self.named_call(ided, call))
            }
            (_, None, _) => self.named_call(ided, call),
        }
    }

    /// `&&` and `||`. The parser makes a balanced tree of a chain; a flat list needs less depth.
    fn logic(&mut self, ided: &IdedExpr, call: &CallExpr) -> Node {
        let mut operands = Vec::new();
        let mut open: Vec<&IdedExpr> = call.args.iter().rev().collect();
        while let Some(next) = open.pop() {
            if let Expr::Call(inner) = &next.expr
                && inner.func_name == call.func_name
            {
                open.extend(inner.args.iter().rev());
            } else {
                operands.push(self.node(next));
            }
        }
        let depth = deepest(&operands);
        let and = call.func_name == operators::LOGICAL_AND;
        self.deep(ided, if and { Kind::And(operands) } else { Kind::Or(operands) }, depth)
    }

    fn has(&mut self, ided: &IdedExpr, argument: &IdedExpr) -> Node {
        let Expr::Select(select) = &argument.expr else {
            return self.wrong(ided, "`has` takes a path such as `a.b`");
        };
        let operand = self.node(&select.operand);
        let depth = operand.depth;
        let kind = Kind::HasKey(Box::new(operand), Arc::from(select.field.as_str()));
        self.deep(ided, kind, depth)
    }

    /// `cel.bind(name, value, expression)`.
    fn bind(
        &mut self,
        ided: &IdedExpr,
        (name, target): (&str, &IdedExpr),
        arguments: &[IdedExpr],
    ) -> Option<Node> {
        let [variable, value, body] = arguments else { return None };
        let Expr::Ident(variable) = &variable.expr else { return None };
        if name != "bind" || !matches!(&target.expr, Expr::Ident(it) if it == "cel") {
            return None;
        }
        let value = self.node(value);
        self.locals.push(variable.clone());
        let body = self.node(body);
        self.locals.pop();
        let depth = value.depth.max(body.depth);
        Some(self.dynamic(ided, Dynamic::Bind([value, body]), depth))
    }

    fn each(
        &mut self,
        ided: &IdedExpr,
        (name, target): (&str, &IdedExpr),
        arguments: &[IdedExpr],
    ) -> Option<Node> {
        let [variable, body @ ..] = arguments else { return None };
        let what = each(name, body.len())?;
        let Expr::Ident(variable) = &variable.expr else {
            return Some(self.wrong(variable, "this names the element: write one word"));
        };
        let holder = self.node(target);
        let depth = holder.depth;
        let list = self.dynamic(target, Dynamic::Elements(holder), depth);
        self.locals.push(variable.clone());
        let mut nodes = self.nodes(body);
        self.locals.pop();
        let depth = deepest(&nodes).max(list.depth);
        let body = nodes.pop()?;
        let filter = nodes.pop();
        Some(self.deep(ided, Kind::Each(what, Box::new(Each { list, filter, body })), depth))
    }

    /// A macro with a name for the place and one for the element.
    fn pairs(
        &mut self,
        ided: &IdedExpr,
        (name, target): (&str, &IdedExpr),
        arguments: &[IdedExpr],
    ) -> Option<Node> {
        let [one, two, body @ ..] = arguments else { return None };
        let what = match (name, body.len()) {
            ("all", 1) => PairMacro::All,
            ("exists", 1) => PairMacro::Exists,
            ("exists_one" | "existsOne", 1) => PairMacro::ExistsOne,
            ("transformList", 1 | 2) => PairMacro::List,
            ("transformMap", 1 | 2) => PairMacro::Map,
            (_, _) => return None,
        };
        let (Expr::Ident(one), Expr::Ident(two)) = (&one.expr, &two.expr) else {
            return Some(self.wrong(one, "this names the place: write one word"));
        };
        let holder = self.node(target);
        self.locals.extend([one.clone(), two.clone()]);
        let mut nodes = self.nodes(body);
        self.locals.truncate(self.locals.len().saturating_sub(2));
        let depth = deepest(&nodes).max(holder.depth);
        let body = nodes.pop()?;
        let filter = nodes.pop();
        Some(self.dynamic(ided, Dynamic::Pairs(what, Pairs { holder, filter, body }), depth))
    }

    fn named_call(&mut self, ided: &IdedExpr, call: &CallExpr) -> Node {
        // A function of a library, as in `math.abs(-1)`.
        if let Some(Expr::Ident(library)) = call.target.as_ref().map(|it| &it.expr)
            && !self.is_local(library)
            && let Some(function) = functions::standard(&format!("{library}.{}", call.func_name))
        {
            let nodes = self.nodes(&call.args);
            let depth = deepest(&nodes);
            return self.dynamic(ided, Dynamic::Call(function, nodes), depth);
        }
        let name = call.func_name.trim_start_matches('.');
        let mut nodes: Vec<Node> = call.target.iter().map(|it| self.node(it)).collect();
        nodes.extend(self.nodes(&call.args));
        let depth = deepest(&nodes);
        let fits = |style: Style| match style {
            Style::Plain => call.target.is_none(),
            Style::Member => call.target.is_some(),
            Style::Both => true,
        };
        if let Some(function) = functions::standard(name).filter(|it| fits(it.style)) {
            return self.dynamic(ided, Dynamic::Call(function, nodes), depth);
        }
        let own = functions::named(name).filter(|it| fits(it.style));
        let Some(own) =
            own.filter(|it| (it.n_arguments.0..=it.n_arguments.1).contains(&nodes.len()))
        else {
            let near = nearest(name, functions::standard_names().chain(functions::names()));
            let hint = near.filter(|near| *near != name);
            let hint = hint.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let message = format!("there is no function `{name}` that is called like this{hint}");
            return self.fails(ided, message);
        };
        self.dynamic(ided, Dynamic::Own(own, nodes), depth)
    }
}

/// A literal as a value.
fn written(literal: &LiteralValue) -> Value {
    match literal {
        LiteralValue::Boolean(yes) => Value::Bool(*yes.inner()),
        LiteralValue::Int(number) => Value::Int(*number.inner()),
        LiteralValue::String(text) => Value::text(text.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::Double(number) => Value::Dynamic(value::Dynamic::Double(*number.inner())),
        LiteralValue::UInt(number) => Value::Dynamic(value::Dynamic::Uint(*number.inner())),
        LiteralValue::Bytes(bytes) => {
            Value::Dynamic(value::Dynamic::Bytes(Arc::from(bytes.inner())))
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is no path")]
/// The words of a path such as `a.b.c`.
fn path(ided: &IdedExpr) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut at = ided;
    loop {
        match &at.expr {
            Expr::Ident(name) => {
                words.push(name.as_str());
                words.reverse();
                return Some(words);
            }
            Expr::Select(select) if !select.test => {
                words.push(select.field.as_str());
                at = &select.operand;
            }
            _ => return None,
        }
    }
}

fn deepest(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| node.depth).max().unwrap_or_default()
}

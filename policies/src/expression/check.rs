//! From the syntax tree to the checked tree: every name is looked up, every type is compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr};

use super::Fault;
use super::names::{FactTable, Name, Names};
use super::parse::Parsed;
use super::tree::{Compiled, Kind, Node};
use super::types::Type;
use crate::diagnostic::nearest;
use crate::facts::Root;
use crate::functions;
use crate::value::{Key, Value};

mod calls;

pub(super) use calls::{each, operator};

/// The most levels that the evaluator may need for an expression with its variables.
const MAX_TOTAL_DEPTH: usize = 160;

/// A checked expression, or everything that is wrong with it.
pub(crate) type Checked = Result<Compiled, Vec<Fault>>;

/// Checks an expression against the names it may use.
///
/// # Errors
/// Every fault that was found, in the order of the text.
pub(crate) fn check(parsed: &Parsed, names: &Names, table: &mut FactTable) -> Checked {
    let mut checker = Checker { parsed, names, table, faults: Vec::new(), locals: Vec::new() };
    let node = checker.node(&parsed.root);
    if node.depth > MAX_TOTAL_DEPTH {
        let message = "the expression and its variables nest too deeply".to_owned();
        checker.faults.push(Fault::new("too-deep", node.part, message));
    }
    if checker.faults.is_empty() {
        Ok(Compiled { source: Arc::from(parsed.source.as_str()), node })
    } else {
        checker.faults.sort_by_key(|fault| fault.part);
        Err(checker.faults)
    }
}

struct Checker<'c> {
    parsed: &'c Parsed,
    names: &'c Names,
    table: &'c mut FactTable,
    faults: Vec<Fault>,
    locals: Vec<(String, Type)>,
}

impl Checker<'_> {
    fn node(&mut self, ided: &IdedExpr) -> Node {
        let place = self.parsed.place(ided.id);
        match &ided.expr {
            Expr::Ident(name) => self.ident(name, place),
            Expr::Select(select) => self.select(select, place),
            Expr::Literal(literal) => self.literal(literal, place),
            Expr::Call(call) => self.call(call, place),
            Expr::List(list) => self.list(&list.elements, place),
            Expr::Map(map) => {
                let entries = map.entries.iter().map(|entry| &entry.expr).collect::<Vec<_>>();
                self.map(&entries, place)
            }
            Expr::Struct(_) => self.wrong("unsupported", place, "messages cannot be made here"),
            Expr::Comprehension(_) | Expr::Unspecified => {
                self.wrong("unsupported", place, "this cannot be evaluated")
            }
        }
    }

    /// A node that is right.
    fn right(&self, kind: Kind, result: Type, place: (usize, usize), below: &[&Node]) -> Node {
        let part = below.iter().fold(self.parsed.tokens.joined(place, place), |part, node| {
            self.parsed.tokens.joined(part, node.part)
        });
        let depth = below.iter().map(|node| node.depth).max().unwrap_or_default() + 1;
        Node { kind, part, result, depth }
    }

    /// Notes a fault. What is given back fits everywhere, so that one mistake is told once.
    fn wrong(&mut self, code: &'static str, part: (usize, usize), message: &str) -> Node {
        self.fault(Fault::new(code, part, message.to_owned()))
    }

    fn fault(&mut self, fault: Fault) -> Node {
        let part = fault.part;
        self.faults.push(fault);
        Node { kind: Kind::Literal(Value::Null), part, result: Type::Any, depth: 1 }
    }

    fn ident(&mut self, name: &str, place: (usize, usize)) -> Node {
        if let Some(at) = self.locals.iter().rposition(|(local, _)| local == name) {
            let result = self.locals.get(at).map_or(Type::Any, |(_, kind)| kind.clone());
            return self.right(Kind::Local(at), result, place, &[]);
        }
        match self.names.get(name) {
            Some(Name::Now) => {
                let fact = self.table.place_of(Root::Now, 0);
                self.right(Kind::Fact(fact), Type::Timestamp, place, &[])
            }
            Some(Name::Constant(value, kind)) => {
                self.table.used.insert(name.to_owned());
                self.right(Kind::Literal(value.clone()), kind.clone(), place, &[])
            }
            Some(Name::Variable(at, kind, depth)) => {
                self.table.used.insert(name.to_owned());
                let mut node = self.right(Kind::Variable(*at), kind.clone(), place, &[]);
                node.depth += depth;
                node
            }
            Some(Name::Root(_)) => {
                let message = format!("`{name}` holds facts: name one, as in `{name}.…`");
                self.wrong("wrong-type", place, &message)
            }
            Some(Name::Found(_)) => {
                self.wrong("wrong-type", place, "name an output of the rules, as in `found.…`")
            }
            None => self.unknown_name(name, place),
        }
    }

    fn unknown_name(&mut self, name: &str, place: (usize, usize)) -> Node {
        let fault = Fault::new("unknown-name", place, format!("nothing is called `{name}`"));
        if Root::named(name).is_some() {
            let hint = format!("add `{name}` to the `facts` of the pack");
            return self.fault(fault.suggesting(hint));
        }
        let known = self.names.keys().map(String::as_str);
        let known = known.chain(self.locals.iter().map(|(local, _)| local.as_str()));
        let hint = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
        let hint = hint.or_else(|| self.holder_of(name));
        let fault = match hint {
            Some(hint) => fault.suggesting(hint),
            None => fault,
        };
        self.fault(fault)
    }

    /// The struct that has a fact of this name.
    fn holder_of(&self, name: &str) -> Option<String> {
        let roots = self.names.values().filter_map(|it| match it {
            Name::Root(root) => root.schema(),
            Name::Now | Name::Constant(..) | Name::Variable(..) | Name::Found(_) => None,
        });
        roots
            .filter(|schema| schema.fields.iter().any(|fact| fact.name == name))
            .map(|schema| format!("did you mean `{}.{name}`?", schema.name))
            .next()
    }

    fn select(&mut self, select: &SelectExpr, place: (usize, usize)) -> Node {
        if let Expr::Ident(name) = &select.operand.expr
            && !self.locals.iter().any(|(local, _)| local == name)
        {
            let holder = self.parsed.place(select.operand.id);
            let whole = self.path_part(holder, place);
            match self.names.get(name) {
                Some(Name::Root(root)) => return self.fact(*root, &select.field, whole),
                Some(Name::Found(outputs)) => {
                    let found = outputs.get(&select.field).cloned();
                    return self.found(found, &select.field, whole);
                }
                Some(Name::Now | Name::Constant(..) | Name::Variable(..)) | None => {}
            }
        }
        let operand = self.node(&select.operand);
        if !matches!(operand.result, Type::Map | Type::Any) {
            let message = format!("a {} has nothing called `{}`", operand.result, select.field);
            return self.wrong("wrong-type", place, &message);
        }
        let name = Arc::from(select.field.as_str());
        let part = self.path_part(operand.part, place);
        let depth = operand.depth + 1;
        let is_instant = matches!(&operand.kind, Kind::Call(function, _) if function.name == "jst");
        let known = functions::PARTS.iter().find(|(known, _)| *known == select.field);
        let result = match known {
            Some((_, kind)) if is_instant => kind.clone(),
            None if is_instant => {
                let message = format!("an instant in Japan has no `{}`", select.field);
                let names: Vec<&str> = functions::PARTS.iter().map(|(name, _)| *name).collect();
                let fault = Fault::new("unknown-name", part, message);
                return self.fault(fault.suggesting(format!("there are {}", names.join(", "))));
            }
            Some(_) | None => Type::Any,
        };
        Node { kind: Kind::Select(Box::new(operand), name), part, result, depth }
    }

    /// A path from its holder to the name after the dot.
    fn path_part(&self, holder: (usize, usize), dot: (usize, usize)) -> (usize, usize) {
        let name = self.parsed.tokens.after(dot.0).unwrap_or(dot);
        self.parsed.tokens.joined(holder, name)
    }

    fn fact(&mut self, root: Root, field: &str, part: (usize, usize)) -> Node {
        match self.find_fact(root, field, part) {
            Some((at, result)) => Node { kind: Kind::Fact(at), part, result, depth: 1 },
            None => Node { kind: Kind::Literal(Value::Null), part, result: Type::Any, depth: 1 },
        }
    }

    fn find_fact(
        &mut self,
        root: Root,
        field: &str,
        part: (usize, usize),
    ) -> Option<(usize, Type)> {
        let schema = root.schema()?;
        if let Some(at) = schema.fields.iter().position(|fact| fact.name == field) {
            let kind = schema.fields.get(at).map_or(Type::Any, |it| Type::of_fact(it.fact_type));
            return Some((self.table.place_of(root, at), kind));
        }
        let message = format!("`{}` has no fact `{field}`", schema.name);
        let fault = Fault::new("unknown-fact", part, message);
        let near = nearest(field, schema.fields.iter().map(|fact| fact.name));
        let fault = match near {
            Some(near) => fault.suggesting(format!("did you mean `{}.{near}`?", schema.name)),
            None => fault,
        };
        self.fault(fault);
        None
    }

    fn found(&mut self, kind: Option<Type>, field: &str, part: (usize, usize)) -> Node {
        let Some(kind) = kind else {
            let message = format!("no rule gives an output `{field}`");
            return self.wrong("unknown-name", part, &message);
        };
        let result = Type::List(Box::new(kind));
        Node { kind: Kind::Found(field.to_owned()), part, result, depth: 1 }
    }

    fn literal(&mut self, literal: &LiteralValue, place: (usize, usize)) -> Node {
        let (value, result) = match literal {
            LiteralValue::Boolean(yes) => (Value::Bool(*yes.inner()), Type::Bool),
            LiteralValue::Int(number) => (Value::Int(*number.inner()), Type::Int),
            LiteralValue::String(text) => (Value::text(text.inner()), Type::TEXT),
            LiteralValue::Null => (Value::Null, Type::Null),
            LiteralValue::Double(number) => {
                let fault = Fault::new(
                    "floating-point",
                    place,
                    "floating point numbers are not exact".to_owned(),
                );
                return self
                    .fault(fault.suggesting(format!("write `decimal('{}')`", number.inner())));
            }
            LiteralValue::UInt(number) => {
                let message = "unsigned numbers are not used".to_owned();
                let fault = Fault::new("unsupported", place, message);
                return self.fault(fault.suggesting(format!("write `{}`", number.inner())));
            }
            LiteralValue::Bytes(_) => {
                return self.wrong("unsupported", place, "bytes are not used");
            }
        };
        // The parser places a negative number at its digits.
        let signed = matches!(value, Value::Int(number) if number < 0);
        let sign = self.parsed.tokens.before(place.0).filter(|_| signed).unwrap_or(place);
        let part = (sign.0, place.1);
        Node { kind: Kind::Literal(value), part, result, depth: 1 }
    }

    fn list(&mut self, elements: &[IdedExpr], place: (usize, usize)) -> Node {
        let mut element = Type::Any;
        let mut nodes = Vec::with_capacity(elements.len());
        for ided in elements {
            let node = self.node(ided);
            if let Some(both) = element.either(&node.result) {
                element = both;
            } else {
                let message = format!("a {} among elements of {element}", node.result);
                self.wrong("wrong-type", node.part, &message);
            }
            nodes.push(node);
        }
        let below: Vec<&Node> = nodes.iter().collect();
        let mut list = self.right(Kind::List(vec![]), Type::List(Box::new(element)), place, &below);
        list.kind = match literals(&nodes).map(Value::list) {
            Some(Ok(value)) => Kind::Literal(value),
            Some(Err(_)) | None => Kind::List(nodes),
        };
        list
    }

    fn map(&mut self, entries: &[&EntryExpr], place: (usize, usize)) -> Node {
        let mut nodes: Vec<(Key, Node)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let EntryExpr::MapEntry(entry) = entry else { continue };
            let key = self.node(&entry.key);
            let value = self.node(&entry.value);
            let Kind::Literal(Value::Text(name)) = key.kind else {
                self.wrong("wrong-type", key.part, "names of a map are written as strings");
                continue;
            };
            let name = Key::Text(name);
            if nodes.iter().any(|(other, _)| *other == name) {
                self.wrong("wrong-type", key.part, "this name is there twice");
            }
            nodes.push((name, value));
        }
        let below: Vec<&Node> = nodes.iter().map(|(_, node)| node).collect();
        let mut map = self.right(Kind::Map(vec![]), Type::Map, place, &below);
        map.kind = Kind::Map(nodes);
        map
    }
}

/// The values of nodes that are all written down.
fn literals(nodes: &[Node]) -> Option<Vec<Value>> {
    nodes
        .iter()
        .map(|node| if let Kind::Literal(value) = &node.kind { Some(value.clone()) } else { None })
        .collect()
}

/// The names that outputs of a whole pack may use for what its rules gave.
pub(crate) fn found_names(outputs: BTreeMap<String, Type>) -> Name {
    Name::Found(outputs)
}

/// Whether a name is free for a constant or variable.
pub(crate) fn is_taken(name: &str) -> bool {
    super::names::RESERVED.contains(&name) || functions::is_reserved(name)
}

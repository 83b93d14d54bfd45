//! Calls: operators, macros and functions.

use cel::common::ast::{CallExpr, Expr, IdedExpr, operators};
use regex::RegexBuilder;

use super::{Checker, literals};
use crate::diagnostic::nearest;
use crate::expression::Fault;
use crate::expression::names::Name;
use crate::expression::operators::result_type;
use crate::expression::tree::{Each, Kind, Macro, Node, Operator};
use crate::expression::types::Type;
use crate::functions::{self, Function, Style};
use crate::value::Value;

/// The deepest nesting of macros over lists: a list of a list of facts.
const MAX_LOOPS: usize = 2;

/// The largest compiled pattern of `matches`.
const MAX_PATTERN_BYTES: usize = 64 * 1024;

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &CallExpr, place: (usize, usize)) -> Node {
        if let Some(operator) = operator(&call.func_name)
            && let [left, right] = call.args.as_slice()
        {
            return self.binary(operator, (left, right), place);
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, _) => self.logic(call, place),
            (operators::LOGICAL_NOT, [operand]) => {
                let operand = self.wanting(operand, &Type::Bool);
                let mut node =
                    self.right(Kind::Literal(Value::Null), Type::Bool, place, &[&operand]);
                node.kind = Kind::Not(Box::new(operand));
                node
            }
            (operators::NEGATE, [operand]) => self.negate(operand, place),
            (operators::CONDITIONAL, [test, one, two]) => self.conditional([test, one, two], place),
            (operators::INDEX, [holder, index]) => self.index(holder, index, place),
            _ => self.named_call(call, place),
        }
    }

    /// An operand that has to be of a type.
    fn wanting(&mut self, operand: &IdedExpr, wanted: &Type) -> Node {
        let node = self.node(operand);
        if !node.result.fits(wanted) {
            let message = format!("this is a {}, not a {wanted}", node.result);
            self.wrong("wrong-type", node.part, &message);
        }
        node
    }

    /// `&&` and `||`. The parser makes a balanced tree of a chain; one flat list explains better.
    fn logic(&mut self, call: &CallExpr, place: (usize, usize)) -> Node {
        let mut operands = Vec::new();
        let mut open: Vec<&IdedExpr> = call.args.iter().rev().collect();
        while let Some(next) = open.pop() {
            if let Expr::Call(inner) = &next.expr
                && inner.func_name == call.func_name
            {
                open.extend(inner.args.iter().rev());
            } else {
                operands.push(self.wanting(next, &Type::Bool));
            }
        }
        let below: Vec<&Node> = operands.iter().collect();
        let mut node = self.right(Kind::Literal(Value::Null), Type::Bool, place, &below);
        node.kind = if call.func_name == operators::LOGICAL_AND {
            Kind::And(operands)
        } else {
            Kind::Or(operands)
        };
        node
    }

    fn negate(&mut self, operand: &IdedExpr, place: (usize, usize)) -> Node {
        let operand = self.node(operand);
        let result = operand.result.clone();
        if !result.is_number() && result != Type::Duration {
            let message = format!("`-` has no meaning before a {result}");
            return self.wrong("wrong-type", operand.part, &message);
        }
        let mut node = self.right(Kind::Literal(Value::Null), result, place, &[&operand]);
        node.kind = Kind::Negate(Box::new(operand));
        node
    }

    fn conditional(&mut self, parts: [&IdedExpr; 3], place: (usize, usize)) -> Node {
        let [test, one, two] = parts;
        let test = self.wanting(test, &Type::Bool);
        let one = self.node(one);
        let two = self.node(two);
        let Some(result) = one.result.either(&two.result) else {
            let message = format!("one branch is a {}, the other a {}", one.result, two.result);
            return self.wrong("wrong-type", place, &message);
        };
        let mut node = self.right(Kind::Literal(Value::Null), result, place, &[&test, &one, &two]);
        node.kind = Kind::Conditional(Box::new([test, one, two]));
        node
    }

    fn index(&mut self, holder: &IdedExpr, index: &IdedExpr, place: (usize, usize)) -> Node {
        let holder = self.node(holder);
        let index = self.node(index);
        let element = holder.result.element();
        let element = element.or((holder.result == Type::Map).then_some(Type::Any));
        let Some(result) = element else {
            let message = format!("a {} has no elements", holder.result);
            return self.wrong("wrong-type", holder.part, &message);
        };
        let wanted = if holder.result == Type::Map { Type::TEXT } else { Type::Int };
        if holder.result != Type::Any && !index.result.fits(&wanted) {
            let message = format!("the place of an element is a {wanted}, not a {}", index.result);
            self.wrong("wrong-type", index.part, &message);
        }
        let mut node = self.right(Kind::Literal(Value::Null), result, place, &[&holder, &index]);
        node.kind = Kind::Index(Box::new([holder, index]));
        node
    }

    fn binary(
        &mut self,
        operator: Operator,
        (left, right): (&IdedExpr, &IdedExpr),
        place: (usize, usize),
    ) -> Node {
        let left = self.node(left);
        let right = self.node(right);
        let result = match result_type(operator, &left.result, &right.result) {
            Ok(result) => result,
            Err(message) => {
                let part = self.parsed.tokens.joined(left.part, right.part);
                let fault = Fault::new("wrong-type", part, message);
                let null = left.result == Type::Null || right.result == Type::Null;
                return self.fault(if null {
                    fault.suggesting("ask with `known(…)` or `has(…)`".to_owned())
                } else {
                    fault
                });
            }
        };
        if matches!(operator, Operator::Equal | Operator::NotEqual | Operator::In) {
            self.words_fit(&left, &right);
            self.words_fit(&right, &left);
        }
        let mut node = self.right(Kind::Literal(Value::Null), result, place, &[&left, &right]);
        node.kind = Kind::Binary(operator, Box::new([left, right]));
        node
    }

    /// Whether the texts that are written down are among the words that the other side can be.
    fn words_fit(&mut self, words: &Node, written: &Node) {
        let Some(possible) = words.result.words() else { return };
        let Kind::Literal(value) = &written.kind else { return };
        let texts: Vec<&Value> = match value {
            Value::List(list) => list.items.iter().collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
            | Value::Map(_)
            | Value::Dynamic(_) => vec![value],
        };
        for text in texts {
            let Value::Text(text) = text else { continue };
            if possible.contains(&text.as_ref()) {
                continue;
            }
            let path = self.parsed.source.get(words.part.0..words.part.1).unwrap_or_default();
            let message = format!("`{path}` is never `{text}`");
            let hint = nearest(text, possible.iter().copied()).map_or_else(
                || format!("it is one of {}", possible.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.fault(Fault::new("never-true", written.part, message).suggesting(hint));
        }
    }

    fn named_call(&mut self, call: &CallExpr, place: (usize, usize)) -> Node {
        let name = call.func_name.as_str();
        // The parser places a call at its bracket; its name stands before.
        let named = self.parsed.tokens.before(place.0).unwrap_or(place);
        match (name, &call.target, call.args.as_slice()) {
            ("has", None, [argument]) => return self.has(argument, named),
            ("known", None, [argument]) => {
                let argument = self.node(argument);
                let mut node =
                    self.right(Kind::Literal(Value::Null), Type::Bool, place, &[&argument]);
                node.part.0 = node.part.0.min(named.0);
                node.kind = Kind::Known(Box::new(argument));
                return node;
            }
            ("require", None, [condition, code]) => {
                return self.require(Some(condition), code, (named, place));
            }
            ("refer", None, [code]) => return self.require(None, code, (named, place)),
            ("matches", Some(text), [pattern]) => return self.matches(text, pattern, named),
            (_, Some(list), [variable, body @ ..]) => {
                if let Some(what) = each(name, body.len()) {
                    return self.each(what, (list, variable, body), place);
                }
            }
            (_, _, _) => {}
        }
        match functions::named(name) {
            Some(function) => self.function(function, call, (named, place)),
            None => self.unknown_function(name, named),
        }
    }

    fn unknown_function(&mut self, name: &str, named: (usize, usize)) -> Node {
        let message = format!("there is no function `{name}`");
        let fault = Fault::new("unknown-function", named, message);
        let fault = match nearest(name, functions::names()) {
            Some(near) if near == name => {
                fault.suggesting(format!("look up how `{name}` is called"))
            }
            Some(near) => fault.suggesting(format!("did you mean `{near}`?")),
            None => fault,
        };
        self.fault(fault)
    }

    fn function(
        &mut self,
        function: &'static Function,
        call: &CallExpr,
        (named, place): ((usize, usize), (usize, usize)),
    ) -> Node {
        let fitting_style = match function.style {
            Style::Plain => call.target.is_none(),
            Style::Member => call.target.is_some(),
            Style::Both => true,
        };
        let given = call.target.iter().map(AsRef::as_ref).chain(&call.args);
        let nodes: Vec<Node> = given.map(|argument| self.node(argument)).collect();
        let (least, most) = function.n_arguments;
        if !fitting_style || !(least..=most).contains(&nodes.len()) {
            let example = function.examples.first().map_or("", |(example, _)| example);
            let message = misuse(function, fitting_style, nodes.len());
            let fault = Fault::new("wrong-arity", named, message);
            return self.fault(fault.suggesting(format!("for example `{example}`")));
        }
        let types: Vec<Type> = nodes.iter().map(|node| node.result.clone()).collect();
        let result = match (function.check)(&types) {
            Ok(result) => result,
            Err(wrong) => {
                let message = format!("`{}`: {wrong}", function.name);
                return self.wrong("wrong-type", named, &message);
            }
        };
        for (at, node) in nodes.iter().enumerate() {
            if let (Some(words), Kind::Literal(Value::Text(word))) =
                (functions::words_of(function, at), &node.kind)
                && !words.contains(&word.as_ref())
            {
                let message = format!("`{}` does not know `{word}`", function.name);
                let fault = Fault::new("wrong-value", node.part, message);
                let hint = nearest(word, words.iter().copied()).map_or_else(
                    || format!("it knows {}", words.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                return self.fault(fault.suggesting(hint));
            }
        }
        let below: Vec<&Node> = nodes.iter().collect();
        let mut node = self.right(Kind::Literal(Value::Null), result, place, &below);
        node.part = self.parsed.tokens.joined(node.part, named);
        // What is written down is computed now, so that a wrong text is found now.
        node.kind = match literals(&nodes).map(|values| (function.call)(&values)) {
            Some(Ok(value)) => Kind::Literal(value),
            Some(Err(wrong)) => return self.wrong("wrong-value", node.part, &wrong),
            None => Kind::Call(function, nodes),
        };
        node
    }

    /// `require(condition, code)`, and `refer(code)`, which fits where any value is asked for.
    fn require(
        &mut self,
        condition: Option<&IdedExpr>,
        code: &IdedExpr,
        (named, place): ((usize, usize), (usize, usize)),
    ) -> Node {
        let condition = condition.map(|it| self.wanting(it, &Type::Bool));
        let code = self.node(code);
        let Kind::Literal(Value::Text(written)) = &code.kind else {
            let message = "the code is written down, as in `refer('NO_PRICE')`";
            return self.wrong("wrong-type", code.part, message);
        };
        if !is_code(written) {
            let message = format!("`{written}` is not a code: capital letters, digits and `_`");
            return self.wrong("bad-name", code.part, &message);
        }
        let result = if condition.is_some() { Type::Bool } else { Type::Any };
        let never = Node {
            kind: Kind::Literal(Value::Bool(false)),
            part: named,
            result: Type::Bool,
            depth: 1,
        };
        let condition = condition.unwrap_or(never);
        let mut node = self.right(Kind::Literal(Value::Null), result, place, &[&condition, &code]);
        node.part = self.parsed.tokens.joined(node.part, named);
        node.kind = Kind::Require(Box::new([condition, code]));
        node
    }

    fn has(&mut self, argument: &IdedExpr, named: (usize, usize)) -> Node {
        let Expr::Select(select) = &argument.expr else {
            return self.wrong("wrong-type", named, "`has` takes a path such as `company.has_utm`");
        };
        let place = self.parsed.place(argument.id);
        let holder = self.parsed.place(select.operand.id);
        let path = self.parsed.tokens.joined(holder, place);
        let part = self
            .parsed
            .tokens
            .after(named.0)
            .map_or(named, |open| self.parsed.tokens.joined(named, open));
        if let Expr::Ident(name) = &select.operand.expr
            && let Some(Name::Root(root)) = self.names.get(name)
        {
            let path = self.parsed.tokens.after(place.0).map_or(path, |it| (path.0, it.1));
            let found = self.find_fact(*root, &select.field, path);
            let kind = found.map_or(Kind::Literal(Value::Null), |(at, _)| Kind::HasFact(at));
            return Node { kind, part, result: Type::Bool, depth: 1 };
        }
        let operand = self.node(&select.operand);
        if !matches!(operand.result, Type::Map | Type::Any) {
            return self.wrong("wrong-type", path, "`has` takes a fact or a value of a map");
        }
        let depth = operand.depth + 1;
        let kind = Kind::HasKey(Box::new(operand), select.field.as_str().into());
        Node { kind, part, result: Type::Bool, depth }
    }

    fn matches(&mut self, text: &IdedExpr, pattern: &IdedExpr, named: (usize, usize)) -> Node {
        let text = self.wanting(text, &Type::TEXT);
        let pattern = self.node(pattern);
        let Kind::Literal(Value::Text(written)) = &pattern.kind else {
            let message = "the pattern of `matches` is written down, not computed";
            return self.wrong("wrong-type", pattern.part, message);
        };
        let compiled = RegexBuilder::new(written).size_limit(MAX_PATTERN_BYTES).build();
        match compiled {
            Ok(regex) => {
                let part = self.parsed.tokens.joined(text.part, pattern.part);
                let part = self
                    .parsed
                    .tokens
                    .after(named.0)
                    .map_or(part, |open| self.parsed.tokens.joined(part, open));
                let depth = text.depth + 1;
                Node { kind: Kind::Matches(Box::new(text), regex), part, result: Type::Bool, depth }
            }
            Err(error) => {
                let message = error.to_string();
                let last = message.lines().last().unwrap_or("the pattern is wrong").to_owned();
                self.wrong("wrong-value", pattern.part, &last)
            }
        }
    }

    fn each(
        &mut self,
        what: Macro,
        (list, variable, body): (&IdedExpr, &IdedExpr, &[IdedExpr]),
        place: (usize, usize),
    ) -> Node {
        let list = self.node(list);
        let Some(element) = list.result.element() else {
            let message = format!("a {} has no elements to look at", list.result);
            return self.wrong("wrong-type", list.part, &message);
        };
        let named = self.parsed.place(variable.id);
        let Expr::Ident(name) = &variable.expr else {
            return self.wrong("wrong-type", named, "this names the element: write one word");
        };
        if self.names.contains_key(name) || self.locals.iter().any(|(local, _)| local == name) {
            let message = format!("`{name}` already means something else");
            return self.wrong("name-taken", named, &message);
        }
        if self.locals.len() >= MAX_LOOPS {
            let message = format!("lists are gone through more than {MAX_LOOPS} deep");
            return self.wrong("too-deep", place, &message);
        }
        self.locals.push((name.clone(), element.clone()));
        let (filter, body) = match body {
            [filter, body] => (Some(self.wanting(filter, &Type::Bool)), self.node(body)),
            [body, ..] if what == Macro::Map => (None, self.node(body)),
            [body, ..] => (None, self.wanting(body, &Type::Bool)),
            [] => (None, self.wrong("wrong-arity", place, "something is missing here")),
        };
        self.locals.pop();
        let result = match what {
            Macro::All | Macro::Exists | Macro::ExistsOne => Type::Bool,
            Macro::Filter => Type::List(Box::new(element)),
            Macro::Map => Type::List(Box::new(body.result.clone())),
        };
        let mut below = vec![&list, &body];
        below.extend(&filter);
        let mut node = self.right(Kind::Literal(Value::Null), result, place, &below);
        node.kind = Kind::Each(what, Box::new(Each { list, filter, body }));
        node
    }
}

/// What is wrong with a call: how it is written, or the number of its arguments.
fn misuse(function: &Function, fitting_style: bool, n_given: usize) -> String {
    let name = function.name;
    if !fitting_style {
        return if function.style == Style::Member {
            format!("`{name}` stands behind a text and a dot")
        } else {
            format!("`{name}` does not stand behind a dot")
        };
    }
    let (least, most) = function.n_arguments;
    let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let word = if most == 1 { "argument" } else { "arguments" };
    format!("`{name}` takes {wanted} {word}, not {n_given}")
}

fn is_code(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_uppercase())
        && text.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')
}

/// The macro of a name with so many arguments after the element's name.
pub(in crate::expression) fn each(name: &str, n_arguments: usize) -> Option<Macro> {
    match (name, n_arguments) {
        ("all", 1) => Some(Macro::All),
        ("exists", 1) => Some(Macro::Exists),
        ("exists_one" | "existsOne", 1) => Some(Macro::ExistsOne),
        ("filter", 1) => Some(Macro::Filter),
        ("map", 1 | 2) => Some(Macro::Map),
        (_, _) => None,
    }
}

pub(in crate::expression) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::IN => Operator::In,
        _ => return None,
    })
}

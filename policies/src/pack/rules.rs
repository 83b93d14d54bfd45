//! Checks the rules of one pack.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::{Location, Spanned};

use super::build::{Builder, is_identifier};
use super::file::{CurableFile, PackFile, RuleFile, TextFile};
use super::places::RowText;
use super::template::Message;
use super::{Curable, Rule, Shape, Site, table};
use crate::diagnostic::nearest;
use crate::expression::{Compiled, Name, Type, found_names};
use crate::source::Placed;

/// The most rules of one pack: an evaluation looks at each.
const MAX_RULES: usize = 500;

/// Reads the rules or rows of a pack.
pub(super) fn read(builder: &mut Builder, file: &mut PackFile) -> Vec<Rule> {
    let shape = file.shape.value;
    let mut rules = Vec::new();
    let mut codes = BTreeSet::new();
    let written = written(builder, file);
    if written.is_empty() {
        builder.wrong("no-rules", file.shape.defined, "the pack has no rules");
    }
    if written.len() > MAX_RULES {
        let message = format!("a pack has at most {MAX_RULES} rules");
        builder.wrong("too-long", file.shape.defined, message);
        return vec![];
    }
    for (at, rule, row) in written {
        let code = &rule.code.value;
        if !is_code(code) {
            let message = format!("`{code}` is not a code: capital letters, digits and `_`");
            builder.wrong("bad-name", rule.code.defined, message);
        }
        if !codes.insert(code.clone()) {
            let message = format!("two rules have the code `{code}`");
            builder.wrong("name-taken", rule.code.defined, message);
        }
        let named = rule.code.defined;
        let place = rules.len();
        let found = checked(builder, (shape, at, place), rule, row);
        rules.extend(found.map(|rule| (named, rule)));
    }
    same_outputs(builder, &rules, shape);
    rules.into_iter().map(|(_, rule)| rule).collect()
}

type Written = (Location, RuleFile, Option<RowText>);

/// The rules as written; those of a table with the text of their condition.
fn written(builder: &mut Builder, file: &mut PackFile) -> Vec<Written> {
    let is_table = file.shape.value == Shape::DecisionTable;
    let rules = std::mem::take(&mut file.rules);
    match file.table.take() {
        Some(mut rows) if is_table => {
            if let Some(rule) = rules.first() {
                builder.wrong("misplaced", rule.defined, "a decision table has rows, not rules");
            }
            let all = std::mem::take(&mut rows.rows);
            all.into_iter()
                .map(|row| {
                    let at = row.defined;
                    let (rule, condition) = table::rule_of(builder, &rows, row);
                    (at, rule, Some(condition))
                })
                .collect()
        }
        other => {
            if is_table || other.is_some() {
                let message = "`table` belongs to the shape `decision_table`, and it to `table`";
                builder.wrong("misplaced", file.shape.defined, message);
            }
            rules.into_iter().map(|rule| (rule.defined, rule.value, None)).collect()
        }
    }
}

fn checked(
    builder: &mut Builder,
    (shape, at, place): (Shape, Location, usize),
    rule: RuleFile,
    row: Option<RowText>,
) -> Option<Rule> {
    let code = &rule.code.value;
    let (guard, condition) = match &row {
        Some(row) => (None, Some(row.text.clone())),
        None => conditions(builder, (shape, at), &rule),
    };
    let guard = guard.and_then(|text| condition_at(builder, (Site::Guard(place), code), text));
    let condition =
        condition.and_then(|text| condition_at(builder, (Site::Condition(place), code), text));
    if let Some(row) = row {
        builder.places.note_row(place, code, row);
    }
    let message = rule.message.as_ref().map(|text| message(builder, text));
    if message.is_none() {
        let missing = format!("rule `{}` has no message", rule.code.value);
        let hint = "add `message: { ja: …, en: … }` for the people who read it".to_owned();
        builder.wrong_with_hint("no-message", rule.code.defined, (missing, hint));
    }
    if rule.clause.as_ref().is_none_or(|clause| clause.trim().is_empty()) {
        let message = format!("rule `{}` names no clause", rule.code.value);
        let hint = "add `clause`: readers ask where a rule stands";
        builder.warn("no-clause", rule.code.defined, (message, hint));
    }
    let next_step = rule.next_step.as_ref().map(|text| self::message(builder, text));
    let outputs = outputs(builder, Some(place), &rule.outputs);
    let curable = rule.curable.as_ref().map_or(Curable::No, |it| curable(builder, it));
    Some(Rule {
        code: rule.code.value,
        clause: rule.clause,
        requirements: rule.requirements,
        guard,
        condition: condition?,
        message: message?,
        next_step,
        outputs,
        curable,
    })
}

/// The facts that somebody can change: those that the pack looks at so far.
fn curable(builder: &mut Builder, written: &Spanned<CurableFile>) -> Curable {
    let paths = match &written.value {
        CurableFile::Any(true) => return Curable::Any,
        CurableFile::Any(false) => return Curable::No,
        CurableFile::By(paths) => paths,
    };
    let mut places = Vec::new();
    for path in paths {
        let known: Vec<String> = builder.table.facts.iter().map(|it| it.path.clone()).collect();
        if let Some(place) = known.iter().position(|it| it == path) {
            places.push(place);
            continue;
        }
        let message = format!("no rule up to here looks at a fact `{path}`");
        let near = nearest(path, known.iter().map(String::as_str));
        match near.map(|near| format!("did you mean `{near}`?")) {
            Some(hint) => builder.wrong_with_hint("unknown-fact", written.defined, (message, hint)),
            None => builder.wrong("unknown-fact", written.defined, message),
        }
    }
    Curable::By(places)
}

/// A condition, with its place noted.
fn condition_at(
    builder: &mut Builder,
    (site, code): (Site, &str),
    text: Placed,
) -> Option<Compiled> {
    let compiled = builder.expression(&text, Some(&Type::Bool));
    builder.places.note(site, code, text);
    compiled
}

/// The texts of guard and condition: where all must hold, `when` says whom a rule concerns and
/// `holds` what it asks; elsewhere `when` is all there is.
fn conditions(
    builder: &mut Builder,
    (shape, at): (Shape, Location),
    rule: &RuleFile,
) -> (Option<Placed>, Option<Placed>) {
    let when = rule.when.as_ref().map(|text| builder.text(text));
    let holds = rule.holds.as_ref().map(|text| builder.text(text));
    match (shape == Shape::AllMustHold, when, holds) {
        (true, when, Some(holds)) => (when, Some(holds)),
        (false, Some(when), None) => (None, Some(when)),
        (true, _, None) => {
            let missing = format!("rule `{}` does not say what must hold", rule.code.value);
            builder.wrong_with_hint("no-condition", at, (missing, "add `holds`".to_owned()));
            (None, None)
        }
        (false, _, _) => {
            let wrong = format!("rule `{}` needs `when` and nothing else", rule.code.value);
            let hint = "`holds` belongs to the shape `all_must_hold`".to_owned();
            builder.wrong_with_hint("no-condition", at, (wrong, hint));
            (None, None)
        }
    }
}

pub(super) fn message(builder: &mut Builder, text: &TextFile) -> Message {
    let ja = Placed::yaml(&builder.files.pack, &text.ja);
    let en = Placed::yaml(&builder.files.pack, &text.en);
    Message::read(builder, &ja, &en)
}

/// Reads named outputs: of the rule at that place, or of the whole pack.
pub(super) fn outputs(
    builder: &mut Builder,
    rule: Option<usize>,
    outputs: &BTreeMap<String, Spanned<String>>,
) -> Vec<(String, Compiled)> {
    let mut given = Vec::new();
    for (name, expression) in outputs {
        if !is_identifier(name) || name == "code" {
            let message = format!("`{name}` cannot be the name of an output");
            builder.wrong("bad-name", expression.defined, message);
        }
        let text = builder.text(expression);
        if let Some(compiled) = builder.expression(&text, None) {
            let site = match rule {
                Some(rule) => Site::RuleOutput(rule, name.clone()),
                None => Site::Output(name.clone()),
            };
            builder.places.note(site, name, text);
            given.push((name.clone(), compiled));
        }
    }
    given
}

/// Whoever uses a pack that chooses or collects relies on every rule to give the same values.
fn same_outputs(builder: &mut Builder, rules: &[(Location, Rule)], shape: Shape) {
    let relied_on = match shape {
        Shape::FirstMatch | Shape::DecisionTable | Shape::CollectAll => true,
        Shape::AllMustHold | Shape::NoneMayHold => false,
    };
    if !relied_on || !builder.diagnostics.is_empty() {
        return;
    }
    let names = |rule: &Rule| rule.outputs.iter().map(|it| it.0.clone()).collect::<BTreeSet<_>>();
    let every: BTreeSet<String> = rules.iter().flat_map(|(_, rule)| names(rule)).collect();
    for (at, rule) in rules {
        let missing: Vec<String> = every.difference(&names(rule)).cloned().collect();
        if !missing.is_empty() {
            let message =
                format!("rule `{}` does not give the outputs {}", rule.code, missing.join(", "));
            builder.wrong("missing-output", *at, message);
        }
    }
}

/// What the outputs of the whole pack may ask about its rules.
pub(super) fn found(builder: &mut Builder, rules: &[Rule]) {
    let mut found: BTreeMap<String, Type> = BTreeMap::from([("code".to_owned(), Type::TEXT)]);
    for (name, output) in rules.iter().flat_map(|rule| &rule.outputs) {
        let kind = &output.node.result;
        let both = found.get(name).map_or(Some(kind.clone()), |known| known.either(kind));
        found.insert(name.clone(), both.unwrap_or(Type::Any));
    }
    builder.names.insert("found".to_owned(), found_names(found));
}

/// Outputs of the whole pack and of a rule that is chosen share their names.
pub(super) fn no_shared_names(builder: &mut Builder, rules: &[Rule], file: &PackFile) {
    if !file.shape.value.stops_at_first() {
        return;
    }
    for (name, expression) in &file.outputs {
        if rules.iter().any(|rule| rule.outputs.iter().any(|it| it.0 == *name)) {
            let message = format!("both the pack and its rules give `{name}`");
            builder.wrong("name-taken", expression.defined, message);
        }
    }
}

/// Names that stand for facts.
pub(super) fn roots(builder: &mut Builder, declared: &[Spanned<String>]) {
    for name in declared {
        if let Some(root) = crate::facts::Root::named(&name.value) {
            builder.names.insert(name.value.clone(), Name::Root(root));
        } else {
            let known: Vec<_> = crate::facts::schemas().map(|schema| schema.name).collect();
            let message = format!("there are no facts `{}`", name.value);
            let hint = format!("there are {}", known.join(", "));
            builder.wrong_with_hint("unknown-fact", name.defined, (message, hint));
        }
    }
}

fn is_code(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_uppercase())
        && text.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')
}

//! Single expressions and facts from files: for the command line.

use std::sync::Arc;

use tasuki_core::time::Timestamp;

use crate::diagnostic::Diagnostic;
use crate::evaluate::{EvalError, Evaluator};
use crate::expression::{FactTable, Fault, Name, Names, check, parse};
use crate::facts::{self, FactSet, Root};
use crate::pack::{Pack, parse_stack};
use crate::source::{PackSource, Placed, yaml_error};

/// Evaluates one expression after the other against the same facts.
#[derive(Debug)]
pub struct Workbench {
    pack: Option<Arc<Pack>>,
    facts: FactSet,
    names: Names,
}

/// What an expression gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its type, such as `list of int`.
    pub kind: String,
    /// Its value as text, or why it has none.
    pub value: Result<String, String>,
}

impl Workbench {
    /// With the constants and variables of a pack, if there is one, and some facts.
    pub fn new(pack: Option<Arc<Pack>>, facts: FactSet) -> Self {
        let mut names = match &pack {
            Some(pack) => pack.names.clone(),
            None => Names::from([("now".to_owned(), Name::Now)]),
        };
        names.remove("found");
        for root in facts::schemas().filter_map(|schema| Root::named(schema.name)) {
            if let Some(schema) = root.schema() {
                names.insert(schema.name.to_owned(), Name::Root(root));
            }
        }
        Self { pack, facts, names }
    }

    /// The facts.
    pub const fn facts(&self) -> &FactSet {
        &self.facts
    }

    /// Changes the facts.
    pub fn set_facts(&mut self, facts: FactSet) {
        self.facts = facts;
    }

    /// What an expression gives.
    ///
    /// # Errors
    /// Everything that is wrong with it, with a caret under the place.
    pub fn evaluate(&self, source: &str) -> Result<Given, Vec<Diagnostic>> {
        let source = source.trim();
        parse_stack(|| self.evaluate_here(source))
            .unwrap_or_else(|| Err(vec![Diagnostic::of_file("internal", "", "the parser failed")]))
    }

    fn evaluate_here(&self, source: &str) -> Result<Given, Vec<Diagnostic>> {
        let file = Arc::new(PackSource::new("expression", source));
        let place = Placed::whole(&file);
        let told = |faults: Vec<Fault>| {
            let tell = |fault: Fault| {
                let mut told = place.fault(fault.code, fault.part, fault.message);
                told.suggestion = fault.suggestion;
                told
            };
            faults.into_iter().map(tell).collect::<Vec<_>>()
        };
        let parsed = parse(source).map_err(told)?;
        let known = self.pack.as_ref().map(|pack| pack.facts.clone()).unwrap_or_default();
        let mut table = FactTable { facts: known, ..FactTable::default() };
        let compiled = check(&parsed, &self.names, &mut table).map_err(told)?;
        let variables = self.pack.as_ref().map_or(&[][..], |pack| &pack.variables);
        let mut evaluator = Evaluator::new(&self.facts, &table.facts, variables);
        let value = match evaluator.evaluate(&compiled.node) {
            Ok(value) => Ok(value.to_string()),
            Err(EvalError::Failed(message)) => Err(message),
            Err(EvalError::Referred(code)) => Err(format!("a person has to look: `{code}`")),
            Err(EvalError::Spent) => Err("it takes more steps than are allowed".to_owned()),
            Err(EvalError::Missing(places)) => {
                let paths = places.iter().filter_map(|place| table.facts.get(*place));
                let paths: Vec<&str> = paths.map(|path| path.path.as_str()).collect();
                Err(format!("not known: {}", paths.join(", ")))
            }
        };
        Ok(Given { kind: compiled.node.result.to_string(), value })
    }
}

/// Facts from a file in YAML or JSON, as cases have them, with `now` and `as_of` beside them. A
/// present that is given here counts more than the file's.
///
/// # Errors
/// What is wrong in the file, with its place.
pub fn read_facts(file: &PackSource, now: Option<Timestamp>) -> Result<FactSet, Vec<Diagnostic>> {
    let error = match serde_saphyr::from_str::<FactSet>(&file.text) {
        Ok(facts) => return Ok(FactSet { now: now.unwrap_or(facts.now), ..facts }),
        Err(error) => error,
    };
    let told = vec![yaml_error(file, &error)];
    let missing = error.without_snippet().to_string().contains("missing field `now`");
    match now {
        // The file is right but for the present.
        Some(now) if missing => {
            let facts: Result<serde_json::Map<_, _>, _> = serde_saphyr::from_str(&file.text);
            let Ok(mut facts) = facts else { return Err(told) };
            facts.insert("now".to_owned(), now.to_string().into());
            FactSet::from_json(&facts.into())
                .map_err(|error| vec![Diagnostic::of_file("yaml", &file.path, error.to_string())])
        }
        None if missing => {
            let hint = "say when the question is asked, such as `now: 2021-04-01T00:00:00Z`";
            Err(told.into_iter().map(|it| it.suggesting(hint)).collect())
        }
        Some(_) | None => Err(told),
    }
}

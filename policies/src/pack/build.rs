//! Checks the expressions of one pack, noting everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_saphyr::{Location, Spanned};

use super::{Places, Site};
use crate::diagnostic::Diagnostic;
use crate::expression::{
    Compiled, FactTable, Fault, Name, Names, Parsed, Type, check, decided_beforehand, is_taken,
    parse,
};
use crate::source::{PackSource, Placed, at_location};
use crate::value::Value;

/// The files of one pack.
#[derive(Debug)]
pub(super) struct Files {
    /// `pack.yaml`.
    pub(super) pack: Arc<PackSource>,
    /// `*.cel` beside it, by name.
    pub(super) expressions: BTreeMap<String, Arc<PackSource>>,
}

/// What is known so far about a pack that is being read.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) files: Files,
    pub(super) names: Names,
    pub(super) table: FactTable,
    pub(super) variables: Vec<Compiled>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) files_used: BTreeSet<String>,
    pub(super) places: Places,
    /// What is no error and should be looked at.
    pub(super) warnings: Vec<Diagnostic>,
}

impl Builder {
    pub(super) fn new(files: Files) -> Self {
        let names = Names::from([("now".to_owned(), Name::Now)]);
        Self {
            files,
            names,
            table: FactTable::default(),
            variables: Vec::new(),
            diagnostics: Vec::new(),
            files_used: BTreeSet::new(),
            places: Places::default(),
            warnings: Vec::new(),
        }
    }

    /// Notes something wrong.
    pub(super) fn fault(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Notes something wrong at a node of the YAML file.
    pub(super) fn wrong(&mut self, code: &str, at: Location, message: impl Into<String>) {
        let diagnostic = at_location(&self.files.pack, code, at, message.into());
        self.fault(diagnostic);
    }

    /// Notes something that should be looked at.
    pub(super) fn warn(&mut self, code: &str, at: Location, (message, hint): (String, &str)) {
        let warning = at_location(&self.files.pack, code, at, message).suggesting(hint);
        self.warnings.push(warning);
    }

    /// As [`Builder::wrong`], with what would be right.
    pub(super) fn wrong_with_hint(
        &mut self,
        code: &str,
        at: Location,
        (message, hint): (String, String),
    ) {
        let diagnostic = at_location(&self.files.pack, code, at, message).suggesting(hint);
        self.fault(diagnostic);
    }

    /// Gives a name a meaning, unless it has one already.
    pub(super) fn define(&mut self, name: &str, meaning: Name, at: Location) {
        if is_taken(name) || self.names.contains_key(name) {
            self.wrong("name-taken", at, format!("`{name}` already means something else"));
        } else if !is_identifier(name) {
            let message = format!("`{name}` is not a name: small letters, digits and `_`");
            self.wrong("bad-name", at, message);
        } else {
            self.names.insert(name.to_owned(), meaning);
        }
    }

    /// An expression's text: as it stands, or from the file that it names.
    pub(super) fn text(&mut self, expression: &Spanned<String>) -> Placed {
        let name = expression.value.trim();
        let Some(stem) = name.strip_suffix(".cel").filter(|stem| is_identifier(stem)) else {
            return Placed::yaml(&self.files.pack, expression);
        };
        if let Some(file) = self.files.expressions.get(name) {
            self.files_used.insert(name.to_owned());
            return Placed::whole(file);
        }
        let message = format!("there is no file `{stem}.cel` beside the pack");
        self.wrong("no-file", expression.defined, message);
        Placed::made(&self.files.pack, "true".to_owned(), expression.defined)
    }

    /// A checked expression of a type; nothing when something is wrong with it.
    pub(super) fn expression(&mut self, text: &Placed, wanted: Option<&Type>) -> Option<Compiled> {
        let parsed = self.parsed(text)?;
        self.checked(text, &parsed, wanted)
    }

    /// A parsed expression; nothing when something is wrong with it.
    pub(super) fn parsed(&mut self, text: &Placed) -> Option<Parsed> {
        match parse(&text.text) {
            Ok(parsed) => Some(parsed),
            Err(faults) => {
                self.faults(text, 0, faults);
                None
            }
        }
    }

    /// Checks a parsed expression.
    pub(super) fn checked(
        &mut self,
        text: &Placed,
        parsed: &Parsed,
        wanted: Option<&Type>,
    ) -> Option<Compiled> {
        let compiled = match check(parsed, &self.names, &mut self.table) {
            Ok(compiled) => compiled,
            Err(faults) => {
                self.faults(text, 0, faults);
                return None;
            }
        };
        let decided = decided_beforehand(&compiled);
        if !decided.is_empty() {
            self.faults(text, 0, decided);
            return None;
        }
        if let Some(wanted) = wanted
            && !compiled.node.result.fits(wanted)
        {
            let message = format!("this is a {}, not a {wanted}", compiled.node.result);
            let fault = Fault::new("wrong-type", compiled.node.part, message);
            self.faults(text, 0, vec![fault]);
            return None;
        }
        Some(compiled)
    }

    /// An expression inside a message.
    pub(super) fn part(
        &mut self,
        message: &Placed,
        (start, expression): (usize, &str),
    ) -> Option<Compiled> {
        let checked =
            parse(expression).and_then(|parsed| check(&parsed, &self.names, &mut self.table));
        match checked {
            Ok(compiled) => Some(compiled),
            Err(faults) => {
                self.faults(message, start, faults);
                None
            }
        }
    }

    fn faults(&mut self, text: &Placed, offset: usize, faults: Vec<Fault>) {
        for fault in faults {
            let part = (fault.part.0 + offset, fault.part.1 + offset);
            let mut diagnostic = text.fault(fault.code, part, fault.message);
            diagnostic.suggestion = fault.suggestion;
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reads the variables in the order in which they need each other.
    pub(super) fn variables(&mut self, variables: &BTreeMap<String, Spanned<String>>) {
        let mut open = Vec::new();
        for (name, expression) in variables {
            let text = self.text(expression);
            if let Some(parsed) = self.parsed(&text) {
                open.push((name, expression.defined, text, parsed));
            }
        }
        while !open.is_empty() {
            let waiting: BTreeSet<&str> = open.iter().map(|it| it.0.as_str()).collect();
            let ready = open.iter().position(|(_, _, _, parsed)| {
                !parsed.first_names().iter().any(|name| waiting.contains(name))
            });
            let Some(ready) = ready else {
                let names: Vec<&str> = waiting.into_iter().collect();
                let message = format!("these variables need each other: {}", names.join(", "));
                if let Some((_, at, _, _)) = open.first() {
                    let at = *at;
                    self.wrong("cycle", at, message);
                }
                return;
            };
            let (name, at, text, parsed) = open.remove(ready);
            let (kind, depth) = match self.checked(&text, &parsed, None) {
                Some(compiled) => {
                    let known = (compiled.node.result.clone(), compiled.node.depth);
                    self.places.note(Site::Variable(self.variables.len()), name, text);
                    self.variables.push(compiled);
                    known
                }
                None => (Type::Any, 0),
            };
            // Invariant: a place that was not filled belongs to a pack that will not be used.
            let place = self.variables.len().saturating_sub(1);
            self.define(name, Name::Variable(place, kind, depth), at);
        }
    }

    /// Notes names that were given a meaning and never used.
    pub(super) fn unused(&mut self, names: impl Iterator<Item = (String, Location)>) {
        for (name, at) in names {
            if !self.table.used.contains(&name) {
                let message = format!("`{name}` is never used");
                self.wrong_with_hint("unused", at, (message, "use it or take it out".to_owned()));
            }
        }
    }
}

/// A constant's meaning.
pub(super) fn constant(value: Value, kind: Type) -> Name {
    Name::Constant(value, kind)
}

/// Whether a text can be a name of a pack's own.
pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
}

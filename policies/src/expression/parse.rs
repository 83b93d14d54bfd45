//! From text to the syntax tree of the `cel` crate.

use std::sync::LazyLock;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, SourceInfo};
use cel::parser::Parser;
use cel::{Env, ParseErrors};

use super::Fault;
use super::scan::{Tokens, scan};

/// The deepest syntax tree. The evaluator recurses once per level, so this bounds its stack.
pub(crate) const MAX_DEPTH: usize = 64;

/// The parser's settings: no macros, since the checker knows `all`, `exists` and the others itself,
/// and no optional syntax, since `has` and `known` do what it is for.
static ENVIRONMENT: LazyLock<Env> = LazyLock::new(|| Env::default().with_optional_support(false));

/// A parsed expression and where its pieces stand.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) root: IdedExpr,
    pub(crate) tokens: Tokens,
    pub(crate) source: String,
    info: SourceInfo,
}

impl Parsed {
    /// The piece of text that a node of the tree stands at, as byte offsets.
    pub(crate) fn place(&self, id: u64) -> (usize, usize) {
        let (start, stop) = self.info.offset_for(id).unwrap_or_default();
        let offset = |at: u32| usize::try_from(at).unwrap_or_default();
        (offset(start), offset(stop) + 1)
    }

    /// Every name in the expression that stands alone or first in a path.
    pub(crate) fn first_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        walk(&self.root, |node, _| {
            if let Expr::Ident(name) = &node.expr {
                names.push(name.as_str());
            }
            true
        });
        names
    }
}

/// Parses an expression. Needs a large stack: the parser recurses once per operand of a chain.
///
/// # Errors
/// When the text is not CEL, or too long, or too deep.
pub(crate) fn parse(source: &str) -> Result<Parsed, Vec<Fault>> {
    parse_with(ENVIRONMENT.parser(), source)
}

/// As [`parse`], with everything that standard CEL can write.
///
/// # Errors
/// When the text is not CEL, or too long, or too deep.
pub(crate) fn parse_standard(source: &str) -> Result<Parsed, Vec<Fault>> {
    parse_with(ENVIRONMENT.parser().enable_ident_escape_syntax(true), source)
}

fn parse_with(parser: Parser, source: &str) -> Result<Parsed, Vec<Fault>> {
    let tokens = scan(source).map_err(|fault| vec![fault])?;
    let (root, info) =
        parser.parse_with_source_info(source).map_err(|errors| faults(source, &errors))?;
    let mut deepest = 0;
    walk(&root, |_, depth| {
        deepest = deepest.max(depth);
        depth <= MAX_DEPTH
    });
    if deepest > MAX_DEPTH {
        let message = format!("the expression nests more than {MAX_DEPTH} deep");
        return Err(vec![
            Fault::new("too-deep", (0, source.len()), message)
                .suggesting("split it into variables".to_owned()),
        ]);
    }
    Ok(Parsed { root, tokens, source: source.to_owned(), info })
}

/// Visits every node without recursion, as long as the visitor wants to go on.
fn walk<'e>(root: &'e IdedExpr, mut visit: impl FnMut(&'e IdedExpr, usize) -> bool) {
    let mut open = vec![(root, 1)];
    while let Some((node, depth)) = open.pop() {
        if !visit(node, depth) {
            return;
        }
        open.extend(children(&node.expr).into_iter().map(|child| (child, depth + 1)));
    }
}

fn children(expr: &Expr) -> Vec<&IdedExpr> {
    match expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => vec![],
        Expr::Call(call) => call.target.iter().map(AsRef::as_ref).chain(&call.args).collect(),
        Expr::Comprehension(it) => {
            vec![&it.iter_range, &it.accu_init, &it.loop_cond, &it.loop_step, &it.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![select.operand.as_ref()],
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Struct(it) => it.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
    }
}

fn entry_parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

/// The parser's complaints, without its grammar's own names. A second complaint at the same place
/// or later is mostly a consequence of the first, so only the first counts.
fn faults(source: &str, errors: &ParseErrors) -> Vec<Fault> {
    let Some(first) = errors.errors.first() else {
        return vec![Fault::new("syntax", (0, 1), "this is not CEL".to_owned())];
    };
    let line = usize::try_from(first.pos.0).unwrap_or(1).max(1);
    let column = usize::try_from(first.pos.1).unwrap_or(1).max(1);
    let before: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let start = (before + column - 1).min(source.len());
    let (message, hint) = plainly(first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg));
    let fault = Fault::new("syntax", (start, start + 1), message);
    vec![match hint {
        Some(hint) => fault.suggesting(hint.to_owned()),
        None => fault,
    }]
}

/// A complaint in an author's words, and what would be right.
fn plainly(complaint: &str) -> (String, Option<&'static str>) {
    let (what, expected) = complaint.split_once(" expecting ").unwrap_or((complaint, ""));
    let quoted = what.split_once('\'').map(|(_, rest)| rest.trim_end_matches('\'').trim_end());
    match quoted {
        Some("<EOF>") => ("something is missing at the end of the expression".to_owned(), None),
        Some("=") => ("`=` means nothing here".to_owned(), Some("`==` compares")),
        Some(".?" | "[?" | "?") if what.starts_with("unsupported") => {
            ("optional fields are not used".to_owned(), Some("ask with `has(…)` first"))
        }
        Some(word) if expected.contains("<EOF>") => {
            (format!("the expression should end before `{word}`"), None)
        }
        Some(word) if !expected.is_empty() => (format!("`{word}` does not belong here"), None),
        Some(_) | None if what.contains("ExprContext") => {
            ("a choice is incomplete".to_owned(), Some("write `condition ? one : other`"))
        }
        Some(_) | None => (what.to_owned(), None),
    }
}

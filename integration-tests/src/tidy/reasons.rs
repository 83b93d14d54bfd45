//! `docs/errors.md` lists every reason, and only those that exist.

use tasuki_core::reason::{Kind, Reason};

use super::{Finding, about};
use crate::repository::Source;

/// The list of reasons.
const LIST: &str = "docs/errors.md";

/// Reasons and rows of the list that do not fit each other.
pub fn unlisted_reasons(sources: &[Source]) -> Vec<Finding> {
    let Some(list) = sources.iter().find(|source| source.path == LIST) else {
        return vec![Finding { path: LIST.to_owned(), line: 1, message: "is missing".to_owned() }];
    };
    let rows: Vec<Row<'_>> = rows(&list.text).collect();
    let mut found = Vec::new();
    for reason in Reason::ALL {
        let n_rows = rows.iter().filter(|row| row.code == reason.code()).count();
        if n_rows != 1 {
            let message = format!("`{}` has {n_rows} rows; it needs one", reason.code());
            found.push(about(list, message));
        }
    }
    for row in &rows {
        let Row { line, code, status } = *row;
        let message = match Reason::ALL.iter().find(|reason| reason.code() == code) {
            None => format!("`{code}` is no reason of core/src/reason.rs"),
            Some(reason) if status_of(reason.kind()) != status => {
                format!("`{code}` has the status `{}`", status_of(reason.kind()))
            }
            Some(_) => continue,
        };
        found.push(Finding { path: list.path.clone(), line, message });
    }
    found
}

#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    line: usize,
    code: &'a str,
    status: &'a str,
}

/// Rows begin with the reason and the status: `` | `QUOTE_EXPIRED` | `FAILED_PRECONDITION` | … ``.
fn rows(text: &str) -> impl Iterator<Item = Row<'_>> {
    text.lines().zip(1..).filter_map(|(row, line)| {
        let mut cells = row.strip_prefix('|')?.split('|').map(str::trim);
        let mut name = || cells.next()?.strip_prefix('`')?.strip_suffix('`');
        Some(Row { line, code: name()?, status: name()? })
    })
}

/// The gRPC status of a kind, as callers see it.
const fn status_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "INVALID_ARGUMENT",
        Kind::NotFound => "NOT_FOUND",
        Kind::AlreadyExists => "ALREADY_EXISTS",
        Kind::Conflict => "ABORTED",
        Kind::NotAllowedNow => "FAILED_PRECONDITION",
        Kind::Unauthenticated => "UNAUTHENTICATED",
        Kind::Forbidden => "PERMISSION_DENIED",
        Kind::Exhausted => "RESOURCE_EXHAUSTED",
        Kind::Unavailable => "UNAVAILABLE",
        Kind::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Kind::Unimplemented => "UNIMPLEMENTED",
        Kind::Internal => "INTERNAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(change: impl Fn(Reason) -> Option<String>) -> Source {
        let text: Vec<String> = Reason::ALL.iter().copied().filter_map(change).collect();
        Source::new(LIST, &text.join("\n"))
    }

    fn row(reason: Reason) -> String {
        format!("| `{}` | `{}` | means | do |", reason.code(), status_of(reason.kind()))
    }

    #[test]
    fn a_complete_list_passes() {
        assert!(unlisted_reasons(&[list(|reason| Some(row(reason)))]).is_empty());
    }

    #[test]
    fn a_missing_row_an_unknown_code_and_a_wrong_status_are_found() {
        let without = list(|reason| (reason != Reason::QuoteExpired).then(|| row(reason)));
        assert_eq!(unlisted_reasons(&[without]).len(), 1);

        let mut with_more = list(|reason| Some(row(reason)));
        with_more.text.push_str("\n| `NO_SUCH_REASON` | `INTERNAL` | means | do |");
        assert_eq!(unlisted_reasons(&[with_more]).len(), 1);

        let wrong = list(|reason| Some(row(reason).replace("`ABORTED`", "`INTERNAL`")));
        assert!(!unlisted_reasons(&[wrong]).is_empty());
    }
}

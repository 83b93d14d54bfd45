//! Finds the line of a settings file that an error speaks of.

use toml::de::{DeTable, DeValue};

/// A key of the file.
struct Key {
    /// The table that it stands in, such as `auth.tokens[0]`; empty at the top.
    table: String,
    name: String,
    /// Where it begins, in bytes.
    at: usize,
}

impl Key {
    fn path(&self) -> String {
        joined(&self.table, &self.name)
    }

    /// Whether a message names the key by its path, or as an unknown field of its table.
    fn is_named_in(&self, message: &str) -> bool {
        let quoted = |word: &str| message.contains(&format!("`{word}`"));
        let is_unknown = message.contains(&format!("unknown field `{}`", self.name));
        quoted(&self.path()) || (is_unknown && (self.table.is_empty() || quoted(&self.table)))
    }
}

/// The line, counted from 1, of the key that the message names; none when the file has no such key.
pub(super) fn line_of(text: &str, message: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut keys = Vec::new();
    collect("", document.get_ref(), &mut keys);
    // A table is named along with its key: the longest path is the one that is meant.
    let named = keys.iter().filter(|key| key.is_named_in(message));
    let meant = named.max_by_key(|key| key.path().len())?;
    Some(text.get(..meant.at)?.matches('\n').count() + 1)
}

fn collect(table: &str, values: &DeTable<'_>, keys: &mut Vec<Key>) {
    for (name, value) in values {
        let at = name.span().start;
        let name = name.get_ref().to_string();
        let path = joined(table, &name);
        keys.push(Key { table: table.to_owned(), name, at });
        match value.get_ref() {
            DeValue::Table(inner) => collect(&path, inner, keys),
            DeValue::Array(rows) => {
                for (place, row) in rows.iter().enumerate() {
                    if let DeValue::Table(inner) = row.get_ref() {
                        collect(&format!("{path}[{place}]"), inner, keys);
                    }
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }
}

fn joined(table: &str, name: &str) -> String {
    if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# notes\n[server]\nroles = []\ncolour = 1\n\n[[auth.tokens]]\nname = \"a\"\n";

    #[test]
    fn the_key_is_found_and_not_its_table() {
        let unknown = "unknown field `colour`, expected one of `address` for key `server`";
        assert_eq!(line_of(TEXT, unknown), Some(4));
        let wrong = "invalid type: string, expected an integer for key `server.roles`";
        assert_eq!(line_of(TEXT, wrong), Some(3));
        assert_eq!(line_of(TEXT, "missing field `role` for key `auth.tokens[0].name`"), Some(7));
    }

    #[test]
    fn what_is_not_in_the_file_has_no_line() {
        assert_eq!(line_of(TEXT, "unknown field `colour` for key `database`"), None);
        assert_eq!(line_of("not toml", "unknown field `colour`"), None);
    }
}

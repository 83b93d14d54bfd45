//! Queries whose conditions depend on what the caller asks for.

use std::fmt::Write as _;

use sea_orm::Value;
use tasuki_core::id::{PartnerId, TenantId};

use crate::tx::Tx;

/// Whose rows a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of every tenant.
    All,
    /// Those of the tenants of one partner.
    Partner(PartnerId),
    /// Those of one tenant.
    Tenant(TenantId),
}

/// A statement that grows condition by condition.
#[derive(Debug)]
pub(crate) struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// A statement up to and including its first condition.
    pub(crate) fn new(sql: &str, values: Vec<Value>) -> Self {
        Self { sql: sql.to_owned(), values }
    }

    /// Adds a condition; each `?` stands for the next of the values.
    pub(crate) fn and(&mut self, condition: &str, values: Vec<Value>) {
        self.sql.push_str(" AND (");
        self.push(condition, values);
        self.sql.push(')');
    }

    /// Adds a condition if there is a value for it.
    pub(crate) fn and_maybe(&mut self, condition: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.and(condition, vec![value]);
        }
    }

    /// Adds that a column has one of some values; no values do not narrow.
    pub(crate) fn and_one_of(&mut self, column: &str, values: Vec<Value>) {
        if !values.is_empty() {
            let places = vec!["?"; values.len()].join(", ");
            self.and(&format!("{column} IN ({places})"), values);
        }
    }

    /// Narrows to the tenants of a scope.
    pub(crate) fn within(&mut self, scope: Scope) {
        match scope {
            Scope::All => {}
            Scope::Partner(partner) => self.and(
                "tenant_id IN (SELECT id FROM tenant WHERE partner_id = ?)",
                vec![partner.as_uuid().into()],
            ),
            Scope::Tenant(tenant) => self.and("tenant_id = ?", vec![tenant.as_uuid().into()]),
        }
    }

    /// Ends the statement with its order and the number of rows.
    pub(crate) fn ordered(mut self, order: &str, limit: u64) -> (String, Vec<Value>) {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.push(&format!(" ORDER BY {order} LIMIT ?"), vec![limit.into()]);
        (self.sql, self.values)
    }

    /// The statement as it is.
    pub(crate) fn finished(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }

    fn push(&mut self, text: &str, values: Vec<Value>) {
        let mut parts = text.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            self.sql.push('$');
            self.sql.push_str(&self.values.len().to_string());
            self.sql.push_str(part);
        }
    }
}

/// How rows begin that nobody adds twice: when one cannot be added, the whole transaction is given up. SQLite then need
/// not be able to take back those that it added before with the same statement.
pub(crate) fn insert_into(tx: &Tx) -> &'static str {
    if tx.is_postgres() { "INSERT INTO" } else { "INSERT OR FAIL INTO" }
}

/// Places for the values of so many rows, as `($1, $2), ($3, $4)`. SQLite would look each name up among all before it,
/// and gets places without names.
pub(crate) fn rows(tx: &Tx, n: usize, columns: &[Column]) -> String {
    let named = tx.is_postgres();
    let mut text = String::with_capacity(n * columns.len() * 6);
    let mut number = 0;
    for row in 0..n {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for (at, column) in columns.iter().enumerate() {
            number += 1;
            let comma = if at == 0 { "" } else { ", " };
            match (named, column) {
                (true, Column::Plain) => write!(text, "{comma}${number}"),
                (true, Column::Json) => write!(text, "{comma}${number}::jsonb"),
                (false, Column::Plain | Column::Json) => write!(text, "{comma}?"),
            }
            .ok();
        }
        text.push(')');
    }
    text
}

/// Rows that one statement inserts: statements of few sizes are prepared once and used again.
pub(crate) const ROWS_A_STATEMENT: usize = 32;

/// What is given for a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column {
    /// A value of its type.
    Plain,
    /// JSON as text.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_in_the_order_of_the_statement() {
        let mut query = Query::new("SELECT 1 WHERE a = $1", vec![1.into()]);
        query.and("b < ? OR (b = ? AND c > ?)", vec![2.into(), 2.into(), 3.into()]);
        query.and_maybe("d = ?", None::<Value>);
        let (sql, values) = query.ordered("a, b", 10);
        assert_eq!(
            sql,
            "SELECT 1 WHERE a = $1 AND (b < $2 OR (b = $3 AND c > $4)) ORDER BY a, b LIMIT $5"
        );
        assert_eq!(values.len(), 5);
    }
}

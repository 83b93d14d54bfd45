//! Month ends, invoices, payments, credit notes and settlements on both databases.

#![expect(clippy::unwrap_used, reason = "test")]

mod invoices;
mod scene;
mod settlements;

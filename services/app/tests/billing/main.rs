//! Month ends, invoices, payments, credit notes and settlements on both databases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test")]

mod economics;
mod invoices;
mod payers;
mod scene;
mod settlements;

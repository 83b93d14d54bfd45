//! `tasuki.billing.v1.BillingService`.

mod commands;
mod handler;
mod mapping;

pub(crate) use handler::Billing;
pub(crate) use mapping::tax_total;

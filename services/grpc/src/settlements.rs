//! `tasuki.settlement.v1.SettlementService`.

mod bordereaux;
mod economics;
mod handler;
mod mapping;

pub(crate) use handler::Settlements;

//! `tasuki.settlement.v1.SettlementService`.

mod bordereaux;
mod economics;
mod exposures;
mod handler;
mod mapping;
mod page;
mod simulation;

pub(crate) use handler::Settlements;

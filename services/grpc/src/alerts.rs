//! `tasuki.alert.v1.AlertService`.

mod handler;
mod mapping;

pub(crate) use handler::Alerts;
pub(crate) use mapping::report_row;

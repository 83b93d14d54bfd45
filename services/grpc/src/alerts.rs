//! `tasuki.alert.v1.AlertService`.

mod handler;
mod mapping;

pub(crate) use handler::Alerts;

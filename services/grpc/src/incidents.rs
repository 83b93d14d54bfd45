//! `tasuki.incident.v1.IncidentService`.

mod calendars;
mod commands;
mod handler;
mod mapping;
mod notices;
mod work;

pub(crate) use handler::Incidents;

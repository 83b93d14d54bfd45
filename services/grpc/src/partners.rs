//! `tasuki.tenant.v1.PartnerService`.

mod handler;
mod mapping;

pub(crate) use handler::Partners;

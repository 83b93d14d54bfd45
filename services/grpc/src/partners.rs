//! `tasuki.tenant.v1.PartnerService`.

mod handler;
pub(crate) mod mapping;

pub(crate) use handler::Partners;

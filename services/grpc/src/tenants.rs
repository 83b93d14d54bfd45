//! `tasuki.tenant.v1.TenantService`.

mod handler;
mod mapping;

pub(crate) use handler::Tenants;

//! `tasuki.tenant.v1.TenantService`.

mod handler;
mod mapping;
mod watch;

pub(crate) use handler::Tenants;

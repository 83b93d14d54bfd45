//! `tasuki.policy.v1.PolicyService`.

mod handler;
mod mapping;

pub(crate) use handler::Policies;

//! `tasuki.claim.v1.ClaimService`.

mod benefits;
mod file;
mod handler;
mod mapping;
mod requests;

pub(crate) use handler::Claims;

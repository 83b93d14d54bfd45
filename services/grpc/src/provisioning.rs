//! `tasuki.provisioning.v1.ProvisioningService` and the callback service for providers.

mod callbacks;
mod commands;
mod dead_letters;
mod handler;
mod ordering;
mod orders;
mod settling;
mod watch;
mod words;
mod work;

pub(crate) use callbacks::Callbacks;
pub(crate) use handler::Provisioning;

//! The sub-commands, one file each.

pub(crate) mod migrate;
pub(crate) mod policy;
pub(crate) mod provider;
pub(crate) mod serve;

//! The sub-commands, one file each.

pub(crate) mod catalog;
pub(crate) mod cover;
pub(crate) mod demo;
pub(crate) mod migrate;
pub(crate) mod policy;
pub(crate) mod provider;
pub(crate) mod quote;
pub(crate) mod seed;
pub(crate) mod serve;

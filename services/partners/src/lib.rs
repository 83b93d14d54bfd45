//! Calls to the outside: one file per counterpart.

pub mod notices;
pub mod provider;

//! Journeys through the running binary; checks on the code base itself.
//!
//! The library holds what several tests need: the files and crates of this repository, the checks on them, and the
//! running program.

pub mod crates;
pub mod program;
pub mod repository;
pub mod tidy;

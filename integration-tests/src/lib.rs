//! Journeys through the running binary; checks on the code base itself.
//!
//! The library holds what several tests need: the files and crates of this repository, the checks on them, the running
//! program, and a client of it.

pub mod client;
pub mod crates;
pub mod program;
pub mod repository;
pub mod tidy;

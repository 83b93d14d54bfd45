//! The domain of Tasuki: types, state machines and arithmetic.
//!
//! Nothing in here performs I/O, reads a clock or draws a random number: the present and ids are
//! arguments. What can go wrong is a value: state machines answer [`Refused`](problem::Refused),
//! everything that leaves a use case is a [`Problem`](problem::Problem).

pub mod actor;
pub mod benefit;
pub mod certificate;
pub mod decision;
pub mod id;
pub mod master_contract;
pub mod money;
pub mod party;
pub mod problem;
pub mod rate;
pub mod reason;
pub mod service;
pub mod tenant;
pub mod text;
pub mod time;

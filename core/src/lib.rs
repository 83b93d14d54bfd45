//! The domain of Tasuki: types, state machines and arithmetic.
//!
//! Nothing in here performs I/O, reads a clock or draws a random number: the present and ids are
//! arguments. What can go wrong is a value: state machines answer [`Refused`](problem::Refused),
//! everything that leaves a use case is a [`Problem`](problem::Problem).

pub mod actor;
pub mod alert;
pub mod benefit;
pub mod calendar;
pub mod catalog;
pub mod certificate;
pub mod claim;
pub mod credit_note;
pub mod days;
pub mod decision;
pub mod escalation;
pub mod event;
pub mod evidence;
pub mod heartbeat;
pub mod id;
pub mod incident;
pub mod invoice;
pub mod master_contract;
pub mod money;
pub mod monthly_report;
pub mod notice;
pub mod party;
pub mod payment;
pub mod policy;
pub mod problem;
pub mod provisioning;
pub mod quote;
pub mod rate;
pub mod reason;
pub mod registration_number;
pub mod service;
pub mod settlement;
pub mod severity;
pub mod subscription;
pub mod tenant;
pub mod text;
pub mod time;
pub mod usage;
pub mod webhook;

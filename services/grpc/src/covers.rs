//! `tasuki.cover.v1.CoverService`.

mod batch;
pub(crate) mod enums;
pub(crate) mod mapping;
mod page;
pub(crate) mod terms;

mod evidence;
mod handler;

pub(crate) use handler::Covers;

//! The contracts of Tasuki, as Rust.
//!
//! Messages, clients and servers are generated from `proto/tasuki/<context>/v1/*.proto` at build time and stand in
//! modules named after their packages: `tasuki.quote.v1` is [`quote::v1`]. The shared words of `tasuki.type.v1` are
//! [`types::v1`], since `type` is a word of Rust. [`validate`] checks a message against the rules written in its
//! contract.

mod validate;

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

/// The generated code: outside our lints.
#[expect(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    rustdoc::all,
    reason = "generated code is not ours to restyle"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/modules.rs"));
}

pub use generated::google;
pub use generated::tasuki::r#type as types;
pub use generated::tasuki::*;
pub use validate::{Violation, unsupported_rules, validate};

/// Every contract with its comments and rules, encoded as a `google.protobuf.FileDescriptorSet`: what server
/// reflection serves.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same descriptors, decoded on first use.
pub static DESCRIPTOR_POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    // Invariant: the bytes were written by our own build script from a set that had just been compiled.
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap_or_else(|error| {
        unreachable!("the descriptors built into the binary do not decode: {error}")
    })
});

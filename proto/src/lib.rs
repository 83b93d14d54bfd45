//! Generated contracts.

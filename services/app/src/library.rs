//! Rate cards and policy packs: those built into the program, or those of a folder.

/// What is in use.
#[derive(Debug, Default)]
pub struct Library {}

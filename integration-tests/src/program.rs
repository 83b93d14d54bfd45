//! The `tasuki` program as a process of its own.

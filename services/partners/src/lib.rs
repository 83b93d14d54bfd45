//! Calls to the outside: one file per counterpart.

//! CEL policies: check, evaluate, explain; no I/O.

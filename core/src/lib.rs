//! The domain of Tasuki: types, state machines, arithmetic; no I/O.

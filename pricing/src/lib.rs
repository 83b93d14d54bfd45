//! Rate card and selection to priced lines; no I/O.

//! A reference provider: serves the provider contract, with switches for bad behaviour.

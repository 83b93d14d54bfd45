//! Claims due jobs by lease, runs them, relays the outbox, sweeps.

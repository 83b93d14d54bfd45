//! Journeys through the running binary; checks on the code base itself.

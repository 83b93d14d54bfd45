//! SeaORM on SQLite and PostgreSQL: repositories, outbox, inbox, jobs.

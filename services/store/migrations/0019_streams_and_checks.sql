-- How far the outbox was handed on to a stream that keeps what it was given.
CREATE TABLE relay_place (
    name text PRIMARY KEY,
    -- The last event that the stream confirmed.
    after_seq bigint NOT NULL,
    -- The number under which the stream has it.
    stream_seq bigint NOT NULL,
    moved_at {instant} NOT NULL
);

-- Providers that somebody wants to see answer, and what they answered.
CREATE TABLE provider_check (
    id {uuid} PRIMARY KEY,
    provider_id {uuid} NOT NULL,
    asked_at {instant} NOT NULL,
    -- NULL until a worker has asked.
    document {json}
);
CREATE INDEX provider_check_by_age ON provider_check (asked_at);

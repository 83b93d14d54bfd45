-- How far the outbox was handed on to a stream that keeps what it was given.
CREATE TABLE relay_place (
    name text PRIMARY KEY,
    -- The last event that the stream confirmed.
    after_seq bigint NOT NULL,
    -- The number under which the stream has it.
    stream_seq bigint NOT NULL,
    moved_at {instant} NOT NULL
);

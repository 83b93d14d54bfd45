-- Addresses that events are sent to, what is signed with, and every try.
CREATE TABLE webhook_endpoint (
    id {uuid} PRIMARY KEY,
    -- NULL for the operator of the scheme.
    partner_id {uuid} REFERENCES partner (id),
    state text NOT NULL CHECK (state IN ('active', 'disabled')),
    document {json} NOT NULL,
    version bigint NOT NULL,
    -- How far deliveries have come; changes without a new version.
    after_seq bigint NOT NULL,
    n_failures integer NOT NULL,
    failing_since {instant},
    next_attempt_at {instant},
    last_error text
);
CREATE INDEX webhook_endpoint_of_partner ON webhook_endpoint (partner_id, id);

CREATE TABLE webhook_secret (
    id {uuid} PRIMARY KEY,
    endpoint_id {uuid} NOT NULL REFERENCES webhook_endpoint (id),
    -- Hexadecimal.
    signing_key text NOT NULL,
    created_at {instant} NOT NULL,
    valid_until {instant}
);
CREATE INDEX webhook_secret_of_endpoint ON webhook_secret (endpoint_id, created_at);

CREATE TABLE webhook_attempt (
    seq {serial},
    endpoint_id {uuid} NOT NULL REFERENCES webhook_endpoint (id),
    event_id {uuid} NOT NULL,
    event_seq bigint NOT NULL,
    topic text NOT NULL,
    -- Which try of the event it was, from 1.
    number integer NOT NULL,
    attempted_at {instant} NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('delivered', 'failed', 'gone')),
    status integer,
    error text
);
CREATE INDEX webhook_attempt_of_endpoint ON webhook_attempt (endpoint_id, seq);
CREATE INDEX webhook_attempt_by_age ON webhook_attempt (attempted_at);

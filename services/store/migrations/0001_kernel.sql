-- Partners, providers and tenants, and what every use case stands on: jobs, outbox, inbox,
-- idempotency keys and running numbers.
-- {uuid} {instant} {json} {serial} are replaced by the type of the database at hand.

CREATE TABLE partner (
    id {uuid} PRIMARY KEY,
    code text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('operator', 'isv', 'insurer', 'agent')),
    document {json} NOT NULL,
    created_at {instant} NOT NULL
);

CREATE TABLE provider (
    id {uuid} PRIMARY KEY,
    name text NOT NULL UNIQUE,
    endpoint text NOT NULL,
    document {json} NOT NULL,
    created_at {instant} NOT NULL
);

CREATE TABLE tenant (
    id {uuid} PRIMARY KEY,
    partner_id {uuid} NOT NULL REFERENCES partner (id),
    -- The partner's own name for it; NULL if it has none.
    partner_reference text,
    name text NOT NULL,
    zone text NOT NULL,
    -- The present of a simulated tenant; NULL for one that runs on real time.
    clock_at {instant},
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    UNIQUE (partner_id, partner_reference)
);
CREATE INDEX tenant_by_partner ON tenant (partner_id, id);

CREATE TABLE job (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} REFERENCES tenant (id),
    lane text NOT NULL,
    kind text NOT NULL,
    -- Names the step, never the attempt: a step is enqueued once.
    job_key text NOT NULL UNIQUE,
    payload {json} NOT NULL,
    schema_version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'done', 'dead')),
    run_at {instant} NOT NULL,
    attempt integer NOT NULL,
    lease_token {uuid},
    lease_until {instant},
    last_error text,
    finished_at {instant}
);
CREATE INDEX job_due ON job (state, lane, run_at);
CREATE INDEX job_of_tenant ON job (tenant_id, state, run_at);

CREATE TABLE outbox (
    seq {serial},
    id {uuid} NOT NULL UNIQUE,
    tenant_id {uuid} REFERENCES tenant (id),
    topic text NOT NULL,
    subject text NOT NULL,
    payload {json} NOT NULL,
    occurred_at {instant} NOT NULL,
    published_at {instant}
);
CREATE INDEX outbox_of_tenant ON outbox (tenant_id, seq);
CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;

CREATE TABLE inbox (
    source text NOT NULL,
    event_id text NOT NULL,
    received_at {instant} NOT NULL,
    PRIMARY KEY (source, event_id)
);

CREATE TABLE idempotency (
    scope text NOT NULL,
    method text NOT NULL,
    request_id text NOT NULL,
    body_hash text NOT NULL,
    answer {json},
    created_at {instant} NOT NULL,
    PRIMARY KEY (scope, method, request_id)
);

-- One series for each kind of number and whoever gives it out: the holder of a master contract, the
-- issuer of invoices, or the whole installation (a zero).
CREATE TABLE counter (
    owner_id {uuid} NOT NULL,
    name {key} NOT NULL,
    used bigint NOT NULL,
    PRIMARY KEY (owner_id, name)
);

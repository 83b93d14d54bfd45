-- Work for providers without a server: offered, leased by whoever does it, reported, ended.
CREATE TABLE work (
    tenant_id {uuid} NOT NULL,
    id {uuid} PRIMARY KEY,
    provider_id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    item_id {uuid} NOT NULL,
    generation bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('put', 'suspend', 'resume', 'delete', 'observe')),
    service text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'done')),
    -- By the tenant's clock.
    offered_at {instant} NOT NULL,
    n_leases integer NOT NULL,
    lease_token {uuid},
    -- By real time.
    lease_until {instant},
    lease_seconds bigint NOT NULL,
    document {json} NOT NULL,
    UNIQUE (item_id, generation, kind)
);
CREATE INDEX work_offered ON work (provider_id, state, offered_at);

-- What a provider has and we do not, or the other way round, as sweeps have found it.
CREATE TABLE stray (
    provider_id {uuid} NOT NULL,
    instance_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('unknown', 'left_over')),
    first_seen_at {instant} NOT NULL,
    last_seen_at {instant} NOT NULL,
    n_seen integer NOT NULL,
    PRIMARY KEY (provider_id, instance_id)
);

-- Quotes and subscriptions. What was offered is a snapshot in the document and never changes.

CREATE TABLE quote (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    state text NOT NULL CHECK (state IN ('issued', 'accepted', 'expired', 'withdrawn')),
    valid_until {instant} NOT NULL,
    -- Set once: a quote becomes one subscription and no more.
    subscription_id {uuid} UNIQUE,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    issued_at {instant} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE subscription (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    partner_id {uuid} NOT NULL,
    quote_id {uuid} NOT NULL UNIQUE,
    state text NOT NULL
        CHECK (state IN ('pending', 'trialing', 'active', 'suspended', 'cancelled')),
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Versions of rate cards and the days on which new subscriptions get each; usage that came late.

-- One row a card: locked while anything about it changes; its version is the etag.
CREATE TABLE rate_card (
    code {key} PRIMARY KEY,
    version bigint NOT NULL
);

CREATE TABLE rate_card_version (
    code {key} NOT NULL REFERENCES rate_card (code),
    card_version {key} NOT NULL,
    hash text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'active')),
    created_at {instant} NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (code, card_version)
);

CREATE TABLE rate_card_period (
    code {key} NOT NULL,
    effective_from {day} NOT NULL,
    effective_until {day},
    card_version {key} NOT NULL,
    document {json} NOT NULL,
    PRIMARY KEY (code, effective_from),
    UNIQUE (code, card_version),
    FOREIGN KEY (code, card_version) REFERENCES rate_card_version (code, card_version)
);

-- One row: its revision grows with every change of what is in force, so that servers see it.
CREATE TABLE rate_card_set (
    id integer PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL
);
INSERT INTO rate_card_set (id, revision) VALUES (1, 0);

-- Months that were measured on after they were invoiced: charged or given back with the next invoice.
CREATE TABLE late_usage (
    tenant_id {uuid} NOT NULL,
    subscription_id {uuid} NOT NULL,
    month text NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id, month)
);

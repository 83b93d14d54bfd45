-- What policies were asked and what they gave. Rows are only ever inserted.

CREATE TABLE decision (
    id {uuid} PRIMARY KEY,
    -- NULL for questions about nobody in particular.
    tenant_id {uuid},
    -- What it is about, by the text of its id.
    subject text NOT NULL,
    kind text NOT NULL,
    pack text NOT NULL,
    pack_version text NOT NULL,
    pack_hash text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('satisfied', 'not_satisfied', 'undetermined')),
    as_of {instant} NOT NULL,
    decided_at {instant} NOT NULL,
    -- The tenant's chain, or that of nobody in particular (the nil id), and the place in it.
    chain {uuid} NOT NULL,
    sequence bigint NOT NULL,
    previous_hash text NOT NULL,
    hash text NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    UNIQUE (chain, sequence)
);
CREATE INDEX decision_of_tenant ON decision (tenant_id, decided_at, id);
CREATE INDEX decision_of_subject ON decision (subject, decided_at, id);
CREATE INDEX decision_of_pack ON decision (kind, pack, as_of);

-- The end of each chain, kept apart: a record taken off the end is missed. Writers lock it.
CREATE TABLE decision_chain (
    chain {uuid} PRIMARY KEY,
    sequence bigint NOT NULL,
    hash text NOT NULL
);

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
    document {json} NOT NULL,
    schema_version integer NOT NULL
);
CREATE INDEX decision_of_tenant ON decision (tenant_id, decided_at, id);
CREATE INDEX decision_of_subject ON decision (subject, decided_at, id);
CREATE INDEX decision_of_pack ON decision (kind, pack, as_of);

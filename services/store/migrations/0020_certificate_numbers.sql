-- Certificates are numbered under their contract: a firm with cover under two contracts has two of one number.
CREATE TABLE certificate_of_contracts (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    number {key} NOT NULL,
    master_contract_id {uuid} NOT NULL REFERENCES master_contract (id),
    subscription_id {uuid} NOT NULL,
    state text NOT NULL CHECK (state IN ('not_yet_in_force', 'in_force', 'lapsed', 'ended')),
    -- The first insured instant; NULL until then.
    starts_at {instant},
    -- The first instant without cover; NULL while no end is known.
    ends_at {instant},
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (master_contract_id, number)
);
INSERT INTO certificate_of_contracts (tenant_id, id, number, master_contract_id, subscription_id, state, starts_at, ends_at,
    document, schema_version, version)
SELECT tenant_id, id, number, master_contract_id, subscription_id, state, starts_at, ends_at, document, schema_version, version
FROM certificate;
DROP TABLE certificate;
ALTER TABLE certificate_of_contracts RENAME TO certificate;
CREATE INDEX certificate_by_number ON certificate (number, tenant_id, id);
CREATE INDEX certificate_of_subscription ON certificate (tenant_id, subscription_id);

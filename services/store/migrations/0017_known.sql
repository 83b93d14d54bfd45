-- What was known when: signs of life, what was taken from limits, and other dated evidence keep the time of their record.

-- Both are NULL in older rows: those count as recorded when they were seen.
ALTER TABLE heartbeat_seen ADD COLUMN recorded_at {instant};
ALTER TABLE heartbeat_seen ADD COLUMN instance_id {uuid};

-- Every change of what was taken from a limit, only ever inserted. What was taken by a time is what is taken now without
-- the entries after it, so that what was taken before there were entries counts as known all along.
CREATE TABLE limit_entry (
    id {serial},
    master_contract_id {uuid} NOT NULL,
    code {key} NOT NULL,
    subject {key} NOT NULL,
    tenant_id {uuid} NOT NULL,
    claim_id {uuid} NOT NULL,
    recorded_at {instant} NOT NULL,
    used bigint NOT NULL,
    reserved bigint NOT NULL
);
CREATE INDEX limit_entry_of_limit ON limit_entry (master_contract_id, code, subject, recorded_at);
CREATE INDEX limit_entry_of_claim ON limit_entry (tenant_id, claim_id, recorded_at);

-- Dated evidence of providers, operators and insurers, only ever inserted: a correction is a later row that names the
-- one it corrects.
CREATE TABLE evidence (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('agent_version', 'bypass_approval', 'critical_findings', 'training')),
    observed_at {instant} NOT NULL,
    recorded_at {instant} NOT NULL,
    corrects {uuid},
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, corrects) REFERENCES evidence (tenant_id, id)
);
CREATE UNIQUE INDEX evidence_corrected_once ON evidence (tenant_id, corrects) WHERE corrects IS NOT NULL;
CREATE INDEX evidence_latest ON evidence (tenant_id, observed_at, id);

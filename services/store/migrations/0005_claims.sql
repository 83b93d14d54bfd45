-- Cover and claims: contracts, certificates, who acknowledged what, claims, and what was taken from each limit.

CREATE TABLE master_contract (
    id {uuid} PRIMARY KEY,
    code {key} NOT NULL UNIQUE,
    insurer_id {uuid} NOT NULL,
    holder_id {uuid} NOT NULL,
    starts_at {instant} NOT NULL,
    ends_at {instant} NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    CHECK (starts_at < ends_at)
);
CREATE INDEX master_contract_latest ON master_contract (starts_at, code);

CREATE TABLE certificate (
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
    UNIQUE (tenant_id, number)
);
CREATE INDEX certificate_by_number ON certificate (number, tenant_id);
CREATE INDEX certificate_of_subscription ON certificate (tenant_id, subscription_id);
CREATE INDEX certificate_of_contract ON certificate (master_contract_id, number, tenant_id);

-- Only ever inserted: the first acceptance of a clause is the one that counts.
CREATE TABLE terms_acknowledgement (
    tenant_id {uuid} NOT NULL,
    master_contract_id {uuid} NOT NULL REFERENCES master_contract (id),
    code {key} NOT NULL,
    document_version {key} NOT NULL,
    acknowledged_at {instant} NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (tenant_id, master_contract_id, code, document_version)
);

CREATE TABLE claim (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    number {key} NOT NULL,
    master_contract_id {uuid} NOT NULL REFERENCES master_contract (id),
    -- NULL when no certificate was in force when the loss happened.
    certificate_id {uuid},
    incident_id {uuid},
    phase text NOT NULL
        CHECK (phase IN ('draft', 'notified', 'under_assessment', 'information_wanted', 'decided', 'approved',
                         'denied', 'paid', 'closed', 'withdrawn', 'under_appeal')),
    -- NULL until assessed.
    outcome text CHECK (outcome IN ('eligible', 'not_eligible', 'referred')),
    loss_at {instant} NOT NULL,
    notified_at {instant} NOT NULL,
    -- NULL until paid in full.
    paid_at {instant},
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number)
);
CREATE INDEX claim_newest ON claim (notified_at, number, tenant_id);
CREATE INDEX claim_of_incident ON claim (tenant_id, incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX claim_by_loss ON claim (tenant_id, loss_at);
CREATE INDEX claim_of_contract ON claim (master_contract_id, loss_at);

-- What was taken from a limit, of whom it is the limit: an occurrence, a firm, a certificate, the contract.
-- Spent by guarded updates only; nothing else keeps it from being overspent.
CREATE TABLE limit_use (
    master_contract_id {uuid} NOT NULL REFERENCES master_contract (id),
    code {key} NOT NULL,
    subject {key} NOT NULL,
    cap bigint NOT NULL,
    used bigint NOT NULL CHECK (used >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    PRIMARY KEY (master_contract_id, code, subject)
);

-- Which claim holds how much of it.
CREATE TABLE limit_draw (
    tenant_id {uuid} NOT NULL,
    claim_id {uuid} NOT NULL,
    master_contract_id {uuid} NOT NULL,
    code {key} NOT NULL,
    subject {key} NOT NULL,
    used bigint NOT NULL CHECK (used >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    PRIMARY KEY (tenant_id, claim_id, code, subject),
    FOREIGN KEY (tenant_id, claim_id) REFERENCES claim (tenant_id, id),
    FOREIGN KEY (master_contract_id, code, subject) REFERENCES limit_use (master_contract_id, code, subject)
);

-- Versions of policy packs, when each decides, and who serves them.

-- One row a pack: locked while anything about it changes; its version is the etag.
CREATE TABLE policy_pack (
    kind text NOT NULL,
    name {key} NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE policy_version (
    kind text NOT NULL,
    name {key} NOT NULL,
    pack_version {key} NOT NULL,
    hash text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'activated', 'withdrawn')),
    created_at {instant} NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (kind, name, pack_version),
    FOREIGN KEY (kind, name) REFERENCES policy_pack (kind, name)
);
CREATE INDEX policy_version_of_hash ON policy_version (hash);

CREATE TABLE policy_period (
    kind text NOT NULL,
    name {key} NOT NULL,
    effective_from {instant} NOT NULL,
    effective_until {instant},
    pack_version {key} NOT NULL,
    document {json} NOT NULL,
    PRIMARY KEY (kind, name, effective_from),
    FOREIGN KEY (kind, name, pack_version) REFERENCES policy_version (kind, name, pack_version)
);

-- One row: its revision grows with every change of what decides, so that servers see it.
CREATE TABLE policy_set (
    id integer PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL
);
INSERT INTO policy_set (id, revision) VALUES (1, 0);

-- What each replica of the server serves.
CREATE TABLE policy_replica (
    name {key} PRIMARY KEY,
    revision bigint NOT NULL,
    seen_at {instant} NOT NULL,
    document {json} NOT NULL
);

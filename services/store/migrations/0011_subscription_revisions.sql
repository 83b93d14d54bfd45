-- Every revision of a subscription with the time at which it was recorded: what was known when. Only ever inserted.

CREATE TABLE subscription_revision (
    tenant_id {uuid} NOT NULL,
    subscription_id {uuid} NOT NULL,
    version bigint NOT NULL,
    -- By the tenant's clock.
    recorded_at {instant} NOT NULL,
    -- 1 for what stood there before revisions were kept: what was known earlier is worked out from its history.
    stood_before integer NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id, version)
);

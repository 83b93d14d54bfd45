-- What providers told us last about each item: older news is dropped.

CREATE TABLE provider_event (
    tenant_id {uuid} NOT NULL,
    item_id {uuid} NOT NULL,
    kind text NOT NULL,
    provider_id {uuid} NOT NULL,
    generation bigint NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (tenant_id, item_id, kind)
);

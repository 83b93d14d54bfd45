-- Orders, their items, and every change of state of an item.

CREATE TABLE provisioning_order (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    subscription_id {uuid},
    partner_id {uuid} NOT NULL,
    external_reference text NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    ordered_at {instant} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX provisioning_order_of_subscription
    ON provisioning_order (tenant_id, subscription_id);

CREATE TABLE provisioning_item (
    tenant_id {uuid} NOT NULL,
    -- Also the instance that the provider knows: unique among all tenants.
    id {uuid} NOT NULL UNIQUE,
    order_id {uuid} NOT NULL,
    number integer NOT NULL,
    provider_id {uuid} NOT NULL,
    service text NOT NULL,
    component {key} NOT NULL,
    quantity bigint NOT NULL,
    state text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN
        ('in_progress', 'refused', 'never_installed', 'removed', 'active', 'ended')),
    reason text,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, order_id, number)
);
CREATE INDEX provisioning_item_by_provider ON provisioning_item (provider_id, state);
CREATE INDEX provisioning_item_by_service ON provisioning_item (service, component);

CREATE TABLE provisioning_transition (
    tenant_id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    -- Runs per order: who watches an order resumes after the last one seen.
    seq bigint NOT NULL,
    item_id {uuid} NOT NULL,
    changed_at {instant} NOT NULL,
    document {json} NOT NULL,
    PRIMARY KEY (tenant_id, order_id, seq)
);

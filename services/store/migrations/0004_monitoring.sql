-- Alerts, incidents, notices, signs of life and usage.

CREATE TABLE alert (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    provider_id {uuid} NOT NULL,
    provider_alert_id {key} NOT NULL,
    service text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'awaiting_verdict', 'triaged', 'in_incident')),
    verdict text CHECK (verdict IN ('blocked_auto', 'false_positive', 'action_needed')),
    incident_id {uuid},
    symptom {key} NOT NULL,
    n_detections bigint NOT NULL,
    detected_at {instant} NOT NULL,
    received_at {instant} NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    -- A repeated report is known by it, whoever it is about.
    UNIQUE (provider_id, provider_alert_id),
    CHECK ((state = 'in_incident') = (incident_id IS NOT NULL))
);
CREATE INDEX alert_by_symptom ON alert (tenant_id, symptom, detected_at);
CREATE INDEX alert_by_kind ON alert (tenant_id, kind, detected_at);
CREATE INDEX alert_of_incident ON alert (tenant_id, incident_id, detected_at) WHERE incident_id IS NOT NULL;
CREATE INDEX alert_newest ON alert (received_at, provider_id, provider_alert_id);
CREATE INDEX alert_awaiting ON alert (tenant_id, kind, detected_at) WHERE state = 'awaiting_verdict';
CREATE INDEX alert_queue ON alert (state, received_at);

CREATE TABLE incident (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    phase text NOT NULL
        CHECK (phase IN ('triage', 'containment', 'eradication', 'recovery', 'review', 'closed')),
    climb text NOT NULL CHECK (climb IN ('waiting', 'unanswered', 'acknowledged', 'ended')),
    rung text NOT NULL,
    -- 1 information to 5 critical: lists show the worst first.
    severity integer NOT NULL,
    symptom {key},
    opened_at {instant} NOT NULL,
    next_escalation_at {instant},
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
-- Alerts of one symptom join one unsolved incident.
CREATE UNIQUE INDEX incident_unsolved ON incident (tenant_id, symptom)
    WHERE symptom IS NOT NULL AND phase IN ('triage', 'containment', 'eradication', 'recovery');
CREATE INDEX incident_by_symptom ON incident (tenant_id, symptom, opened_at);
CREATE INDEX incident_worst ON incident (severity, opened_at);

CREATE TABLE notice (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    incident_id {uuid},
    subject_id text,
    -- Names what is said, so that it is said once.
    notice_key {key} NOT NULL,
    channel text NOT NULL,
    audience text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'due', 'sent', 'failed', 'cancelled')),
    requested_at {instant} NOT NULL,
    not_before {instant} NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, notice_key)
);
CREATE INDEX notice_of_incident ON notice (tenant_id, incident_id, requested_at);
CREATE INDEX notice_oldest ON notice (requested_at, tenant_id, notice_key);

-- The last sign of life of each device or endpoint.
CREATE TABLE heartbeat (
    tenant_id {uuid} NOT NULL,
    service text NOT NULL,
    device_id {key} NOT NULL,
    provider_id {uuid} NOT NULL,
    last_seen_at {instant} NOT NULL,
    -- Whether a check for silence is pending, or found the device offline.
    watch text NOT NULL CHECK (watch IN ('unwatched', 'checking', 'offline')),
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (tenant_id, service, device_id)
);

-- Every sign of life: evidence, only ever inserted.
CREATE TABLE heartbeat_seen (
    tenant_id {uuid} NOT NULL,
    service text NOT NULL,
    device_id {key} NOT NULL,
    seen_at {instant} NOT NULL,
    bypass text NOT NULL CHECK (bypass IN ('on', 'off', 'unknown')),
    PRIMARY KEY (tenant_id, service, device_id, seen_at)
);
CREATE INDEX heartbeat_seen_before ON heartbeat_seen (tenant_id, service, seen_at);

CREATE TABLE usage_record (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    provider_id {uuid} NOT NULL,
    provider_event_id {key} NOT NULL,
    subscription_id {uuid} NOT NULL,
    service text NOT NULL,
    meter {key} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('delta', 'snapshot')),
    -- Exact decimal text; added up in the program, never in SQL.
    quantity text NOT NULL,
    measured_from {instant} NOT NULL,
    measured_until {instant} NOT NULL,
    corrected_by {uuid},
    received_at {instant} NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (provider_id, provider_event_id)
);
CREATE INDEX usage_of_month ON usage_record (tenant_id, subscription_id, measured_until, meter);

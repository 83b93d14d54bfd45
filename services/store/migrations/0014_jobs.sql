-- Whose interface a job calls, so that a slow one cannot take every hand; and when it was due first.
ALTER TABLE job ADD COLUMN counterpart {uuid};
ALTER TABLE job ADD COLUMN first_run_at {instant};
CREATE INDEX job_held ON job (counterpart, lease_until)
    WHERE counterpart IS NOT NULL AND lease_until IS NOT NULL;
CREATE INDEX job_dead ON job (finished_at, id) WHERE state = 'dead';
CREATE INDEX tenant_simulated ON tenant (id) WHERE clock_at IS NOT NULL;

-- What only one process at a time does, such as handing events on.
CREATE TABLE turn (
    name text PRIMARY KEY,
    token {uuid} NOT NULL,
    held_until {instant} NOT NULL
);

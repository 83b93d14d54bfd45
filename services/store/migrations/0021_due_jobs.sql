-- Due jobs are taken in the order of their time and key. Many have the same time, such as the first of a month: without
-- the key in the index each grab would sort all of them.
DROP INDEX job_due;
CREATE INDEX job_due ON job (state, lane, run_at, job_key);

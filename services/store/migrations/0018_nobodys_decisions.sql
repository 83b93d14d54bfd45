-- Answers about nobody in particular are found by their chain, their id, their pack or their subject, and come by the
-- thousand: the index by which the decisions of a tenant are found leaves them out.
DROP INDEX decision_of_tenant;
CREATE INDEX decision_of_tenant ON decision (tenant_id, decided_at, id) WHERE tenant_id IS NOT NULL;

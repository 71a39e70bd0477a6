-- Who follows a game is told by where it does.
ALTER TABLE metadata.job_executions ADD COLUMN host text;
COMMENT ON COLUMN metadata.job_executions.host IS 'The machine the program runs on: in a cluster, its pod.';

-- What the pages look up. Health: the last runs of a program, and the rules that rows did not keep lately.
CREATE INDEX job_executions_job ON metadata.job_executions (job, started_at);
CREATE INDEX data_quality_results_failed ON metadata.data_quality_results (checked_at) WHERE rows_failed > 0;

"""All that imports Spark: the engine of `mlb-etl transform --engine spark`, its session, its tasks and its audit."""

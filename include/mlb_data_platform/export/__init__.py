"""The tables as files for others: Parquet and Delta in a bucket, DuckDB; each export one state of the database."""

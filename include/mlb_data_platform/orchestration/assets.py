"""The tables that jobs produce, as Airflow's assets."""

from __future__ import annotations

from airflow.sdk import Asset

from mlb_data_platform.orchestration.connections import POSTGRES

# As OpenLineage names a table of PostgreSQL. In the place of the server stands Airflow's connection to it, and of the
# database the word that stands for it in any installation: an asset is the same whichever server a DAG was parsed for.
_DATABASE = f"postgres://{POSTGRES}:5432/mlb"


def asset(table: str) -> Asset:
    """Return the asset of a table, given as schema.table, which is its name."""
    return Asset(name=table, uri=f"{_DATABASE}/{table.replace('.', '/')}")

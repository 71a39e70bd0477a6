"""Connections to PostgreSQL."""

from __future__ import annotations

import psycopg

from mlb_data_platform.errors import TransientError, one_line
from mlb_data_platform.settings import settings

_TEMP_BUFFERS = "64MB"  # the staged rows of one batch stay in memory; taken only where a session stages


def connect(dsn: str | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """Return a connection to the platform's database (or to `dsn`), its session in UTC.

    Raises TransientError naming host, port and database when the server cannot be reached.
    """
    try:
        return psycopg.connect(
            dsn or settings().postgres_dsn(),
            autocommit=autocommit,
            application_name="mlb-etl",
            connect_timeout=10,
            options=f"-c timezone=UTC -c temp_buffers={_TEMP_BUFFERS}",
        )
    except psycopg.OperationalError as error:
        where = psycopg.conninfo.conninfo_to_dict(dsn or settings().postgres_dsn())
        reason = one_line(error).rpartition("FATAL: ")[2]
        raise TransientError(
            f"PostgreSQL at {where.get('host')}:{where.get('port')}, database {where.get('dbname')}: {reason}"
        ) from None

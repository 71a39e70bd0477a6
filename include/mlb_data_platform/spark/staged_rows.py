"""Staged tables as Spark frames, read over JDBC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import pq
from psycopg.sql import SQL, Composed

from mlb_data_platform.settings import settings
from mlb_data_platform.spark.deequ_audit import StagedRows, columns_read
from mlb_data_platform.storage.tables import StagingTables, columns

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS_PER_PARTITION = 100_000
_ROOT_CERTIFICATE = "~/.postgresql/root.crt"
_DRIVERS_NAMES = {
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "sslnegotiation": "sslNegotiation",
    "channel_binding": "channelBinding",
    "require_auth": "requireAuth",
}
_FETCHED_AT_ONCE = 10_000  # the driver's default is all rows of a query in memory


def staged_rows(spark: SparkSession, table: str, staged: Sequence[StagingTables], count: int) -> StagedRows:
    """Return the staged rows of a table, `count` in all batches together, with the columns that its checks read."""
    union = SQL(" UNION ALL ").join(_batch(table, number, staging) for number, staging in enumerate(staged))
    partitions = min(count // ROWS_PER_PARTITION + 1, spark.sparkContext.defaultParallelism)
    frame = spark.read.jdbc(
        _url(),
        f"({union.as_string()}) AS staged",
        predicates=[f"batch % {partitions} = {number}" for number in range(partitions)],
        properties=_properties(),
    )
    return StagedRows(frame, count)


def _batch(table: str, number: int, staging: StagingTables) -> Composed:
    # The constant lets PostgreSQL leave out the batches that a partition does not ask for.
    return SQL("SELECT {} AS batch, {} FROM {}").format(
        number, columns(columns_read(staging.mapping, table)), staging.identifier(table)
    )


def _url() -> str:
    known = settings()
    return f"jdbc:postgresql://{known.postgres_host}:{known.postgres_port}/{known.postgres_db}"


def _properties() -> dict[str, str]:
    known = settings()
    return {
        "driver": "org.postgresql.Driver",
        "user": known.postgres_user,
        "password": known.postgres_password.get_secret_value(),
        "ApplicationName": "mlb-etl",
        "fetchsize": str(_FETCHED_AT_ONCE),
        **_security(),
    }


def _security() -> dict[str, str]:
    """What PGSSLMODE, PGSSLROOTCERT … say to psycopg, as libpq itself reads them, in the words of the JDBC driver."""
    known = {option.keyword.decode(): (option.val or b"").decode() for option in pq.Conninfo.get_defaults()}
    given = {name: known[keyword] for keyword, name in _DRIVERS_NAMES.items() if known.get(keyword)}
    if given.get("sslrootcert") == "system":  # libpq then takes no mode but this; the driver knows no such word
        del given["sslrootcert"]
        return {**given, "sslmode": "verify-full", "sslfactory": "org.postgresql.ssl.DefaultJavaSSLFactory"}
    # Where there is a root certificate libpq checks against it; the driver does so only where it is told to.
    if given.get("sslmode") == "require" and Path(given.get("sslrootcert", _ROOT_CERTIFICATE)).expanduser().exists():
        given["sslmode"] = "verify-ca"
    return given

"""Contender (d): plain Spark: from_json with an explicit schema, explode, and JDBC into the same tables.

As somebody would write it who knows Spark: parsed once and kept, columns pruned, batched inserts rewritten by the
driver. It appends; it has no audit, no versions and no transaction over a game.
"""

from __future__ import annotations

import os
import sys
import time
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.storagelevel import StorageLevel

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Each, Every, Members, Step
from mlb_data_platform.mapping.places import Place, places
from mlb_data_platform.settings import settings
from mlb_data_platform.spark.jars import jar_paths
from mlb_data_platform.spark.java import java_home
from tests.benchmark.contenders.queries import members, queries, scalar
from tests.benchmark.work import ENDPOINT, answer

_PARTITIONS = 8  # of the raw rows: small enough that one fits in memory beside its parsed form
_FEEDS_AT_ONCE = 20  # fetched from PostgreSQL: its driver's default is all rows of a query
_TYPES = {"text": "string", "integer": "int", "timestamptz": "timestamp", "double precision": "double"}


def main() -> None:
    """Load all raw rows and say how long that took without Spark's start."""
    mapping = load_mapping(ENDPOINT)
    spark = _session()
    started = time.perf_counter()
    _feeds(spark, mapping).createOrReplaceTempView("feeds")
    for table in mapping.tables:
        frames = [spark.sql(query) for query in queries(mapping, table, SparkSql())]
        reduce(DataFrame.unionByName, frames).write.jdbc(
            _url(),
            f"{mapping.endpoint}.{table}",
            mode="append",
            properties={**_login(), "batchsize": "10000", "reWriteBatchedInserts": "true"},
        )
    answer(time.perf_counter() - started, version=spark.version)
    spark.stop()


def _session() -> SparkSession:
    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[2]").appName("bench: from_json")
    for name, value in {
        "spark.jars": ",".join(map(str, jar_paths())),
        "spark.driver.memory": "2g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.caseSensitive": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _feeds(spark: SparkSession, mapping: Mapping) -> DataFrame:
    """The parsed feeds, kept: without that each table would read and parse all of them again."""
    query = f"SELECT captured_at, id AS raw_id, content_sha256, data::text AS body FROM {mapping.name}"
    raw = spark.read.jdbc(
        _url(),
        f"({query}) AS raw",
        predicates=[f"raw_id % {_PARTITIONS} = {number}" for number in range(_PARTITIONS)],
        properties={**_login(), "fetchsize": str(_FEEDS_AT_ONCE)},
    )
    parsed = f"from_json(body, '{SparkSql().type(places(mapping))}') AS doc"
    return raw.selectExpr("captured_at", "raw_id", "content_sha256", parsed).persist(StorageLevel.MEMORY_AND_DISK)


def _url() -> str:
    known = settings()
    return f"jdbc:postgresql://{known.postgres_host}:{known.postgres_port}/{known.postgres_db}"


def _login() -> dict[str, str]:
    known = settings()
    return {
        "driver": "org.postgresql.Driver",
        "user": known.postgres_user,
        "password": known.postgres_password.get_secret_value(),
    }


class SparkSql:
    """Spark's SQL."""

    def name(self, name: str) -> str:
        return f"`{name}`"

    def type(self, place: Place) -> str:
        if place.elements:
            return f"ARRAY<{self.type(place.elements)}>"
        if place.values:
            return f"MAP<STRING, {self.type(place.values)}>"
        if place.members:
            parts = [f"{self.name(name)}: {self.type(child)}" for name, child in members(place).items()]
            return f"STRUCT<{', '.join(parts)}>"
        return _TYPES.get(scalar(place), scalar(place))

    def unnest(self, holder: str, step: Step, label: str, element: str) -> str:
        match step:
            case Each():
                made = f"posexplode({holder})"
            case Every():
                made = f"explode({holder})"
            case Members(names):
                parts = [f"'{name}', {holder}.{self.name(name)}" for name in names]
                made = f"explode(map({', '.join(parts)}))"
            case _:
                raise TypeError(f"{step} is no array or map")
        return f"{made} AS ({label}, {element})"

    def cast(self, value: str, type_: str) -> str:
        return f"CAST({value} AS {_TYPES.get(type_, type_)})"

    def whole(self, value: str, by: int) -> str:
        return f"({value} div {by})"


if __name__ == "__main__":
    main()

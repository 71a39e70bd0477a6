"""Spark as others read exports with it: a session of its own, nothing of the platform, over s3a."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from mlb_data_platform.spark.jars import Jars, fetch
from mlb_data_platform.spark.java import java_home

# docs/exports.md names them. In place of all of Amazon's SDK, 280 MB, what s3a uses of it.
JARS = Jars(
    packages=(
        "io.delta:delta-spark_2.12:3.3.2",
        "org.apache.hadoop:hadoop-aws:3.3.4",
        "com.amazonaws:aws-java-sdk-s3:1.12.262",
        "com.amazonaws:aws-java-sdk-sts:1.12.262",
        "com.amazonaws:aws-java-sdk-dynamodb:1.12.262",
    ),
    excludes=(
        "com.amazonaws:aws-java-sdk-bundle",
        "org.wildfly.openssl:wildfly-openssl",
        # Spark brings these itself.
        "com.fasterxml.jackson.core:*",
        "commons-codec:commons-codec",
        "commons-logging:commons-logging",
        "joda-time:joda-time",
        "org.antlr:antlr4-runtime",
        "org.apache.httpcomponents:*",
    ),
)


@dataclass(frozen=True)
class Table:
    """Which columns are read of what, where, and how."""

    format: str
    url: str
    columns: Sequence[str]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """The rows of a table, and the type of each column."""

    rows: list[tuple[Any, ...]]
    types: dict[str, str]


def read(tables: Sequence[Table], access: Mapping[str, str]) -> list[Found]:
    """Return what Spark finds in tables on the object store that `access` names.

    In a process of its own: one that has a JVM already would read with the jars of that. And fetching leaves its mark
    on the environment.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as process:
        process.submit(fetch, JARS).result()
        return process.submit(_read, tables, access).result()


def _read(tables: Sequence[Table], access: Mapping[str, str]) -> list[Found]:
    from pyspark.sql import SparkSession

    os.environ |= {"JAVA_HOME": str(java_home()), "SPARK_LOCAL_IP": "127.0.0.1"}
    settings = {
        "spark.jars": ",".join(map(str, JARS.paths)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.hadoop.fs.s3a.endpoint": f"http://{access['MINIO_ENDPOINT']}",
        "spark.hadoop.fs.s3a.access.key": access["MINIO_ACCESS_KEY"],
        "spark.hadoop.fs.s3a.secret.key": access["MINIO_SECRET_KEY"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }
    with SparkSession.builder.master("local[2]").config(map=settings).getOrCreate() as spark:
        found = []
        for table in tables:
            rows = spark.read.format(table.format).options(**table.options).load(table.url).select(*table.columns)
            types = {each.name: each.dataType.simpleString() for each in rows.schema}
            found.append(Found([tuple(row) for row in rows.collect()], types))
        return found

"""The Spark session of the platform's batch jobs: on this machine, or as spark-submit and the Spark operator set it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlb_data_platform.quality.rules import DOUBLE_QUOTED_IDENTIFIERS
from mlb_data_platform.settings import settings
from mlb_data_platform.transform.jars import jar_paths
from mlb_data_platform.transform.java import java_home

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SQL = {
    **DOUBLE_QUOTED_IDENTIFIERS,
    "spark.sql.session.timeZone": "UTC",
    # The audit runs many small queries: to re-plan them while they run would triple the number of jobs.
    "spark.sql.adaptive.enabled": "false",
}
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # A laptop's own name may lead nowhere.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # The JVM lives for a minute here and does little but plan: its second compiler costs as much as the work.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}


@contextmanager
def spark_session() -> Iterator[SparkSession]:
    """Start Spark for the block. Raises BadInputError where Java 17 or Spark's jars are missing.

    Under spark-submit, master, resources and jars are what it was told; otherwise SPARK_MASTER and the jars' cache.
    """
    import pyspark
    from pyspark.sql import SparkSession

    os.environ["SPARK_VERSION"] = pyspark.__version__  # pydeequ asks for it when it is imported
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder
    for name, value in {**_SQL, **_own_settings()}.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.conf.set("spark.sql.shuffle.partitions", str(spark.sparkContext.defaultParallelism))
    try:
        yield spark
    finally:
        spark.stop()


def _own_settings() -> dict[str, str]:
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit has started the JVM and runs this program in it
        return {}
    os.environ["JAVA_HOME"] = str(java_home())
    own = {
        "spark.master": settings().spark_master,
        "spark.app.name": settings().spark_app_name,
        "spark.jars": ",".join(map(str, jar_paths())),
    }
    return own | _LOCAL if settings().spark_master.startswith("local") else own

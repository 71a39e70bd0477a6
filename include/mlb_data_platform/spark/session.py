"""The Spark session of the platform's programs: on this machine, or as spark-submit and the Spark operator set it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from mlb_data_platform.settings import SPARK_JOBS_DIR, settings
from mlb_data_platform.spark.class_archive import archive_options
from mlb_data_platform.spark.jars import jar_paths
from mlb_data_platform.spark.java import java_home

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SQL = {
    # As in PostgreSQL, and as Spark 4 has it: what overflows or cannot be cast is an error, not NULL.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # The audit runs many small queries: to re-plan them while they run would triple the number of jobs.
    "spark.sql.adaptive.enabled": "false",
}
ENDPOINT, MODULES = "MLB_SPARK_ENDPOINT", "MLB_SPARK_MODULES"  # tell the workers' daemon what to have ready
# What tasks run, and what Spark and Arrow import in each worker that is given Arrow.
_STAGED_WAVE = ("mlb_data_platform.spark.staged_wave", "pandas")
# The JVM lives for a minute on a laptop, plans more than it computes, and says what matters in a line.
_LOCAL_JVM = f"-XX:TieredStopAtLevel=1 '-Dlog4j2.configurationFile={SPARK_JOBS_DIR / 'log4j2.properties'}'"

Answer = TypeVar("Answer")


@contextmanager
def spark_session(
    endpoint: str,
    java_options: str | None = None,
    *,
    modules: Sequence[str] = _STAGED_WAVE,
    more_settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[SparkSession]:
    """Start Spark for the block, with workers that know the mapping of `endpoint` and have imported `modules`.

    Under spark-submit, master, resources and jars are what it was told; otherwise SPARK_MASTER and the jars' cache. On
    this machine the JVM maps the archive of its classes, unless `java_options` say something else. `more_settings` are
    those that the program at hand wants of Spark. Raises BadInputError where Java 17 or Spark's jars are missing.
    """
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    workers = {
        "spark.python.daemon.module": "mlb_data_platform.spark.daemon",
        f"spark.executorEnv.{ENDPOINT}": endpoint,
        f"spark.executorEnv.{MODULES}": ",".join(modules),
    }
    all_settings = {**_SQL, **workers, **more_settings, **_own_settings(java_options)}
    conf = SparkConf().setAll(list(all_settings.items()))
    heeded = signal.getsignal(signal.SIGINT)
    with signals_waiting():
        SparkContext._ensure_initialized(conf=conf)  # starts the JVM
    spark = SparkSession.builder.config(conf=conf).getOrCreate()
    signal.signal(signal.SIGINT, heeded)  # Spark puts in its place one that makes a failed job of Ctrl-C
    spark.conf.set("spark.sql.shuffle.partitions", str(spark.sparkContext.defaultParallelism))
    try:
        yield spark
    finally:
        _stop(spark)


def run_jobs(spark: SparkSession, jobs: Callable[[], Answer]) -> Answer:
    """Return what `jobs` returns, which may wait for executors. Whoever is interrupted meanwhile waits for nothing."""
    # A thread that waits for the JVM can ask it for nothing else, not even to stop, until it has its answer.
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(jobs)
        try:
            return answer.result()
        finally:
            if not answer.done():
                _stop(spark)


@contextmanager
def signals_waiting() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C wait for the end of the block: a JVM that nobody is connected to yet would stay.

    The second one waits for nothing: it is heeded as before the block.
    """
    if current_thread() is not main_thread():
        yield
        return
    came: list[int] = []
    heeded = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def heed_again() -> None:
        for number, handler in heeded.items():
            signal.signal(number, handler)

    def wait(number: int, _: FrameType | None) -> None:
        came.append(number)
        heed_again()

    for number in heeded:
        signal.signal(number, wait)
    try:
        yield
    finally:
        heed_again()
        for late in came:
            signal.raise_signal(late)


def _stop(spark: SparkSession) -> None:
    """Stop Spark. Where its JVM has gone, told to end together with this program, that has no say in how this ends."""
    from py4j.protocol import Py4JError

    with suppress(Py4JError, ConnectionError):
        spark.stop()


def _own_settings(java_options: str | None) -> dict[str, str]:
    # spark-submit has started the JVM and runs this program, or is to start it as images/spark/entrypoint.sh says.
    if {"PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS"} & os.environ.keys():
        return {}
    os.environ["JAVA_HOME"] = str(java_home())
    own = {"spark.master": settings().spark_master, "spark.app.name": settings().spark_app_name}
    jars = jar_paths()
    if not settings().spark_master.startswith("local"):
        return own | {"spark.jars": ",".join(map(str, jars))}
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # a laptop's own name may lead nowhere
    more = archive_options(jars) if java_options is None else java_options
    return own | {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Not spark.jars: what that adds is copied at each start and lies outside the archive.
        "spark.driver.extraClassPath": os.pathsep.join(map(str, jars)),
        "spark.driver.extraJavaOptions": f"{_LOCAL_JVM} {more}",
    }

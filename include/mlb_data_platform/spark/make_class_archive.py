"""Makes the archive of Spark's classes: they are those that a small audit loads (`make setup` runs this)."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlb_data_platform.errors import PlatformError, TransientError
from mlb_data_platform.spark.class_archive import BASE, TOP, archive_folder
from mlb_data_platform.spark.jars import jar_paths
from mlb_data_platform.spark.java import java_home

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def make() -> Path:
    """Return the folder of the archive, making it first if it is not there. Raises TransientError where Java fails."""
    folder = archive_folder(jar_paths())
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as draft:
            _make(Path(draft) / "classes")
            (Path(draft) / "classes").rename(folder)
    return folder


def _make(folder: Path) -> None:
    # Only here: `make setup`, and so every target of make, mostly finds the archive.
    from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
    from mlb_data_platform.spark.session import spark_session

    folder.mkdir()
    base, top = folder / BASE, folder / TOP
    subprocess.run([java_home() / "bin" / "java", "-Xshare:dump", f"-XX:SharedArchiveFile={base}"], check=False)
    options = f"-XX:SharedArchiveFile={base} -XX:ArchiveClassesAtExit={top} -Xlog:cds*=error"
    any_mapping = load_mapping_file(mapping_files()[0])
    with spark_session(any_mapping.name, options) as spark:
        gateway: Any = spark.sparkContext._gateway
        _use(spark)
    gateway.shutdown()
    gateway.proc.stdin.close()  # which ends the JVM: it writes the archive then
    gateway.proc.wait()
    if not top.exists():
        raise TransientError(f"Java wrote no archive to {top}: is there room? What it said stands above")


def _use(spark: SparkSession) -> None:
    """Let Spark load what the job needs: that for tasks in Python whose rows it keeps, and that for an audit."""
    from mlb_data_platform.spark.deequ_audit import fractions_kept

    kept = spark.range(0, 2, 1, 2).mapInArrow(_same, "id bigint").persist()
    kept.select("id").collect()
    fractions_kept(
        spark, "numbers", kept.mapInArrow(_same, "id bigint"), {"small": "id < 9", "large": "NOT id = 1 OR (id > 0)"}
    )


def _same(batches: Iterable[Any]) -> Iterable[Any]:
    return batches


if __name__ == "__main__":
    try:
        print(make())
    except PlatformError as error:
        raise SystemExit(f"error: {error}") from None

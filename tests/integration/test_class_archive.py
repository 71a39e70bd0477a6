"""The archive of Spark's classes: made once, and mapped by the JVM of a session."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlb_data_platform.spark.class_archive import BASE, TOP, archive_folder, archive_options

pytestmark = [pytest.mark.spark, pytest.mark.slow]

# Processes of their own: a session takes the JVM that its process has already, whatever its options.
_MAKE = "from mlb_data_platform.spark.make_class_archive import make; print(make())"
_MAPS = """
from pathlib import Path
from mlb_data_platform.spark.session import spark_session
with spark_session("game.live_game_v1") as spark:
    pid = spark.sparkContext._gateway.proc.pid
    print(Path("/proc", str(pid), "maps").read_text(encoding="utf-8"))
"""


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_an_archive_java_loads_its_classes_from_jars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert archive_options([]) == ""


def test_another_spark_needs_another_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    before = archive_folder([])
    monkeypatch.setattr("mlb_data_platform.spark.class_archive.version", lambda _: "3.5.10")
    assert archive_folder([]) != before


@pytest.mark.skipif(sys.platform != "linux", reason="what a process has mapped stands in /proc")
def test_a_session_maps_the_archive_that_make_setup_made() -> None:
    made = Path(_run(_MAKE).splitlines()[-1])
    files = {name: (made / name).stat().st_mtime_ns for name in (BASE, TOP)}
    mapped = _run(_MAPS)
    assert str(made / BASE) in mapped
    assert str(made / TOP) in mapped
    assert Path(_run(_MAKE).splitlines()[-1]) == made
    assert {name: (made / name).stat().st_mtime_ns for name in (BASE, TOP)} == files

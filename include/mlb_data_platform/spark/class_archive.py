"""Spark's classes as the JVM can map them into memory: a third of what a short Spark job costs is to load them.

An archive (class data sharing) is of one JVM, one class path and one environment, whose folder it therefore lies in;
`make setup` makes it (`make_class_archive`). Where there is none, or one that does not fit, the JVM loads the jars.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from mlb_data_platform.spark.java import java_home

BASE, TOP = "java.jsa", "spark.jsa"  # the JVM's own classes, and on top of them those of Spark, Deequ and the driver


def archive_folder(jars: Sequence[Path]) -> Path:
    """Return the folder of the archive for this Java, this maker, and a class path of `jars` and this Spark."""
    java = (java_home() / "release").read_text(encoding="utf-8")
    maker = Path(__file__).with_name("make_class_archive.py").read_text(encoding="utf-8")  # it says which classes
    fits = (str(java_home()), java, version("pyspark"), list(map(str, jars)), maker)
    name = hashlib.sha256(repr(fits).encode()).hexdigest()[:12]
    return Path(sys.prefix) / "spark-classes" / name


def archive_options(jars: Sequence[Path]) -> str:
    """Return the options that let the JVM use the archive; none where it was not made."""
    folder = archive_folder(jars)
    if not folder.exists():
        return ""
    # One that does not fit (another build of Java, a jar that was touched) is left aside, which needs no word.
    return f"-XX:SharedArchiveFile={folder / BASE}{os.pathsep}{folder / TOP} -Xlog:cds*=off"

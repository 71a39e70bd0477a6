"""The jars that Spark needs beyond its own: fetched from Maven Central once, then read from a cache of the user.

Spark's own resolver (Ivy) fetches them, so that a machine needs no other tool; after that Spark gets plain files
(`spark.jars`), because resolving at every start would cost seconds and a network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.transform.java import bundled_java_home, java_home

PACKAGES = (
    "org.postgresql:postgresql:42.7.14",
    "com.amazon.deequ:deequ:2.1.0-spark-3.5",
)
# Deequ's query language for AWS Glue, which Maven Central does not have and our checks do not use.
EXCLUDES = ("software.amazon.glue:dqdl",)

# Where Debian and its kin keep the machine's certificates for Java; a bundled Java does not know of them by itself.
_SYSTEM_TRUST_STORE = Path("/etc/ssl/certs/java/cacerts")


def jar_paths() -> tuple[Path, ...]:
    """Return the cached jars, the value of `spark.jars`.

    Raises BadInputError when `make setup` has not fetched them.
    """
    jars = tuple(sorted(_folder().glob("*.jar")))
    if not jars:
        raise BadInputError("Spark's jars are not in the cache: run `make setup`")
    return jars


def fetch() -> Path:
    """Return the folder of the jars, fetching them first if they are not there.

    Raises TransientError when Maven Central does not give them; what it said is on stderr then.
    """
    folder = _folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as draft:
                _resolve(Path(draft))
                (Path(draft) / "jars").rename(folder)
    return folder


def _folder() -> Path:
    """One folder for each set of coordinates, so that versions of the project can share the cache."""
    coordinates = hashlib.sha256(repr((PACKAGES, EXCLUDES)).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "mlb-data-platform" / "spark-jars" / coordinates


def _resolve(ivy: Path) -> None:
    """Let Spark's launcher resolve the packages into `ivy/jars`; no Spark session is started."""
    from pyspark import SparkConf
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    home = java_home()
    os.environ["JAVA_HOME"] = str(home)
    if home == bundled_java_home() and _SYSTEM_TRUST_STORE.exists():
        os.environ["JAVA_TOOL_OPTIONS"] = f"-Djavax.net.ssl.trustStore={_SYSTEM_TRUST_STORE}"
    conf = SparkConf(loadDefaults=False)
    conf.set("spark.jars.packages", ",".join(PACKAGES))
    conf.set("spark.jars.excludes", ",".join(EXCLUDES))
    conf.set("spark.jars.ivy", str(ivy))
    try:
        gateway = launch_gateway(conf)  # type: ignore[no-untyped-call]
    except PySparkRuntimeError:
        raise TransientError(
            f"Maven Central did not give {' and '.join(PACKAGES)}; what it said stands above"
        ) from None
    gateway.shutdown()
    gateway.proc.stdin.close()  # which ends the launcher's JVM
    gateway.proc.wait()
    shutil.rmtree(ivy / "cache", ignore_errors=True)


if __name__ == "__main__":
    try:
        print(fetch())
    except PlatformError as error:
        raise SystemExit(f"error: {error}") from None

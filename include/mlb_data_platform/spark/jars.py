"""The jars that Spark needs beyond its own: fetched from Maven Central once, then read from a cache of the user.

Spark's own resolver (Ivy) fetches them, so that a machine needs no other tool; after that Spark gets plain files
(`spark.jars`), because resolving at every start would cost seconds and a network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.spark.java import java_home

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway
    from pyspark import SparkConf


@dataclass(frozen=True)
class Jars:
    """Packages of Maven Central by their coordinates, and what is left out of that which they bring along."""

    packages: tuple[str, ...]
    excludes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where they are kept: a folder for each set, so that versions of the project can share the cache."""
        coordinates = hashlib.sha256(repr((self.packages, self.excludes)).encode()).hexdigest()[:12]
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "mlb-data-platform" / "spark-jars" / coordinates

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those in the folder; none where nobody has fetched them."""
        return tuple(sorted(self.folder.glob("*.jar")))


JARS = Jars(
    packages=(
        "org.postgresql:postgresql:42.7.14",
        "com.amazon.deequ:deequ:2.1.0-spark-3.5",
    ),
    excludes=(
        # Deequ's query language for AWS Glue, which Maven Central does not have and our checks do not use.
        "software.amazon.glue:dqdl",
        # Spark brings these itself, the same or newer: of two versions in one folder, which one is loaded is luck.
        "org.scala-lang:scala-reflect",
        "org.scalanlp:breeze_2.12",
    ),
)
"""What the platform's programs need."""

# Where Debian and its kin keep their certificates in one file; Python there knows only the folder.
_DEBIAN_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def jar_paths() -> tuple[Path, ...]:
    """Return the cached jars, the value of `spark.jars`; none where they lie among Spark's own, as in its image.

    Raises BadInputError when `make setup` has not fetched them.
    """
    if _among_sparks_own():
        return ()
    if not JARS.paths:
        raise BadInputError("Spark's jars are not in the cache: run `make setup`")
    return JARS.paths


def fetch(jars: Jars) -> Path:
    """Return the folder of these jars, fetching them first if they are not there.

    Raises TransientError when Maven Central does not give them; what it said is on stderr then.
    """
    folder = jars.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as draft:
                _resolve(jars, Path(draft))
                (Path(draft) / "jars").rename(folder)
    return folder


def _among_sparks_own() -> bool:
    import pyspark

    own = Path(pyspark.__file__).parent / "jars"
    return all((own / "{}_{}-{}.jar".format(*package.split(":"))).exists() for package in JARS.packages)


def _resolve(jars: Jars, ivy: Path) -> None:
    """Let Spark's launcher resolve the packages into `ivy/jars`; no Spark session is started."""
    from pyspark import SparkConf
    from pyspark.errors import PySparkRuntimeError

    os.environ["JAVA_HOME"] = str(java_home())
    if bundle := _certificates():
        store = ivy / "trust.p12"
        _make_trust_store(bundle, store)
        os.environ["JAVA_TOOL_OPTIONS"] = f"-Djavax.net.ssl.trustStore={store}"
    conf = SparkConf(loadDefaults=False)
    conf.set("spark.jars.packages", ",".join(jars.packages))
    conf.set("spark.jars.excludes", ",".join(jars.excludes))
    conf.set("spark.jars.ivy", str(ivy))
    try:
        with _java(conf):
            pass
    except PySparkRuntimeError:
        raise TransientError(
            f"Maven Central did not give {', '.join(jars.packages)}; what it said stands above"
        ) from None
    shutil.rmtree(ivy / "cache", ignore_errors=True)


def _certificates() -> Path | None:
    """The file of certificates that the other programs of this machine trust, a company's own among them."""
    for bundle in (ssl.get_default_verify_paths().cafile, _DEBIAN_BUNDLE):
        if bundle and Path(bundle).exists():
            return Path(bundle)
    return None


def _make_trust_store(bundle: Path, store: Path) -> None:
    """Let Java write the certificates of `bundle` into a store of its own kind, the only one it reads."""
    from pyspark import SparkConf

    with _java(SparkConf(loadDefaults=False)) as gateway:
        java = gateway.jvm.java
        # They are public: without this the store would need a password, to be read as well as written.
        java.lang.System.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE")
        java.lang.System.setProperty("keystore.pkcs12.macAlgorithm", "NONE")
        certificates = java.security.KeyStore.getInstance("PKCS12")
        certificates.load(None, None)
        read = java.security.cert.CertificateFactory.getInstance("X.509").generateCertificates
        for number, certificate in enumerate(read(java.io.FileInputStream(str(bundle)))):
            certificates.setCertificateEntry(str(number), certificate)
        certificates.store(java.io.FileOutputStream(str(store)), None)


@contextmanager
def _java(conf: SparkConf) -> Iterator[JavaGateway]:
    """Spark's launcher with `conf`, for the block; what it is told to resolve is there when the block begins."""
    from pyspark.java_gateway import launch_gateway

    gateway = launch_gateway(conf)  # type: ignore[no-untyped-call]
    try:
        yield gateway
    finally:
        gateway.shutdown()
        gateway.proc.stdin.close()  # which ends its JVM
        gateway.proc.wait()


if __name__ == "__main__":
    try:
        print(fetch(JARS))
    except PlatformError as error:
        raise SystemExit(f"error: {error}") from None

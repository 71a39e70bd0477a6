"""What Spark fails at, as an error for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mlb_data_platform.errors import TransientError


@contextmanager
def spark_failures(name: str) -> Iterator[None]:
    """Raise what Spark fails at in the block as a TransientError that begins with `name`: a retry may find it well."""
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JNetworkError, ConnectionError) as error:
        raise TransientError(f"{name}: Spark: its JVM is gone (killed, or out of memory)") from error
    except (Py4JError, PySparkException) as error:
        raise TransientError(f"{name}: Spark: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The one line of an error of Spark that says why: the last before the JVM's stack; its name where it is silent."""
    text = error.java_exception.getMessage() or "" if hasattr(error, "java_exception") else str(error)
    lines = text.partition("\n\tat ")[0].strip().splitlines()
    return lines[-1] if lines else type(error).__name__

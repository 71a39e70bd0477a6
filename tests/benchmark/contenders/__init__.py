"""Who is measured: the platform, the floor under it, and what else people load such JSON with.

Each is a program of its own, so that its memory can be told apart; all work on the same raw rows in one database.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.work import ENDPOINT

_MODULES = f"{__name__}."
_MLB_ETL = str(Path(sys.executable).with_name("mlb-etl"))


@dataclass(frozen=True)
class Contender:
    """One of those that are measured. Its program ends with a line of JSON: `seconds`, and `rows` where it keeps them.

    `most` games are what it is given, where all would take too long; one that `grows` is measured at every size.
    """

    key: str
    title: str
    program: tuple[str, ...]
    most: int | None = None
    grows: bool = False
    reads_files: bool = False


PLATFORM = Contender(
    "a1", "platform, mlb-etl transform", (_MLB_ETL, "transform", ENDPOINT, "--all", "--json"), grows=True
)
FLOOR = Contender("b", "floor: bare COPY", (sys.executable, "-m", _MODULES + "copy_floor"), grows=True)
CONTENDERS = (
    PLATFORM,
    Contender("a2", "platform, Spark job", (sys.executable, "-m", _MODULES + "spark_job")),
    FLOOR,
    Contender("c", "dlt", (sys.executable, "-m", _MODULES + "dlt_load"), most=100, reads_files=True),
    Contender("d", "Spark from_json, JDBC", (sys.executable, "-m", _MODULES + "spark_from_json"), most=400),
    Contender(
        "e", "DuckDB, into DuckDB", (sys.executable, "-m", _MODULES + "duckdb_read"), most=1000, reads_files=True
    ),
)

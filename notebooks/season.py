"""The file of `mlb-etl export duckdb` that the notebooks look at, and how they ask it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

SIMULATED = Path(__file__).parents[1] / os.environ.get("MLB_STATE_DIR", ".local") / "notebook.duckdb"
FILE = Path(os.environ.get("MLB_DUCKDB") or SIMULATED)


class NothingFound(LookupError):
    """What a notebook cannot do without is not in the file; it says so in words, without a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for it
        return [str(self)]


def ask(question: str, **values: object) -> pd.DataFrame:
    """Return the rows that a question in SQL finds; `$name` in it stands for one of `values`.

    Raises NothingFound where it finds none: no plot is empty without a word.
    """
    rows = ask_for_any(question, **values)
    if rows.empty:
        raise NothingFound(f"{FILE} has nothing of what is asked for: are there games in it, and do they suffice?")
    return rows


def ask_for_any(question: str, **values: object) -> pd.DataFrame:
    """Return the rows that a question finds as `ask` does, or none: who asks says then that there are none."""
    return _season().execute(question, values).df()


@cache
def _season() -> duckdb.DuckDBPyConnection:
    if not FILE.exists():
        raise FileNotFoundError(f"{FILE} is missing: `make notebook` makes it, or `mlb-etl export duckdb {FILE}`")
    season = duckdb.connect(FILE, read_only=True)
    season.execute("SET TimeZone = 'UTC'")
    return season

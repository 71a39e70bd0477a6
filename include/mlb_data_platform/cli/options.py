"""Options that several commands have, and how what is given with them is read."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, overload

import typer

from mlb_data_platform.errors import BadInputError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class EngineName(StrEnum):
    """Where the work is done: by this process and its workers, or by Spark."""

    process = "process"
    spark = "spark"


@overload
def as_date(option: str, text: str) -> date: ...
@overload
def as_date(option: str, text: str | None) -> date | None: ...
def as_date(option: str, text: str | None) -> date | None:
    """Return the date that was given with `option`, None where it was not. Raises BadInputError where it is no date."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{option}: '{text}' is not a date like 2026-04-19") from None

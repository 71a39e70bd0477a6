"""Options that several commands have, and how what is given with them is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, overload

import typer

from mlb_data_platform.errors import BadInputError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Endpoints = Annotated[
    list[str] | None, typer.Argument(metavar="[ENDPOINT.METHOD]...", help="Mappings; default: all of them.")
]
GamePks = Annotated[
    list[int] | None, typer.Option(min=1, max=2**63 - 1, help="Only this game; may be given more than once.")
]
Keys = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="Only this item, by a key of the job; may be given more than once."),
]


class EngineName(StrEnum):
    """Where the work is done: by this process and its workers, or by Spark."""

    process = "process"
    spark = "spark"


_AGO = re.compile(r"(\d{1,5}(?:\.\d+)?)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")  # what stays as it is written


def as_keys(texts: Sequence[str] | None, game_pks: Sequence[int] | None) -> dict[str, tuple[int | str, ...]]:
    """Return what was given with --key and --game-pk: for each key its values, a number where one is written.

    Raises BadInputError for what is not like NAME=VALUE.
    """
    found: dict[str, list[int | str]] = {"game_pk": list(game_pks)} if game_pks else {}
    for text in texts or ():
        name, _, value = text.partition("=")
        if not name or not value:
            raise BadInputError(f"--key: '{text}' is not like NAME=VALUE, for example team_id=147")
        found.setdefault(name, []).append(int(value) if _NUMBER.fullmatch(value) else value)
    return {name: tuple(values) for name, values in found.items()}


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


def as_time_ago(text: str) -> timedelta | None:
    """Return how long ago a text like 30s, 5m, 2h or 7d says; None where it says nothing of the kind."""
    match = _AGO.fullmatch(text)
    return timedelta(**{_UNITS[match[2]]: float(match[1])}) if match else None


def as_moment(option: str, text: str) -> datetime:
    """Return the moment that was given with `option`, in UTC where it says nothing else, or as a time ago.

    Raises BadInputError where it is none.
    """
    ago = as_time_ago(text)
    if ago is not None:
        return datetime.now(UTC) - ago
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{option}: '{text}' is not like 2026-04-19T20:00Z, nor a time ago like 2h") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""The words in braces of a job's YAML: `{date}` stands for the run's date, `{date-7}` for the one a week before it.

Which names there are, the job says: those of every run (`RUN_VALUES`), and its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator

from mlb_data_platform.errors import nearest

# Each stands for one value. The season is the year of the date, where no other is given.
RUN_VALUES = ("date", "season")
# A whole word of an argv that becomes any number of words: `--key NAME=VALUE …` or nothing; the same or `--date D`;
# `--force` or nothing.
OPTIONS = ("keys", "keys_or_date", "force")

_PLACEHOLDER = re.compile(r"\{(\w*)([+-]\d+)?\}")


def placeholders(text: str) -> list[str]:
    """Return the names that stand in braces in `text`, in order."""
    return [name for name, _ in _PLACEHOLDER.findall(text)]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return `text` with each `{name}` replaced by `values[name]`. Raises KeyError for a name without a value."""
    return _PLACEHOLDER.sub(lambda match: str(_value(match, values)), text)


def filled(value: str | int, values: Mapping[str, Any]) -> str | int:
    """Return `value` filled; what is one placeholder alone keeps the type of its value. Raises as `fill` does."""
    if isinstance(value, str) and (match := _PLACEHOLDER.fullmatch(value)):
        found = _value(match, values)
        return found if isinstance(found, int) else str(found)
    return fill(value, values) if isinstance(value, str) else value


def unknown_placeholder(text: str, known: Iterable[str]) -> str | None:
    """Return what is wrong with a placeholder in `text` that is none of `known`; None if nothing is."""
    names = list(known)
    for name in placeholders(text):
        if name not in names:
            valid = ", ".join(f"{{{each}}}" for each in names)
            return f"unknown placeholder '{{{name}}}'{nearest(name, names)}; valid: {valid}"
    return None


def _value(match: re.Match[str], values: Mapping[str, Any]) -> Any:
    name, days = match.groups()
    if not days:
        return values[name]
    return date.fromisoformat(str(values[name])) + timedelta(days=int(days))


def _only_of_dates(value: str | int) -> str | int:
    for name, days in _PLACEHOLDER.findall(str(value)):
        if days and name != "date":
            raise ValueError(f"'{{{name}{days}}}': only a date can be some days earlier or later, as in {{date-7}}")
    return value


def _word(text: str) -> str:
    _only_of_dates(text)
    for name in placeholders(text):
        if name in OPTIONS and text != f"{{{name}}}":
            raise ValueError(f"'{{{name}}}' becomes several words: write it as a word of its own")
    return text


Word = Annotated[str, AfterValidator(_word)]
Value = Annotated[str | int, AfterValidator(_only_of_dates)]

"""The words in braces of a job's YAML: `{date}` stands for the run's date, and so on."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator

# Of a request's parameter or a word of an argv: each stands for one value.
VALUES = ("date", "season", "game_pk")
# A whole word of an argv that becomes any number of words: `--game-pk N …` or `--date D`; `--force` or nothing.
OPTIONS = ("games", "force")

_PLACEHOLDER = re.compile(r"\{(\w*)\}")


def placeholders(text: str) -> list[str]:
    """Return the names that stand in braces in `text`, in order."""
    return _PLACEHOLDER.findall(text)


def fill(text: str, values: dict[str, Any]) -> str:
    """Return `text` with each `{name}` replaced by `values[name]`. Raises KeyError for a name without a value."""
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)


def _known(text: str, known: tuple[str, ...]) -> None:
    for name in placeholders(text):
        if name not in known:
            raise ValueError(f"unknown placeholder '{{{name}}}'; valid: " + ", ".join(f"{{{word}}}" for word in known))


def _value(value: str | int) -> str | int:
    _known(str(value), VALUES)
    return value


def _word(text: str) -> str:
    _known(text, VALUES + OPTIONS)
    for name in placeholders(text):
        if name in OPTIONS and text != f"{{{name}}}":
            raise ValueError(f"'{{{name}}}' becomes several words: write it as a word of its own")
    return text


Word = Annotated[str, AfterValidator(_word)]
Value = Annotated[str | int, AfterValidator(_value)]

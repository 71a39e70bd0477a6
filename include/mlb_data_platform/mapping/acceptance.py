"""What a response must have to be an answer to what was asked: checked at ingest, and again before it becomes rows."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from typing import Any, NamedTuple

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Member, Path, is_there, json_member, values
from mlb_data_platform.mapping.raw_endpoint import NaturalKeyColumn

_LONG = 60


class Stranger(NamedTuple):
    """A value in a response that is not what was asked for; `found` is its beginning, for a message of one line."""

    column: str
    key: NaturalKeyColumn
    asked: Any
    found: str


class Acceptance:
    """The paths of `require` and of the natural key of one mapping; `member` reads the objects of its responses."""

    def __init__(self, mapping: Mapping, member: Member = json_member) -> None:
        self._member = member
        self._required = [Path.parse(text) for text in mapping.require]
        self._natural_key = [
            (column, key, Path.parse(key.path).steps)
            for column, key in mapping.natural_key.items()
            if key.path is not None
        ]

    def missing(self, document: Any) -> Path | None:
        """Return the first path of `require` that `document` does not have, or None if it has all."""
        return next((path for path in self._required if not is_there(document, path.steps, self._member)), None)

    def stranger(self, document: Any, asked: Lookup[str, Any]) -> Stranger | None:
        """Return the first value at the path of a natural key that differs from the one in `asked`, or None.

        Where the path goes through arrays or maps, each of their elements has to say it; there need be none, nor need
        it be asked.
        """
        for column, key, steps in self._natural_key:
            wanted = asked[column]
            if wanted is None and key.generated:
                continue
            asked_for = key.asked(wanted)
            for found in values(document, steps, self._member):
                if _text(found) not in asked_for:
                    said = "nothing" if found is None else " ".join(str(found).split())[:_LONG]
                    return Stranger(column, key, wanted, said)
        return None


def _text(value: Any) -> str:
    """A value as a parameter spells it: 5.0 is how some feeds write the integer 5 (FEED item 26)."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

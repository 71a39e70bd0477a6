"""One capture: the exact bytes of a response, with everything that says where and when they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping

Parameters = dict[str, str | int]
NaturalKey = dict[str, str | int | None]


@dataclass(frozen=True)
class Capture:
    """A response on its way into the raw tier. `captured_at` was taken just before the request."""

    mapping: Mapping
    parameters: Parameters
    source_url: str
    status_code: int
    captured_at: datetime
    body: bytes

    @cached_property
    def content_sha256(self) -> str:
        """Lower-case hex of the exact decoded bytes: the identity of the content."""
        return sha256(self.body).hexdigest()

    @property
    def object_key(self) -> str:
        """Where the bytes lie in the bucket `raw-data`."""
        mapping, day = self.mapping, self.captured_at.astimezone(UTC).date()
        return f"raw/{mapping.endpoint}/{mapping.method}/date={day}/{self.content_sha256}.avro"

    @property
    def natural_key(self) -> NaturalKey:
        """What was asked for. Raises BadInputError where a number is needed and the parameter is none."""
        return natural_key(self.mapping, self.parameters)


def natural_key(mapping: Mapping, parameters: Parameters) -> NaturalKey:
    """Return what these parameters ask for, by the columns of the raw table; None for a parameter that is not sent.

    Raises BadInputError where a number is needed and the parameter is none.
    """
    return {
        column: _key_value(mapping, key.type, key.parameter, parameters.get(key.parameter))
        for column, key in mapping.natural_key.items()
    }


def _key_value(mapping: Mapping, type_: str, parameter: str, value: str | int | None) -> str | int | None:
    if value is None or type_ == "text":
        return None if value is None else str(value)
    try:
        return int(value)
    except ValueError:
        raise BadInputError(f"{mapping.name}: {parameter} must be a number, not '{value}'") from None

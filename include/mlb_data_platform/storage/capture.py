"""One capture: the exact bytes of a response, with everything that says where and when they come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint

Parameters = dict[str, str | int]
NaturalKey = dict[str, str | int | None]


@dataclass(frozen=True)
class Capture:
    """A response on its way into the raw tier. `captured_at` was taken just before the request."""

    mapping: RawEndpoint
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
    def natural_key(self) -> NaturalKey:
        """What was asked for. Raises BadInputError where a number is needed and the parameter is none."""
        return natural_key(self.mapping, self.parameters)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """All that the archive says of this capture beside its bytes."""
        return {
            "endpoint": self.mapping.endpoint,
            "method": self.mapping.method,
            "schema_version": self.mapping.schema_version,
            "natural_key": {name: None if value is None else str(value) for name, value in self.natural_key.items()},
            "captured_at": self.captured_at.astimezone(UTC),
            "source_url": self.source_url,
            "request_params": json.dumps(self.parameters),
            "status_code": self.status_code,
            "content_sha256": self.content_sha256,
        }

    @property
    def object_key(self) -> str:
        """Where it lies in the bucket `raw-data`: under a name that no other capture has, whatever it was asked for."""
        start = key_start(self.mapping.endpoint, self.mapping.method, self.captured_at)
        return f"{start}-{self.content_sha256}-{fingerprint(self.provenance)}.avro"


def key_start(endpoint: str, method: str, moment: datetime) -> str:
    """Return how the key of each object of the archive begins: what was asked, the UTC day, the time of day."""
    return f"raw/{endpoint}/{method}/{moment.astimezone(UTC):date=%Y-%m-%d/%H%M%S.%f}"


def fingerprint(provenance: dict[str, Any]) -> str:
    """Return 16 hex digits that stand for where a capture comes from and what it was asked with."""
    return sha256(json.dumps(provenance, sort_keys=True, default=str).encode()).hexdigest()[:16]


def natural_key(mapping: RawEndpoint, parameters: Parameters) -> NaturalKey:
    """Return what these parameters ask for, by the columns of the raw table; None for a parameter that is not sent.

    Raises BadInputError where a number is needed and the parameter is none.
    """
    given = mapping.canonical(parameters)
    return {
        column: _key_value(mapping, key.type, key.parameter, given.get(key.parameter))
        for column, key in mapping.natural_key.items()
    }


def _key_value(mapping: RawEndpoint, type_: str, parameter: str, value: str | int | None) -> str | int | None:
    if value is None or type_ == "text":
        return None if value is None else str(value)
    try:
        return int(value)
    except ValueError:
        raise BadInputError(f"{mapping.name}: {parameter} must be a number, not '{value}'") from None

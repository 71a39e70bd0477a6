"""What the columns of the tables may hold: the first value that each has in some responses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from mlb_data_platform.definitions.data_dictionary import Column
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.statsapi.recorded_responses import parameters
from mlb_data_platform.storage.stored_body import PlainBody
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.raw_rows import RawRow
from statsapi_simulator.recordings import Recording


def examples(responses: Iterable[tuple[Mapping, Recording]]) -> dict[Column, str]:
    """Return the first value of each column that the responses have one for, as SQL would show it.

    Raises BadInputError for a response that its mapping does not accept.
    """
    found: dict[Column, str] = {}
    for mapping, recording in responses:
        for table, lines in flattener(mapping).flatten(_capture(mapping, recording)).lines.items():
            names = mapping.copy_order(table)
            for row in (row for each in lines for row in _rows(each.text)):
                for name, value in zip(names, row, strict=True):
                    if value not in (None, ""):
                        found.setdefault(Column(f"{mapping.endpoint}.{table}", name), _shown(value))
    return found


def _capture(mapping: Mapping, recording: Recording) -> RawRow:
    body, given = recording.body(), parameters(mapping, recording)
    natural_key = {column: given.get(key.parameter) for column, key in mapping.natural_key.items()}
    moment = datetime(1970, 1, 1, tzinfo=UTC)
    url, content = recording.query.path, PlainBody(body)
    return RawRow(0, moment, moment, sha256(body).hexdigest(), url, given, natural_key, content)


def _rows(text: bytes) -> list[list[Any]]:
    found: list[list[Any]] = msgspec.json.decode(b"[[" + text.replace(b"\n", b"],[") + b"]]")
    return found


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

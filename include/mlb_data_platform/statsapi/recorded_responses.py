"""Which mapping a recorded response belongs to: the one whose request has its path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.statsapi.catalogue import endpoint
from mlb_data_platform.statsapi.stubs import recordings_of
from statsapi_simulator.recordings import Recording


def recorded_responses(folder: Path, mappings: Iterable[Mapping]) -> Iterator[tuple[Mapping, Recording]]:
    """Return the recordings of `folder` that answer the request of one of `mappings`, each with its mapping.

    Raises BadInputError for a folder without a readable manifest.
    """
    patterns = [(_pattern(mapping), mapping) for mapping in mappings]
    for recording in recordings_of(folder):
        for pattern, mapping in patterns:
            if pattern.fullmatch(recording.query.path) and recording.status_code == 200:
                yield mapping, recording


def parameters(mapping: Mapping, recording: Recording) -> dict[str, str]:
    """Return what a recorded response of a mapping was asked with, in the path and after it."""
    in_path = _pattern(mapping).fullmatch(recording.query.path)
    return {**(in_path.groupdict() if in_path else {}), **dict(recording.query.parameters)}


def _pattern(mapping: Mapping) -> re.Pattern[str]:
    """The path of the mapping's request, anything in place of its parameters."""
    given = [key.parameter for key in mapping.natural_key.values()]
    path = endpoint(mapping.request, given, given).path
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))

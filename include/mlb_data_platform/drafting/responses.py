"""The responses that a draft is made from: files of JSON, and the request of each where it is known."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.statsapi.stubs import recordings_of
from statsapi_simulator.recordings import MANIFEST, Query, Recording

_NAMES_ABOVE = 6  # how far above a file its manifest may lie


@dataclass(frozen=True)
class DraftResponse:
    """One response; `path` and `parameters` of its request are empty where nobody knows them."""

    document: Any
    path: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_responses(files: Sequence[Path], url: str = "") -> list[DraftResponse]:
    """Return the responses in some files, .json or .json.gz, with what a manifest beside or above them says of each.

    A folder stands for all that its manifest lists. `url` is the request, or its path and query, of those of which
    nobody says it; empty if nobody knows it. Raises BadInputError for a file that is not there, or no JSON.
    """
    manifests: dict[Path, dict[Path, Recording]] = {}
    found = []
    for file in (each for named in files for each in _files(named)):
        recording = _recording(file.resolve(), manifests)
        query = recording.query if recording else Query.parse(url)
        found.append(DraftResponse(_document(file), query.path, dict(sorted(query.parameters))))
    return found


def _files(named: Path) -> list[Path]:
    if not named.is_dir():
        return [named]
    return [recording.file for recording in recordings_of(named) if recording.status_code == HTTPStatus.OK]


def _recording(file: Path, manifests: dict[Path, dict[Path, Recording]]) -> Recording | None:
    for folder in _with_manifest(file):
        if folder not in manifests:
            manifests[folder] = {each.file.resolve(): each for each in recordings_of(folder)}
        return manifests[folder].get(file)
    return None


def _with_manifest(file: Path) -> Iterator[Path]:
    return (folder for folder in list(file.parents)[:_NAMES_ABOVE] if (folder / MANIFEST).is_file())


def _document(file: Path) -> Any:
    try:
        body = file.read_bytes()
        return json.loads(gzip.decompress(body) if file.suffix == ".gz" else body)
    except OSError as error:
        raise BadInputError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:
        raise BadInputError(f"{file}: is not JSON: {error}") from None

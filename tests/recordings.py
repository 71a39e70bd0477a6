"""The recorded responses that tests read where they are (never copied into the project), by their manifest."""

from __future__ import annotations

import gzip
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

PROJECT_DIR = Path(__file__).resolve().parents[1]
LIVE_FEED = r"/api/v1\.1/game/\d+/feed/live"
DIFF_PATCH = rf"{LIVE_FEED}/diffPatch"
ABSENT = "no recordings: set MLB_RECORDINGS to a folder with manifest.json to run this test"


@dataclass(frozen=True)
class Recording:
    """One recorded response."""

    file: Path
    url: str
    start_timecode: str | None = None  # of a patch

    @property
    def body(self) -> bytes:
        """The exact bytes."""
        return gzip.decompress(self.file.read_bytes())

    @property
    def json(self) -> Any:
        """The response, read."""
        return json.loads(self.body)


def folder() -> Path | None:
    """Return the folder of recordings (MLB_RECORDINGS, else the one beside the checkout), or None."""
    path = PROJECT_DIR / (os.environ.get("MLB_RECORDINGS") or "../shared/statsapi")
    return path if (path / "manifest.json").exists() else None


def of(path: str) -> list[Recording]:
    """Return the recordings whose URL has this path (a regular expression), in the manifest's order: as captured."""
    root = folder()
    if root is None:
        return []
    entries = json.loads((root / "manifest.json").read_bytes())
    return [
        Recording(root / entry["file"], entry["url"], entry.get("startTimecode"))
        for entry in entries
        if re.fullmatch(path, urlsplit(entry.get("url", "")).path)
    ]


def parameters(path: str) -> list[Any]:
    """Return the same as parameters of a test: one that is skipped, with the reason, where there are none."""
    found = [pytest.param(each, id=each.file.name.removesuffix(".json.gz")) for each in of(path)]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT))]

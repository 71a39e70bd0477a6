"""What the bench and the programs of its contenders agree on: the endpoint, the folder of files, the answer's form."""

from __future__ import annotations

import json
import os
from pathlib import Path

ENDPOINT = "game.live_game_v1"
FOLDER = "MLB_BENCH_FOLDER"  # where the bench tells its programs to find and leave files


def feeds_folder() -> Path:
    """Return the folder with the feeds as files, one JSON object a line: captured_at, raw_id, content_sha256, doc."""
    return Path(os.environ[FOLDER]) / "feeds"


def copies_folder() -> Path:
    """Return the folder with the tables' rows as COPY text: one folder for each chunk of games, in it `TABLE.copy`."""
    return Path(os.environ[FOLDER]) / "copies"


def answer(seconds: float, rows: dict[str, int] | None = None, **more: object) -> None:
    """Print what a contender's program says last: the seconds of its work without its start-up, and its rows by table
    where the bench cannot count them itself."""
    print(json.dumps({"seconds": seconds, "rows": rows, **more}), flush=True)

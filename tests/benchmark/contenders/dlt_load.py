"""Contender (c): dlt loads the same feeds, as its documentation has it: a resource that yields objects, a pipeline.

Its normalizer makes the child tables. As they come, the feeds do not load: dlt makes a column of every key of an
object, some objects of a feed have player ids for keys, and PostgreSQL ends at 1,600 columns. So a map (`add_map`)
turns those objects into lists. All else is its default.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import dlt
from dlt.destinations import postgres

from mlb_data_platform.settings import settings
from tests.benchmark.work import answer, feeds_folder

Json = dict[str, Any]

# Tables of ours, and the places whose elements are their rows and dlt's, where both have the same.
_COMPARED = {
    "live_game_metadata": "",
    "live_game_linescore_innings": "live_data linescore innings",
    "live_game_players": "game_data players",
    "live_game_plays": "live_data plays all_plays",
    "live_game_pitch_events + live_game_play_actions": "live_data plays all_plays play_events",
    "live_game_runners": "live_data plays all_plays runners",
    "live_game_fielding_credits": "live_data plays all_plays runners credits",
    "live_game_scoring_plays": "live_data plays scoring_plays",
    "live_game_pitchers": "live_data boxscore teams SIDE pitchers",
    "live_game_bench": "live_data boxscore teams SIDE bench",
    "live_game_bullpen": "live_data boxscore teams SIDE bullpen",
    "live_game_boxscore_players": "live_data boxscore teams SIDE players",
    "live_game_boxscore_positions": "live_data boxscore teams SIDE players all_positions",
    "live_game_umpires": "live_data boxscore officials",
}


def main() -> None:
    """Load the feeds and say how long that took and how many rows the comparable tables have."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    known = settings()
    password = known.postgres_password.get_secret_value()
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=str(feeds_folder().parent / "dlt"),
        destination=postgres(
            f"postgresql://{known.postgres_user}:{password}"
            f"@{known.postgres_host}:{known.postgres_port}/{known.postgres_db}"
        ),
        dataset_name="dlt",
    )
    started = time.perf_counter()
    pipeline.run(dlt.resource(_feeds, name="games").add_map(_without_ids_as_keys))
    seconds = time.perf_counter() - started
    trace = pipeline.last_trace
    if trace is None or trace.last_normalize_info is None:
        raise SystemExit("error: dlt keeps no trace of what it normalized")
    counted = trace.last_normalize_info.row_counts
    answer(seconds, dict(_compared(pipeline, counted)), version=dlt.__version__)


def _feeds() -> Iterator[Json]:
    for file in sorted(feeds_folder().glob("*.ndjson")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["doc"]


def _without_ids_as_keys(feed: Json) -> Json:
    """Turn the objects whose keys are ids into lists."""
    for holder in (feed["gameData"], *feed["liveData"]["boxscore"]["teams"].values()):
        holder["players"] = list(holder["players"].values())
    return feed


def _compared(pipeline: dlt.Pipeline, counted: dict[str, int]) -> Iterator[tuple[str, int]]:
    naming = pipeline.default_schema.naming
    for table, place in _COMPARED.items():
        places = {place.replace("SIDE", side) for side in ("home", "away")}
        yield table, sum(counted[naming.shorten_fragments("games", *place.split())] for place in places)


if __name__ == "__main__":
    main()

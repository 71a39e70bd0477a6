"""The endpoints of one game: its feed at a moment, its revisions, patches from one to another, and parts of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from statsapi_simulator.api import parameters
from statsapi_simulator.api.games import Games, timecode

Asked = Mapping[str, str]

# Beyond this the API answers a diffPatch with the whole feed.
LONGEST_GAP = timedelta(seconds=300)


def feed(games: Games, game_pk: int, now: datetime, asked: Asked) -> dict[str, Any]:
    """Answer feed/live: at `timecode` if one is asked for, which does not reach into the future."""
    return games.feed(game_pk, asked_moment(asked, now), now)


def timestamps(games: Games, game_pk: int, now: datetime, _: Asked) -> list[str]:
    """Answer feed/live/timestamps: the timecodes of all revisions so far."""
    revisions = games.course(game_pk).revisions
    return [timecode(each) for each in revisions[: max(bisect_right(revisions, now), 1)]]


def diff_patch(games: Games, game_pk: int, now: datetime, asked: Asked) -> list[Any] | dict[str, Any]:
    """Answer feed/live/diffPatch: envelopes, or the whole feed without its copyright."""
    found = envelopes(games, game_pk, now, asked)
    if found is not None:
        return [msgspec.json.decode(each) for each in found]
    whole = games.feed(game_pk, _end(now, asked), now)
    return {key: value for key, value in whole.items() if key != "copyright"}


def envelopes(games: Games, game_pk: int, now: datetime, asked: Asked) -> list[bytes] | None:
    """Return, each as JSON, the envelopes of a patch: one for each revision after `startTimecode`, up to `endTimecode`.

    Empty if nothing is new. None where the API answers with the whole feed: the gap is too long, no start is given, or
    no end though the game is over.
    """
    start, end = parameters.timecode(asked, "startTimecode"), _end(now, asked)
    course = games.course(game_pk)
    over = course.status(now).code[0] == "F" and not asked.get("endTimecode")
    if start is None or over or course.revision(end) - start > LONGEST_GAP:
        return None
    first, last = (bisect_right(course.revisions, each) for each in (start, end))
    return [games.envelope(game_pk, number, now) for number in range(max(first, 1), last)]


def _end(now: datetime, asked: Asked) -> datetime:
    return min(parameters.timecode(asked, "endTimecode") or now, now)


def line_score(games: Games, game_pk: int, now: datetime, asked: Asked) -> dict[str, Any]:
    """Answer the line score of a game: the one in its feed."""
    return _part(games, game_pk, now, asked, "linescore")


def box_score(games: Games, game_pk: int, now: datetime, asked: Asked) -> dict[str, Any]:
    """Answer the box score of a game: the one in its feed."""
    return _part(games, game_pk, now, asked, "boxscore")


def play_by_play(games: Games, game_pk: int, now: datetime, asked: Asked) -> dict[str, Any]:
    """Answer the plays of a game: those in its feed."""
    return _part(games, game_pk, now, asked, "plays")


def asked_moment(asked: Asked, now: datetime) -> datetime:
    """Return the moment of `timecode`, if one is asked for and not after `now`; else `now`."""
    return min(parameters.timecode(asked, "timecode") or now, now)


def _part(games: Games, game_pk: int, now: datetime, asked: Asked, name: str) -> dict[str, Any]:
    whole = games.feed(game_pk, asked_moment(asked, now), now)
    return {"copyright": whole["copyright"], **whole["liveData"][name]}

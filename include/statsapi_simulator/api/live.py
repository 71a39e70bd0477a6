"""The endpoints of one game: its feed at a moment, its revisions, patches from one to another, and parts of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from statsapi_simulator.api import parameters
from statsapi_simulator.api.games import Games, timecode
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.patch import diff

Asked = Mapping[str, str]

# Beyond this the API answers a diffPatch with the whole feed.
_LONGEST_GAP = timedelta(seconds=300)


def feed(games: Games, game_pk: int, now: datetime, asked: Asked) -> dict[str, Any]:
    """Answer feed/live: at `timecode` if one is asked for, which does not reach into the future."""
    return games.feed(game_pk, asked_moment(asked, now), now)


def timestamps(games: Games, game_pk: int, now: datetime, _: Asked) -> list[str]:
    """Answer feed/live/timestamps: the timecodes of all revisions so far."""
    revisions = games.course(game_pk).revisions
    return [timecode(each) for each in revisions[: max(bisect_right(revisions, now), 1)]]


def diff_patch(games: Games, game_pk: int, now: datetime, asked: Asked) -> list[Any] | dict[str, Any]:
    """Answer feed/live/diffPatch.

    One envelope for each revision after `startTimecode` and not after `endTimecode`; none if nothing is new. Where the
    gap is too long, no start is given, or no end though the game is over, the whole feed, without its copyright.
    """
    start = parameters.timecode(asked, "startTimecode")
    end = min(parameters.timecode(asked, "endTimecode") or now, now)
    course = games.course(game_pk)
    over = course.status(now).code[0] == "F" and not asked.get("endTimecode")
    if start is None or over or course.revision(end) - start > _LONGEST_GAP:
        whole = games.feed(game_pk, end, now)
        return {key: value for key, value in whole.items() if key != "copyright"}
    first = course.revision(start)
    revisions = [first, *(each for each in course.revisions if first < each <= end)]
    if len(revisions) == 1:
        return []
    feeds = (games.feed(game_pk, each, now) for each in revisions)
    tested = games.shape(games.scheduled(game_pk).season) is Shape.Y2018
    return [{"diff": _tested(old, diff(old, new), tested)} for old, new in pairwise(feeds)]


def line_score(games: Games, game_pk: int, now: datetime, _: Asked) -> dict[str, Any]:
    """Answer the line score of a game: the one in its feed."""
    return _part(games, game_pk, now, "linescore")


def box_score(games: Games, game_pk: int, now: datetime, _: Asked) -> dict[str, Any]:
    """Answer the box score of a game: the one in its feed."""
    return _part(games, game_pk, now, "boxscore")


def play_by_play(games: Games, game_pk: int, now: datetime, _: Asked) -> dict[str, Any]:
    """Answer the plays of a game: those in its feed."""
    return _part(games, game_pk, now, "plays")


def asked_moment(asked: Asked, now: datetime) -> datetime:
    """Return the moment of `timecode`, if one is asked for and not after `now`; else `now`."""
    return min(parameters.timecode(asked, "timecode") or now, now)


def _part(games: Games, game_pk: int, now: datetime, name: str) -> dict[str, Any]:
    whole = games.feed(game_pk, now, now)
    return {"copyright": whole["copyright"], **whole["liveData"][name]}


def _tested(old: dict[str, Any], operations: list[dict[str, Any]], tested: bool) -> list[dict[str, Any]]:
    """With a test of the base in front, as the patches of 2018 have it."""
    if not tested:
        return operations
    return [{"op": "test", "path": "/metaData/timeStamp", "value": old["metaData"]["timeStamp"]}, *operations]

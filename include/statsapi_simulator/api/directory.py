"""The endpoints that do not depend on the time: seasons, clubs, people, parks and the lists of codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from statsapi_simulator.api import parameters, reference
from statsapi_simulator.api.enumerations import enumeration
from statsapi_simulator.api.errors import NoEndpoint, not_found
from statsapi_simulator.api.games import FIRST_SEASON, LAST_SEASON, Games
from statsapi_simulator.api.parameters import integer, integers

Asked = Mapping[str, str]
Ids = tuple[int, ...]

_SPORT = 1
_VENUE_HYDRATIONS = ("location", "timezone", "fieldinfo")
_PATH = re.compile(r"/api/v1/(\w+)(?:/(\d+|all))?")


def answer(games: Games, season: int, path: str, asked: Asked) -> Any:
    """Return the answer to a path of this kind; `season` is meant where none is named.

    Raises ApiError for an id in the path that stands for nothing, and NoEndpoint for a path of another kind.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise NoEndpoint(path)
    name, which = match.groups()
    season = parameters.season(asked) or season
    if (name, which) == ("seasons", "all"):
        return reference.seasons(FIRST_SEASON, LAST_SEASON, games.shift_days, _sport(asked))
    if name in _LISTS and which != "all":
        names, find = _LISTS[name]
        document = find(games, season, (int(which),) if which else integers(asked, *names), asked)
        if which and not document[name]:
            raise not_found()
        return document
    document = None if which else enumeration(name, season, games.dates(season))
    if document is None:
        raise NoEndpoint(path)
    return document


def _seasons(games: Games, season: int, ids: Ids, asked: Asked) -> Any:
    (first, *_) = ids or (season,)
    known = FIRST_SEASON <= first <= LAST_SEASON
    return reference.seasons(first, first if known else first - 1, games.shift_days, _sport(asked))


def _teams(games: Games, season: int, ids: Ids, asked: Asked) -> Any:
    return reference.teams(games.world(season), ids or None, _sport(asked))


def _people(games: Games, season: int, ids: Ids, asked: Asked) -> Any:
    return reference.people(games.world(season), ids)


def _venues(games: Games, season: int, ids: Ids, asked: Asked) -> Any:
    hydrated = any(name in asked.get("hydrate", "").lower() for name in _VENUE_HYDRATIONS)
    return reference.venues(games.world(season), ids or None, hydrated=hydrated)


def _sport(asked: Asked) -> int:
    return integer(asked, "sportId") or _SPORT


# By the name in path and answer: the parameters that list ids, and who finds them.
_LISTS: dict[str, tuple[tuple[str, ...], Callable[[Games, int, Ids, Asked], Any]]] = {
    "seasons": (("seasonId", "season"), _seasons),
    "teams": (("teamIds", "teamId"), _teams),
    "people": (("personIds",), _people),
    "venues": (("venueIds", "venueId"), _venues),
}

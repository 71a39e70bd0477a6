"""The API's lists of codes: `/api/v1/gameStatus`, `/api/v1/eventTypes` and so on, from `data/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from statsapi_simulator.feed.status import game_statuses
from statsapi_simulator.pages import COPYRIGHT, DIVISIONS, LEAGUES, SPORT, dates_page
from statsapi_simulator.tables import table
from statsapi_simulator.world.dates import SeasonDates

Entries = list[dict[str, Any]]

_CLUBS_IN_LEAGUE = 15


def enumeration(name: str, season: int, dates: SeasonDates) -> Entries | dict[str, Any] | None:
    """Return what `/api/v1/NAME` answers, None if it is no enumeration: a list, or for leagues and such an object.

    What is returned is shared: not to be changed.
    """
    if name in _OBJECTS:
        return {"copyright": COPYRIGHT, name: _OBJECTS[name](season, dates)}
    return _lists().get(name)


@cache
def _lists() -> dict[str, Entries]:
    lists = {
        name: [dict(zip(each["columns"], row, strict=True)) for row in each["rows"]]
        for name, each in table("enumerations").items()
    }
    reasons = table("game_statuses")["reasons"]["review"] | table("game_statuses")["reasons"]["pitch"]
    lists["gameStatus"] = list(game_statuses().values())
    lists["reviewReasons"] = [{"code": code, "description": text} for code, text in reasons.items() if text]
    return lists


def _sports(season: int, dates: SeasonDates) -> Entries:
    return [{**SPORT, "code": "mlb", "abbreviation": "MLB", "sortOrder": 11, "activeStatus": True}]


def _leagues(season: int, dates: SeasonDates) -> Entries:
    return [
        {
            "id": league,
            "name": name,
            "link": f"/api/v1/league/{league}",
            "abbreviation": abbreviation,
            "nameShort": name.removesuffix(" League"),
            "hasWildCard": True,
            "hasSplitSeason": False,
            "numGames": 162,
            "hasPlayoffPoints": False,
            "numTeams": _CLUBS_IN_LEAGUE,
            "numWildcardTeams": 3,
            "seasonDateInfo": {"seasonId": str(season), **dates_page(dates)},
            "season": str(season),
            "orgCode": abbreviation,
            "conferencesInUse": False,
            "divisionsInUse": True,
            "sport": {"id": SPORT["id"], "link": SPORT["link"]},
            "sortOrder": 21 + 10 * place,
            "active": True,
        }
        for place, (league, (name, abbreviation)) in enumerate(LEAGUES.items())
    ]


def _divisions(season: int, dates: SeasonDates) -> Entries:
    return [_division(season, *item) for item in DIVISIONS.items()]


def _division(season: int, division: int, name: str) -> dict[str, Any]:
    league, (league_name, abbreviation) = next(item for item in LEAGUES.items() if name.startswith(item[1][0]))
    region = name.removeprefix(league_name).strip()
    return {
        "id": division,
        "name": name,
        "season": str(season),
        "nameShort": f"{abbreviation} {region}",
        "link": f"/api/v1/divisions/{division}",
        "abbreviation": f"{abbreviation}{region[0]}",
        "league": {"id": league, "link": f"/api/v1/league/{league}"},
        "sport": {"id": SPORT["id"], "link": SPORT["link"]},
        "hasWildcard": False,
        "sortOrder": {"East": 22, "Central": 23, "West": 24}[region] + (10 if abbreviation == "NL" else 0),
        "numPlayoffTeams": 1,
        "active": True,
    }


_OBJECTS: dict[str, Callable[[int, SeasonDates], Entries]] = {
    "sports": _sports,
    "leagues": _leagues,
    "divisions": _divisions,
}

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
    return codes().get(name)


@cache
def codes() -> dict[str, Entries]:
    """Return the lists that do not depend on a season, by name. Shared: not to be changed."""
    lists = {
        name: [dict(zip(each["columns"], row, strict=True)) for row in each["rows"]]
        for name, each in table("enumerations").items()
    }
    reasons = table("game_statuses")["reasons"]["review"] | table("game_statuses")["reasons"]["pitch"]
    lists |= {name: [{"displayName": each} for each in names] for name, names in table("display_names").items()}
    categories = [(row[0], row[-1]) for row in table("leader_categories")["rows"]]
    lists["baseballStats"] = [
        {"name": name, "lookupParam": name, "isCounting": not rate, "label": None} for name, rate in categories
    ]
    lists["leagueLeaderTypes"] = [
        {"displayName": name, "validSports": [{"name": "baseball", "explictModeOn": True}], "hasMinimums": rate}
        for name, rate in categories
    ]
    lists["gameStatus"] = list(game_statuses().values())
    lists["reviewReasons"] = [{"code": code, "description": text} for code, text in reasons.items() if text]
    return lists


def _sports(season: int, dates: SeasonDates) -> Entries:
    return [{**SPORT, "code": "mlb", "abbreviation": "MLB", "sortOrder": 11, "activeStatus": True}]


def _leagues(season: int, dates: SeasonDates) -> Entries:
    return [league_page(season, dates, league) for league in LEAGUES]


def league_page(season: int, dates: SeasonDates, league: int) -> dict[str, Any]:
    """Return a league by its id."""
    name, abbreviation = LEAGUES[league]
    return {
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
        "sortOrder": 21 + 10 * list(LEAGUES).index(league),
        "active": True,
    }


def _divisions(season: int, dates: SeasonDates) -> Entries:
    return [division_page(season, division) for division in DIVISIONS]


def division_page(season: int, division: int) -> dict[str, Any]:
    """Return a division by its id."""
    name = DIVISIONS[division]
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
    "conferences": lambda season, dates: [],
}

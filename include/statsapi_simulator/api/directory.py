"""The endpoints about seasons, clubs and parks, and the lists of codes."""

from __future__ import annotations

from collections.abc import Iterable

from statsapi_simulator.api import brackets, parameters, schedules
from statsapi_simulator.api.enumerations import Entries, division_page, enumeration
from statsapi_simulator.api.errors import not_found
from statsapi_simulator.api.games import FIRST_SEASON, LAST_SEASON
from statsapi_simulator.api.question import Question
from statsapi_simulator.model import Team
from statsapi_simulator.pages import COPYRIGHT, Page, dates_page, farm_link, team_page, venue_page

_HYDRATED_VENUE_KEYS = ("timeZone", "fieldInfo")  # a feed has these of a park; the plain answer leaves them out
_VENUE_HYDRATIONS = ("location", "timezone", "fieldinfo")
_FILTERS = {  # the parameters that choose from a list
    "leagues": ("leagueIds", "leagueId"),
    "divisions": ("divisionId", "divisionIds"),
    "sports": ("sportIds", "sportId"),
    "conferences": ("conferenceId",),
}
_SAME = {"league": "leagues"}  # two names of one list


def seasons(question: Question, season: int | None = None) -> Page:
    """Answer `/api/v1/seasons` with one season, and `/api/v1/seasons/YEAR`."""
    asked = parameters.integers(question.asked, "seasonId", "season")
    year = season or next(iter(asked), question.default_season)
    known = FIRST_SEASON <= year <= LAST_SEASON and question.is_mlb
    if season and not known:
        raise not_found()
    return _seasons(question, range(year, year + known))


def all_seasons(question: Question) -> Page:
    """Answer `/api/v1/seasons/all`."""
    return _seasons(question, range(FIRST_SEASON, LAST_SEASON + 1) if question.is_mlb else ())


def _seasons(question: Question, years: Iterable[int]) -> Page:
    return {
        "copyright": COPYRIGHT,
        "seasons": [
            {
                "seasonId": str(year),
                "hasWildcard": True,
                **dates_page(question.games.dates(year)),
                "seasonLevelGamedayType": "P",
                "gameLevelGamedayType": "P",
                "qualifierPlateAppearances": 3.1,
                "qualifierOutsPitched": 3.0,
            }
            for year in years
        ],
    }


def teams(question: Question) -> Page:
    """Answer `/api/v1/teams` with all clubs or those of `teamIds`; unknown ones are left out."""
    asked = question.asked
    ids, leagues = parameters.integers(asked, "teamIds", "teamId"), parameters.integers(asked, "leagueIds", "leagueId")
    found = [
        team
        for team in question.world.teams.values()
        if (not ids or team.id in ids) and (not leagues or team.league_id in leagues) and question.is_mlb
    ]
    return {"copyright": COPYRIGHT, "teams": [_team(question, team) for team in found]}


def team(question: Question, team_id: int) -> Page:
    """Answer `/api/v1/teams/ID`."""
    return {"copyright": COPYRIGHT, "teams": [_team(question, question.team(team_id))]}


def affiliates(question: Question, team_id: int | None = None) -> Page:
    """Answer `/api/v1/teams/affiliates`, and of one club: each club of `teamIds`, and where it sends players to."""
    ids = (team_id,) if team_id is not None else parameters.integers(question.asked, "teamIds")
    found = [question.team(each) for each in ids]
    pages = [page for each in found for page in (_team(question, each), farm_link(each))]
    return {"copyright": COPYRIGHT, "teams": pages}


def _team(question: Question, team: Team) -> Page:
    """A club's page with what `hydrate` adds: previousSchedule, nextSchedule, division, venue."""
    page, asked = team_page(question.world, team), brackets.names(question.asked.get("hydrate", ""))
    if "division" in asked:
        page["division"] = division_page(question.season, team.division_id)
    if "venue" in asked:
        page["venue"] = venue_page(question.world.venues[team.venue_id], question.season)
    if "previousSchedule" in asked:
        page["previousGameSchedule"] = schedules.previous_games(question, team.id)
    if "nextSchedule" in asked:
        page["nextGameSchedule"] = schedules.next_games(question, team.id)
    return page


def venues(question: Question, venue_id: int | None = None) -> Page:
    """Answer `/api/v1/venues`, all or those of `venueIds`, and `/api/v1/venues/ID`."""
    ids = (venue_id,) if venue_id is not None else parameters.integers(question.asked, "venueIds", "venueId")
    found = [venue for venue in question.world.venues.values() if not ids or venue.id in ids]
    if venue_id is not None and not found:
        raise not_found()
    asked = question.asked.get("hydrate", "").lower()
    left_out = () if any(name in asked for name in _VENUE_HYDRATIONS) else _HYDRATED_VENUE_KEYS
    pages = [venue_page(venue, question.season) for venue in found]
    return {
        "copyright": COPYRIGHT,
        "venues": [{key: value for key, value in page.items() if key not in left_out} for page in pages],
    }


def listed(question: Question, name: str, entry_id: int | None = None) -> Entries | Page:
    """Answer `/api/v1/NAME` where that is a list of codes, and `/api/v1/NAME/ID` of leagues and the like.

    Where there is no such list, nothing is found.
    """
    name = _SAME.get(name, name)
    found = enumeration(name, question.season, question.dates)
    if found is None or (entry_id is not None and not isinstance(found, dict)):
        raise not_found()
    if not isinstance(found, dict):
        return found
    wanted = parameters.integers(question.asked, *_FILTERS[name]) if entry_id is None else (entry_id,)
    entries = [each for each in found[name] if not wanted or each["id"] in wanted]
    if entry_id is not None and not entries:
        raise not_found()
    return {**found, name: entries}

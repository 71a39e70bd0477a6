"""What the API answers about seasons, clubs, people and parks. These depend on the world alone, not on the time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from statsapi_simulator.pages import COPYRIGHT, Page, dates_page, person_page, team_page, venue_page
from statsapi_simulator.world.dates import season_dates
from statsapi_simulator.world.season import World

_SPORT_ID = 1
# A feed has these of a park; the plain answer leaves them out.
_HYDRATED_VENUE_KEYS = ("timeZone", "fieldInfo")


def seasons(first: int, last: int, shift_days: int = 0, sport_id: int = _SPORT_ID) -> Page:
    """Answer `/api/v1/seasons/all` with the seasons from `first` to `last`, and with one `/api/v1/seasons/2026`."""
    found = range(first, last + 1) if sport_id == _SPORT_ID else ()
    return {"copyright": COPYRIGHT, "seasons": [_season(season, shift_days) for season in found]}


def teams(world: World, team_ids: Collection[int] | None = None, sport_id: int = _SPORT_ID) -> Page:
    """Answer `/api/v1/teams` with all clubs or those of `team_ids`; unknown ones are left out."""
    asked = world.teams if team_ids is None else team_ids
    found = [team for team in world.teams.values() if team.id in asked and sport_id == _SPORT_ID]
    return {"copyright": COPYRIGHT, "teams": [team_page(world, team) for team in found]}


def people(world: World, person_ids: Collection[int]) -> Page:
    """Answer `/api/v1/people` with those of `person_ids`, in their order; unknown ones are left out."""
    found = [world.people[person] for person in dict.fromkeys(person_ids) if person in world.people]
    return {"copyright": COPYRIGHT, "people": [person_page(person, world.season) for person in found]}


def venues(world: World, venue_ids: Collection[int] | None = None, *, hydrated: bool = False) -> Page:
    """Answer `/api/v1/venues` with all parks or those of `venue_ids`; `hydrated` adds zone and field."""
    asked = world.venues if venue_ids is None else venue_ids
    pages = [venue_page(venue, world.season) for venue in world.venues.values() if venue.id in asked]
    if not hydrated:
        pages = [{key: value for key, value in page.items() if key not in _HYDRATED_VENUE_KEYS} for page in pages]
    return {"copyright": COPYRIGHT, "venues": pages}


def _season(season: int, shift_days: int) -> dict[str, Any]:
    return {
        "seasonId": str(season),
        "hasWildcard": True,
        **dates_page(season_dates(season, shift_days)),
        "seasonLevelGamedayType": "P",
        "gameLevelGamedayType": "P",
        "qualifierPlateAppearances": 3.1,
        "qualifierOutsPitched": 3.0,
    }

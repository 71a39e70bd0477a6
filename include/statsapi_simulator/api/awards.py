"""The awards of a season: who was best in what, once it is over."""

from __future__ import annotations

from collections.abc import Mapping

from statsapi_simulator.api.errors import not_found
from statsapi_simulator.api.leaders import league_leaders
from statsapi_simulator.api.question import Question
from statsapi_simulator.pages import COPYRIGHT, Page, position_page, team_link
from statsapi_simulator.tables import table
from statsapi_simulator.world.dates import baseball_day

_SPORT = {"id": 1, "link": "/api/v1/sports/1"}
_CATEGORIES = {"ops": "onBasePlusSlugging", "era": "earnedRunAverage"}


def awards(question: Question, award_id: str = "") -> Page:
    """Answer `/api/v1/awards` and `/api/v1/awards/ID`."""
    known = _awards()
    if award_id and award_id not in known:
        raise not_found()
    chosen = [known[award_id]] if award_id else known.values()
    return {"copyright": COPYRIGHT, "awards": [_award(each) for each in chosen]}


def recipients(question: Question, award_id: str) -> Page:
    """Answer `/api/v1/awards/ID/recipients`: nobody before the season is over."""
    award = _awards().get(award_id)
    if award is None:
        raise not_found()
    over = baseball_day(question.now) >= question.dates.offseason_start and award["stat"]
    return {"copyright": COPYRIGHT, "awards": [_recipient(question, award)] if over else []}


def of_person(question: Question, person_id: int) -> Page:
    """Answer `/api/v1/people/ID/awards`: what he was given for his season."""
    world, man = question.person(person_id)
    season = Question(question.games, world.season, {}, question.now)
    given = (each for award_id in _awards() for each in recipients(season, award_id)["awards"])
    return {"copyright": COPYRIGHT, "awards": [each for each in given if each["player"]["id"] == man.id]}


def _awards() -> Mapping[str, Page]:
    facts = table("awards")
    return {row[0]: dict(zip(facts["columns"], row, strict=True)) for row in facts["rows"]}


def _award(award: Page) -> Page:
    league = award["league"]
    return {
        **{name: award[name] for name in ("id", "name", "description")},
        "sport": _SPORT,
        **({"league": {"id": league, "link": f"/api/v1/league/{league}"}} if league else {}),
    }


def _recipient(question: Question, award: Page) -> Page:
    """Who is first in what the award is for."""
    asked = {
        "leaderCategories": _CATEGORIES[award["stat"]],
        "leagueId": str(award["league"]),
        "statGroup": award["group"],
        "season": str(question.season),
        "limit": "1",
    }
    (leaders,) = league_leaders(Question(question.games, question.season, asked, question.now))["leagueLeaders"]
    world = question.world
    man = world.people[leaders["leaders"][0]["person"]["id"]]
    return {
        "id": award["id"],
        "name": award["name"],
        "date": world.dates.offseason_start.isoformat(),
        "season": str(world.season),
        "team": team_link(world.teams[world.clubs[man.id]]),
        "player": {
            "id": man.id,
            "link": f"/api/v1/people/{man.id}",
            "primaryPosition": position_page(man.primary_position),
            "nameFirstLast": man.full_name,
        },
    }

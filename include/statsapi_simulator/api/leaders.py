"""Leaders: who is first in a category, of all clubs or of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from statsapi_simulator.api import parameters, stat_parameters
from statsapi_simulator.api.categories import Category, categories
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.person_stats import SPORT_LINK
from statsapi_simulator.api.question import Question
from statsapi_simulator.api.season_stats import players_of, season_totals
from statsapi_simulator.api.stat_lines import written
from statsapi_simulator.ledger.rankings import Ranked, ranking
from statsapi_simulator.model import Team
from statsapi_simulator.pages import COPYRIGHT, Page, league_link, person_link, team_link

_MANY = 5  # where no limit is named
_REGULAR = {"id": "R", "description": "Regular Season"}


def league_leaders(question: Question) -> Page:
    """Answer `/api/v1/stats/leaders`: of each category of `leaderCategories`, in each of its groups."""
    return {"copyright": COPYRIGHT, "leagueLeaders": list(_leaders(question, None))}


def team_leaders(question: Question, team_id: int) -> Page:
    """Answer `/api/v1/teams/ID/leaders`: the same of one club."""
    team = question.team(team_id)
    found = _leaders(question, team_id)
    return {"copyright": COPYRIGHT, "teamLeaders": [{**each, "team": team_link(team)} for each in found]}


def club_leaders(question: Question) -> Page:
    """Answer `/api/v1/teams/stats/leaders`: the same among clubs."""
    asked, teams = _categories(question), question.world.teams
    sums = season_totals(question)

    def pages(category: Category, group: str) -> dict[int, Page]:
        return {club: written(group, line) for club, line in sums.clubs[group].items()}

    found = _ranked(question, asked, pages, lambda place: _of(teams[place.key]))
    return {"copyright": COPYRIGHT, "leagueLeaders": list(found)}


def _leaders(question: Question, team_id: int | None) -> Iterator[Page]:
    """Rank the players of all clubs, or of one."""
    asked, world = _categories(question), question.world
    sums = season_totals(question, team_id)

    def pages(category: Category, group: str) -> dict[int, Page]:
        men = players_of(question, sums, group, team_id, qualified_only=category.minimum)
        return {man: written(group, sums.players[group][man]) for man in men}

    def of(place: Ranked) -> Page:
        man = world.people[place.key]
        person = {**person_link(man), "firstName": man.use_name, "lastName": man.last_name}
        return {**_of(world.teams[world.clubs[man.id]]), "person": person}

    return _ranked(question, asked, pages, of)


def _of(team: Team) -> Page:
    return {"team": team_link(team), "league": league_link(team.league_id)}


def _ranked(
    question: Question,
    asked: Iterable[Category],
    pages: Callable[[Category, str], dict[int, Page]],
    of: Callable[[Ranked], Page],
) -> Iterator[Page]:
    """Yield the places by category and group: `pages` are the written lines to be compared, `of` says whose one is."""
    groups, season = stat_parameters.groups(question.asked), str(question.season)
    limit = parameters.integer(question.asked, "limit") or _MANY
    for category in asked:
        for group in (group for group in category.groups if group in groups):
            places = ranking(pages(category, group), category.stat, lowest=category.lowest)
            yield {
                "leaderCategory": category.name,
                "season": season,
                "gameType": _REGULAR,
                "leaders": [
                    {"rank": each.rank, "value": str(each.value), **of(each), "sport": SPORT_LINK, "season": season}
                    for each in places
                    if each.rank <= limit
                ],
                "statGroup": group,
                "totalSplits": len(places),
            }


def _categories(question: Question) -> list[Category]:
    names = parameters.words(question.asked, "leaderCategories")
    for name in names:
        if name not in categories():
            raise bad_parameter("leaderCategories", name, "homeRuns")
    return [categories()[name] for name in names]

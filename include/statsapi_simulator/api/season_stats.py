"""The season of players and of clubs: the sums of their lines, in order of one of their keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from statsapi_simulator.api import parameters, stat_parameters
from statsapi_simulator.api.categories import categories
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.person_stats import split
from statsapi_simulator.api.question import Question
from statsapi_simulator.api.stat_lines import written
from statsapi_simulator.ledger.rankings import Ranked, qualified, ranking
from statsapi_simulator.ledger.totals import Totals, totals
from statsapi_simulator.model import Person
from statsapi_simulator.pages import COPYRIGHT, Page, team_link

_MANY = 50  # where no limit is named
_SORTED_BY = {"hitting": "ops", "pitching": "era", "fielding": "fielding"}
_LOWEST = frozenset(("era", "whip"))
# What can be asked of all at once; seasons are strangers to each other, so that a career is one season.
_TYPES = frozenset(("season", "statsSingleSeason", "career", "careerRegularSeason", "byDateRange"))


def player_stats(question: Question) -> Page:
    """Answer `/api/v1/stats`: the players of each group in order of `sortStat`."""
    return _stats(question, _ranked_players)


def all_team_stats(question: Question) -> Page:
    """Answer `/api/v1/teams/stats`: the clubs of each group in order of `sortStat`."""
    return _stats(question, _ranked_clubs)


def team_stats(question: Question, team_id: int) -> Page:
    """Answer `/api/v1/teams/ID/stats`: one club's season."""
    team, sums = question.team(team_id), season_totals(question, team_id)
    return {
        "copyright": COPYRIGHT,
        "stats": [
            {
                "type": {"displayName": "season"},
                "group": {"displayName": group},
                "exemptions": [],
                "splits": [
                    {
                        "season": str(question.season),
                        "stat": written(group, line),
                        "team": team_link(team),
                        "gameType": "R",
                    }
                ],
            }
            for group in stat_parameters.groups(question.asked)
            if (line := sums.clubs[group].get(team_id)) is not None
        ],
    }


def season_totals(question: Question, team_id: int | None = None) -> Totals:
    """Return the sums of the season so far, or of a part of it, of one club or of all."""
    first, last = (parameters.day(question.asked, name) for name in ("startDate", "endDate"))
    played = question.played(question.world, team_id, first or date.min, last or date.max)
    return totals(played, question.now)


def players_of(question: Question, sums: Totals, group: str, team_id: int | None, *, qualified_only: bool) -> list[int]:
    """Return who is meant: of a club, a league, a position; and has done enough, unless the pool is of all."""
    world, lines = question.world, sums.players[group]
    leagues = parameters.integers(question.asked, "leagueId", "leagueIds")
    positions = parameters.words(question.asked, "position")
    everybody = question.asked.get("playerPool", "").lower() == "all"
    found = (
        qualified(group, lines, lambda man: sums.games[world.clubs[man]]) if qualified_only and not everybody else lines
    )

    def fits(man: Person) -> bool:
        club = world.teams[world.clubs[man.id]]
        return (
            team_id in (None, club.id)
            and (not leagues or club.league_id in leagues)
            and (not positions or man.primary_position in positions)
        )

    return [man for man in found if fits(world.people[man])]


def _stats(question: Question, ranked: Callable[[Question, str], Page]) -> Page:
    kinds, groups = stat_parameters.types(question.asked), stat_parameters.groups(question.asked)
    pages = [
        {"type": {"displayName": kind}, **ranked(question, group)}
        for kind in kinds
        if kind in _TYPES
        for group in groups
    ]
    return {"copyright": COPYRIGHT, "stats": pages}


def _ranked_players(question: Question, group: str) -> Page:
    asked, sums = question.asked, season_totals(question)
    team = parameters.integer(asked, "teamId")
    men = players_of(question, sums, group, team, qualified_only=True)
    pages = {man: written(group, sums.players[group][man]) for man in men}
    world = question.world
    return _in_order(
        question,
        group,
        pages,
        lambda place: {
            **split(world, world.people[place.key], {"season": str(world.season), "stat": pages[place.key]}),
            "rank": place.rank,
        },
    )


def _ranked_clubs(question: Question, group: str) -> Page:
    sums, world = season_totals(question), question.world
    pages = {club: written(group, line) for club, line in sums.clubs[group].items()}
    return _in_order(
        question,
        group,
        pages,
        lambda place: {
            "season": str(world.season),
            "stat": pages[place.key],
            "team": team_link(world.teams[place.key]),
            "rank": place.rank,
        },
    )


def _in_order(question: Question, group: str, pages: Mapping[int, Page], write: Callable[[Ranked], Page]) -> Page:
    asked = question.asked
    stat = asked.get("sortStat") or _SORTED_BY[group]
    stat = categories()[stat].stat if stat in categories() else stat
    if pages and stat not in next(iter(pages.values())):
        raise bad_parameter("sortStat", stat, _SORTED_BY[group])
    order = asked.get("order", "").lower()
    lowest = order.startswith("asc") if order else stat in _LOWEST
    places = ranking(pages, stat, lowest=lowest)
    first = parameters.integer(asked, "offset") or 0
    return {
        "group": {"displayName": group},
        "totalSplits": len(places),
        "exemptions": [],
        "splits": [write(place) for place in places[first : first + (parameters.integer(asked, "limit") or _MANY)]],
        "splitsTiedWithOffset": [],
        "splitsTiedWithLimit": [],
    }

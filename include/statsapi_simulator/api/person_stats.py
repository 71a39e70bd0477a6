"""Statistics of one player: the sums of his lines in box scores, divided as `type` says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from statsapi_simulator.api import parameters, stat_parameters
from statsapi_simulator.api.errors import no_such_game
from statsapi_simulator.api.performances import DIVISIONS, Performance, performances, sum_in
from statsapi_simulator.api.question import Question
from statsapi_simulator.api.stat_lines import written
from statsapi_simulator.ledger.lines import GROUPS
from statsapi_simulator.model import Person
from statsapi_simulator.pages import COPYRIGHT, Page, league_link, person_link, position_page, team_link
from statsapi_simulator.world.season import World

SPORT_LINK = {"id": 1, "link": "/api/v1/sports/1", "abbreviation": "MLB"}


def person_stats(question: Question, person_id: int) -> Page:
    """Answer `/api/v1/people/ID/stats`."""
    world, person = question.person(person_id)
    return {"copyright": COPYRIGHT, "stats": stats_of(question, world, person)}


def stats_of(question: Question, world: World, person: Person) -> list[Page]:
    """Return a player's statistics of each type and group that are asked for; a group he has no part in is left out.

    `type` or `stats`, and `group`: the season's of every group where they are not given. Another season than his own
    has none.
    """
    types, groups = stat_parameters.types(question.asked), stat_parameters.groups(question.asked)
    asked = parameters.season(question.asked)
    games = performances(question, world, person) if asked in (None, world.season) else []
    return [
        {
            "type": {"displayName": kind},
            "group": {"displayName": group},
            "exemptions": [],
            "splits": list(_splits(question, person, kind, group, found)),
        }
        for kind in types
        for group in groups
        if kind in DIVISIONS and (found := [each for each in games if each.of(group) is not None])
    ]


def game_stats(question: Question, person_id: int, game_pk: int) -> Page:
    """Answer `/api/v1/people/ID/stats/game/PK`: his lines in one game, once it is over."""
    world, person = question.person(person_id)
    if game_pk not in world.games:
        raise no_such_game()
    return _lines([each for each in performances(question, world, person) if each.game.game_pk == game_pk])


def last_game_stats(question: Question, person_id: int) -> Page:
    """Answer `/api/v1/people/ID/stats/game/current`: his lines in the last game that is over."""
    return _lines(performances(question, *question.person(person_id))[-1:])


def _lines(games: list[Performance]) -> Page:
    splits = [
        {"stat": written(group, line, of_a_game=True), "type": "gameLog", "group": group}
        for each in games
        for group in GROUPS
        if (line := each.of(group)) is not None
    ]
    return {"copyright": COPYRIGHT, "stats": [{"splits": splits}]}


def split(world: World, person: Person, page: Page) -> Page:
    """Return a split with whom and which club and league it is of."""
    team = world.teams[world.clubs[person.id]]
    return {
        **page,
        "team": team_link(team),
        "player": person_link(person),
        "league": league_link(team.league_id),
        "sport": SPORT_LINK,
        "gameType": "R",
    }


def _splits(question: Question, person: Person, kind: str, group: str, games: list[Performance]) -> Iterator[Page]:
    for extra, part in DIVISIONS[kind](games, question):
        for position, found in _by_position(part) if group == "fielding" else ((None, part),):
            stat = written(group, sum_in(group, found), of_a_game=kind == "gameLog", position=position)
            where = {} if position is None else {"position": position_page(position)}
            yield split(part[0].world, person, {**extra, "stat": stat, **where})


def _by_position(games: list[Performance]) -> Iterator[tuple[str | None, list[Performance]]]:
    def position(each: Performance) -> str:
        return each.position

    for code, part in groupby(sorted(games, key=position), key=position):
        yield code, list(part)

"""The moves that make rosters change: injured lists, options to the minor leagues, and recalls from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from statsapi_simulator.api import parameters
from statsapi_simulator.api.games import FIRST_SEASON, LAST_SEASON
from statsapi_simulator.api.question import Question
from statsapi_simulator.model import Absence, Person, Team
from statsapi_simulator.pages import COPYRIGHT, Page, farm_link, person_link, position_page, team_link
from statsapi_simulator.world.dates import baseball_day, season_of
from statsapi_simulator.world.season import World

_IDS_PER_SEASON = 10_000
_LAST_WEEK = timedelta(days=7)
_TYPES = {"SC": "Status Change", "OPT": "Optioned", "CU": "Recalled"}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One man's move, on the morning of a day: between club and farm team, or onto a list of his club."""

    day: date
    code: str
    person: Person
    team: Team
    text: str
    number: int = 0


def transactions(question: Question) -> Page:
    """Answer `/api/v1/transactions`: of `date`, or from `startDate` to `endDate`, of a club or a player, up to today.

    Where no date is named and neither a club nor a player, those of the last week.
    """
    asked = question.asked
    exact, first, last = (parameters.day(asked, name) for name in ("date", "startDate", "endDate"))
    team, player = parameters.integer(asked, "teamId"), parameters.integer(asked, "playerId")
    today = baseball_day(question.now)
    if not (exact or first or last or team or player):
        first = today - _LAST_WEEK
    first, last = exact or first or date.min, min(exact or last or date.max, today)
    found = [
        each
        for world in _worlds(question, first, last)
        for each in _all(world)
        if first <= each.day <= last and team in (None, each.team.id) and player in (None, each.person.id)
    ]
    return {"copyright": COPYRIGHT, "transactions": [_page(each) for each in found] if question.is_mlb else []}


def _worlds(question: Question, first: date, last: date) -> Iterator[World]:
    """Yield the worlds of the seasons in a range of dates: only the one that is meant if it has no beginning."""
    if first == date.min:
        yield question.world
        return
    begins, ends = (season_of(day, question.games.shift_days) for day in (first, last))
    for season in range(max(begins, FIRST_SEASON), min(ends, LAST_SEASON) + 1):
        yield question.games.world(season)


@lru_cache(maxsize=4)
def _all(world: World) -> tuple[Transaction, ...]:
    """Return the moves of a season in order of time, numbered in it."""
    moves = sorted(
        (move for known in world.absences.values() for absence in known for move in _moves(world, absence)),
        key=lambda move: (move.day, move.team.id),
    )
    first = world.season * _IDS_PER_SEASON
    return tuple(replace(move, number=first + number) for number, move in enumerate(moves, start=1))


def _moves(world: World, absence: Absence) -> Iterator[Transaction]:
    """Yield what an absence is in transactions: two when it begins and two when it ends."""
    team, farm = world.teams[absence.team_id], farm_link(world.teams[absence.team_id])["name"]

    def move(day: date, code: str, person_id: int, verb: str, where: str) -> Transaction:
        man = world.people[person_id]
        position = position_page(man.primary_position)["abbreviation"]
        return Transaction(day, code, man, team, f"{team.name} {verb} {position} {man.full_name} {where}.")

    if absence.injury:
        listed = f"the {absence.injured_days}-day injured list"
        yield move(absence.since, "SC", absence.player_id, "placed", f"on {listed}. {absence.injury.capitalize()}")
        yield move(absence.until, "SC", absence.player_id, "activated", f"from {listed}")
    else:
        yield move(absence.since, "OPT", absence.player_id, "optioned", f"to {farm}")
        yield move(absence.until, "CU", absence.player_id, "recalled", f"from {farm}")
    yield move(absence.since, "CU", absence.stand_in_id, "recalled", f"from {farm}")
    yield move(absence.until, "OPT", absence.stand_in_id, "optioned", f"to {farm}")


def _page(move: Transaction) -> Page:
    club, farm = team_link(move.team), farm_link(move.team)
    where = {
        "SC": {"toTeam": club},
        "OPT": {"fromTeam": club, "toTeam": farm},
        "CU": {"fromTeam": farm, "toTeam": club},
    }
    day = move.day.isoformat()
    return {
        "id": move.number,
        "person": person_link(move.person),
        **where[move.code],
        "date": day,
        "effectiveDate": day,
        "resolutionDate": day,
        "typeCode": move.code,
        "typeDesc": _TYPES[move.code],
        "description": move.text,
    }

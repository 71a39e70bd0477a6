"""Who of the active players is away when, and who stands in for him: the moves that change rosters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from statsapi_simulator.model import Absence, Person, Team
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.dates import SeasonDates
from statsapi_simulator.world.teams import ACTIVE, PITCHERS, STARTERS

_FIRST = timedelta(days=4)  # after opening day
_A_DAY = 0.16  # how often a club makes a move
_INJURED = 0.65  # of the moves; the others are options
_OPTION = (10, 30)  # days
_INJURIES = (
    "right elbow inflammation", "left hamstring strain", "right forearm strain", "lower back tightness",
    "left oblique strain", "right shoulder impingement", "left wrist sprain", "right knee contusion",
    "right quadriceps strain", "left ankle sprain", "neck spasms", "right groin strain",
)  # fmt: skip


def absences(seed: int, dates: SeasonDates, season: int, team: Team) -> tuple[Absence, ...]:
    """Return the absences of a club in order of their first day; when the season is over everybody is back."""
    rng = seeded(seed, season, "absences", team.id)
    days = (dates.regular_season_end - dates.regular_season_start - _FIRST).days
    found: list[Absence] = []
    for day in (dates.regular_season_start + _FIRST + timedelta(days=number) for number in range(days)):
        if rng.random() < _A_DAY and (absence := _begin(rng, team, day, found)):
            found.append(absence)
    return tuple(replace(each, until=min(each.until, dates.offseason_start)) for each in found)


def active(team: Team, known: Sequence[Absence], day: date) -> tuple[Person, ...]:
    """Return the active players of a day, in the order of the roster: who stands in takes the place of who is away."""
    players = {man.id: man for man in team.roster}
    instead = {each.player_id: players[each.stand_in_id] for each in known if each.covers(day)}
    return tuple(instead.get(man.id, man) for man in team.roster[:ACTIVE])


def _begin(rng: Random, team: Team, day: date, so_far: Sequence[Absence]) -> Absence | None:
    """Draw an absence that begins on `day`; None where nobody is left to stand in."""
    busy = {each for absence in so_far if absence.covers(day) for each in (absence.player_id, absence.stand_in_id)}
    slot = rng.randrange(ACTIVE)
    man, injured = team.roster[slot], rng.random() < _INJURED
    if man.id in busy or man.primary_position == "Y":
        return None
    stand_in = next((each for each in _stand_ins(team, slot) if each.id not in busy), None)
    if stand_in is None:
        return None
    pitcher = slot < PITCHERS
    shortest = 15 if pitcher else 10
    length = shortest + round(rng.expovariate(1 / 16)) if injured else rng.randint(*_OPTION)
    return Absence(
        team_id=team.id,
        player_id=man.id,
        stand_in_id=stand_in.id,
        since=day,
        until=day + timedelta(days=length),
        injured_days=shortest if injured else None,
        injury=rng.choice(_INJURIES) if injured else None,
    )


def _stand_ins(team: Team, slot: int) -> Iterator[Person]:
    """Yield who could take a place of the roster, who fits it best first."""
    reserves = team.roster[ACTIVE:]
    if slot < PITCHERS:
        arms = [man for man in reserves if man.primary_position == "1"]
        yield from arms if slot < STARTERS else reversed(arms)
        return
    bats = [man for man in reserves if man.primary_position != "1"]
    yield from sorted(bats, key=lambda man: man.primary_position != team.roster[slot].primary_position)

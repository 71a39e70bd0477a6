"""Who starts, who bats where, and who sits on the bench."""

from __future__ import annotations

from random import Random

from statsapi_simulator.game_record import Lineup
from statsapi_simulator.model import Person, PositionCode, ScheduledGame
from statsapi_simulator.world.season import World
from statsapi_simulator.world.teams import PITCHERS, STARTERS

_NATIONAL_LEAGUE = 104
_DAY_OFF = 0.16  # chance that a regular rests
_FIELD: tuple[PositionCode, ...] = ("2", "6", "8", "4", "5", "3", "9", "7")


def _pitchers_bat(world: World, scheduled: ScheduledGame) -> bool:
    """Whether there is no designated hitter: in the parks of one league, before 2022, but not in 2020."""
    national = world.teams[scheduled.home_id].league_id == _NATIONAL_LEAGUE
    return national and scheduled.season < 2022 and scheduled.season != 2020 and scheduled.game_type != "A"


def lineup(world: World, scheduled: ScheduledGame, team_id: int, rng: Random) -> Lineup:
    """Return the line-up of a club: starters rotate by date, regulars rest now and then."""
    roster = world.active(team_id, scheduled.official_date)
    turn = (scheduled.official_date.toordinal() + scheduled.game_number + team_id) % STARTERS
    starter = roster[turn]
    no_dh = _pitchers_bat(world, scheduled)
    hitters = list(roster[PITCHERS:])
    chosen: list[tuple[PositionCode, Person]] = []
    for position in _FIELD:
        able = [man for man in hitters if man.primary_position == position] or hitters
        man = able[-1] if len(able) > 1 and rng.random() < _DAY_OFF else able[0]
        hitters.remove(man)
        chosen.append((position, man))
    two_way = next((man for man in roster[:STARTERS] if man.primary_position == "Y"), None)
    if not no_dh:
        designated = two_way or max(hitters, key=_worth)
        if designated in hitters:
            hitters.remove(designated)
        chosen.append(("10", designated))
    chosen.sort(key=lambda pair: _worth(pair[1]) + rng.gauss(0, 0.4), reverse=True)
    if no_dh:
        chosen.append(("1", starter))
    batting = {man.id for _, man in chosen}
    relievers = [*roster[STARTERS:PITCHERS], *roster[:STARTERS]]
    return Lineup(
        order=tuple(man.id for _, man in chosen),
        positions=tuple(position for position, _ in chosen),
        pitcher=starter.id,
        bench=tuple(man.id for man in hitters),
        bullpen=tuple(man.id for man in relievers if man.id not in batting and man is not starter),
    )


def _worth(man: Person) -> float:
    """How much a manager wants his bat early in the order."""
    return man.skill.contact + man.skill.power + man.skill.eye + 0.4 * man.skill.speed

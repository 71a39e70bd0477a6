"""Who wins each game: drawn with the season, so that standings are known before a pitch is thrown."""

from __future__ import annotations

from functools import lru_cache
from math import exp
from statistics import fmean

from statsapi_simulator.model import Fate, ScheduledGame, Team
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.season import World
from statsapi_simulator.world.teams import ACTIVE, PITCHERS

_AT_HOME = 0.16  # the logarithm of the odds of 54 in 100
_BY_STRENGTH = 0.5
_NOBODY = (Fate.TIED, Fate.CANCELLED)


def winner(world: World, game: ScheduledGame) -> int | None:
    """Return the id of the club that wins, None for a game that nobody wins; the stronger club more often."""
    if game.fate in _NOBODY:
        return None
    strength = _strengths(world)
    odds = exp(_AT_HOME + _BY_STRENGTH * (strength[game.home_id] - strength[game.away_id]))
    home_wins = seeded(world.seed, "winner", game.game_pk).random() < odds / (1 + odds)
    return game.home_id if home_wins else game.away_id


@lru_cache(maxsize=4)
def _strengths(world: World) -> dict[int, float]:
    return {team.id: _strength(team) for team in world.teams.values()}


def _strength(team: Team) -> float:
    pitchers = (man.skill for man in team.roster[:PITCHERS])
    batters = (man.skill for man in team.roster[PITCHERS:ACTIVE])
    arms = fmean((skill.stuff + skill.control) / 2 for skill in pitchers)
    return arms + fmean((skill.contact + skill.power + skill.eye) / 3 for skill in batters)

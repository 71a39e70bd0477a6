"""Where each club stood before each game: series number, wins and losses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from statsapi_simulator.model import Fate, ScheduledGame
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.season import World

_HOME_WINS = 0.54
_COUNTS_FOR_NOBODY = (Fate.TIED, Fate.CANCELLED)


@dataclass(frozen=True, slots=True)
class Standing:
    """A club before a game; `series_number` is that of the series to come."""

    series_number: int
    wins: int
    losses: int


@lru_cache(maxsize=4)
def standings(world: World) -> dict[tuple[int, date, int], Standing]:
    """Return the standing by game_pk, date of the listing and team_id.

    Wins and losses are presumed, by a coin for each earlier game: knowing them would take playing the season up to that
    day, half a minute before the first answer, for numbers that no other part of an answer depends on.
    """
    result: dict[tuple[int, date, int], Standing] = {}
    now = dict.fromkeys(world.teams, Standing(1, 0, 0))
    listed = [(day, game) for game in world.schedule for day in (game.first_date, game.second_date) if day]
    for day, game in sorted(listed, key=lambda each: (each[0], each[1].starts_at, each[1].game_pk)):
        home_wins = seeded(world.seed, "presumed winner", game.game_pk).random() < _HOME_WINS
        for team, wins in ((game.away_id, not home_wins), (game.home_id, home_wins)):
            result[game.game_pk, day, team] = now[team]
            if day == game.official_date:
                now[team] = _after(game, now[team], wins)
    return result


def _after(game: ScheduledGame, before: Standing, wins: bool) -> Standing:
    counts = game.game_type == "R" and game.fate not in _COUNTS_FOR_NOBODY
    return Standing(
        before.series_number + (game.series_game_number == game.games_in_series),
        before.wins + (counts and wins),
        before.losses + (counts and not wins),
    )

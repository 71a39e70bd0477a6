"""Where each club stood before each game: series number, wins and losses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.world.outcomes import winner
from statsapi_simulator.world.season import World

Over = Callable[[ScheduledGame], bool]


@dataclass(frozen=True, slots=True)
class Standing:
    """A club before a game; `series_number` is that of the series to come."""

    series_number: int
    wins: int
    losses: int


def standing(world: World, listing: tuple[ScheduledGame, date], team_id: int, today: date, over: Over) -> Standing:
    """Return the standing of a club before a listed game, as far as it is known: of today's games what is `over`."""
    game, day = listing
    own = standings(world)[game.game_pk, day, team_id]
    if day < today:
        return own
    listed = _by_club(world)[team_id]
    ahead = listed[bisect_left(listed, today, key=lambda each: each[0]) :]
    _, _, known = ahead[0]
    for its_day, other, _ in ahead:
        if its_day > today or (other, its_day) == listing:
            break
        if its_day == other.official_date and over(other):
            known = _after(other, known, team_id, winner(world, other))
    return replace(own, wins=known.wins, losses=known.losses)


@lru_cache(maxsize=4)
def _by_club(world: World) -> dict[int, list[tuple[date, ScheduledGame, Standing]]]:
    """Each club's listings in order of time, with its standing before them."""
    found: dict[int, list[tuple[date, ScheduledGame, Standing]]] = {team: [] for team in world.teams}
    for (game_pk, day, team), each in standings(world).items():
        found[team].append((day, world.games[game_pk], each))
    return found


@lru_cache(maxsize=4)
def standings(world: World) -> dict[tuple[int, date, int], Standing]:
    """Return the standing by game_pk, date of the listing and team_id."""
    result: dict[tuple[int, date, int], Standing] = {}
    now = dict.fromkeys(world.teams, Standing(1, 0, 0))
    listed = [(day, game) for game in world.schedule for day in (game.first_date, game.second_date) if day]
    for day, game in sorted(listed, key=lambda each: (each[0], each[1].starts_at, each[1].game_pk)):
        won_by = winner(world, game)
        for team in (game.away_id, game.home_id):
            result[game.game_pk, day, team] = now[team]
            if day == game.official_date:
                now[team] = _after(game, now[team], team, won_by)
    return result


def _after(game: ScheduledGame, before: Standing, team: int, won_by: int | None) -> Standing:
    counts = game.game_type == "R" and won_by is not None
    return Standing(
        before.series_number + (game.series_game_number == game.games_in_series),
        before.wins + (counts and team == won_by),
        before.losses + (counts and team != won_by),
    )

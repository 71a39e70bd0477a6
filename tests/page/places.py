"""Addresses of the page at which there is something to see, whatever the seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from tests.page.world import World


@dataclass(frozen=True)
class Places:
    """Games and people by what is special about them, and a path to each kind of page."""

    day: date
    live_game: int  # somebody is at bat
    over_game: int
    batter: int  # who has hit most
    pitcher: int  # who has thrown most

    @classmethod
    def of(cls, world: World) -> Places:
        """Find them in the tables of a world."""
        with world.connect() as connection:
            day = world.dates.last
            return cls(
                day=day,
                live_game=_one(connection, _LIVE_GAME, day),
                over_game=_one(connection, _OVER_GAME, world.dates.first),
                batter=_one(connection, _BATTER, day),
                pitcher=_one(connection, _PITCHER, day),
            )

    @property
    def pages(self) -> dict[str, str]:
        """A path for each kind of page, by a name of it."""
        return {
            "today": "/",
            "game that is on": f"/game/{self.live_game}",
            "game that is over": f"/game/{self.over_game}",
            "health": "/health",
            "date": f"/health/date/{self.day}",
            "search": "/player?name=a",
            "batter": f"/player/{self.batter}",
            "pitcher": f"/player/{self.pitcher}",
        }


PAGES = tuple(Places(date.min, 1, 1, 1, 1).pages)

_LIVE_GAME = """
    SELECT game_pk FROM game.live_game_metadata WHERE official_date = %s AND abstract_game_state = 'Live'
    AND inning_state IN ('Top', 'Bottom') ORDER BY current_inning DESC, game_pk LIMIT 1
"""
_OVER_GAME = """
    SELECT game_pk FROM game.live_game_metadata WHERE official_date = %s AND coded_game_state = 'F'
    ORDER BY current_inning DESC, away_runs + home_runs DESC, game_pk LIMIT 1
"""
_BATTER = """
    SELECT player_id FROM game.season_batting WHERE season = extract(year FROM %s::date)
    ORDER BY home_runs DESC, hits DESC, player_id LIMIT 1
"""
_PITCHER = """
    SELECT player_id FROM game.season_pitching WHERE season = extract(year FROM %s::date)
    ORDER BY outs DESC, player_id LIMIT 1
"""


def _one(connection: Connection[Any], query: str, day: date) -> int:
    row = connection.execute(query.encode(), (day,)).fetchone()
    assert row, f"there is none: {query}"
    return int(row[0])

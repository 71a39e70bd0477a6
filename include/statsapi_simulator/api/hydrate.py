"""What `hydrate` adds to the entries of a schedule."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from statsapi_simulator.api.games import Games
from statsapi_simulator.api.listing import Listing
from statsapi_simulator.model import SIDES, ScheduledGame
from statsapi_simulator.pages import person_link, team_page, venue_page

Json = dict[str, Any]

_WORD = re.compile(r"\w+")
# Parts of the feed that a schedule can show of a game that has begun.
_PARTS = ("linescore", "decisions", "officials", "weather", "gameInfo", "flags")


class Hydration:
    """The hydrations asked for: 'team,linescore(matchup)' also asks for what stands in brackets, if we have it."""

    def __init__(self, games: Games, text: str, now: datetime) -> None:
        self._games = games
        self._now = now
        self._asked = frozenset(_WORD.findall(text))

    def add(self, entry: Json, listing: Listing) -> Json:
        """Return the entry with what was asked for: team, venue, probablePitcher, and parts of the feed."""
        game = listing.game
        world = self._games.world(game.season)
        if "team" in self._asked:
            for side in SIDES:
                entry["teams"][side]["team"] = team_page(
                    world, world.teams[game.home_id if side == "home" else game.away_id]
                )
        if "venue" in self._asked:
            entry["venue"] = venue_page(world.venues[game.venue_id], world.season, listing.starts_at)
        if listing.score is not None and self._asked.intersection(_PARTS):
            self._add_parts(entry, game)
        if "probablePitcher" in self._asked:
            self._add_probable_pitchers(entry, game)
        return entry

    def _add_parts(self, entry: Json, game: ScheduledGame) -> None:
        """Add those parts of the feed that it has: there are no decisions before the end."""
        feed = self._games.feed(game.game_pk, self._now, self._now)
        live = feed["liveData"]
        parts = {**feed["gameData"], **live, "officials": live["boxscore"]["officials"]}
        entry |= {name: parts[name] for name in _PARTS if name in self._asked and name in parts}

    def _add_probable_pitchers(self, entry: Json, game: ScheduledGame) -> None:
        people = self._games.world(game.season).people
        for side, pitcher in zip(SIDES, self._games.record(game.game_pk).probable, strict=True):
            entry["teams"][side]["probablePitcher"] = person_link(people[pitcher])

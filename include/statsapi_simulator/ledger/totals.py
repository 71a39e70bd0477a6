"""Sums of lines: what players and clubs did in a number of games."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from statsapi_simulator.feed.lines import Line
from statsapi_simulator.ledger.ledger import Played
from statsapi_simulator.ledger.lines import GROUPS, unpacked

_KEPT = 8  # sums of a whole season take about 5 MB


@dataclass(slots=True)
class Totals:
    """Lines by group and player, and by group and club."""

    players: dict[str, dict[int, Line]] = field(default_factory=lambda: {group: {} for group in GROUPS})
    clubs: dict[str, dict[int, Line]] = field(default_factory=lambda: {group: {} for group in GROUPS})
    games: Counter[int] = field(default_factory=Counter)  # by club


def totals(played: Iterable[Played], now: datetime) -> Totals:
    """Return the sums of games that are over, as their lines stand at `now`. Shared: not to be changed."""
    return _sums(tuple((each.game.away_id, each.game.home_id, each.course.packed_lines(now)) for each in played))


@lru_cache(maxsize=_KEPT)
def _sums(packed: tuple[tuple[int, int, bytes], ...]) -> Totals:
    sums = Totals()
    for away, home, lines in packed:
        sums.games.update((away, home))
        for line in unpacked(lines):
            club = home if line.home else away
            for group in GROUPS:
                if (counted := getattr(line, group)) is not None:
                    _add(sums.players[group], line.player_id, counted)
                    _add(sums.clubs[group], club, counted)
    for group in GROUPS:
        for club, counted in sums.clubs[group].items():
            counted["gamesPlayed"] = sums.games[club]
    return sums


def _add(lines: dict[int, Line], key: int, counted: dict[str, int]) -> None:
    total = lines.get(key)
    if total is None:
        lines[key] = Counter(counted)
        return
    for name, count in counted.items():
        total[name] += count

"""Who is first in what: lines of players or clubs by the value of one of their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from statsapi_simulator.feed.lines import Line

_INNINGS = "inningsPitched"
# How much a club's game asks of who wants to be ranked by a rate: appearances, outs, games in the field.
_MINIMUM = {"hitting": ("plateAppearances", 3.1), "pitching": ("outs", 3.0), "fielding": ("gamesPlayed", 2 / 3)}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place, which those who are level share; `value` is what is written."""

    rank: int
    key: int
    value: str | int


def ranking(pages: Mapping[int, Mapping[str, object]], stat: str, *, lowest: bool = False) -> list[Ranked]:
    """Return all who have a value of `stat`, best first; `pages` are written lines by whom they are of.

    Who has none, as nothing was divided, is left out.
    """
    values = {key: page[stat] for key, page in pages.items()}
    known = {key: number for key, value in values.items() if (number := _number(stat, value)) is not None}
    ordered = sorted(known, key=lambda key: (known[key] if lowest else -known[key], key))
    places: list[Ranked] = []
    for place, key in enumerate(ordered, start=1):
        level = places and known[places[-1].key] == known[key]
        value = values[key]
        places.append(Ranked(places[-1].rank if level else place, key, value if isinstance(value, int) else str(value)))
    return places


def qualified(group: str, lines: Mapping[int, Line], games: Callable[[int], int]) -> Iterable[int]:
    """Return who has done enough for a rate; `games` says how many his club has played."""
    name, per_game = _MINIMUM[group]
    return [key for key, line in lines.items() if line[name] >= per_game * games(key)]


def _number(stat: str, value: object) -> float | None:
    """A value to compare by; None for the sentinel of what was not divided."""
    if isinstance(value, int):
        return float(value)
    text = str(value)
    if set(text) <= {"-", "."}:
        return None
    if stat == _INNINGS:
        whole, _, thirds = text.partition(".")
        return int(whole) + int(thirds) / 3
    return float(text)

"""Lines of a box score as they are counted: how many of each thing somebody, or a team, did, by the feed's names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Line = Counter[str]


def line_of(lines: dict[int, Line], player_id: int) -> Line:
    """Return somebody's line; he gets an empty one where he has none."""
    line = lines.get(player_id)
    if line is None:
        line = lines[player_id] = Counter()
    return line


def sum_of(lines: Iterable[Line]) -> Line:
    """Return the sum of lines."""
    total: Line = Counter()
    for line in lines:
        total.update(line)
    return total

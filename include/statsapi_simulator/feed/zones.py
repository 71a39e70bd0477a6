"""Where a batter is hot and a pitcher is cold: only the current play has it."""

from __future__ import annotations

from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.names import Node
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.seeded import seeded

_ZONES = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "11", "12", "13", "14")
_TEMPERATURES = (  # from below, the part of the range that ends here
    (-0.9, "cold", "rgba(6, 90, 238, .55)"),
    (-0.3, "cool", "rgba(150, 188, 255, .55)"),
    (0.3, "lukewarm", "rgba(255, 255, 255, 0.55)"),
    (0.9, "warm", "rgba(234, 147, 153, .55)"),
    (99.0, "hot", "rgba(214, 41, 52, .55)"),
)
_MEASURES = {"exitVelocity": (88.0, 6.0), "onBasePlusSlugging": (0.72, 0.25), "battingAverage": (0.25, 0.09)}


def hot_cold(book: Book, matchup: Node) -> Node:
    """Return what the matchup of the current play has in addition."""
    batter = _stats(book, matchup["batter"]["id"], "hitting", tuple(_MEASURES))
    zones = {"batterHotColdZoneStats": {"stats": [batter]}, "batterHotColdZones": _shown(batter)}
    if book.shape is not Shape.Y2018:
        return zones
    pitcher = _stats(book, matchup["pitcher"]["id"], "pitching", ("battingAverage",))
    return {**zones, "pitcherHotColdZoneStats": {"stats": [pitcher]}, "pitcherHotColdZones": _shown(pitcher)}


def _shown(stats: Node) -> list[Node]:
    """Return the zones of the last measure, which stand next to the statistics again."""
    return list(stats["splits"][-1]["stat"]["zones"])


def _stats(book: Book, player_id: int, group: str, measures: tuple[str, ...]) -> Node:
    splits = [{"stat": {"name": name, "zones": _zones(book, player_id, name)}} for name in measures]
    stats: Node = {"type": {"displayName": "hotColdZones"}, "group": {"displayName": group}, "splits": splits}
    if book.shape is not Shape.Y2018:
        return {**stats, "exemptions": []}
    context = {
        "season": str(book.season),
        "sport": {"id": 1, "link": "/api/v1/sports/1"},
        "gameType": book.record.scheduled.game_type,
    }
    return {**stats, "splits": [{**context, **split} for split in splits]}


def _zones(book: Book, player_id: int, name: str) -> list[Node]:
    rng = seeded("zones", book.season, player_id, name)
    mean, deviation = _MEASURES[name]
    zones = []
    for zone in _ZONES:
        at = rng.gauss(0, 1)
        temperature, color = next((temp, color) for limit, temp, color in _TEMPERATURES if at < limit)
        value = max(0.0, mean + deviation * at)
        text = f"{value:.2f}" if name == "exitVelocity" else f"{value:.3f}".removeprefix("0")
        if rng.random() < 0.04:
            text, temperature, color = "-", _TEMPERATURES[2][1], _TEMPERATURES[2][2]
        zones.append({"zone": zone, "color": color, "temp": temperature, "value": text})
    return zones

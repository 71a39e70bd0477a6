"""How plays were written in 2018, where that is more than keys that are missing."""

from __future__ import annotations

from statsapi_simulator.feed.moment import Seen
from statsapi_simulator.feed.names import Node
from statsapi_simulator.game_record import Event
from statsapi_simulator.seeded import seeded

_KEEPS_OUTS = 0.11
_FOULS_WITH_HIT = 0.7
_HITS_WITHOUT = 0.12
_NASTY = 0.46


def as_in_2018(play: Node, seen: Seen) -> None:
    """Rewrite a play, in place."""
    play["runners"] = [row for row in play["runners"] if row["movement"]["start"] or row["movement"]["end"]]
    play["runnerIndex"] = list(range(len(play["runners"])))
    rng = seeded("2018", seen.play.index, seen.play.starts_at.isoformat())
    for node, event in zip(play["playEvents"], seen.events, strict=True):
        node["index"] += 1
        if rng.random() >= _KEEPS_OUTS:
            del node["count"]["outs"]
        if event.kind == "pickoff":
            _pickoff(node)
        elif event.kind in ("pitch", "no_pitch"):
            _pitch(node, event, rng.random(), rng.randint(0, 99))


def _pickoff(node: Node) -> None:
    node["count"] = {}
    del node["startTime"], node["endTime"], node["details"]["code"]


def _pitch(node: Node, event: Event, chance: float, nasty: int) -> None:
    details = node["details"]
    details["call"]["code"] = "B" if details["isBall"] else "X" if details["isInPlay"] else "S"
    if details["code"] == "E":
        for named in (details, details["call"]):
            named["description"] = named["description"].replace("run(s)", "runs(s)")
    if event.pitch is None:
        return
    node["pfxId"] = event.starts_at.strftime("%y%m%d_%H%M%S")
    if nasty < 100 * _NASTY:
        node["pitchData"]["nastyFactor"] = float(nasty)
    for name, value in node["pitchData"]["coordinates"].items():
        node["pitchData"]["coordinates"][name] = round(value, 2)
    for name in ("strikeZoneTop", "strikeZoneBottom"):
        node["pitchData"][name] = round(node["pitchData"][name], 2)
    if event.call == "F" and chance < _FOULS_WITH_HIT:
        node["hitData"] = {"launchSpeed": 60.0 + 40 * round(chance, 3), "launchAngle": 45.0, "totalDistance": 200.0}
    elif "hitData" in node and chance < _HITS_WITHOUT:
        del node["hitData"]
    if "hitData" in node:
        node["hitData"]["coordinates"] = {}

"""Small things the feed repeats everywhere: references, moments, event names, ordinals."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

Node = dict[str, Any]

_NAMES = {
    "grounded_into_double_play": "Grounded Into DP",
    "fielders_choice_out": "Fielders Choice Out",
    "catcher_interf": "Catcher Interference",
    "force_out": "Forceout",
    "defensive_substitution": "Defensive Sub",
    "runner_placed": "Runner Placed On Base",
    "other_out": "Runner Out",
}
_FIELD_OUTS = {
    "ground_ball": "Groundout",
    "line_drive": "Lineout",
    "fly_ball": "Flyout",
    "popup": "Pop Out",
    "bunt_grounder": "Bunt Groundout",
    "bunt_popup": "Bunt Pop Out",
}


@cache
def event_name(event_type: str, trajectory: str | None = None) -> str:
    """Return the name of an event type: 'stolen_base_2b' is 'Stolen Base 2B', 'field_out' according to the ball."""
    if event_type == "field_out":
        return _FIELD_OUTS.get(trajectory or "", "Groundout")
    named = _NAMES.get(event_type)
    if named:
        return named
    return " ".join(word.upper() if word[0].isdigit() else word.capitalize() for word in event_type.split("_"))


def without_points(node: Node) -> Node:
    """Write floats that are whole as integers, in place, as some feeds have them."""
    for name, value in node.items():
        if type(value) is float:
            if value.is_integer():
                node[name] = int(value)
        elif type(value) is dict:
            without_points(value)
    return node


def moment(at: datetime) -> str:
    """Return a moment as the feed writes it: UTC, with milliseconds."""
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def second(at: datetime) -> str:
    """Return a moment in whole seconds."""
    return at.isoformat(timespec="seconds")[:19] + "Z"


def stamp(at: datetime) -> str:
    """Return a timecode."""
    return at.strftime("%Y%m%d_%H%M%S")


def link(player_id: int) -> Node:
    """Return a player as credits and events refer to him: without name."""
    return {"id": player_id, "link": f"/api/v1/people/{player_id}"}


def ordinal(number: int) -> str:
    """Return '1st', '2nd' …"""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"

"""Pitches, actions, other events and runners: the parts that plays are made of."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.synthetic import people
from tests.synthetic.people import Json


def pitch(play: int, event: int, call: str, *, kind: str = "FF", hit: Json | None = None, **measured: Any) -> Json:
    """Return one pitch; `measured` may give `speed` and `spin` (None: not measured)."""
    breaks = {"breakAngle": 12.0, "breakLength": 4.8, "breakY": 24.0, "spinDirection": 148}
    if (spin := measured.get("spin", 2200 + event)) is not None:
        breaks["spinRate"] = spin
    return {
        "details": {
            "call": {"code": call, "description": f"Call {call}"},
            "description": f"Call {call}",
            "code": call,
            "isInPlay": call == "X",
            "isStrike": call in "SC",
            "isBall": call == "B",
            "type": {"code": kind, "description": f"Type {kind}"},
            "isOut": False,
            "hasReview": False,
        },
        "count": {"balls": 1, "strikes": 1, "outs": play % 3},
        "pitchData": {
            "startSpeed": measured.get("speed", 93.7),
            "endSpeed": 85.1,
            "strikeZoneTop": 3.50080694154117,
            "strikeZoneBottom": 1.58116098764719,
            "coordinates": {"pX": -0.21978439423970378, "pZ": 2.369500939677937, "x": 125, "y": 174.8},
            "breaks": breaks,
            "zone": 5,
            "typeConfidence": 0.88,
            "plateTime": 0.41699936218030587,
            "extension": 6.132401738295146,
        },
        **({"hitData": hit} if hit is not None else {}),
        "playId": str(uuid5(NAMESPACE_URL, f"{play}/{event}")),
        "pitchNumber": event + 1,
        "startTime": time(play, event),
        "endTime": time(play, event + 1),
        "isPitch": True,
        "type": "pitch",
    }


def action(play: int, event: str, event_type: str, *, player: int | None) -> Json:
    """Return one action; it never has a playId."""
    return {
        "details": {
            "description": f"{event}.",
            "event": event,
            "eventType": event_type,
            "awayScore": 0,
            "homeScore": 0,
            "isScoringPlay": False,
            "isOut": False,
            "hasReview": False,
        },
        "count": {"balls": 0, "strikes": 0, "outs": play % 3},
        **({"player": {"id": player, "link": f"/api/v1/people/{player}"}} if player is not None else {}),
        "startTime": time(play, 0),
        "endTime": time(play, 1),
        "isPitch": False,
        "type": "action",
    }


def runner(
    player_id: int,
    start: str | None,
    end: str | None,
    event: str,
    *,
    out: str | None = None,
    credited: list[tuple[int, str]] | None = None,
) -> Json:
    """Return one movement of one runner; `out` is the base where he was put out."""
    return {
        "movement": {
            "originBase": start,
            "start": start,
            "end": end,
            "outBase": out,
            "isOut": out is not None,
            "outNumber": 1 if out else None,
        },
        "details": {
            "event": event,
            "eventType": event.lower().replace(" ", "_"),
            "movementReason": None,
            "runner": people.reference(player_id),
            "responsiblePitcher": None,
            "isScoringEvent": end == "score",
            "rbi": end == "score",
            "earned": end == "score",
            "teamUnearned": False,
            "playIndex": 0,
        },
        "credits": [
            {
                "player": {"id": fielder, "link": f"/api/v1/people/{fielder}"},
                "position": people.position("SS"),
                "credit": credit,
            }
            for fielder, credit in credited or []
        ],
    }


def other(play: int, event: int, kind: str, description: str, code: str) -> Json:
    """Return a pickoff, stepoff or no_pitch."""
    return {
        "details": {"description": description, "code": code, "isOut": False, "hasReview": False},
        "count": {"balls": 0, "strikes": 1, "outs": play % 3},
        "playId": str(uuid5(NAMESPACE_URL, f"{play}/{event}/{kind}")),
        "startTime": time(play, event),
        "endTime": time(play, event + 1),
        "isPitch": False,
        "type": kind,
    }


def time(play: int, second: int) -> str:
    """Return a moment of a play as the feed writes it."""
    return f"2026-07-02T01:{play:02d}:{second:02d}.250Z"

"""The states of a game: what a statusCode of /v1/gameStatus stands for."""

from __future__ import annotations

from functools import cache
from typing import Any

_STATES = {  # first letter (or whole code): abstract state and its code, coded state, detailed state
    "S": ("Preview", "P", "S", "Scheduled"),
    "P": ("Preview", "P", "P", "Pre-Game"),
    "PW": ("Live", "L", "P", "Warmup"),
    "I": ("Live", "L", "I", "In Progress"),
    "O": ("Final", "F", "O", "Game Over"),
    "F": ("Final", "F", "F", "Final"),
    "D": ("Final", "F", "D", "Postponed"),
    "C": ("Final", "F", "C", "Cancelled"),
    "T": ("Live", "L", "T", "Suspended"),
    "U": ("Live", "L", "U", "Suspended"),
    "M": ("Live", "L", "M", "Manager challenge"),
    "N": ("Live", "L", "N", "Umpire review"),
}
_WITH_REASON = {"P": "Delayed Start", "I": "Delayed", "O": "Completed Early", "F": "Completed Early"}
_REASONS = {
    "A": "Tragedy",
    "B": "Wind",
    "C": "Cold",
    "D": "Darkness",
    "E": "Emergency",
    "F": "Fog",
    "G": "Wet Grounds",
    "I": "Inclement Weather",
    "L": "Lightning",
    "P": "Power",
    "R": "Rain",
    "S": "Snow",
    "V": "Venue",
    "Y": "Ceremony",
    "Z": "About to Resume",
}
_REVIEWED = {
    "A": "Tag play",
    "C": "Force play",
    "D": "Catch/drop in outfield",
    "F": "Close play at 1st",
    "H": "Home run",
    "I": "Hit by pitch",
    "J": "Pitch Result",
    "O": "Fair/foul in outfield",
    "T": "Trap play in outfield",
}


@cache
def status_of(code: str) -> dict[str, Any]:
    """Return what /v1/gameStatus says of a statusCode; `reason` only where it has one."""
    letter, rest = code[0], code[1:]
    abstract, abstract_code, coded, detailed = _STATES.get(code) or _STATES[letter]
    reason = None if code in _STATES else (_REVIEWED if letter in "MN" else _REASONS).get(rest)
    if rest == "T" and letter in "OF":
        reason, detailed = "Tied", f"{detailed}: Tied"
    elif code not in _STATES:
        detailed = _WITH_REASON.get(letter, detailed)
        detailed = f"{detailed}: {reason}" if reason else detailed
    state = {
        "abstractGameState": abstract,
        "codedGameState": coded,
        "detailedState": detailed,
        "statusCode": code,
        "abstractGameCode": abstract_code,
    }
    return {**state, "reason": reason} if reason else state

"""The states of a game: what a statusCode stands for, from `data/game_statuses.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from statsapi_simulator.tables import table

Row = tuple[str, str, str, str, str | None]  # state, codedGameState, statusCode, detailedState, reason


@cache
def game_statuses() -> dict[str, dict[str, Any]]:
    """Return every state by its statusCode, in the order of /v1/gameStatus; `reason` only where it has one. Shared."""
    abstract = table("game_statuses")["abstract_states"]
    return {
        status: {
            "abstractGameState": state,
            "codedGameState": coded,
            "detailedState": detailed,
            "statusCode": status,
            **({"reason": reason} if reason else {}),
            "abstractGameCode": abstract[state],
        }
        for state, coded, status, detailed, reason in _rows()
    }


def status_of(code: str) -> dict[str, Any]:
    """Return the state that a statusCode stands for. Shared: not to be changed."""
    return game_statuses()[code]


def _rows() -> Iterator[Row]:
    facts = table("game_statuses")
    for row in facts["alone"]:
        yield tuple(row)
    for family in facts["families"]:
        coded, label = family["coded"], family["label"]
        for code, reason in facts["reasons"][family["reasons"]].items():
            yield family["state"], coded, coded + code, f"{label}: {reason}" if reason else label, reason

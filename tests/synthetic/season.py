"""The responses that lead to games: a season of a few dates and the schedule of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tests.synthetic.people import AWAY, HOME, Json

_STATES = {"S": "Preview", "P": "Preview", "I": "Live", "U": "Live", "F": "Final", "C": "Final", "D": "Final"}


def seasons(year: int, first: date, last: date) -> Json:
    """Return the response of seasons/all with one season that lasts from `first` to `last`."""
    return {
        "seasons": [{"seasonId": str(year), "seasonStartDate": first.isoformat(), "seasonEndDate": last.isoformat()}]
    }


def schedule(day: date, games: Mapping[int, str]) -> Json:
    """Return the schedule of a date: the games by game_pk with their coded state; no games: an off day."""
    listed = [_game(game_pk, code, day) for game_pk, code in games.items()]
    counts = {
        "totalItems": len(listed),
        "totalEvents": 0,
        "totalGames": len(listed),
        "totalGamesInProgress": sum(_STATES[code] == "Live" for code in games.values()),
    }
    dates: Sequence[Json] = [{"date": day.isoformat(), **counts, "games": listed, "events": []}] if listed else []
    return {**counts, "dates": dates}


def _game(game_pk: int, code: str, day: date) -> Json:
    played = code in "FI"
    return {
        "gamePk": game_pk,
        "gameType": "R",
        "season": str(day.year),
        "gameDate": f"{day}T23:05:00Z",
        "officialDate": day.isoformat(),
        "status": {"abstractGameState": _STATES[code], "codedGameState": code, "detailedState": code},
        "teams": {
            "away": {"team": {"id": AWAY, "name": "Aardvarks"}, **({"score": 3} if played else {})},
            "home": {"team": {"id": HOME, "name": "Badgers"}, **({"score": 2} if played else {})},
        },
        "venue": {"id": 1},
        "doubleHeader": "N",
        "gameNumber": 1,
    }

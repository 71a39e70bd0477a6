"""What a screen reader is told of a game, in words that say what is so."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from mlb_data_platform.web.news import news
from mlb_data_platform.web.queries.today import Game

SEVENTH = {"inning": 7, "inning_state": "Top"}


def a_game(standing: str, detailed_state: str, away_runs: int | None, **known: Any) -> Game:
    """A game of which nothing else is known."""
    unknown: dict[str, Any] = dict.fromkeys(field.name for field in fields(Game))
    names = {"away_name": "Owls", "home_name": "Larks", "home_runs": None if away_runs is None else 2}
    told = {"standing": standing, "detailed_state": detailed_state, "away_runs": away_runs}
    return Game(**unknown | names | told | known)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (None, a_game("live", "In Progress", 1), ""),
        (a_game("live", "In Progress", 1, balls=1), a_game("live", "In Progress", 1, balls=2), ""),
        (
            a_game("live", "In Progress", 1, **SEVENTH), a_game("live", "In Progress", 3, **SEVENTH),
            "Owls 3, Larks 2, top of inning 7.",
        ),
        (a_game("live", "In Progress", 1), a_game("live", "In Progress", 3, inning=7), "Owls 3, Larks 2, inning 7."),
        (a_game("live", "In Progress", 1), a_game("live", "In Progress", 3), "Owls 3, Larks 2: In Progress."),
        (a_game("ahead", "Pre-Game", None), a_game("ahead", "Warmup", 0, home_runs=0), ""),
        (
            a_game("ahead", "Warmup", None), a_game("live", "In Progress", 0, home_runs=0),
            "Owls 0, Larks 0: In Progress.",
        ),
        (a_game("live", "In Progress", 3, **SEVENTH), a_game("over", "Final", 3, **SEVENTH), "Owls 3, Larks 2: Final."),
        (a_game("ahead", "Scheduled", None), a_game("off", "Postponed", None), "Owls at Larks: Postponed."),
        (a_game("over", "Final", 3, **SEVENTH), a_game("over", "Final", 4, **SEVENTH), "Owls 4, Larks 2: Final."),
    ],
)  # fmt: skip
def test_it_is_told_runs_and_how_a_game_stands_and_no_inning_that_it_is_not_in(
    before: Game | None, now: Game, told: str
) -> None:
    assert news(before, now) == told

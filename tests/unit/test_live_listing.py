"""When nothing more is to come of a game on one of its dates, and what is told of those that changed."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import pytest

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.live.patience import Patience
from mlb_data_platform.live.watch.listing import ListedGame, changes, summary, watched_schedule

LATER = date(2026, 5, 9)
ON = ListedGame(
    game_pk=1,
    label="Away @ Home",
    state="In Progress",
    is_ahead=False,
    is_final=False,
    is_called_off=False,
    is_parked=False,
    moved_to=None,
    was_moved_here=False,
)
SUSPENDED = replace(ON, state="Suspended", is_parked=True)


@pytest.mark.parametrize(
    ("game", "is_on", "is_over", "is_elsewhere"),
    [
        pytest.param(ON, True, False, False, id="in progress"),
        pytest.param(replace(ON, is_ahead=True), False, False, False, id="ahead"),
        pytest.param(replace(ON, is_final=True), False, True, False, id="final"),
        pytest.param(replace(ON, is_called_off=True), False, True, False, id="cancelled"),
        pytest.param(replace(ON, is_called_off=True, moved_to=LATER), False, True, True, id="postponed"),
        pytest.param(SUSPENDED, False, True, True, id="suspended"),
        pytest.param(replace(SUSPENDED, moved_to=LATER), False, True, True, id="suspended, known until when"),
        pytest.param(replace(SUSPENDED, was_moved_here=True), False, False, False, id="to be resumed on this date"),
        pytest.param(
            replace(SUSPENDED, was_moved_here=True, moved_to=LATER), False, True, True, id="resumed, suspended again"
        ),
        pytest.param(replace(ON, was_moved_here=True), True, False, False, id="resumed"),
    ],
)
def test_a_game_is_over_where_nothing_more_comes(
    game: ListedGame, is_on: bool, is_over: bool, is_elsewhere: bool
) -> None:
    assert (game.is_on, game.is_over, game.is_elsewhere) == (is_on, is_over, is_elsewhere)


def test_only_what_changed_is_told() -> None:
    another = replace(ON, game_pk=2)
    later = replace(ON, game_pk=3, is_called_off=True, state="Postponed", moved_to=LATER)
    told = list(changes({1: ON, 2: another}, {1: replace(ON, state="Final", is_final=True), 3: later}))
    assert told == [
        "game 1 (Away @ Home): Final",
        "game 2 (Away @ Home): In Progress; listed no longer",
        "game 3 (Away @ Home): Postponed, moved to 2026-05-09; listed anew",
    ]
    assert list(changes({1: ON}, {1: replace(ON)})) == []
    assert summary({1: ON, 2: another, 3: later}) == "3 games: 2 In Progress, 1 Postponed"


def test_one_schedule_can_be_watched() -> None:
    schedule = watched_schedule()
    assert (schedule.job.name, schedule.fan_out.table) == ("mlb_schedule", "schedule.games")


def test_patience_tells_once_and_ends_with_what_is_wrong() -> None:
    said: list[str] = []
    patience = Patience(60, said.append)
    for _ in range(3):
        patience.failed(TransientError("away"))
    patience.succeeded()
    assert said == ["away; tried again", "all is well again, after 0 s"]
    with pytest.raises(BadInputError):
        Patience(0, said.append).failed(BadInputError("wrong"))
    spent = Patience(0, said.append)
    spent.succeeded()
    with pytest.raises(TransientError, match="wrong"):
        spent.failed(BadInputError("wrong"))


def test_patience_begins_with_the_first_failure_however_long_nothing_was_asked() -> None:
    patience = Patience(0.05, lambda _: None)
    patience.succeeded()
    time.sleep(0.1)
    patience.failed(TransientError("away"))
    time.sleep(0.1)
    with pytest.raises(TransientError):
        patience.failed(TransientError("away"))

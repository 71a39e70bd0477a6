"""When nothing more is to come of a game on one of its dates, and what is told of those that changed."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.live.cadence import SCHEDULE_IS_FRESH_FOR, WATCHES_EVERY, WATCHES_EVERY_BETWEEN_GAMES
from mlb_data_platform.live.listing import ListedGame, changes, summary, watched_schedule
from mlb_data_platform.live.patience import Patience
from mlb_data_platform.settings import DAGS_DIR

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

WATCH = (
    "watch: {games_of: mlb_game, state: detailed_state, parked: {}, moved_to: [resume_date], moved_from: [sport_id], "
    "views: [schedule.today]}"
)


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


def test_who_waits_for_the_watch_waits_longer_than_it_takes() -> None:
    (today,), watch = load_job("mlb_schedule_today").ingests, load_job("mlb_live").tasks["watch"]
    assert today.fresh_seconds is not None
    assert max(WATCHES_EVERY, WATCHES_EVERY_BETWEEN_GAMES) < today.fresh_seconds
    assert watch.retry_delay_seconds + WATCHES_EVERY_BETWEEN_GAMES < SCHEDULE_IS_FRESH_FOR


def test_one_schedule_can_be_watched() -> None:
    schedule = watched_schedule()
    assert (schedule.job.name, schedule.each) == ("mlb_schedule", load_job("mlb_live").each)


@pytest.mark.parametrize(
    ("job", "old", "new", "message"),
    [
        ("mlb_live", "over: {", "over: {detailed_state: [Final], ", None),
        ("mlb_game", "over: {", "over: {detailed_state: [Final], ", None),
        (
            "mlb_schedule",
            "games_of: mlb_live",
            "games_of: mlb_season",
            "no job mlb_season has 'each' of schedule.games",
        ),
        ("mlb_schedule_today", "fresh_seconds: 90", WATCH, "there is: mlb_schedule, mlb_schedule_today"),
    ],
    ids=["the one that is named", "another", "one that reads no games", "two"],
)
def test_games_are_watched_as_the_job_that_is_named_reads_them(
    job: str, old: str, new: str, message: str | None, tmp_path: Path
) -> None:
    """Whatever other jobs think of the games of a date."""
    dags = Path(shutil.copytree(DAGS_DIR, tmp_path / "dags"))
    file = dags / f"{job}.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    if message:
        with pytest.raises(BadInputError, match=re.escape(message)):
            watched_schedule(dags)
    else:
        assert ("detailed_state" in watched_schedule(dags).each.over) is (job == "mlb_live")


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

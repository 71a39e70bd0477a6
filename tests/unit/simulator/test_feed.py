"""The feed of a game: it agrees with itself at every moment, shows only what has happened, has its year's shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
from tests.checker.baseball import problems

from statsapi_simulator.feed.render import live_feed
from statsapi_simulator.feed.shapes import Shape, shape_of
from statsapi_simulator.feed.timeline import moments
from statsapi_simulator.game_record import GameRecord, Review, ScoringChange
from statsapi_simulator.model import Fate
from statsapi_simulator.play.game import play_game
from statsapi_simulator.world.season import World, build_world

FAR = datetime(2040, 1, 1, tzinfo=UTC)
SEED = 7


@cache
def game(season: int, number: int = 300) -> tuple[World, GameRecord]:
    """A played game of a season."""
    world = build_world(SEED, season)
    return world, play_game(world, world.schedule[number])


def feed(world: World, record: GameRecord, at: datetime = FAR, now: datetime = FAR) -> dict[str, Any]:
    """The feed, through JSON as a client gets it."""
    written = live_feed(world, record, at, now, shape_of(world.season))
    return dict(msgspec.json.decode(msgspec.json.encode(written)))


@pytest.mark.parametrize("season", [2018, 2022, 2023, 2024, 2026])
def test_every_shape_is_baseball_at_any_moment(season: int) -> None:
    world, record = game(season)
    for at in [*moments(record)[::25], FAR]:
        assert problems(feed(world, record, at)) == []


def test_a_feed_is_dated_by_its_last_moment() -> None:
    world, record = game(2026)
    changes = moments(record)
    assert changes == sorted(set(changes))
    assert all(not change.microsecond for change in changes)
    between = changes[200] + (changes[201] - changes[200]) / 2
    assert feed(world, record, between) == feed(world, record, changes[200])
    assert feed(world, record, changes[200])["metaData"]["timeStamp"] == changes[200].strftime("%Y%m%d_%H%M%S")
    assert feed(world, record, changes[0] - timedelta(days=99)) == feed(world, record, changes[0])


def test_the_same_bytes_whatever_was_asked_before() -> None:
    world, record = game(2026)
    changes = moments(record)
    forward = [feed(world, record, at) for at in changes[100:110]]
    fresh = play_game(world, record.scheduled)
    assert [feed(world, fresh, at) for at in reversed(changes[100:110])] == forward[::-1]


def test_nothing_is_there_before_the_line_ups() -> None:
    world, record = game(2026)
    preview = feed(world, record, moments(record)[0])
    plays, box = preview["liveData"]["plays"], preview["liveData"]["boxscore"]
    assert plays == {"allPlays": [], "scoringPlays": [], "playsByInning": []}
    assert preview["gameData"]["status"]["abstractGameState"] == "Preview"
    assert preview["gameData"]["weather"] == preview["gameData"]["gameInfo"] == {}
    assert preview["liveData"]["linescore"]["teams"] == {"home": {}, "away": {}}
    assert box["teams"]["away"]["batters"] == box["officials"] == []
    assert "decisions" not in preview["liveData"]


def test_late_keys_and_times_come_with_the_end() -> None:
    """FEED 1 and 10: a play that is complete still changes when the game is over."""
    world, record = game(2026)
    last = record.plays[-1]
    live, over = feed(world, record, last.ends_at + timedelta(seconds=1)), feed(world, record)
    before, after = live["liveData"]["plays"]["allPlays"][3], over["liveData"]["plays"]["allPlays"][3]
    assert before["about"]["startTime"] < after["about"]["startTime"]
    pitches = [event["pitchData"] for event in before["playEvents"] if event["isPitch"]]
    assert not any("typeConfidence" in pitch or "breakLength" in pitch["breaks"] for pitch in pitches)
    assert all("typeConfidence" in event["pitchData"] for event in after["playEvents"] if event["isPitch"])


def test_a_reopened_play_loses_its_result_for_a_while() -> None:
    world, record = game(2026)
    play = record.plays[10]
    closed_at = play.ends_at + timedelta(seconds=6)
    reopened = replace(play, reopened_at=play.ends_at + timedelta(seconds=3), closed_again_at=closed_at)
    changed = replace(record, plays=(*record.plays[:10], reopened, *record.plays[11:]))

    def result(at: datetime) -> dict[str, Any]:
        written = feed(world, changed, at)
        assert problems(written) == []
        return dict(written["liveData"]["plays"]["allPlays"][10]["result"])

    assert "eventType" in result(play.ends_at + timedelta(seconds=1))
    assert "eventType" not in result(play.ends_at + timedelta(seconds=4))
    assert "eventType" in result(closed_at + timedelta(seconds=1))


def test_a_review_in_progress_has_decided_nothing() -> None:
    world, record = game(2026)
    play = next(play for play in record.plays[20:] if play.review is None and play.event_type == "field_out")
    review = Review("MF", True, record.scheduled.home_id, None, play.ends_at + timedelta(seconds=9))
    reviewed = replace(play, review=review, description=f"Somebody challenged, call was overturned: {play.description}")
    plays = tuple(reviewed if each is play else each for each in record.plays)
    changed = replace(record, plays=plays)

    def shown(at: datetime) -> dict[str, Any]:
        return dict(feed(world, changed, at)["liveData"]["plays"]["allPlays"][play.index])

    during, after = shown(play.ends_at + timedelta(seconds=2)), shown(FAR)
    assert during["reviewDetails"] | {"inProgress": True, "isOverturned": False} == during["reviewDetails"]
    assert during["result"]["description"] == play.description
    assert after["reviewDetails"]["isOverturned"]
    assert not after["reviewDetails"]["inProgress"]


def test_a_correction_changes_old_timecodes_without_a_new_one() -> None:
    """FEED F1: everything as before, the time stamp too, but the play."""
    world, record = game(2026)
    play = record.plays[5]
    announced_at = record.statuses[-1].since + timedelta(days=2)
    corrected = replace(play, description="Something else.")
    changed = replace(record, changes=(ScoringChange(announced_at, corrected),))
    for at in (record.plays[30].ends_at, FAR):
        before = feed(world, changed, at, announced_at - timedelta(seconds=1))
        after = feed(world, changed, at, announced_at)
        assert before["metaData"] == after["metaData"]
        assert before["liveData"]["plays"]["allPlays"][5]["result"]["description"] == play.description
        assert after["liveData"]["plays"]["allPlays"][5]["result"]["description"] == "Something else."


@pytest.mark.parametrize("fate", [Fate.TIED, Fate.SHORTENED, Fate.SUSPENDED, Fate.POSTPONED, Fate.CANCELLED])
def test_games_that_go_another_way(fate: Fate) -> None:
    world = build_world(SEED, 2026)
    record = play_game(world, next(each for each in world.schedule if each.fate is fate))
    for status in record.statuses:
        written = feed(world, record, status.since + timedelta(seconds=1))
        assert written["gameData"]["status"]["statusCode"] == status.code
        assert problems(written) == []


def test_2018_writes_little() -> None:
    world, record = game(2018)
    written = feed(world, record)
    plays = written["liveData"]["plays"]["allPlays"]
    assert "officialDate" not in written["gameData"]["datetime"]
    assert len([row for play in plays for row in play["runners"]]) < len(plays)
    assert all("eventType" not in play["result"] for play in plays)
    assert {
        event["details"]["call"]["code"] for play in plays for event in play["playEvents"] if event["isPitch"]
    } == set("BSX")


def test_years_between_keep_the_shape_of_the_one_before() -> None:
    assert [shape_of(season) for season in (2017, 2018, 2021, 2022, 2025, 2027)] == [
        Shape.Y2018,
        Shape.Y2018,
        Shape.Y2018,
        Shape.Y2022,
        Shape.Y2024,
        Shape.Y2026,
    ]


def test_a_kept_play_forgets_no_review() -> None:
    """Plays are kept once written; asked for an earlier moment, a review is in progress again."""
    world, record = game(2026)
    play = next(play for play in record.plays[20:] if play.review is None and play.event_type == "field_out")
    review = Review("MF", False, record.scheduled.home_id, None, play.ends_at + timedelta(seconds=9))
    plays = tuple(replace(play, review=review) if each is play else each for each in record.plays)
    changed = replace(record, plays=plays)
    for seconds, in_progress in ((60, False), (2, True), (60, False)):
        written = feed(world, changed, play.ends_at + timedelta(seconds=seconds))
        assert written["liveData"]["plays"]["allPlays"][play.index]["reviewDetails"]["inProgress"] is in_progress

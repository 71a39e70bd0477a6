"""The endpoints of games of the simulated API at a moment: feed, patches, changes; and what does not depend on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonpatch
import pytest
from tests.simulated_api import SEASON, ask, game_of, league

from statsapi_simulator.api.errors import ApiError
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.model import SIDES, Fate, ScheduledGame

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def _feed(game: ScheduledGame, what: str = "") -> str:
    return f"/api/v1.1/game/{game.game_pk}/feed/live{what}"


def test_a_feed_at_a_timecode_is_what_it_was_and_never_the_future() -> None:
    game = game_of(Fate.PLAYED, 900)
    now = game.starts_at + HOUR
    stamps = ask(_feed(game, "/timestamps"), now)
    assert stamps == sorted(set(stamps))
    assert datetime.strptime(stamps[-1], "%Y%m%d_%H%M%S").replace(tzinfo=UTC) <= now
    for stamp in (stamps[0], stamps[-2], stamps[-1]):
        at = datetime.strptime(stamp, "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
        feed = ask(_feed(game), now, timecode=stamp)
        assert feed["metaData"]["timeStamp"] == stamp
        assert feed == ask(_feed(game), at)
    future = ask(_feed(game), now, timecode="20301231_000000")
    assert future == ask(_feed(game), now)
    assert future["metaData"]["timeStamp"] == stamps[-1]


def test_a_correction_changes_old_timecodes_and_no_time_stamp() -> None:
    games = (game for game in league().games.world(SEASON).schedule if game.fate is Fate.PLAYED)
    game, (announced, *_) = next(
        (game, found) for game in games if (found := league().games.course(game.game_pk).corrections)
    )
    before, after = (ask(_feed(game), announced + offset) for offset in (-SECOND, SECOND))
    assert before != after
    assert before["metaData"]["timeStamp"] == after["metaData"]["timeStamp"]
    stamp = after["metaData"]["timeStamp"]
    assert ask(_feed(game), announced + SECOND, timecode=stamp) == after


def test_fields_leave_out_what_they_do_not_name() -> None:
    game = game_of(Fate.PLAYED, 900)
    asked = ask(_feed(game), game.starts_at + DAY, fields="gamePk,metaData,timeStamp,gameData,players,fullName,runs")
    assert set(asked) == {"gamePk", "metaData", "gameData"}
    assert set(asked["metaData"]) == {"timeStamp"}
    assert {tuple(player) for player in asked["gameData"]["players"].values()} == {("fullName",)}


def test_fields_pass_the_keys_of_maps() -> None:
    game = game_of(Fate.PLAYED, 900)
    asked = ask(_feed(game), game.starts_at + DAY, fields="gameData,teams,teamName,liveData,linescore,innings,runs")
    assert {side: set(team) for side, team in asked["gameData"]["teams"].items()} == {
        "away": {"teamName"},
        "home": {"teamName"},
    }
    assert set(asked["liveData"]["linescore"]["teams"]) == set(SIDES)
    assert asked["liveData"]["linescore"]["innings"][0] == {}, "the sides of an inning are names beside others"


def test_fields_leave_the_lines_of_a_box_score_their_keys() -> None:
    game = game_of(Fate.PLAYED, 900)
    asked = ask(f"/api/v1/game/{game.game_pk}/boxscore", game.starts_at + DAY, fields="teams,batting,fullName,hits")
    club = asked["teams"]["home"]
    assert {"players", "batters", "teamStats", "info"} <= set(club)
    player = club["players"][f"ID{club['batters'][0]}"]
    assert set(player["person"]) == {"fullName"}
    assert player["status"] == {}
    assert set(player["stats"]) == {"batting"}
    assert set(player["stats"]["batting"]) == {"hits"}


def test_parts_of_a_feed_are_endpoints_of_their_own() -> None:
    game = game_of(Fate.PLAYED, 900)
    now = game.starts_at + DAY
    live = ask(_feed(game), now)["liveData"]
    for path, name in (("linescore", "linescore"), ("boxscore", "boxscore"), ("playByPlay", "plays")):
        part = ask(f"/api/v1/game/{game.game_pk}/{path}", now)
        assert part.pop("copyright")
        assert part == live[name]


# ---- Patches ----


def _game_in_progress() -> tuple[ScheduledGame, Sequence[datetime]]:
    """A game and its revisions from the middle of it on."""
    game = game_of(Fate.PLAYED, 900)
    return game, league().games.course(game.game_pk).revisions[100:]


def _read(document: Any) -> Any:
    """As it comes over HTTP: no two places share a value."""
    return json.loads(json.dumps(document))


def _exact(document: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in document.items() if key != "copyright"}, sort_keys=True)


def test_patches_lead_from_each_poll_to_the_next() -> None:
    game, (now, *_) = _game_in_progress()
    document, envelopes, empty = _read(ask(_feed(game), now)), 0, 0
    for seconds in (10, 1, 25, 60, 3, 120):
        now += timedelta(seconds=seconds)
        answer = _read(ask(_feed(game, "/diffPatch"), now, startTimecode=document["metaData"]["timeStamp"]))
        assert isinstance(answer, list)
        envelopes, empty = envelopes + len(answer), empty + (answer == [])
        for envelope in answer:
            document = jsonpatch.apply_patch(document, envelope["diff"])
        assert _exact(document) == _exact(_read(ask(_feed(game), now)))
    assert envelopes > 5
    assert empty > 0


def test_after_a_long_gap_or_the_end_a_patch_is_the_whole_feed() -> None:
    game = game_of(Fate.PLAYED, 900)
    stamps = ask(_feed(game, "/timestamps"), game.starts_at + DAY)
    during, after = game.starts_at + HOUR, game.starts_at + DAY
    for now, asked in (
        (during, {"startTimecode": stamps[3]}),
        (during, {}),
        (after, {"startTimecode": stamps[-1]}),
    ):
        answer = ask(_feed(game, "/diffPatch"), now, **asked)
        assert isinstance(answer, dict)
        assert "copyright" not in answer
        assert _exact(answer) == _exact(ask(_feed(game), now))
    envelopes = ask(_feed(game, "/diffPatch"), after, startTimecode=stamps[100], endTimecode=stamps[102])
    ends = [operation["value"] for each in envelopes for operation in each["diff"] if "Stamp" in operation["path"]]
    assert ends == stamps[101:103]


def test_a_patch_of_2018_tests_its_base() -> None:
    game, (before, now, *_) = _game_in_progress()
    stamp = f"{before:%Y%m%d_%H%M%S}"
    answer = league(Shape.Y2018).answer(_feed(game, "/diffPatch"), {"startTimecode": stamp}, now)
    assert answer[0]["diff"][0] == {"op": "test", "path": "/metaData/timeStamp", "value": stamp}


@pytest.mark.parametrize("asked", [{"startTimecode": "yesterday"}, {"startTimecode": "20260704_1600"}])
def test_a_timecode_that_is_none_is_refused(asked: dict[str, str]) -> None:
    game = game_of(Fate.PLAYED, 900)
    with pytest.raises(ApiError, match="startTimecode"):
        ask(_feed(game, "/diffPatch"), game.starts_at + HOUR, **asked)


# ---- Changes ----


@pytest.mark.unmeasured
def test_changes_are_the_games_that_changed_since() -> None:
    game = game_of(Fate.PLAYED, 900)
    end = league().games.course(game.game_pk).revisions[-1]

    def changed(since: datetime, now: datetime) -> set[int]:
        document = ask("/api/v1/game/changes", now, updatedSince=since.isoformat(), sportId=1, season=SEASON)
        return {each["gamePk"] for day in document["dates"] for each in day["games"]}

    assert game.game_pk in changed(end - SECOND, end)
    assert game.game_pk not in changed(end, end + SECOND)
    assert changed(end, end - DAY) == set()


def test_changes_include_late_corrections() -> None:
    games = (game for game in league().games.world(SEASON).schedule if game.fate is Fate.PLAYED)
    game, (announced, *_) = next(
        (game, found) for game in games if (found := league().games.course(game.game_pk).corrections)
    )
    asked = {"sportId": 1, "season": SEASON, "updatedSince": f"{announced - SECOND:%Y-%m-%dT%H:%M:%SZ}"}
    document = ask("/api/v1/game/changes", announced, **asked)
    assert game.game_pk in {each["gamePk"] for day in document["dates"] for each in day["games"]}
    assert ask("/api/v1/game/changes", announced, **{**asked, "sportId": 11})["dates"] == []


# ---- What does not depend on the time ----


def test_reference_endpoints() -> None:
    now = datetime(SEASON, 7, 2, tzinfo=UTC)
    assert len(ask("/api/v1/teams", now, sportId=1)["teams"]) == 30
    first, second, *_ = (team["id"] for team in ask("/api/v1/teams", now)["teams"])
    assert [team["id"] for team in ask(f"/api/v1/teams/{first}", now)["teams"]] == [first]
    assert {team["id"] for team in ask("/api/v1/teams", now, teamIds=f"{first},{second}")["teams"]} == {first, second}
    people = sorted(league().games.world(SEASON).people)[:3]
    asked = ask("/api/v1/people", now, personIds=",".join(map(str, people)))["people"]
    assert [person["id"] for person in asked] == people
    assert [person["id"] for person in ask(f"/api/v1/people/{people[0]}", now)["people"]] == people[:1]
    assert len(ask("/api/v1/venues", now, hydrate="location,timezone")["venues"]) == 30
    seasons = [season["seasonId"] for season in ask("/api/v1/seasons/all", now, sportId=1)["seasons"]]
    assert seasons == [str(year) for year in range(2016, 2031)]
    assert [season["seasonId"] for season in ask("/api/v1/seasons", now, season=2024)["seasons"]] == ["2024"]
    assert isinstance(ask("/api/v1/gameStatus", now), list)

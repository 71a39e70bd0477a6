"""The schedule of the simulated API: the games of dates as they stand at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.simulated_api import SEASON, ask, game_of, league

from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.model import SIDES, Fate, ScheduledGame

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _listed(game: ScheduledGame, day: date | None, now: datetime) -> dict[str, Any] | None:
    """The game as the schedule lists it on `day`."""
    dates = ask("/api/v1/schedule", now, sportId=1, date=day)["dates"]
    return next((each for day in dates for each in day["games"] if each["gamePk"] == game.game_pk), None)


def test_a_game_from_the_listing_to_the_end() -> None:
    game = game_of(Fate.PLAYED, 900)
    states, scores = [], []
    for after in (-5 * DAY, -2 * HOUR, HOUR, DAY):
        listed = _listed(game, game.first_date, game.starts_at + after)
        assert listed is not None
        states.append((listed["status"]["abstractGameState"], listed["status"]["codedGameState"]))
        scores.append(("score" in listed["teams"]["home"], "isWinner" in listed["teams"]["home"], "isTie" in listed))
    assert states == [("Preview", "S"), ("Preview", "P"), ("Live", "I"), ("Final", "F")]
    assert scores == [(False, False, False), (False, False, False), (True, False, True), (True, True, True)]


def test_schedule_and_feed_agree() -> None:
    for which in (100, 700, 1300):
        game = game_of(Fate.PLAYED, which)
        for after in (-HOUR, HOUR, 2 * HOUR, DAY):
            now = game.starts_at + after
            listed, feed = _listed(game, game.first_date, now), ask(f"/api/v1.1/game/{game.game_pk}/feed/live", now)
            assert listed is not None
            assert listed["status"]["statusCode"] == feed["gameData"]["status"]["statusCode"]
            teams = feed["liveData"]["linescore"]["teams"]
            assert listed["teams"]["home"].get("score", 0) == teams["home"].get("runs", 0)
            assert listed["teams"]["away"].get("score", 0) == teams["away"].get("runs", 0)
            assert listed["teams"]["home"]["team"]["id"] == feed["gameData"]["teams"]["home"]["id"]
            assert listed["officialDate"] == feed["gameData"]["datetime"]["officialDate"]


def test_a_postponed_game_is_listed_twice_once_it_is_known() -> None:
    game = game_of(Fate.POSTPONED)
    assert game.second_date is not None
    assert game.second_starts_at is not None
    before = game.starts_at - 6 * HOUR
    first = _listed(game, game.first_date, before)
    assert first is not None
    assert (first["officialDate"], first["doubleHeader"]) == (game.first_date.isoformat(), "N")
    assert "rescheduleDate" not in first
    assert _listed(game, game.second_date, before) is None

    after = game.second_starts_at + DAY
    first, second = _listed(game, game.first_date, after), _listed(game, game.second_date, after)
    assert first is not None
    assert second is not None
    status = first["status"]
    assert (status["abstractGameState"], status["codedGameState"]) == ("Final", "D")
    assert (status["detailedState"], status["reason"]) == ("Postponed", "Rain")
    assert first["officialDate"] == first["rescheduleGameDate"] == second["officialDate"]
    assert first["rescheduleGameDate"] == game.second_date.isoformat()
    assert "score" not in first["teams"]["home"]
    assert (second["rescheduledFromDate"], second["status"]["codedGameState"]) == (game.first_date.isoformat(), "F")
    assert second["description"].startswith("Makeup of ")


def test_a_suspended_game_goes_on_under_its_second_date() -> None:
    game = game_of(Fate.SUSPENDED)
    assert game.second_date is not None
    assert game.second_starts_at is not None
    first = _listed(game, game.first_date, game.second_starts_at + DAY)
    second = _listed(game, game.second_date, game.second_starts_at + DAY)
    assert first is not None
    assert second is not None
    assert (first["status"]["codedGameState"], second["status"]["codedGameState"]) == ("U", "F")
    assert first["officialDate"] == second["officialDate"] == game.first_date.isoformat()
    assert first["resumeGameDate"] == game.second_date.isoformat()
    assert second["resumedFromDate"] == game.first_date.isoformat()
    assert "isWinner" not in first["teams"]["home"]
    assert _listed(game, game.second_date, game.starts_at) is None


def test_a_tie_a_short_game_and_one_that_is_cancelled() -> None:
    tied, short, cancelled = (
        _listed(game, game.first_date, game.starts_at + DAY)
        for game in map(game_of, (Fate.TIED, Fate.SHORTENED, Fate.CANCELLED))
    )
    assert tied is not None
    assert (tied["isTie"], tied["teams"]["home"]["score"]) == (True, tied["teams"]["away"]["score"])
    assert "isWinner" not in tied["teams"]["home"]
    assert short is not None
    assert short["status"]["detailedState"] == "Completed Early: Rain"
    assert cancelled is not None
    assert (cancelled["status"]["codedGameState"], cancelled["status"]["detailedState"]) == ("C", "Cancelled")


def test_the_second_game_of_a_straight_doubleheader_has_no_time_yet() -> None:
    games = league().games.world(SEASON).schedule
    game = next(
        each
        for each in games
        if (each.double_header, each.game_number, each.fate, each.second_date) == ("Y", 2, Fate.PLAYED, None)
    )
    listed = _listed(game, game.first_date, game.starts_at - DAY)
    assert listed is not None
    assert listed["status"]["startTimeTBD"] is True
    assert listed["gameDate"] == f"{game.first_date.isoformat()}T03:33:00Z"


def test_which_games_are_asked_for() -> None:
    now = datetime(SEASON, 7, 2, 20, tzinfo=UTC)

    def pks(**asked: Any) -> set[int]:
        dates = ask("/api/v1/schedule", now, **asked)["dates"]
        return {each["gamePk"] for day in dates for each in day["games"]}

    today = pks(sportId=1)
    assert (
        today == pks(date="2026-07-02") == pks(date="07/02/2026") == pks(startDate="2026-07-02", endDate="2026-07-02")
    )
    one = min(today)
    game = league().games.scheduled(one)
    assert pks(gamePk=one) == pks(date="2026-07-02", teamId=game.home_id, gamePks=one) == {one}
    assert one in pks(startDate="2026-07-01", endDate="2026-07-03", gameType="R,P")
    assert pks(date="2026-07-02", sportId=11) == pks(date="2026-07-02", gameType="S") == pks(date="2026-01-05") == set()
    assert pks(date="2026-07-02", season=2025) == set()
    assert pks(date="2036-07-02") == set()


def test_hydrations() -> None:
    now = datetime(SEASON, 7, 3, 12, tzinfo=UTC)
    (day,) = ask("/api/v1/schedule", now, date="2026-07-02", hydrate="team,linescore(matchup),venue,probablePitcher")[
        "dates"
    ]
    game = day["games"][0]
    assert game["linescore"]["teams"]["home"]["runs"] == game["teams"]["home"]["score"]
    assert {"abbreviation", "league"} <= game["teams"]["away"]["team"].keys()
    assert {"location", "timeZone"} <= game["venue"].keys()
    assert {"id", "fullName"} <= game["teams"]["home"]["probablePitcher"].keys()


def test_parts_of_the_feed_are_hydrations_of_a_game_that_has_begun() -> None:
    game = game_of(Fate.PLAYED, 900)
    names = "decisions,weather,officials,gameInfo,flags"
    feed = ask(f"/api/v1.1/game/{game.game_pk}/feed/live", game.starts_at + DAY)
    for now, there in ((game.starts_at - DAY, set[str]()), (game.starts_at + DAY, set(names.split(",")))):
        (day,) = ask("/api/v1/schedule", now, gamePk=game.game_pk, hydrate=names)["dates"]
        (listed,) = day["games"]
        assert set(names.split(",")) & listed.keys() == there
    assert listed["decisions"] == feed["liveData"]["decisions"]
    assert listed["weather"] == feed["gameData"]["weather"]


def test_games_by_opponent_and_park() -> None:
    now = datetime(SEASON, 4, 1, 14, tzinfo=UTC)
    asked = {"startDate": f"{SEASON}-03-26", "endDate": f"{SEASON}-09-30"}
    games = [
        game
        for day in ask("/api/v1/schedule", now, teamId=901, opponentId=902, **asked)["dates"]
        for game in day["games"]
    ]
    assert {frozenset(game["teams"][side]["team"]["id"] for side in SIDES) for game in games} == {frozenset((901, 902))}
    here = ask(
        "/api/v1/schedule", now, teamId=901, venueIds=9001, startDate=f"{SEASON}-03-26", endDate=f"{SEASON}-04-30"
    )
    assert {game["venue"]["id"] for day in here["dates"] for game in day["games"]} == {9001}


def test_the_sums_of_a_day() -> None:
    document = ask("/api/v1/schedule", datetime(SEASON, 7, 3, 0, tzinfo=UTC), date="2026-07-02")
    (day,) = document["dates"]
    live = sum(each["status"]["abstractGameState"] == "Live" for each in day["games"])
    assert document["totalGames"] == day["totalItems"] == len(day["games"])
    assert 0 < day["totalGamesInProgress"] <= live


def test_the_shape_of_2018() -> None:
    old = league(Shape.Y2018).answer("/api/v1/schedule", {"date": "2026-07-02"}, datetime(SEASON, 7, 3, tzinfo=UTC))
    for game in old["dates"][0]["games"]:
        assert not {"officialDate", "gameGuid"} & game.keys()
        assert "startTimeTBD" not in game["status"]

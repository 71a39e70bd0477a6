"""Clubs, people, parks and lists of codes as the simulated API answers about them, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.simulated_api import SEASON, ask, league

from statsapi_simulator.api.errors import ApiError, NoEndpoint
from statsapi_simulator.model import Fate

SPRING = datetime(SEASON, 3, 31, 12, tzinfo=UTC)


def _ids(page: dict[str, Any], name: str) -> list[int]:
    return [each["id"] for each in page[name]]


def test_lists_hold_what_was_asked_for_and_leave_out_what_is_unknown() -> None:
    assert _ids(ask("/api/v1/people", SPRING, personIds="9260002,5,9260001,9260002"), "people") == [9260002, 9260001]
    assert len(ask("/api/v1/teams", SPRING)["teams"]) == 30
    assert ask("/api/v1/teams", SPRING, sportId=11)["teams"] == []
    assert _ids(ask("/api/v1/teams", SPRING, teamIds="903,5"), "teams") == [903]
    assert _ids(ask("/api/v1/divisions", SPRING, divisionId=203), "divisions") == [203]
    assert _ids(ask("/api/v1/leagues/104", SPRING), "leagues") == [104]
    assert ask("/api/v1/league", SPRING, leagueIds=103) == ask("/api/v1/leagues", SPRING, leagueIds=103)


def test_a_park_has_its_field_and_zone_when_hydrated() -> None:
    plain, hydrated = (
        ask("/api/v1/venues", SPRING, venueIds=9005, hydrate=names)["venues"][0] for names in ("", "timezone")
    )
    assert set(hydrated) - set(plain) == {"timeZone", "fieldInfo"}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "teams/5",
            "people/5",
            "people/9269999",
            "venues/5",
            "leagues/5",
            "teams/5/roster",
            "teams/901/roster/somebody",
        ),
        *("awards/NOBEL", "homeRunDerby/20260001", "game/1/winProbability", "game/1/content", "sports/2/players/3"),
        *("nothing", "eventTypes/1", "teams/901/secrets", "standings/byWeather"),
    ],
)
def test_what_there_is_not_is_refused(path: str) -> None:
    with pytest.raises(ApiError):
        ask(f"/api/v1/{path}", SPRING)


def test_what_could_be_no_endpoint_is_none_of_the_apis_business() -> None:
    with pytest.raises(NoEndpoint):
        ask("/favicon.ico", SPRING)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/v1/standings", {"standingsTypes": "byWeather"}),
        ("/api/v1/stats/leaders", {"leaderCategories": "smiles"}),
        ("/api/v1/stats", {"group": "batting"}),
        ("/api/v1/people/9260001/stats", {"stats": "yesterday"}),
        ("/api/v1/jobs", {"jobType": "POPE"}),
        ("/api/v1/stats/streaks", {"streakType": "luck"}),
        ("/api/v1/highLow/player", {"sortStat": "battingAverage"}),
    ],
)
def test_a_value_that_is_none_of_the_list_is_refused_by_its_name(path: str, asked: dict[str, str]) -> None:
    (value,) = asked.values()
    with pytest.raises(ApiError, match=value):
        ask(path, SPRING, **asked)


def test_people_are_found_whatever_season_is_played() -> None:
    man = next(iter(league().games.world(2024).people.values()))
    assert ask(f"/api/v1/people/{man.id}", SPRING)["people"][0]["fullName"] == man.full_name


def test_people_are_found_by_name() -> None:
    man = league().games.world(SEASON).teams[907].roster[0]
    assert man.id in _ids(ask("/api/v1/people/search", SPRING, names=man.full_name.lower()), "people")
    listed = ask("/api/v1/sports/1/players", SPRING, season=SEASON)["people"]
    (page,) = [each for each in listed if each["id"] == man.id]
    assert page["currentTeam"]["id"] == 907


def test_hydrations_of_people_are_read_with_their_brackets() -> None:
    pitcher = league().games.world(SEASON).teams[907].roster[5].id
    hydrate = "currentTeam,stats(group=[hitting,pitching],type=[season,gameLog],sportId=None)"
    (page,) = ask(f"/api/v1/people/{pitcher}", SPRING, hydrate=hydrate)["people"]
    assert page["currentTeam"]["id"] == 907
    kinds = {(each["type"]["displayName"], each["group"]["displayName"]) for each in page["stats"]}
    assert {("season", "pitching"), ("gameLog", "pitching")} <= kinds


def test_a_club_knows_its_last_and_next_games() -> None:
    (page,) = ask("/api/v1/teams/901", SPRING, hydrate="previousSchedule,nextSchedule")["teams"]
    before, after = (
        [game for day in page[name]["dates"] for game in day["games"]]
        for name in ("previousGameSchedule", "nextGameSchedule")
    )
    assert {game["status"]["abstractGameCode"] for game in before} == {"F"}
    assert {game["status"]["abstractGameCode"] for game in after} == {"P"}
    clubs = [{game["teams"][side]["team"]["id"] for side in ("away", "home")} for game in before + after]
    assert all(901 in pair for pair in clubs)


def test_ties_are_the_games_that_end_level() -> None:
    now = datetime(SEASON, 12, 1, tzinfo=UTC)
    answer = ask("/api/v1/schedule/games/tied", now, season=SEASON)
    found = {game["gamePk"] for day in answer["dates"] for game in day["games"]}
    assert found == {game.game_pk for game in league().games.world(SEASON).schedule if game.fate is Fate.TIED}


def test_the_lists_of_codes_name_what_other_endpoints_take() -> None:
    types = {each["parameter"] for each in ask("/api/v1/rosterTypes", SPRING)}
    for kind in types:
        assert ask(f"/api/v1/teams/901/roster/{kind}", SPRING)["rosterType"] == kind
    for each in ask("/api/v1/standingsTypes", SPRING):
        ask("/api/v1/standings", SPRING, standingsTypes=each["name"])
    categories = ",".join(each["displayName"] for each in ask("/api/v1/leagueLeaderTypes", SPRING))
    assert ask("/api/v1/stats/leaders", SPRING, leaderCategories=categories)["leagueLeaders"]


@pytest.mark.parametrize(
    "path",
    [
        *("jobTypes", "languages", "logicalEvents", "metrics", "platforms", "runnerDetailTypes", "scheduleTypes"),
        *("scheduleEventTypes", "situationCodes", "statGroups", "statTypes", "violationTypes", "baseballStats"),
        *("conferences", "awards", "jobs/umpires", "jobs/datacasters", "jobs/officialScorers", "draft/2018"),
        *("draft/2018/latest", "draft/prospects/2018", "people/changes", "people/freeAgents", "schedule/postseason"),
        *("schedule/postseason/series", "schedule/postseason/tuneIn", "league/103/allStarBallot", "teams/901/alumni"),
        *("teams/901/personnel", "teams/901/coaches", "teams/affiliates", "teams/history", "uniforms/team"),
        *("teams/901/affiliates", "teams/901/history", "people/9260001/awards", "people/9260001/stats/game/current"),
        *("standings/wildCard", "streaks/types", "schedule/games", "leagues/104/allStarWriteIns", "transactionTypes"),
        *("playerStatusCodes", "fielderDetailTypes", "gamedayTypes"),
        *("uniforms/game", "awards/ALMVP/recipients", "game/20260001/content", "game/20260001/feed/color"),
    ],
)
def test_what_else_clients_ask_for_is_answered(path: str) -> None:
    answer = ask(f"/api/v1/{path}", SPRING)
    assert isinstance(answer, list) or answer["copyright"]

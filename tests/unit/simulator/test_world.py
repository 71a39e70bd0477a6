"""The people, clubs and parks of a simulated season, and how the reference endpoints write them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests import recordings

from statsapi_simulator.api.enumerations import enumeration
from statsapi_simulator.model import Person
from statsapi_simulator.pages import boxscore_name, person_page, strike_zone, team_page, venue_page
from statsapi_simulator.world.dates import season_dates
from statsapi_simulator.world.season import World, build_world


@pytest.fixture
def world() -> World:
    return build_world(7, 2026)


def players(world: World) -> list[Person]:
    return [person for team in world.teams.values() for person in team.roster]


def share(found: list[Any]) -> float:
    return sum(map(bool, found)) / len(found)


def test_the_same_seed_gives_the_same_world() -> None:
    again = build_world.__wrapped__(7, 2026)
    assert again is not build_world(7, 2026)
    assert again.people == build_world(7, 2026).people
    assert again.teams == build_world(7, 2026).teams
    assert again.schedule == build_world(7, 2026).schedule
    assert again.schedule != build_world(8, 2026).schedule


def test_a_seed_is_the_same_season_for_ever() -> None:
    """Pinned: a change here changes every feed that anybody generated."""
    world = build_world(7, 2026)
    assert (world.schedule[0].away_id, world.schedule[0].home_id, world.schedule[-1].home_id) == (917, 919, 921)
    assert world.people[9_260_001].full_name == "Rogelio Salayola"


def test_thirty_clubs_in_six_divisions_of_two_leagues(world: World) -> None:
    assert list(world.teams) == list(range(901, 931))
    assert list(world.venues) == list(range(9001, 9031))
    assert set(Counter(team.division_id for team in world.teams.values()).values()) == {5}
    assert set(Counter(team.league_id for team in world.teams.values()).values()) == {15}
    for attribute in ("name", "abbreviation", "team_code", "file_code", "venue_id"):
        assert len({getattr(team, attribute) for team in world.teams.values()}) == 30


def test_a_roster_begins_with_the_active_players(world: World) -> None:
    for team in world.teams.values():
        assert len(team.roster) == 40
        positions = [person.primary_position for person in team.roster]
        assert set(positions[:13]) <= {"1", "Y"}
        fielders = positions[13:26]
        assert set("23456789") <= set(fielders)
        assert fielders.count("2") == 2
        assert positions[26:].count("1") == 7
    assert sum(person.primary_position == "Y" for person in players(world)) == 2


def test_people_are_distinct_and_known_by_their_ids(world: World) -> None:
    names = Counter(person.full_name for person in world.people.values())
    assert set(names.values()) == {1}
    assert all(person.id == key for key, person in world.people.items())
    assert len(world.people) == 30 * (40 + 1 + 7) + 76 + 60
    assert min(world.people) > 9_000_000
    assert not set(world.people) & set(build_world(7, 2025).people)


def test_shirt_numbers_are_unique_in_a_club(world: World) -> None:
    for team in world.teams.values():
        numbers = [person.primary_number for person in (*team.roster, team.manager) if person.primary_number]
        assert len(numbers) == len(set(numbers))
    assert any({"0", "00"} <= {person.primary_number for person in team.roster} for team in world.teams.values())


def test_attributes_are_missing_as_often_as_in_real_feeds(world: World) -> None:
    pages = [person_page(person, 2026) for person in players(world)]
    rates = {"primaryNumber": 0.992, "middleName": 0.87, "birthStateProvince": 0.74, "draftYear": 0.76}
    for key, rate in rates.items():
        assert share([key in page for page in pages]) == pytest.approx(rate, abs=0.04), key
    assert 0 < share(["nameSuffix" in page for page in pages]) < 0.03
    assert 0 < share(["lastPlayedDate" in page for page in pages]) < 0.02
    assert 0.99 < share(["mlbDebutDate" in page for page in pages]) <= 1


def test_a_name_in_the_box_score_has_an_initial_only_where_needed(world: World) -> None:
    bearers = Counter(person.last_name for person in players(world))
    for person in players(world):
        assert (", " in boxscore_name(person)) == (bearers[person.last_name] > 1)


def test_careers_are_possible(world: World) -> None:
    for person in players(world):
        assert 19 <= person_page(person, 2026)["currentAge"] <= 41
        assert person.debut_date is None or date(2003, 1, 1) < person.debut_date <= world.dates.regular_season_start
        assert person.draft_year is None or person.draft_year >= person.birth_date.year + 18
        top, bottom = strike_zone(person)
        assert 2.8 < top < 3.7
        assert 1.4 < bottom < 1.9


def test_offsets_of_a_park_follow_daylight_saving_time(world: World) -> None:
    summer, winter = datetime(2026, 7, 4, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    east, phoenix = world.venues[9001], world.venues[9027]
    assert venue_page(east, 2026, summer)["timeZone"]["tz"] == "EDT"
    assert venue_page(east, 2026, winter)["timeZone"]["offset"] == -5
    assert venue_page(phoenix, 2026, summer)["timeZone"] == venue_page(phoenix, 2026, winter)["timeZone"]
    assert {venue.roof_type for venue in world.venues.values()} == {"Open", "Retractable", "Dome"}


@pytest.mark.recordings
@pytest.mark.parametrize("recording", recordings.parameters(recordings.LIVE_FEED))
def test_pages_have_the_keys_of_recorded_feeds(world: World, recording: recordings.Recording) -> None:
    data = recording.json["gameData"]
    if data["game"]["season"] != "2026":
        pytest.skip("another year's shape")
    person_keys = {key for person in players(world) for key in person_page(person, 2026)}
    assert {key for person in data["players"].values() for key in person} <= person_keys
    assert set(data["teams"]["home"]) - set(team_page(world, world.teams[901])) == {"record"}
    pages = [venue_page(venue, 2026) for venue in world.venues.values()]
    for part in ("location", "timeZone", "fieldInfo"):
        assert set(data["venue"][part]) <= {key for page in pages for key in page[part]}
    assert set(data["venue"]) == set(pages[0])


@pytest.mark.parametrize(
    "name",
    [
        *("gameStatus", "gameTypes", "eventTypes", "pitchTypes", "pitchCodes", "positions", "hitTrajectories"),
        *("reviewReasons", "roofTypes", "sky", "windDirection"),
    ],
)
def test_codes_of_an_enumeration_are_unique(name: str) -> None:
    entries = enumeration(name, 2026, season_dates(2026))
    assert isinstance(entries, list)
    key = {"gameStatus": "statusCode", "gameTypes": "id"}.get(name, "code")
    assert len({entry[key] for entry in entries}) == len(entries) > 2


def test_leagues_and_divisions_are_those_of_the_clubs(world: World) -> None:
    answers = {name: enumeration(name, 2026, season_dates(2026)) for name in ("leagues", "divisions", "sports")}
    ids = {
        name: {entry["id"] for entry in answer[name]} for name, answer in answers.items() if isinstance(answer, dict)
    }
    assert ids["leagues"] == {team.league_id for team in world.teams.values()}
    assert ids["divisions"] == {team.division_id for team in world.teams.values()}
    assert ids["sports"] == {1}
    assert enumeration("nothing", 2026, season_dates(2026)) is None

"""What must hold of any season's list of games."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from statsapi_simulator.model import Fate, ScheduledGame
from statsapi_simulator.world.season import World, build_world


@pytest.fixture(
    params=[(7, 2026, 0), (3, 2021, 0), (11, 2018, 0), (7, 2026, 182), (7, 2027, -98)],
    ids=lambda keys: f"seed{keys[0]}-{keys[1]}{keys[2]:+}",
)
def world(request: pytest.FixtureRequest) -> World:
    return build_world(*request.param)


def clubs(game: ScheduledGame) -> tuple[int, int]:
    return game.away_id, game.home_id


def played_dates(game: ScheduledGame) -> list[date]:
    """The dates on which the clubs of `game` are on the field."""
    if game.fate is Fate.POSTPONED:
        return [game.official_date]
    return [game.first_date, *filter(None, [game.second_date])]


def test_every_club_has_162_games_of_which_81_at_home(world: World) -> None:
    assert len(world.schedule) == 2430
    assert set(Counter(game.home_id for game in world.schedule).values()) == {81}
    assert set(Counter(game.away_id for game in world.schedule).values()) == {81}
    assert all(game.venue_id == world.teams[game.home_id].venue_id for game in world.schedule)


def test_the_numbers_belong_to_the_season_and_follow_the_order(world: World) -> None:
    first = min(world.games)
    assert first // 10_000 == (first + 2430) // 10_000 == world.season
    assert [game.game_pk for game in world.schedule] == list(range(first, first + 2430))
    keys = [(game.first_date, game.starts_at, game.game_pk) for game in world.schedule]
    assert keys == sorted(keys)
    assert world.games == {game.game_pk: game for game in world.schedule}


def test_everybody_meets_everybody_and_the_own_division_most(world: World) -> None:
    meetings = Counter(frozenset(clubs(game)) for game in world.schedule)
    assert len(meetings) == 30 * 29 // 2
    division = {team.id: team.division_id for team in world.teams.values()}
    inside = [count for pair, count in meetings.items() if len({division[club] for club in pair}) == 1]
    outside = [count for pair, count in meetings.items() if len({division[club] for club in pair}) == 2]
    assert min(inside) > max(outside)


def test_no_club_is_in_two_places_on_one_date(world: World) -> None:
    places: dict[tuple[date, int], set[int]] = defaultdict(set)
    games: Counter[tuple[date, int]] = Counter()
    for game in world.schedule:
        for day in played_dates(game):
            for club in clubs(game):
                places[day, club].add(game.venue_id)
                games[day, club] += 1
    assert all(len(venues) == 1 for venues in places.values())
    assert max(games.values()) == 2


def test_dates_stay_in_the_season_and_the_break_is_kept(world: World) -> None:
    dates = world.dates
    days = {day for game in world.schedule for day in (game.first_date, game.second_date) if day}
    assert min(days) == dates.regular_season_start
    assert max(days) == dates.regular_season_end
    assert not any(dates.last_date_first_half < day < dates.first_date_second_half for day in days)
    assert dates.last_date_first_half < dates.all_star < dates.first_date_second_half


def test_at_most_seventeen_games_are_listed_on_a_date_and_saturdays_are_full(world: World) -> None:
    listed = {day: len(world.on(day)) for day in world.listed}
    assert max(listed.values()) <= 17
    saturdays = [count for day, count in listed.items() if day.weekday() == 5]
    assert min(saturdays) >= 15
    assert sum(listed.values()) == 2430 + sum(game.second_date is not None for game in world.schedule)


def test_a_game_is_listed_on_both_its_dates(world: World) -> None:
    game = next(game for game in world.schedule if game.second_date)
    assert game.second_date is not None
    assert game in world.on(game.first_date)
    assert game in world.on(game.second_date)
    assert world.on(world.dates.off_season_end) == ()


def test_fates_come_as_often_as_they_should(world: World) -> None:
    fates = Counter(game.fate for game in world.schedule)
    assert fates[Fate.POSTPONED] == 35
    assert fates[Fate.SUSPENDED] == 3
    assert fates[Fate.SHORTENED] == 4
    assert fates[Fate.TIED] == 2
    assert fates[Fate.CANCELLED] in (1, 2)
    for game in world.schedule:
        assert (game.second_date is not None) == (game.fate in (Fate.POSTPONED, Fate.SUSPENDED))
        assert (game.second_date is None) == (game.second_starts_at is None)
        if game.fate is not Fate.PLAYED:
            assert world.venues[game.venue_id].roof_type == "Open"
        if game.second_date:
            assert game.second_date > game.first_date


def test_the_two_games_of_a_doubleheader_fit_together(world: World) -> None:
    halves: dict[tuple[date, int], list[ScheduledGame]] = defaultdict(list)
    for game in world.schedule:
        if game.double_header != "N":
            halves[game.official_date, game.home_id].append(game)
        else:
            assert game.game_number == 1
    assert len(halves) > 15
    for pair in halves.values():
        first, second = sorted(pair, key=lambda game: game.game_number)
        assert (first.game_number, second.game_number) == (1, 2)
        assert first.double_header == second.double_header
        assert clubs(first) == clubs(second)
        begins = [game.second_starts_at if game.fate is Fate.POSTPONED else game.starts_at for game in (first, second)]
        assert begins[0] is not None
        assert begins[1] is not None
        assert begins[1] - begins[0] >= timedelta(hours=3)


def test_a_suspended_game_goes_on_before_the_next_one(world: World) -> None:
    for game in world.schedule:
        if game.fate is Fate.SUSPENDED:
            assert game.second_date is not None
            assert game.second_starts_at is not None
            (other,) = [each for each in world.on(game.second_date) if each.home_id == game.home_id and each != game]
            assert other.double_header == game.double_header == "N"
            assert other.starts_at - game.second_starts_at >= timedelta(hours=3)


def test_seven_innings_only_in_doubleheaders_of_two_seasons(world: World) -> None:
    for game in world.schedule:
        short = world.season in (2020, 2021) and game.double_header != "N"
        assert game.scheduled_innings == (7 if short else 9)


def test_series_have_two_to_four_games_in_a_row(world: World) -> None:
    for home in world.teams:
        games = sorted(
            (game for game in world.schedule if game.home_id == home),
            key=lambda game: (game.first_date, game.series_game_number),
        )
        for before, after in pairwise(games):
            if after.series_game_number == 1:
                assert before.series_game_number == before.games_in_series
            else:
                assert after.series_game_number == before.series_game_number + 1
                assert clubs(after) == clubs(before)
    assert {game.games_in_series for game in world.schedule} == {2, 3, 4}


def test_games_begin_at_the_hour_they_say(world: World) -> None:
    night = 0
    for game in world.schedule:
        zone = ZoneInfo(world.venues[game.venue_id].time_zone)
        start = (game.second_starts_at if game.fate is Fate.POSTPONED else None) or game.starts_at
        local = start.astimezone(zone)
        assert local.date() == (game.official_date if game.fate is Fate.POSTPONED else game.first_date)
        assert (local.hour >= 17) == (game.day_night == "night")
        assert 12 <= local.hour <= 20
        night += local.hour >= 17
    assert 0.55 < night / 2430 < 0.75


def test_nobody_plays_more_than_twenty_days_running(world: World) -> None:
    for club in world.teams:
        days = sorted({game.first_date for game in world.schedule if club in clubs(game)})
        run = longest = 1
        for before, after in pairwise(days):
            run = run + 1 if after - before == timedelta(days=1) else 1
            longest = max(longest, run)
        assert longest <= 20


def test_the_fourth_of_july_2026_is_a_full_day() -> None:
    assert len(build_world(7, 2026).on(date(2026, 7, 4))) in range(15, 18)

"""A regular season's list of games: 2,430, each club 162 of them, half at home."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from statsapi_simulator.model import Fate, ScheduledGame, Team, Venue
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.dates import season_dates
from statsapi_simulator.world.drafts import EVENING, Calendar, Draft, draft_series
from statsapi_simulator.world.misfortunes import Misfortunes
from statsapi_simulator.world.series import all_series

# By how much the numbers of a season moved back or forth differ, so that it shares none with the season as it lies.
_NUMBERS = 3_000
_SEASONS_OF_SEVEN = (2020, 2021)  # when doubleheaders had seven innings


def schedule(
    seed: int, season: int, teams: tuple[Team, ...], venues: dict[int, Venue], shift_days: int = 0
) -> tuple[ScheduledGame, ...]:
    """Return the games in order of first_date, starts_at and game_pk, which begins with the season.

    They are drawn where the season lies by itself, its weather with it, and then moved by `shift_days`.
    """
    rng = seeded(seed, season, "schedule")
    dates, shift = season_dates(season), timedelta(days=shift_days)
    series = all_series(rng, dates)
    calendar = Calendar(
        draft
        for number, each in enumerate(series)
        for draft in draft_series(rng, number, each, dates.regular_season_start)
    )
    parks = [venues[team.venue_id] for team in teams]
    innings = 7 if season in _SEASONS_OF_SEVEN else 9
    Misfortunes(rng, calendar, dates, lambda place: parks[place].roof_type == "Open", innings).befall()

    zones = [ZoneInfo(park.time_zone) for park in parks]
    for draft in calendar.drafts:
        draft.day += shift
        draft.second_day = draft.second_day and draft.second_day + shift
    ordered = sorted(
        calendar.drafts,
        key=lambda draft: (draft.day, _utc(draft.day, draft.start, zones[draft.home]), draft.home, draft.game_number),
    )
    return tuple(
        _game(season, number, draft, teams, zones[draft.home], innings)
        for number, draft in enumerate(ordered, start=1 + _numbers_before(shift_days))
    )


def _numbers_before(shift_days: int) -> int:
    """The game numbers that are left to the season where it lies by itself, and to one that is moved back."""
    if shift_days == 0:
        return 0
    return _NUMBERS if shift_days < 0 else 2 * _NUMBERS


def _game(
    season: int, number: int, draft: Draft, teams: tuple[Team, ...], zone: ZoneInfo, innings: int
) -> ScheduledGame:
    home = teams[draft.home]
    begins = draft.second_start if draft.fate is Fate.POSTPONED and draft.second_start else draft.start
    return ScheduledGame(
        game_pk=season * 10_000 + number,
        season=season,
        game_type="R",
        first_date=draft.day,
        second_date=draft.second_day,
        starts_at=_utc(draft.day, draft.start, zone),
        second_starts_at=_utc(draft.second_day, draft.second_start, zone) if draft.second_day else None,
        away_id=teams[draft.away].id,
        home_id=home.id,
        venue_id=home.venue_id,
        day_night="night" if begins.hour >= EVENING else "day",
        double_header=draft.double_header,
        game_number=draft.game_number,
        series_game_number=draft.number,
        games_in_series=draft.series_length,
        scheduled_innings=9 if draft.double_header == "N" else innings,
        fate=draft.fate,
    )


def _utc(day: date, clock: time | None, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock or time(), zone).astimezone(UTC)

"""When each part of a season begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_BASEBALL_DAY = ZoneInfo("America/New_York")
_THURSDAY = 3
_LAST_DAY = 185  # of the regular season, counted from its first


@dataclass(frozen=True, slots=True)
class SeasonDates:
    """The dates that `/api/v1/seasons` answers with; both ends are inclusive."""

    pre_season_start: date
    pre_season_end: date
    season_start: date
    spring_start: date
    spring_end: date
    regular_season_start: date
    last_date_first_half: date
    all_star: date
    first_date_second_half: date
    regular_season_end: date
    post_season_start: date
    post_season_end: date
    season_end: date
    offseason_start: date
    off_season_end: date


# Whole weeks keep the weekdays. Either way the break in July does not come to lie where a season is moved to.
_INTO_AUTUMN = 26 * 7
_INTO_WINTER = -14 * 7


def season_dates(season: int, shift_days: int = 0) -> SeasonDates:
    """Return the dates of `season`: from the last Thursday of March on 186 days, four of them without games in July.

    They all lie in the year of the season, unless the calendar is moved by `shift_days`.
    """
    opening = _opening(season) + timedelta(days=shift_days)

    def day(number: int) -> date:
        return opening + timedelta(days=number)

    return SeasonDates(
        pre_season_start=date(season, 1, 1) + timedelta(days=shift_days),
        pre_season_end=day(-35),
        season_start=day(-34),
        spring_start=day(-34),
        spring_end=day(-2),
        regular_season_start=opening,
        last_date_first_half=day(108),  # a Sunday
        all_star=day(110),
        first_date_second_half=day(113),  # the Friday
        regular_season_end=day(_LAST_DAY),  # a Sunday
        post_season_start=day(187),
        post_season_end=day(219),
        season_end=day(219),
        offseason_start=day(220),
        off_season_end=date(season, 12, 31) + timedelta(days=shift_days),
    )


def baseball_day(now: datetime) -> date:
    """Return the date whose games are played at `now`."""
    return now.astimezone(_BASEBALL_DAY).date()


def season_of(day: date, shift_days: int = 0) -> int:
    """Return the season that `day` belongs to, with games or without."""
    return (day - timedelta(days=shift_days)).year


def shift_to(day: date) -> int:
    """Return by how many days to move the season of `day`'s year so that `day` and the one before have games.

    0 from the second day of the regular season to its last; one number for all days before, one for all days after:
    who starts the same season again a week later finds it where it was.
    """
    number = (day - _opening(day.year)).days
    if number < 1:
        return _INTO_WINTER
    return 0 if number <= _LAST_DAY else _INTO_AUTUMN


def _opening(season: int) -> date:
    last = date(season, 3, 31)
    return last - timedelta(days=(last.weekday() - _THURSDAY) % 7)

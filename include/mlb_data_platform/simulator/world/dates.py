"""When each part of a season begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

_THURSDAY = 3


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


def season_dates(season: int) -> SeasonDates:
    """Return the dates of `season`: from the last Thursday of March on 186 days, four of them without games in July."""
    last = date(season, 3, 31)
    opening = last - timedelta(days=(last.weekday() - _THURSDAY) % 7)

    def day(number: int) -> date:
        return opening + timedelta(days=number)

    return SeasonDates(
        pre_season_start=date(season, 1, 1),
        pre_season_end=day(-35),
        season_start=day(-34),
        spring_start=day(-34),
        spring_end=day(-2),
        regular_season_start=opening,
        last_date_first_half=day(108),  # a Sunday
        all_star=day(110),
        first_date_second_half=day(113),  # the Friday
        regular_season_end=day(185),  # a Sunday
        post_season_start=day(187),
        post_season_end=day(219),
        season_end=day(219),
        offseason_start=day(220),
        off_season_end=date(season, 12, 31),
    )

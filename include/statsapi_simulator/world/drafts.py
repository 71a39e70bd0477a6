"""Games that are being scheduled: not yet numbered, in the park's own time, and who is busy on which day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from random import Random
from typing import Literal

from statsapi_simulator.model import Fate
from statsapi_simulator.world.series import Series

MOST_A_DAY = 17
EVENING = 17  # the hour from which it is a night game
_SATURDAY, _SUNDAY = 5, 6

_NIGHTS = (time(18, 40), time(18, 45), time(19, 5), time(19, 5), time(19, 10), time(19, 10), time(19, 15))
_DAYS = (time(12, 10), time(12, 35), time(13, 5), time(13, 10), time(13, 35), time(14, 10))
_SATURDAYS = (time(13, 5), time(13, 10), time(14, 10), time(16, 5), time(16, 10))


@dataclass(slots=True, eq=False)
class Draft:
    """A game on its way to a `ScheduledGame`; clubs by their places, days and times as the park sees them."""

    away: int
    home: int
    series: int
    number: int  # in its series
    series_length: int
    day: date
    start: time
    second_day: date | None = None
    second_start: time | None = None
    double_header: Literal["N", "Y", "S"] = "N"
    game_number: int = 1
    fate: Fate = Fate.PLAYED

    @property
    def is_plain(self) -> bool:
        """Whether nothing unusual has happened to it yet."""
        return self.fate is Fate.PLAYED and self.double_header == "N"


def draft_series(rng: Random, number: int, series: Series, opening_day: date) -> list[Draft]:
    """Return the games of a series, each at a usual hour."""
    length = len(series.days)
    return [
        Draft(
            away=series.away,
            home=series.home,
            series=number,
            number=game,
            series_length=length,
            day=day,
            start=_start(rng, day, last=game == length, opening=day == opening_day),
        )
        for game, day in enumerate(series.days, start=1)
    ]


def _start(rng: Random, day: date, *, last: bool, opening: bool) -> time:
    """Return when a game begins: by night, but by day on Sundays, often on Saturdays and before clubs travel."""
    if day.weekday() == _SATURDAY:
        return rng.choice(_SATURDAYS if rng.random() < 0.5 else _NIGHTS)
    by_day = 0.94 if day.weekday() == _SUNDAY else 0.8 if opening else 0.45 if last else 0.04
    return rng.choice(_DAYS if rng.random() < by_day else _NIGHTS)


class Calendar:
    """All games of a season with the days on which clubs are busy; games are moved through it."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self.drafts = list(drafts)
        self._by_series: dict[int, list[Draft]] = defaultdict(list)
        self._by_pair: dict[tuple[int, int], list[Draft]] = defaultdict(list)
        self._by_day: dict[date, list[Draft]] = defaultdict(list)
        for draft in self.drafts:
            self._by_series[draft.series].append(draft)
            self._by_pair[draft.away, draft.home].append(draft)
            self._by_day[draft.day].append(draft)

    def same_series(self, draft: Draft) -> list[Draft]:
        """Return the games of its series, by number."""
        return self._by_series[draft.series]

    def later_meetings(self, draft: Draft) -> list[Draft]:
        """Return the games of the same two clubs in the same park on later days."""
        return [other for other in self._by_pair[draft.away, draft.home] if other.day > draft.day]

    def has_room(self, day: date) -> bool:
        """Whether one more game can be listed on `day`."""
        return len(self._by_day[day]) < MOST_A_DAY

    def are_free(self, draft: Draft, day: date) -> bool:
        """Whether neither of its clubs has a game on `day`."""
        clubs = {draft.away, draft.home}
        return all(clubs.isdisjoint((other.away, other.home)) for other in self._by_day[day])

    def alone_on(self, draft: Draft) -> bool:
        """Whether it is the only game of its clubs on its day, games that have been moved there included."""
        clubs = {draft.away, draft.home}
        return all(other is draft or clubs.isdisjoint((other.away, other.home)) for other in self._by_day[draft.day])

    def move(self, draft: Draft, day: date) -> None:
        """Change the day `draft` is first scheduled for."""
        self._by_day[draft.day].remove(draft)
        draft.day = day
        self._by_day[day].append(draft)

    def list_again(self, draft: Draft, day: date, start: time) -> None:
        """List `draft` on a second day as well."""
        draft.second_day, draft.second_start = day, start
        self._by_day[day].append(draft)

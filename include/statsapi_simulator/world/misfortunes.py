"""What comes between the schedule and the season: rain, doubleheaders, and games that end early or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random

from statsapi_simulator.model import Fate
from statsapi_simulator.world.dates import SeasonDates
from statsapi_simulator.world.drafts import EVENING, Calendar, Draft

_SCHEDULED_DOUBLEHEADERS = 4
_POSTPONED, _SUSPENDED, _SHORTENED, _TIED = 35, 3, 4, 2
_RAIN = {3: 4, 4: 4, 5: 3, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2}  # by month: how likely, against the others
_LAST_DAYS = timedelta(days=4)  # what rains out then and has no bearing is cancelled
_AFTERNOON, _NIGHT = time(13, 5), time(19, 5)
_BEFORE_A_NIGHT = time(16, 10)  # when a straight doubleheader of a working day begins


class Misfortunes:
    """Changes the games of a calendar for the worse; `is_open` says of a club, by its place, that its park is open."""

    def __init__(
        self, rng: Random, calendar: Calendar, dates: SeasonDates, is_open: Callable[[int], bool], innings: int
    ) -> None:
        self._rng = rng
        self._calendar = calendar
        self._dates = dates
        self._is_open = is_open
        # A placeholder: the second game begins when the first is over.
        self._between = timedelta(hours=3, minutes=40) if innings == 9 else timedelta(hours=3)

    def befall(self) -> None:
        """Let everything happen that happens in a season."""
        self._schedule_doubleheaders()
        self._happen(self._rng.randint(1, 2), self._cancel)
        self._happen(_SUSPENDED, self._suspend)
        self._happen(_POSTPONED, self._postpone)
        self._happen(_SHORTENED, partial(self._call, Fate.SHORTENED))
        self._happen(_TIED, partial(self._call, Fate.TIED))

    def _happen(self, count: int, misfortune: Callable[[Draft], bool]) -> None:
        """Let `misfortune` befall `count` games under open skies; it returns False where it cannot."""
        for draft in self._candidates():
            count -= misfortune(draft)
            if not count:
                return

    def _candidates(self) -> Iterator[Draft]:
        drafts = [draft for draft in self._calendar.drafts if self._is_open(draft.home)]
        # Weighted and without repetition: the order of random keys to the power of the inverse weights.
        keys = {id(draft): self._rng.random() ** (1 / _RAIN[draft.day.month]) for draft in drafts}
        for draft in sorted(drafts, key=lambda draft: -keys[id(draft)]):
            if draft.is_plain and self._calendar.alone_on(draft):
                yield draft

    def _schedule_doubleheaders(self) -> None:
        made = 0
        for draft in self._rng.sample(self._calendar.drafts, len(self._calendar.drafts)):
            if made == _SCHEDULED_DOUBLEHEADERS:
                return
            series = self._calendar.same_series(draft)
            working_days = draft.day.weekday() < 4 and draft.number == draft.series_length == 3
            if working_days and draft.is_plain and self._calendar.has_room(series[1].day):
                self._calendar.move(draft, series[1].day)
                draft.start = self._pair(series[1], draft)
                made += 1

    def _cancel(self, draft: Draft) -> bool:
        if draft.day <= self._dates.regular_season_end - _LAST_DAYS:
            return False
        draft.fate = Fate.CANCELLED
        return True

    def _call(self, fate: Fate, draft: Draft) -> bool:
        draft.fate = fate
        return True

    def _suspend(self, draft: Draft) -> bool:
        """Interrupt a game, to go on before the next one of its series, which is at night."""
        following = [each for each in self._calendar.same_series(draft) if each.day == draft.day + timedelta(days=1)]
        if not following or not self._is_whole(following[0]) or following[0].start.hour < EVENING:
            return False
        draft.fate = Fate.SUSPENDED
        self._calendar.list_again(draft, following[0].day, _later(following[0].start, -timedelta(hours=3, minutes=30)))
        return True

    def _postpone(self, draft: Draft) -> bool:
        """Put a game off: to a doubleheader of its series, or of a later visit, or to a day on which both are free."""
        chance = self._rng.random()
        following = [each for each in self._calendar.same_series(draft) if each.day > draft.day][:1]
        later = [each for each in self._calendar.later_meetings(draft) if each.series != draft.series]
        partners = [*following, *later] if chance < 0.6 else later if chance < 0.85 else []
        partner = next(filter(self._is_whole, partners), None)
        if partner:
            day, start = partner.day, self._pair(partner, draft)
        elif free := next(self._free_days(draft), None):
            day, start = free, self._rng.choice((_AFTERNOON, _NIGHT))
        else:
            return False
        draft.fate = Fate.POSTPONED
        self._calendar.list_again(draft, day, start)
        return True

    def _is_whole(self, draft: Draft) -> bool:
        """Whether it can become half of a doubleheader."""
        return draft.is_plain and self._calendar.alone_on(draft) and self._calendar.has_room(draft.day)

    def _free_days(self, draft: Draft) -> Iterator[date]:
        day = draft.day + timedelta(days=3)
        while day <= self._dates.regular_season_end:
            in_break = self._dates.last_date_first_half < day < self._dates.first_date_second_half
            if not in_break and self._calendar.are_free(draft, day) and self._calendar.has_room(day):
                yield day
            day += timedelta(days=1)

    def _pair(self, regular: Draft, other: Draft) -> time:
        """Make a doubleheader of `regular`, on its day, and `other`; return when `other` begins."""
        by_night = regular.start.hour >= EVENING
        kind = other.double_header = regular.double_header = self._rng.choice(("Y", "S"))
        if not by_night:
            regular.start = min(regular.start, _AFTERNOON)
        if kind == "Y":
            regular.start = min(regular.start, _BEFORE_A_NIGHT)
            regular.game_number, other.game_number = 1, 2
            return _later(regular.start, self._between)
        regular.game_number, other.game_number = (2, 1) if by_night else (1, 2)
        return _AFTERNOON if by_night else _NIGHT


def _later(start: time, by: timedelta) -> time:
    return (datetime.combine(date.min + timedelta(days=1), start) + by).time()

"""Keeps the schedule of a date fresh until nothing more comes of its games: one run of `mlb-etl live watch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import closing
from datetime import date

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.ingest.requests import plan
from mlb_data_platform.ingest.run import asked
from mlb_data_platform.ingest.scope import Scope
from mlb_data_platform.live.archiving import Archiving
from mlb_data_platform.live.cadence import (
    BELIEVES_NONE_IS_LISTED_AFTER,
    BELIEVES_ONE_IS_GONE_AFTER,
    WATCHES_EVERY,
    WATCHES_EVERY_BETWEEN_GAMES,
)
from mlb_data_platform.live.listing import Games, WatchedSchedule, changes, summary, watched_schedule
from mlb_data_platform.live.lock import StandbyLock, watch_lock
from mlb_data_platform.live.patience import API_SECONDS, DATABASE_SECONDS, Patience
from mlb_data_platform.quality.results import record_results
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi.client import ApiAwayError, StatsApiClient
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.executions import Execution, register_version
from mlb_data_platform.storage.lost_content import store_or_bring_back
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.partitions import make_coming_months
from mlb_data_platform.storage.views import refresh_views
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.run import in_process, lost_captures, rounds
from mlb_data_platform.transform.selection import Selection
from mlb_data_platform.transform.shortfall import refused

# How long answers may be of no use, beyond what the client waits. Shorter than an API that is away is waited for: while
# somebody watches, sensors wait for what the table says, though games may have begun that could be followed.
_USELESS_ANSWERS_SECONDS = 300.0


def watch_schedule(day: date, settings: Settings, execution: Execution, say: Callable[[str], None]) -> dict[str, int]:
    """Ask for the games of a date and publish them, until each is over there, and return what was counted.

    What changes is told by `say`. `execution` is done once nothing more is to come of the date, and has the errors of
    what was away for too long, and of what could not be archived.
    """
    schedule = watched_schedule()
    execution.asked = 1
    with StatsApiClient(settings) as client, closing(KeptConnection()) as kept:
        database = Patience(DATABASE_SECONDS, say)
        watcher = Watcher(schedule, day, client, kept, database, execution, say, settings.mlb_clock_speed)
        archiving = Archiving((watcher.mapping,), ObjectStore(settings).write)
        try:
            lock = StandbyLock(kept, watch_lock(day), say, database)
            ending = _watched_to_its_end(watcher, lock, execution)
        except PlatformError as error:
            execution.errors.append(error)
        else:
            say(f"ended: {ending}")
            execution.notes += watcher.moved()
        execution.errors += archiving.finish()
        execution.done = int(not execution.errors)
        return {"requests": client.traffic.requests, "bytes": client.traffic.bytes, "published": watcher.published}


def _watched_to_its_end(watcher: Watcher, lock: StandbyLock, execution: Execution) -> str:
    """Watch while nobody else does; return how it ended."""
    is_ours = False
    while True:
        if not is_ours:
            lock.take(watcher.start)
        ending = watcher.turn()
        if ending is not None:
            return ending
        execution.save()
        is_ours = lock.is_ours()


class Watcher:
    """Asks for the games of one date and publishes the answers; `speed` is that of the API's clock."""

    def __init__(
        self,
        schedule: WatchedSchedule,
        day: date,
        client: StatsApiClient,
        kept: KeptConnection,
        database: Patience,
        execution: Execution,
        say: Callable[[str], None],
        speed: float = 1.0,
    ) -> None:
        (self._request,) = plan(schedule.job, Scope(day=day)).requests
        self.mapping = self._request.mapping
        self.published = 0  # answers that changed the tables
        self._schedule = schedule
        self._day = day
        self._client = client
        self._kept = kept
        self._database = database
        self._run_id = execution.run_id
        self._say = say
        self._speed = speed
        self._asked_at = self._resumes_at = float("-inf")  # on the monotonic clock
        self._doubted: tuple[bool, float] | None = None  # whether games are listed, and since when others are missed

    def start(self) -> None:
        """Make ready what the answers go into, and read what it holds; the patience with the API begins now."""
        connection = self._kept.get()
        make_coming_months(connection, self.mapping.name)
        register_version(connection, self.mapping)
        self._games = self._schedule.games(connection, self._day)  # as the tables had them at last
        self._looked = False
        self._views_are_behind = True
        self._api = Patience(API_SECONDS, self._say)
        if self._games:
            self._api.succeeded()  # for who listed them
        self._answers = Patience(_USELESS_ANSWERS_SECONDS, self._say)

    def turn(self) -> str | None:
        """Wait until it is time, ask, and publish the answer; return how the date ended once it has.

        Raises PlatformError where the API, or PostgreSQL, is away or wrong for too long.
        """
        self._wait()
        answer = self._answer()
        if answer is None or self._doubts(self._schedule.listed(answer)):
            return None
        games = self._published_with(answer)
        if games is None or self._doubts(games):  # as somebody else has captured since
            return None
        self._doubted = None
        return self._ending(games)

    def moved(self) -> list[str]:
        """Return a line for each game that is played, or goes on, on another date."""
        return [str(game) for game in self._games.values() if game.is_elsewhere]

    def _wait(self) -> None:
        is_on = any(game.is_on for game in self._games.values())
        interval = (WATCHES_EVERY if is_on else WATCHES_EVERY_BETWEEN_GAMES) / self._speed
        time.sleep(max(self._asked_at + interval - time.monotonic(), self._resumes_at - time.monotonic(), 0))
        self._asked_at = time.monotonic()

    def _answer(self) -> Capture | None:
        """Return the answer of the API, None if there is none that could be stored."""
        try:
            self._kept.get()
        except TransientError as error:
            self._database.failed(error)
            return None
        try:
            answer = asked(self._request, self._client)
        except TransientError as error:
            pause = error.retry_after if isinstance(error, ApiAwayError) else 0.0
            self._resumes_at = time.monotonic() + pause
            self._api.failed(error, pause)
            return None
        except BadInputError as error:
            self._api.succeeded()
            self._answers.failed(error)
            return None
        self._api.succeeded()
        return answer

    def _doubts(self, listed: Collection[int]) -> bool:
        """Return whether not to believe yet that games are gone, all or one that is not over: it is once it lasts.

        Such an answer is not kept: what is in the raw tier is published by whoever comes first.
        """
        missed = [game for game_pk, game in self._games.items() if game_pk not in listed]
        if not missed or (listed and all(game.is_over for game in missed)):
            return False
        lists_any, now = bool(listed), time.monotonic()
        if self._doubted is None or self._doubted[0] != lists_any:  # another doubt than before has to last by itself
            self._doubted = lists_any, now
            what = ", ".join(map(str, missed)) if lists_any else f"any of {len(missed)} games"
            self._say(f"{self._request}: without {what}; asked again")
        lasts = BELIEVES_ONE_IS_GONE_AFTER if lists_any else BELIEVES_NONE_IS_LISTED_AFTER
        return (now - self._doubted[1]) * self._speed < lasts

    def _published_with(self, answer: Capture) -> Games | None:
        """Publish an answer and return the games as the table lists them then, None if it could not be published."""
        games: Games = {}
        problem: PlatformError | None
        try:
            with errors_for_people():
                problem = next(iter(self._publish(answer)), None)
                games = self._schedule.games(self._kept.get(), self._day)
        except TransientError as error:
            self._database.failed(error)
            return None
        except BadInputError as error:  # PostgreSQL cannot hold it
            problem = error
        self._database.succeeded()
        if problem:
            self._answers.failed(problem)
            return None
        self._answers.succeeded()
        return games

    def _publish(self, answer: Capture) -> list[PlatformError]:
        """Store an answer, publish what is pending of the date, and return why the newest of it is not in the tables.

        The row comes first, as of what a follower keeps: an object store that is away keeps no answer from the tables.
        """
        connection, selection = self._kept.get(), Selection(day=self._day)
        store_or_bring_back(connection, answer)
        outcome = TransformOutcome()
        refs = pending(connection, self.mapping, selection)
        for _, part in rounds(connection, self.mapping, selection, refs, in_process):
            record_results(connection, self._run_id, self.mapping.name, part.results)
            outcome.update(part)
        self.published += outcome.rows > 0
        self._views_are_behind |= outcome.rows > 0
        if self._views_are_behind:
            refresh_views(connection, self._schedule.watch.views)
            self._views_are_behind = False
        return [
            *refused(connection, self.mapping, selection),
            *outcome.not_applied,
            *lost_captures(self.mapping, refs, outcome),
        ]

    def _ending(self, games: Games) -> str | None:
        """Tell what has changed, and return how the date ended once it has."""
        if not self._looked:
            self._say(summary(games))
        for line in changes(self._games or games, games):
            self._say(line)
        self._games, self._looked = games, True
        return summary(games) if all(game.is_over for game in games.values()) else None

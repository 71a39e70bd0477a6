"""Keeps the schedule of a date fresh until nothing more comes of its games: one run of `mlb-etl live watch`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import date

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.ingest.requests import Scope, plan
from mlb_data_platform.ingest.run import asked
from mlb_data_platform.live.archiving import Archiving
from mlb_data_platform.live.lock import StandbyLock
from mlb_data_platform.live.patience import API_SECONDS, DATABASE_SECONDS, Patience
from mlb_data_platform.live.watch.listing import Games, WatchedSchedule, changes, summary, watched_schedule
from mlb_data_platform.quality.results import record_results
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi.client import ApiAwayError, StatsApiClient
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.executions import Execution, register_version
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.partitions import make_coming_months
from mlb_data_platform.storage.raw import store
from mlb_data_platform.transform.run import in_process, rounds
from mlb_data_platform.transform.selection import Selection, pending
from mlb_data_platform.transform.shortfall import refused

# Seconds of the API's clock from one request to the next: while a game is on, and while all are over or ahead. A game
# is said to warm up a good while before its first pitch.
_SECONDS_BETWEEN, _SECONDS_BETWEEN_GAMES = 25.0, 60.0


def watch_schedule(day: date, settings: Settings, execution: Execution, say: Callable[[str], None]) -> dict[str, int]:
    """Ask for the games of a date and publish them, until each is over there, and return what was counted.

    What changes is told by `say`. `execution` is done once nothing more is to come of the date, and has the errors of
    what was away for too long, and of what could not be archived.
    """
    schedule = watched_schedule()
    execution.asked = 1
    with StatsApiClient(settings) as client, closing(KeptConnection()) as kept:
        watcher = Watcher(schedule, day, client, kept, execution, say, settings.mlb_clock_speed)
        archiving = Archiving((watcher.mapping,), ObjectStore(settings).write)
        try:
            ending = _watched_to_its_end(watcher, StandbyLock(kept, f"watch {day}", say), execution)
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
            lock.take()
            with errors_for_people():
                watcher.start()
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
        self._run_id = execution.run_id
        self._say = say
        self._speed = speed
        self._asked_at = self._resumes_at = float("-inf")  # on the monotonic clock

    def start(self) -> None:
        """Make ready what the answers go into, and read what it holds; the patience with all begins now."""
        connection = self._kept.get()
        make_coming_months(connection, self.mapping.name)
        register_version(connection, self.mapping)
        self._games = self._schedule.games(connection, self._day)  # as the tables had them at last
        self._looked = False
        self._views_are_behind = True
        self._api = Patience(API_SECONDS, self._say)
        self._database = Patience(DATABASE_SECONDS, self._say)

    def turn(self) -> str | None:
        """Wait until it is time, ask, and publish the answer; return how the date ended once it has.

        Raises PlatformError where the API, or PostgreSQL, is away or wrong for too long.
        """
        self._wait()
        answer = self._answer()
        games = self._published_with(answer) if answer else None
        return None if games is None else self._ending(games)

    def moved(self) -> list[str]:
        """Return a line for each game that is played, or goes on, on another date."""
        return [str(game) for game in self._games.values() if game.is_elsewhere]

    def _wait(self) -> None:
        is_on = any(game.is_on for game in self._games.values())
        interval = (_SECONDS_BETWEEN if is_on else _SECONDS_BETWEEN_GAMES) / self._speed
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
            return asked(self._request, self._client)
        except PlatformError as error:
            if isinstance(error, ApiAwayError):
                self._resumes_at = time.monotonic() + error.retry_after
            self._api.failed(error)
            return None

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
        if problem := problem or self._doubt(games):
            self._api.failed(problem)
            return None
        self._api.succeeded()
        return games

    def _publish(self, answer: Capture) -> list[BadInputError]:
        """Store an answer, publish what is pending of the date, and return why the newest of it is refused, if it is.

        The row comes first, as of what a follower keeps: an object store that is away keeps no answer from the tables.
        """
        connection, selection = self._kept.get(), Selection(day=self._day)
        store(connection, answer)
        rows = 0
        refs = pending(connection, self.mapping, selection)
        for _, outcome in rounds(connection, self.mapping, selection, refs, in_process):
            record_results(connection, self._run_id, self.mapping.name, outcome.results)
            rows += outcome.rows
        self.published += rows > 0
        self._views_are_behind |= rows > 0
        if self._views_are_behind:
            connection.execute("SELECT metadata.refresh_all_views()")
            self._views_are_behind = False
        return refused(connection, self.mapping, selection)

    def _doubt(self, games: Games) -> TransientError | None:
        """Return what is doubtful of an answer: that all games are gone at once is believed if it lasts."""
        if games or not self._games:
            return None
        return TransientError(f"{self._request}: the API lists no game any more, where there were {len(self._games)}")

    def _ending(self, games: Games) -> str | None:
        """Tell what has changed, and return how the date ended once it has."""
        if not self._looked:
            self._say(summary(games))
        for line in changes(self._games or games, games):
            self._say(line)
        self._games, self._looked = games, True
        return summary(games) if all(game.is_over for game in games.values()) else None

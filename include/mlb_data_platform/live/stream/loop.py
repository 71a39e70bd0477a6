"""Turns what comes into the raw tier of a date into rows, as it comes: the loop, whatever engine does the work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date

from psycopg import Connection

from mlb_data_platform.errors import TransientError, one_line
from mlb_data_platform.live.lock import StandbyLock
from mlb_data_platform.live.patience import DATABASE_SECONDS
from mlb_data_platform.live.stream.change_feed import ChangeFeed
from mlb_data_platform.live.stream.ending import Ending, EndOfDate
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import record_results
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.executions import Execution, register_version
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.run import Engine, lost_captures, rounds
from mlb_data_platform.transform.selection import Selection, pending
from mlb_data_platform.transform.shortfall import refused

Served = Callable[[Connection, Sequence[NaturalKey]], None]
"""Told what was published, by natural key, and an autocommit connection to read it by.

All of a date at the start of its stream, and nothing with each tick.
"""

_SECONDS_BETWEEN_TRIES = 1.0
_SECONDS_BETWEEN_POLLS = 0.1
_LOOKS_FOR_THE_END_EVERY = 1.0
_LOOKS_AT_ALL_EVERY = 60.0
_RECORDS_RESULTS_EVERY = 10.0
_LONG_AGO = float("-inf")


def serves_nobody(_: Connection, __: Sequence[NaturalKey]) -> None:
    """Tell nobody."""


def run_stream(stream: Stream) -> dict[str, int]:
    """Tick until the stream has come to its end; return what was counted. Raises what `tick` raises."""
    with closing(stream):
        while not stream.tick():
            time.sleep(_SECONDS_BETWEEN_POLLS)
        return stream.counts


class Stream:
    """Brings the captures of a date into the tables, a batch with each tick.

    One stream of a date works at a time: another one waits in its first tick until that one is gone, and goes on from
    its offset. `say` is told what happens, `served` what is published; `speed` is that of the API's clock. What became
    of it stands in `execution`: asked for was each game that had something to apply, done are those whose newest
    capture is in the tables, and there is an error for each other one.
    """

    def __init__(
        self,
        mapping: Mapping,
        day: date,
        engine: Engine,
        execution: Execution,
        say: Callable[[str], None],
        served: Served = serves_nobody,
        speed: float = 1.0,
    ) -> None:
        """Raises BadInputError for a mapping that has no dates, or does not say how its documents are followed."""
        self._mapping = mapping
        self._all = Selection(day=day)
        self._engine = engine
        self._execution = execution
        self._say = say
        self._served = served
        self._kept = KeptConnection()
        self._lock = StandbyLock(self._kept, f"stream {mapping.name} {day}", say)
        self._feed = ChangeFeed(mapping, day)
        self._end = EndOfDate(mapping, day, speed)
        self._offset: str | None = None  # while nobody else has the date's lock
        self._asked: set[str] = set()
        self._outcome = TransformOutcome()
        self._batches = 0
        self._cannot_serve = False
        # On the monotonic clock.
        self._away_since: float | None = None
        self._looked_at_all = self._looked_for_the_end = self._recorded_results = _LONG_AGO

    @property
    def counts(self) -> dict[str, int]:
        """What was done so far: batches, captures in place, rows staged or changed."""
        return {"batches": self._batches, "captures": len(self._outcome.in_place), "rows": self._outcome.rows}

    def tick(self) -> bool:
        """Apply what came since the last tick, and return whether the stream has come to its end.

        While PostgreSQL, or the engine, is away it returns False, and a later tick goes on. Raises TransientError where
        that takes too long, BadInputError for a date that the schedule does not have.
        """
        try:
            with errors_for_people():
                if self._offset is None or not self._lock.is_ours():
                    self._offset = None
                    self._lock.take()
                    self._offset = self._first_offset(self._kept.get())
                self._offset = self._turn(self._kept.get(), self._offset)
                self._serve(self._kept.get(), [])
                has_ended = self._has_ended(self._kept.get())
        except TransientError as error:
            self._is_away(error)
            return False
        self._is_back()
        return has_ended

    def close(self) -> None:
        """Leave the date to others."""
        self._kept.close()

    def _first_offset(self, connection: Connection) -> str:
        """Where the last stream of this date has come to; where there was none, this moment, and all before it."""
        self._end.check_date(connection)
        register_version(connection, self._mapping)
        saved = self._feed.saved_offset(connection)
        self._looked_at_all = time.monotonic() if saved else _LONG_AGO
        if saved:
            self._say(f"going on from snapshot {saved}")
            self._serve_all(connection)
        return saved or self._feed.now(connection)

    def _turn(self, connection: Connection, offset: str) -> str:
        """Apply what came since the offset; return the next one.

        At times all of the date is looked at, for what no offset tells of: a row without its transaction, a game that
        came to be listed under the date after it was captured, another mapping.
        """
        arrivals = self._feed.since(connection, offset)
        if time.monotonic() - self._looked_at_all >= _LOOKS_AT_ALL_EVERY:
            self._apply(connection, self._all)
            self._serve_all(connection)
            self._looked_at_all = time.monotonic()
        elif arrivals.game_pks:
            published = self._apply(connection, Selection(day=self._all.day, game_pks=arrivals.game_pks))
            arrived: list[NaturalKey] = [{"game_pk": game_pk} for game_pk in arrivals.game_pks]
            if by_others := [each for each in arrived if each not in published]:
                self._serve(connection, by_others)
        else:
            return arrivals.offset
        self._feed.save(connection, arrivals.offset)
        return arrivals.offset

    def _apply(self, connection: Connection, selection: Selection) -> list[NaturalKey]:
        """Apply what is pending of the selection; return the natural keys of what was published, and served."""
        served: list[NaturalKey] = []
        refs = pending(connection, self._mapping, selection)
        self._asked.update(ref.natural_key for ref in refs)
        self._batches += bool(refs)
        before = len(self._outcome.rejections)
        for batch, part in rounds(connection, self._mapping, selection, refs, self._engine):
            self._outcome.update(part)
            self._execution.notes += part.notes
            if published := [json.loads(ref.natural_key) for ref in batch if ref.raw_id in part.in_place]:
                self._serve(connection, published)
                served += published
        if self._execution.errors or len(self._outcome.rejections) > before:
            self._look_at_what_is_refused(connection)
        self._record(connection)
        if lost := lost_captures(self._mapping, refs, self._outcome):
            raise lost[0]
        return served

    def _look_at_what_is_refused(self, connection: Connection) -> None:
        known = set(map(str, self._execution.errors))
        self._execution.errors = [*refused(connection, self._mapping, self._all)]
        for error in self._execution.errors:
            if str(error) not in known:
                self._say(str(error))

    def _serve_all(self, connection: Connection) -> None:
        """Tell of all that is listed, for what others published, or a stream that died before it told of it."""
        self._serve(connection, self._end.natural_keys(connection))

    def _serve(self, connection: Connection, natural_keys: Sequence[NaturalKey]) -> None:
        try:
            self._served(connection, natural_keys)
        except Exception as error:  # whatever it is: the tables go before what is served of them
            if not self._cannot_serve:
                reason = f"what is new cannot be served: {one_line(error)}; the tables have it"
                self._say(reason)
                self._execution.notes.append(reason)
            self._cannot_serve = True
        else:
            self._cannot_serve = False

    def _record(self, connection: Connection, *, at_once: bool = False) -> None:
        failed = len(self._execution.errors)  # perhaps before this stream began
        self._execution.asked = max(len(self._asked), failed)
        self._execution.done = self._execution.asked - failed
        self._execution.save()
        if at_once or time.monotonic() - self._recorded_results >= _RECORDS_RESULTS_EVERY:
            with connection.transaction():
                record_results(connection, self._execution.run_id, self._mapping.name, self._outcome.results)
            self._recorded_results = time.monotonic()

    def _has_ended(self, connection: Connection) -> bool:
        if time.monotonic() - self._looked_for_the_end < _LOOKS_FOR_THE_END_EVERY:
            return False
        self._looked_for_the_end = time.monotonic()
        ending = self._end.look(connection)
        if ending is None:
            return False
        if pending(connection, self._mapping, self._all):
            self._looked_at_all = _LONG_AGO  # the next tick takes it
            return False
        self._finish(connection, ending)
        return True

    def _finish(self, connection: Connection, ending: Ending) -> None:
        self._serve_all(connection)
        self._look_at_what_is_refused(connection)
        self._record(connection, at_once=True)
        self._say(f"ended: {ending.reason}")
        if ending.unfinished:
            self._execution.notes.append(
                f"{', '.join(ending.unfinished)}: not settled in the tables when the stream ended, as {ending.reason}"
            )

    def _is_away(self, error: TransientError) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            self._say(f"{error}; tried again, from the last offset")
        if now - self._away_since > DATABASE_SECONDS:
            raise error
        time.sleep(_SECONDS_BETWEEN_TRIES)

    def _is_back(self) -> None:
        if self._away_since is not None:
            self._say(f"going on after {time.monotonic() - self._away_since:.0f} s")
            self._away_since = None

"""Turns what comes into the raw tier of a date into rows, as it comes: the loop, whatever engine does the work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date

from psycopg import Connection

from mlb_data_platform.errors import TransientError, one_line
from mlb_data_platform.live.lock import StandbyLock, stream_lock
from mlb_data_platform.live.patience import DATABASE_SECONDS, Patience
from mlb_data_platform.live.stream.change_feed import ChangeFeed
from mlb_data_platform.live.stream.ending import Ending, EndOfDate
from mlb_data_platform.live.stream.progress import Progress
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.executions import Execution, register_version
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.run import Engine, lost_captures, rounds
from mlb_data_platform.transform.selection import Selection

OnPublished = Callable[[Connection, Sequence[NaturalKey]], None]
"""Is given what was published, by natural key, and an autocommit connection to read it by.

All of a date at the start of its stream, and nothing with each tick.
"""

# From one look to the next. One that finds nothing takes 2 ms of a core, PostgreSQL's part included.
SECONDS_BETWEEN_TICKS = 0.05
_SECONDS_BETWEEN_TRIES = 1.0
_LOOKS_FOR_THE_END_EVERY = 1.0
_LOOKS_AT_ALL_EVERY = 60.0
_LONG_AGO = float("-inf")


def nobody_listens(_: Connection, __: Sequence[NaturalKey]) -> None:
    """Do nothing."""


def run_stream(stream: Stream) -> dict[str, int]:
    """Tick until the stream has come to its end; return what was counted. Raises what `tick` raises."""
    with closing(stream):
        while True:
            began = time.monotonic()
            if stream.tick():
                return stream.counts
            time.sleep(rest_of_pause(began))


def rest_of_pause(began: float) -> float:
    """Return how many seconds after a tick the next one is due; at once where the tick took longer than a pause is."""
    return max(0.0, began + SECONDS_BETWEEN_TICKS - time.monotonic())


class Stream:
    """Brings the captures of a date into the tables, a batch with each tick.

    One stream of a date works at a time: another one waits in its first tick until that one is gone, and goes on from
    its offset. `say` is told what happens, `on_published` what is in the tables; `speed` is that of the API's clock.
    What became of it stands in `execution`, as `Progress` has it.
    """

    def __init__(
        self,
        mapping: Mapping,
        day: date,
        engine: Engine,
        execution: Execution,
        say: Callable[[str], None],
        on_published: OnPublished = nobody_listens,
        speed: float = 1.0,
    ) -> None:
        """Raises BadInputError for a mapping that has no dates, or does not say how its documents are followed."""
        (self._key,) = mapping.natural_key
        self._mapping = mapping
        self._all = Selection(day=day)
        self._engine = engine
        self._say = say
        self._on_published = on_published
        self._is_heard = True
        self._progress = Progress(mapping, execution, say)
        self._patience = Patience(DATABASE_SECONDS, say)
        self._kept = KeptConnection()
        self._lock = StandbyLock(self._kept, stream_lock(mapping, day), say, self._patience)
        self._feed = ChangeFeed(mapping, day)
        self._end = EndOfDate(mapping, day, speed)
        self._offset: str | None = None  # while nobody else has the date's lock
        self._looked_at_all = self._looked_for_the_end = _LONG_AGO  # on the monotonic clock

    @property
    def counts(self) -> dict[str, int]:
        """What was done so far: batches, captures in place, rows staged or changed."""
        return self._progress.counts

    def tick(self) -> bool:
        """Apply what came since the last tick, and return whether the stream has come to its end.

        While PostgreSQL, or the engine, is away it returns False, and a later tick goes on. Raises TransientError where
        that takes too long, BadInputError for a date that the schedule does not have.
        """
        try:
            with errors_for_people():
                if self._offset is None or not self._lock.is_ours():
                    self._offset = None
                    self._offset = self._lock.take(lambda: self._first_offset(self._kept.get()))
                self._offset = self._turn(self._kept.get(), self._offset)
                self._tell(self._kept.get(), [])
                has_ended = self._has_ended(self._kept.get())
        except TransientError as error:
            self._patience.failed(error)
            time.sleep(_SECONDS_BETWEEN_TRIES)
            return False
        self._patience.succeeded()
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
            self._tell_of_all(connection)
        return saved or self._feed.now(connection)

    def _turn(self, connection: Connection, offset: str) -> str:
        """Apply what came since the offset; return the next one.

        At times all of the date is looked at, for what no offset tells of: a row without its transaction, a game that
        came to be listed under the date after it was captured, another mapping.
        """
        arrivals = self._feed.since(connection, offset)
        if time.monotonic() - self._looked_at_all >= _LOOKS_AT_ALL_EVERY:
            self._apply(connection, self._all)
            self._tell_of_all(connection)
            self._looked_at_all = time.monotonic()
        elif arrivals.games:
            published = self._apply(connection, replace(self._all, keys={self._key: arrivals.games}))
            arrived: list[NaturalKey] = [{self._key: game} for game in arrivals.games]
            if by_others := [each for each in arrived if each not in published]:
                self._tell(connection, by_others)
        else:
            return arrivals.offset
        self._feed.save(connection, arrivals.offset)
        return arrivals.offset

    def _apply(self, connection: Connection, selection: Selection) -> list[NaturalKey]:
        """Apply what is pending of the selection; return the natural keys of what was published, and told."""
        published: list[NaturalKey] = []
        outcome = TransformOutcome()
        refs = pending(connection, self._mapping, selection)
        self._progress.begins(refs)
        for batch, part in rounds(connection, self._mapping, selection, refs, self._engine):
            outcome.update(part)
            self._progress.add(batch, part)
            if in_place := [json.loads(ref.natural_key) for ref in batch if ref.raw_id in part.in_place]:
                self._tell(connection, in_place)
                published += in_place
        if selection is self._all or outcome.rejections or self._progress.any_refused(selection):
            self._progress.look_at_what_is_refused(connection, selection)
        self._progress.save(connection)
        if lost := lost_captures(self._mapping, refs, outcome):
            raise lost[0]
        return published

    def _tell_of_all(self, connection: Connection) -> None:
        """Tell of all that is listed, for what others published, or a stream that died before it told of it."""
        self._tell(connection, self._end.natural_keys(connection))

    def _tell(self, connection: Connection, natural_keys: Sequence[NaturalKey]) -> None:
        try:
            self._on_published(connection, natural_keys)
        except Exception as error:  # whatever it is: the tables go before what others are told of them
            if self._is_heard:
                reason = f"what is new cannot be told: {one_line(error)}; the tables have it"
                self._say(reason)
                self._progress.note(reason)
            self._is_heard = False
        else:
            self._is_heard = True

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
        self._tell_of_all(connection)
        self._progress.look_at_what_is_refused(connection, self._all)
        self._progress.save(connection, at_once=True)
        self._say(f"ended: {ending.reason}")
        if ending.unfinished:
            self._progress.note(
                f"{', '.join(ending.unfinished)}: not settled in the tables when the stream ended, as {ending.reason}"
            )

"""What a stream was asked for and what has become of it, kept in its execution as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import chain

from psycopg import Connection

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import record_results
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.selection import Selection
from mlb_data_platform.transform.shortfall import RefusedCaptureError, refused

_RECORDS_RESULTS_EVERY = 10.0


class Progress:
    """Counts what a stream does.

    Asked for was each game that had something to apply, done are those whose newest capture is in the tables, and there
    is an error for each other one, which `say` is told when it comes up.
    """

    def __init__(self, mapping: Mapping, execution: Execution, say: Callable[[str], None]) -> None:
        (self._key,) = mapping.natural_key
        self._mapping = mapping
        self._execution = execution
        self._say = say
        self._asked: set[str] = set()  # natural keys, as JSON
        self._refused: list[RefusedCaptureError] = []
        self._not_applied: dict[str, list[BadInputError]] = {}  # by natural key
        self._outcome = TransformOutcome()
        self._batches = 0
        self._recorded_results = float("-inf")  # on the monotonic clock

    @property
    def counts(self) -> dict[str, int]:
        """What was done so far: batches, captures in place, rows staged or changed."""
        return {"batches": self._batches, "captures": len(self._outcome.in_place), "rows": self._outcome.rows}

    def begins(self, refs: Sequence[CaptureRef]) -> None:
        """Take down what is to be applied."""
        for ref in refs:
            self._asked.add(ref.natural_key)
            self._not_applied.pop(ref.natural_key, None)
        self._batches += bool(refs)

    def add(self, refs: Sequence[CaptureRef], part: TransformOutcome) -> None:
        """Take down what has become of some captures."""
        said = set(map(str, self._outcome.not_applied))
        for error in part.not_applied:
            if str(error) not in said:
                self._say(str(error))
        for ref in refs:
            if not_applied := part.of(ref).not_applied:
                self._not_applied[ref.natural_key] = not_applied
        self._execution.notes += part.notes
        self._outcome.update(part)

    def note(self, text: str) -> None:
        """Keep what a person should know that is no error."""
        self._execution.notes.append(text)

    def any_refused(self, selection: Selection) -> bool:
        """Return whether the newest capture of a selected game was refused when it was looked at last."""
        games = selection.keys.get(self._key, ())
        return any(each.natural_key[self._key] in games for each in self._refused)

    def look_at_what_is_refused(self, connection: Connection, selection: Selection) -> None:
        """Find out anew of which games of a selection, all of the date or some, the newest capture is refused."""
        games = selection.keys.get(self._key, ())
        others = [each for each in self._refused if games and each.natural_key[self._key] not in games]
        known = set(map(str, self._refused))
        self._refused = [*others, *refused(connection, self._mapping, selection)]
        for error in self._refused:
            if str(error) not in known:
                self._say(str(error))

    def save(self, connection: Connection, *, at_once: bool = False) -> None:
        """Keep the counts and, now and then or `at_once`, what the audit found."""
        self._execution.errors = [*self._refused, *chain.from_iterable(self._not_applied.values())]
        failed = len(self._execution.errors)  # perhaps before this stream began
        self._execution.asked = max(len(self._asked), failed)
        self._execution.done = self._execution.asked - failed
        self._execution.save()
        if at_once or time.monotonic() - self._recorded_results >= _RECORDS_RESULTS_EVERY:
            with connection.transaction():
                record_results(connection, self._execution.run_id, self._mapping.name, self._outcome.results)
            self._recorded_results = time.monotonic()

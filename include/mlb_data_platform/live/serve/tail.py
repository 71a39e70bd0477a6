"""Reads what is served of units (games): the state of each, then every change as it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from redis import RedisError

from mlb_data_platform.errors import one_line
from mlb_data_platform.live.serve.changes import Row
from mlb_data_platform.live.serve.redis_cache import connect
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.serve import Serve
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.publish import Unit
from mlb_data_platform.transform.shortfall import described

STATE = "state"  # beside the kinds of the mapping: what there is before the first change

_WAITS_SECONDS = 2.0  # for a change; then it asks again, and so notices a Redis that is gone
_ANSWERS_WITHIN_SECONDS = 5.0
_TRIED_AGAIN_AFTER_SECONDS = 1.0


@dataclass(frozen=True)
class Entry:
    """The state of a unit, or one change of it; `data` is None where a row is gone."""

    unit: Unit
    kind: str
    key: Row
    data: Row | None
    captured_at: str
    raw_id: int

    def as_json(self) -> str:
        """Return it as one line of JSON, the columns of the unit first."""
        fields = asdict(self)
        return json.dumps(fields.pop("unit") | fields)


@dataclass(frozen=True)
class News:
    """What came together, and the states of its units as they are now: by the values of the unit's columns."""

    entries: list[Entry]
    states: dict[tuple[Any, ...], Row] = field(default_factory=dict)


class Tail:
    """Follows the changes of one unit, or of all (None); `say` is told when Redis goes away and when it is back."""

    def __init__(
        self, mapping: Mapping, serve: Serve, settings: Settings, say: Callable[[str], None], unit: Unit | None = None
    ) -> None:
        types = mapping.columns(mapping.version_table)
        self._types = {name: str if types[name].type == "text" else int for name in mapping.unit}
        self._serve = serve
        self._say = say
        self._unit = unit
        self._of_unit = f" of {described(unit)}" if unit else ""
        self._where = f"Redis at {settings.redis_host}:{settings.redis_port}"
        self._redis = connect(settings, seconds=_ANSWERS_WITHIN_SECONDS)
        self._after = b"0-0"  # the id of the last change that was read
        self._away = False

    def news(self) -> Iterator[News]:
        """Yield the states there are, then each change from now on; it does not end, and waits for Redis."""
        states = self._when_it_answers(self._first)
        if states.entries:
            yield states
        else:
            self._say(f"{self._where} serves nothing{self._of_unit} yet: waiting for it to be followed")
        while True:
            changes = self._when_it_answers(self._next)
            if changes.entries:
                yield changes

    def _when_it_answers(self, ask: Callable[[], News]) -> News:
        while True:
            try:
                found = ask()
            except RedisError as error:
                self._lost(error)
                time.sleep(_TRIED_AGAIN_AFTER_SECONDS)
            else:
                self._found()
                return found

    def _first(self) -> News:
        newest: Any = self._redis.xrevrange(self._serve.changes, count=1)
        states = self._all_states()  # read after the id, so that no change is missed
        self._after = newest[0][0] if newest else self._after
        return News([self._of_state(state) for state in states], self._by_unit(states))

    def _next(self) -> News:
        answer: Any = self._redis.xread({self._serve.changes: self._after}, block=int(1000 * _WAITS_SECONDS))
        changes = [each for _, stream in answer for each in stream]
        entries = [entry for change in changes if (entry := self._of_change(*change)) and self._is_wanted(entry)]
        found = News(
            entries, self._by_unit(self._states({self._serve.state.format_map(each.unit) for each in entries}))
        )
        self._after = changes[-1][0] if changes else self._after
        return found

    def _all_states(self) -> list[Row]:
        if self._unit is not None:
            return self._states({self._serve.state.format_map(self._unit)})
        pattern = self._serve.state.format_map(dict.fromkeys(self._types, "*"))
        return self._states(set(self._redis.scan_iter(pattern, count=1000)))

    def _states(self, keys: set[Any]) -> list[Row]:
        texts: Any = self._redis.mget(sorted(keys)) if keys else []
        return [json.loads(text) for text in texts if text is not None]

    def _by_unit(self, states: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
        return {tuple(state[name] for name in self._types): state for state in states}

    def _of_state(self, state: Row) -> Entry:
        unit = {name: state[name] for name in self._types}
        return Entry(unit, STATE, {}, state, state["captured_at"], state["raw_id"])

    def _of_change(self, entry_id: bytes, fields: dict[bytes, bytes]) -> Entry | None:
        """Return the change that an entry is; None, and say so, if it is none: anybody may write to it."""
        try:
            text = {name.decode(): value.decode() for name, value in fields.items()}
            return Entry(
                unit={name: read(text[name]) for name, read in self._types.items()},
                kind=text["kind"],
                key=json.loads(text["key"]),
                data=json.loads(text["data"]),
                captured_at=text["captured_at"],
                raw_id=int(text["raw_id"]),
            )
        except (KeyError, ValueError) as error:
            self._say(f"{self._serve.changes} has an entry that is no change, {entry_id.decode()}: {one_line(error)}")
            return None

    def _is_wanted(self, entry: Entry) -> bool:
        return self._unit in (None, entry.unit)

    def _lost(self, error: RedisError) -> None:
        if not self._away:
            self._away = True
            self._say(f"{self._where} is away ({one_line(error)}): waiting for it")

    def _found(self) -> None:
        if self._away:
            self._away = False
            self._say(f"{self._where} is back")

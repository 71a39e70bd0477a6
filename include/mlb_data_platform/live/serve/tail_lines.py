"""How changes read for people: a line for each that says something new, as the mapping words it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlb_data_platform.live.serve.changes import Row
from mlb_data_platform.live.serve.tail import STATE, Entry, News
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.serve import Kind, Parts, Serve, named
from mlb_data_platform.storage.publish import Unit

_UNITS_REMEMBERED = 64  # more than are ever followed at once; a tail may go on for a season
Key = tuple[str, tuple[Any, ...]]  # kind, and values of the key


@dataclass(frozen=True)
class Line:
    """A line, and how a terminal shows it, in Rich's words."""

    text: str
    style: str


@dataclass
class _Remembered:
    """Of a unit: the rows that others belong to, and the lines that were printed."""

    rows: dict[Key, Row] = field(default_factory=dict)
    lines: dict[Key, str] = field(default_factory=dict)


class Lines:
    """Words what comes; it remembers what it has said of each row, so as not to say it again."""

    def __init__(self, mapping: Mapping, serve: Serve) -> None:
        self._serve = serve
        parents = {kind.of for kind in serve.kinds.values() if kind.of}
        self._parents = {name: mapping.tables[serve.kinds[name].table or ""].key for name in parents}
        self._units: dict[tuple[Any, ...], _Remembered] = {}

    def of(self, news: News) -> Iterator[Line]:
        """Yield the lines of what came together."""
        for entry in news.entries:
            if entry.kind in self._parents:  # before any line: what comes first may belong to it
                self._remembered(entry.unit).rows[_key(entry)] = entry.data or {}
        for entry in news.entries:
            state = news.states.get(tuple(entry.unit.values()), {})
            if text := self._text(entry, state):
                kind = self._serve.kinds.get(entry.kind)
                yield Line(f"{self._lead(entry, state)}  {text}", kind.style if kind else "")

    def _lead(self, entry: Entry, state: Row) -> str:
        time = entry.captured_at.partition("T")[2][:8]
        title = " ".join(_filled(self._serve.title, state))
        return f"{time}  {title or ' '.join(f'{name} {value}' for name, value in entry.unit.items())}"

    def _text(self, entry: Entry, state: Row) -> str | None:
        if entry.kind == STATE:
            kinds = [kind for kind in self._serve.kinds.values() if kind.columns]
            return ", ".join(part for kind in kinds for part in _filled(kind.line, state))
        kind = self._serve.kinds.get(entry.kind)
        if kind is None:  # of another version of the platform
            return None
        said = self._remembered(entry.unit).lines
        if entry.data is None:
            before = said.pop(_key(entry), None)
            return before and f"taken back: {before}"
        values = {**state, **self._row_it_belongs_to(entry, kind), **entry.data}
        text = ", ".join(_filled(kind.line, values))
        if said.get(_key(entry)) == text:
            return None
        said[_key(entry)] = text
        return text

    def _row_it_belongs_to(self, entry: Entry, kind: Kind) -> Row:
        if kind.of is None:
            return {}
        key = tuple(entry.key[name] for name in self._parents[kind.of])
        return self._remembered(entry.unit).rows.get((kind.of, key), {})

    def _remembered(self, unit: Unit) -> _Remembered:
        name = tuple(unit.values())
        self._units[name] = self._units.pop(name, _Remembered())  # last is who spoke last
        if len(self._units) > _UNITS_REMEMBERED:
            del self._units[next(iter(self._units))]
        return self._units[name]


def _key(entry: Entry) -> Key:
    return entry.kind, tuple(entry.key.values())


def _filled(parts: Parts, values: Row) -> list[str]:
    """The parts of a line, without those that name a column that is NULL or not there."""
    return [part.format_map(values) for part in parts if all(values.get(name) is not None for name in named([part]))]

"""What the tables and Redis have of a game, compared with what was captured of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from mlb_data_platform.mapping.places import version_column
from tests.checker.compare import differences
from tests.integration.captured_game import CapturedGame, Row
from tests.integration.history import differences_as_of
from tests.integration.live_bench import TABLES, LiveBench, expected
from tests.integration.support import at
from tests.live_histories import MappingName, State

Json = dict[str, Any]
_STAMPS = {"captured_at", "raw_id"}
_CHANGES = {"play": "live_game_plays", "pitch": "live_game_pitch_events"}
_ALL_ROWS = " UNION ALL ".join(
    f"SELECT '{name}', t::text FROM game.{name} t WHERE game_pk = %(game)s" for name in TABLES
)
_VERSIONS = """
    SELECT content_sha256, valid_from, captured_at FROM history.game_live_game_metadata WHERE game_pk = %(game)s
    UNION ALL SELECT content_sha256, valid_from, captured_at FROM game.live_game_metadata WHERE game_pk = %(game)s
    ORDER BY valid_from
"""
_APPLIED = f"""
    SELECT raw_id, captured_at, content_sha256, mapping_sha256,
           (SELECT array_agg(a ORDER BY a) FROM ({_ALL_ROWS}) a)::text
    FROM game.live_game_metadata WHERE game_pk = %(game)s
"""


@dataclass(frozen=True)
class Applied:
    """The capture that the tables are of, the mapping that made them of it, and all their rows as one text."""

    raw_id: int
    version: tuple[datetime, str]
    mapping: MappingName
    rows: str = field(repr=False)


class CheckedGame(CapturedGame):
    """A game whose tables are looked at over and over: they never go back."""

    def __init__(self, bench: LiveBench, game_pk: int, found: list[State]) -> None:
        super().__init__(bench, game_pk, found)
        self._names = {mapping.sha256: name for name, mapping in bench.mappings.items()}
        self._seen: Applied | None = None
        self.was_emptied = False  # Redis, since the game began

    def wrong_rows(self) -> list[str]:
        """Return what is wrong in the tables: they must be of one capture, and never of an older one than before.

        Only the mapping in force may replace what another one made of an older capture, or of a newer one.
        """
        before, applied = self._seen, self._applied()
        self._seen = applied
        if applied is None or applied == before:
            return [] if applied == before else [f"game {self.game_pk}: the tables have nothing more of it"]
        if before and before.mapping == applied.mapping and applied.version < before.version:
            return [f"game {self.game_pk}: the tables went back from {before} to {applied}"]
        if before and before.mapping != applied.mapping != self.mapping:
            return [f"game {self.game_pk}: the tables are by the mapping that is not in force"]
        for row in self._complete(only_told=False):
            if row.raw_id == applied.raw_id and at(row.captured.minute) == applied.version[0]:
                return self._wrong_values(self.states[row.captured.state], applied.mapping)
        return [f"game {self.game_pk}: the tables are of {applied}, which is no capture that leads to a document"]

    def _wrong_values(self, state: State, mapping: MappingName) -> list[str]:
        if mapping not in state.accepted_by:
            return [f"game {self.game_pk}: the tables are of a capture that its mapping has to refuse"]
        tables = expected(state.content, mapping)
        return [line for each in tables for line in differences(self._bench.connection, each)]

    def why_not_newest(self, *, only_told: bool) -> str:
        """Return in which way the tables are behind; '' where they are not."""
        newest, applied = self.newest(only_told=only_told), self._applied()
        if newest is None or (applied and applied.mapping == self.mapping and applied.version >= _moment(newest)):
            return ""
        return f"game {self.game_pk}: {newest} should be applied, not {applied}"

    def told_too_early(self) -> str:
        """Return what Redis says and the tables do not; '' where there is nothing."""
        state, applied = self._state(), self._applied()
        if state is None or self._is_by_another_mapping(state) or (applied and applied.version >= _version(state)):
            return ""
        return f"game {self.game_pk}: Redis has {state}, the tables {applied}"

    def why_not_told(self) -> str:
        """Return in which way Redis is behind what says of which transaction it is; '' where it is not."""
        newest, state = self.newest(only_told=True), self._state()
        if newest is None or (state and _version(state) >= _moment(newest)) or (state is None and self._is_left_out()):
            return ""
        return f"game {self.game_pk}: {newest} should be told, not {state}"

    def _applied(self) -> Applied | None:
        found = self._bench.connection.execute(_APPLIED, {"game": self.game_pk}).fetchone()
        if found is None:
            return None
        raw_id, captured_at, content_sha256, mapping_sha256, rows = found
        return Applied(raw_id, (captured_at, content_sha256), self._names[mapping_sha256], rows)

    def wrongly_served(self) -> list[str]:
        """Return where Redis differs from the tables: in the state, or in what was told last of each row.

        What came late is no news of the rows that it leaves as they are: they may name another capture then.
        """
        tables = {name: self._json_rows(name) for name in ("live_game_metadata", *_CHANGES.values())}
        state = self._state()
        wanted = next(iter(tables["live_game_metadata"]), None)
        if state and self._is_by_another_mapping(state) and _version(state) > _version(wanted or state):
            return []  # a state is only ever replaced by a newer one, also where another mapping refuses what it is of
        wrong = [] if state == wanted or (state is None and self._is_left_out()) else [f"state {state}, not {wanted}"]
        entries: Any = self._bench.redis.xrange("game:changes")
        last = {(each["kind"], each["key"]): json.loads(each["data"]) for _, each in entries
                if each["game_pk"] == str(self.game_pk)}  # fmt: skip
        for (kind, key), told in last.items():
            if kind in _CHANGES:
                there = [row for row in tables[_CHANGES[kind]] if json.loads(key).items() <= row.items()]
                if not self._is_told(told, there[0] if there else None):
                    wrong.append(f"{kind} {key}: told {told}, not {there}")
        return wrong

    def _is_told(self, told: Json | None, there: Json | None) -> bool:
        if told is None or there is None:
            return told is there
        names = there.keys() if self.came_in_order else there.keys() - _STAMPS
        return all(told.get(name) == there[name] for name in names)

    def wrong_history(self, pick: int) -> list[str]:
        """Return where the tables as of one of the acceptable captures, the `pick`th, are not those of that capture.

        And where more or other versions are known than there are captures in a row with one content.
        """
        versions = self.acceptable_in_order()
        if not versions:
            return []
        row = versions[pick % len(versions)]
        moment = at(row.captured.minute)
        wrong = [
            line
            for each in expected(self.states[row.captured.state].content, self.mapping)
            for line in differences_as_of(self._bench.connection, moment, each)
        ]
        runs = _runs((row.sha256, at(row.captured.minute), at(row.captured.minute)) for row in versions)
        known = _runs(self._bench.connection.execute(_VERSIONS, {"game": self.game_pk}))
        return wrong + ([] if known == runs else [f"game {self.game_pk}: its versions are {known}, not {runs}"])

    def _state(self) -> Json | None:
        text = self._bench.redis.get(f"game:live:{self.game_pk}")
        return dict(json.loads(str(text))) if text else None

    def _is_left_out(self) -> bool:
        """Whether its state may be gone: what is over is told once, and not again to a Redis that was emptied."""
        mapping = self._bench.mappings[self.mapping]
        assert mapping.patches is not None
        follow = mapping.patches.follow
        over = {*follow.settled, *follow.parked}
        rows = self._json_rows("live_game_metadata")
        return self.was_emptied and any(row[version_column(mapping, follow.status)] in over for row in rows)

    def _is_by_another_mapping(self, state: Json) -> bool:
        return self._names[state["mapping_sha256"]] != self.mapping

    def _json_rows(self, table: str) -> list[Json]:
        rows = self._bench.connection.execute(
            f"SELECT row_to_json(t) FROM game.{table} t WHERE game_pk = {self.game_pk}"
        )
        return [row for (row,) in rows]


def _runs(versions: Iterable[tuple[str, datetime, datetime]]) -> list[tuple[str, datetime, datetime]]:
    """Return versions (hash, from, to) with those in a row that have one content as one."""
    groups = [list(group) for _, group in groupby(versions, key=lambda version: version[0])]
    return [(group[0][0], group[0][1], group[-1][2]) for group in groups]


def _moment(row: Row) -> tuple[datetime, str]:
    return at(row.captured.minute), row.sha256


def _version(state: Json) -> tuple[datetime, str]:
    return datetime.fromisoformat(state["captured_at"]), state["content_sha256"]

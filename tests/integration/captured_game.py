"""A game as the history of a streamed date has it: its rows of the raw tier, and which document each leads to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from psycopg import Connection

from mlb_data_platform.documents.document import canonical_sha256
from tests.histories import answer
from tests.integration.live_bench import LiveBench
from tests.integration.support import GAME, PATCHES, at, body, insert_game, insert_patch, see_again
from tests.live_histories import Captured, MappingName, State

Json = dict[str, Any]
_FITS_NOTHING = [{"diff": [{"op": "remove", "path": "/nothing/of/the/kind"}]}]
_LEADS_ELSEWHERE = {"op": "replace", "path": "/gameData/venue/id", "value": 0}  # which no other patch makes good
_PATCHES = ("patch", "garbled", "astray")


@dataclass
class Row:
    """What is in the raw tier: a capture, the hash that orders it among those of its moment, who wrote it."""

    captured: Captured
    raw_id: int
    sha256: str
    is_committed: bool
    of: Row | None = None  # what was seen again

    @property
    def is_there(self) -> bool:
        """Whether the stream can see it."""
        return self.is_committed and (self.of is None or self.of.is_committed)

    @property
    def version(self) -> tuple[int, str]:
        """What orders the captures of a game."""
        return self.captured.minute, self.sha256


class CapturedGame:
    """A game's rows of the raw tier, and what follows from them by the mapping in force."""

    def __init__(self, bench: LiveBench, game_pk: int, found: list[State]) -> None:
        self.game_pk = game_pk
        self._bench = bench
        self.states = [replace(each, content=self._own(each.content)) for each in found]
        self._documents = [canonical_sha256(each.content) for each in self.states]
        self._has_unique_revisions = len({each.revision for each in self.states}) == len(self.states)
        self.rows: list[Row] = []
        self.mapping: MappingName = "strict"

    def _own(self, content: Json) -> Json:
        return content | ({} if content["gamePk"] == 1 else {"gamePk": self.game_pk})

    def keep(self, asked: Captured) -> None:
        """Insert a row."""
        captured = self._as_it_can_be(asked)
        writer = self._bench.writers[captured.writer]
        again = self._stored(captured) if captured.how == "seen" else None
        if again:
            captured = replace(captured, tells_xact=True)
            see_again(writer, again.raw_id, at(captured.minute))
            raw_id, sha = again.raw_id, again.sha256
        elif captured.how in _PATCHES:
            patch = self._patch(captured)
            raw_id = insert_patch(writer, patch, at(captured.minute), self.game_pk, **self._ends(captured))
            sha = sha256(json.dumps(patch).encode()).hexdigest()
        else:
            content = self._body(captured)
            raw_id = insert_game(writer, content, at(captured.minute), self.game_pk)
            sha = sha256(content).hexdigest()
        if not captured.tells_xact:
            _hide(writer, _table(captured), raw_id)
        self.rows.append(Row(captured, raw_id, sha, captured.writer == 0, again))

    def _as_it_can_be(self, asked: Captured) -> Captured:
        """A patch leads to a later revision, and revisions name bases only where each has its own.

        That a patch went astray, only the hash of its result tells.
        """
        if asked.how not in _PATCHES:
            return asked
        if asked.how != "garbled" and self.states[asked.base].revision >= self.states[asked.state].revision:
            return replace(asked, how="whole")
        is_told_by_hash = asked.how == "astray" and asked.names == "revision"
        return replace(asked, names="all") if is_told_by_hash or not self._has_unique_revisions else asked

    def _stored(self, captured: Captured) -> Row | None:
        for row in self.rows:
            same = row.of is None and row.captured.how in ("whole", "seen") and row.captured.state == captured.state
            if same and (row.is_committed or row.captured.writer == captured.writer):
                seen_then = any(each.of is row and each.captured.minute == captured.minute for each in self.rows)
                return None if seen_then else row
        return None

    def _patch(self, captured: Captured) -> list[Json]:
        if captured.how == "garbled":
            return _FITS_NOTHING
        envelopes = answer([self.states[captured.base].content, self.states[captured.state].content])
        if captured.how == "astray":
            envelopes[-1]["diff"].append(_LEADS_ELSEWHERE)
        return envelopes

    def _body(self, captured: Captured) -> bytes:
        content = dict(self.states[captured.state].content)
        if captured.how == "fallback":
            del content["copyright"]
        return body(content)

    def _ends(self, captured: Captured) -> dict[str, str | None]:
        names = {
            "start_timecode": self.states[captured.base].revision,
            "base_sha256": self._documents[captured.base],
            "result_sha256": self._documents[captured.state],
        }
        given = {"all": [*names], "revision": [*names][:1], "hashes": [*names][1:]}[captured.names]
        return {name: names[name] for name in given}

    def _complete(self, *, only_told: bool) -> list[Row]:
        """The rows that lead to a document: whole ones, and patches of those."""
        rows = [row for row in self.rows if row.is_there and (row.captured.tells_xact or not only_told)]
        complete = [row for row in rows if row.captured.how not in _PATCHES]
        patches = [row for row in rows if row.captured.how == "patch"]
        while more := [row for row in patches if row not in complete and self._has_base(row, complete)]:
            complete += more
        return complete

    def _has_base(self, row: Row, complete: Sequence[Row]) -> bool:
        base = self._documents[row.captured.base]
        return any(
            self._documents[each.captured.state] == base and each.captured.minute <= row.captured.minute
            for each in complete
        )

    def newest(self, *, only_told: bool = False) -> Row | None:
        """Return the newest acceptable capture that can be seen; `only_told`: of those that tell their transaction."""
        return max(self._acceptable(only_told=only_told), key=lambda row: row.version, default=None)

    def _acceptable(self, *, only_told: bool) -> list[Row]:
        rows = self._complete(only_told=only_told)
        return [row for row in rows if self.mapping in self.states[row.captured.state].accepted_by]

    def acceptable_in_order(self) -> list[Row]:
        """Return the acceptable captures by their moments; of those of one moment, the one that counts."""
        by_moment = {
            row.captured.minute: row for row in sorted(self._acceptable(only_told=False), key=lambda row: row.version)
        }
        return list(by_moment.values())

    @property
    def came_in_order(self) -> bool:
        """Whether each capture could be seen before the next one was made, and none is of one moment with another."""
        minutes = [row.captured.minute for row in self.rows]
        return all(row.captured.writer == 0 for row in self.rows) and minutes == sorted(set(minutes))

    def is_refused(self) -> bool:
        """Return whether the newest capture of all is none that can be applied."""
        there = [row for row in self.rows if row.is_there]
        last = max(there, key=lambda row: row.version, default=None)
        newest = self.newest()
        return last is not None and (newest is None or newest.version != last.version)


def _table(captured: Captured) -> str:
    return PATCHES if captured.how in _PATCHES else GAME


def _hide(connection: Connection[Any], table: str, raw_id: int) -> None:
    """Let a row not say of which transaction it is."""
    connection.execute(f"UPDATE {table} SET xact = NULL WHERE id = {raw_id}")

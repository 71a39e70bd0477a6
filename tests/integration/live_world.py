"""Makes a history of a streamed date happen, in a real PostgreSQL and Redis, and knows what must come of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from psycopg import Connection
from redis import Redis

from mlb_data_platform.documents.document import canonical_sha256
from mlb_data_platform.live import lock as lock_module
from mlb_data_platform.live.serve import live_state as serve_module
from mlb_data_platform.live.serve.live_state import LiveState
from mlb_data_platform.live.stream import loop as stream_module
from mlb_data_platform.live.stream.loop import Stream
from mlb_data_platform.mapping.load import load_mapping_file
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import MAPPINGS_DIR, settings
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.run import Engine
from mlb_data_platform.transform.selection import CaptureRef
from tests.checker import game
from tests.checker.compare import differences
from tests.conftest import Database
from tests.histories import answer
from tests.integration.streamed_date import list_game
from tests.integration.support import GAME, Platform, at, body, insert_game, insert_patch, see_again
from tests.live_histories import WRITERS, Captured, Ends, Happens, History, State, Step, Ticks, states

Json = dict[str, Any]
TABLES = ("live_game_metadata", "live_game_plays", "live_game_pitch_events", "live_game_players",
          "live_game_linescore_innings")  # fmt: skip
_CHANGES = {"play": "live_game_plays", "pitch": "live_game_pitch_events"}
_FITS_NOTHING = [{"diff": [{"op": "remove", "path": "/nothing/of/the/kind"}]}]
_TICKS_TO_SETTLE = 6
_numbers = count(1)  # each history has its own date and games


class KilledError(BaseException):
    """The stream is gone, in the middle of what it did."""


def small_mapping() -> Mapping:
    """Return the mapping of games with a few of its tables: those whose changes are told, and one that has rules."""
    mapping = load_mapping_file(MAPPINGS_DIR / "game" / "live_game_v1.yaml")
    return mapping.model_copy(update={"tables": {name: mapping.tables[name] for name in TABLES}})


class LiveBench:
    """Where histories happen: one database and one Redis for all, a batch, and who writes rows."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self.database = database
        self.mapping = small_mapping()
        self.redis = redis
        self.connect()

    def connect(self) -> None:
        """Make the connections of the test itself, anew after a restart of PostgreSQL."""
        self.connection = self.database.connect()
        others = [self.database.connect(autocommit=False) for _ in range(WRITERS - 1)]
        self.writers = [self.connection, *others]
        self.batch = Platform(self.database.connect(autocommit=False), mapping=self.mapping, remembers=2)

    def terminate(self, condition: str) -> None:
        """End sessions of this database; return when they are gone."""
        found = "FROM pg_stat_activity WHERE datname = current_database() AND " + condition
        self.connection.execute(f"SELECT pg_terminate_backend(pid) {found}")
        while self.connection.execute(f"SELECT {found} LIMIT 1").fetchone():
            time.sleep(0.001)

    def forget(self) -> None:
        """Let nothing of an earlier history be open, or in Redis."""
        for writer in self.writers[1:]:
            writer.rollback()
        self.redis.config_set("maxmemory", 0)
        self.redis.flushall()


@contextmanager
def live_bench(database: Database) -> Iterator[LiveBench]:
    """Let programs in this process use a database, without a pause where they would wait; give the block the bench."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in database.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        patch.setattr(stream_module, "_LOOKS_FOR_THE_END_EVERY", 0.0)
        patch.setattr(stream_module, "_SECONDS_BETWEEN_TRIES", 0.0)
        patch.setattr(lock_module, "_SECONDS_BETWEEN_TRIES", 0.001)
        patch.setattr(serve_module, "_TRIED_AGAIN_AFTER_SECONDS", 0.0)
        mine = settings()
        redis = Redis(
            host=mine.redis_host,
            port=mine.redis_port,
            password=mine.redis_password.get_secret_value() or None,
            decode_responses=True,
        )
        yield LiveBench(database, redis)
    settings.cache_clear()


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


class RawGame:
    """A game's rows of the raw tier, and what follows from them."""

    def __init__(self, bench: LiveBench, game_pk: int, found: list[State]) -> None:
        self.game_pk = game_pk
        self._bench = bench
        self.states = [replace(each, content=self._own(each.content)) for each in found]
        self._documents = [canonical_sha256(each.content) for each in self.states]
        self._has_unique_revisions = len({each.revision for each in self.states}) == len(self.states)
        self.rows: list[Row] = []
        self._newest_seen: tuple[Any, str] | None = None

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
        elif captured.how in ("patch", "garbled"):
            patch = _FITS_NOTHING if captured.how == "garbled" else self._patch(captured)
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
        """A patch leads to a later revision, and revisions name bases only where each has its own."""
        if asked.how == "garbled" or (
            asked.how == "patch" and self.states[asked.base].revision < self.states[asked.state].revision
        ):
            return asked if self._has_unique_revisions else replace(asked, names="all")
        return replace(asked, how="whole") if asked.how == "patch" else asked

    def _stored(self, captured: Captured) -> Row | None:
        for row in self.rows:
            same = row.of is None and row.captured.how in ("whole", "seen") and row.captured.state == captured.state
            if same and (row.is_committed or row.captured.writer == captured.writer):
                seen_then = any(each.of is row and each.captured.minute == captured.minute for each in self.rows)
                return None if seen_then else row
        return None

    def _patch(self, captured: Captured) -> list[Json]:
        return answer([self.states[captured.base].content, self.states[captured.state].content])

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
        complete = [row for row in rows if row.captured.how not in ("patch", "garbled")]
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
        complete = [row for row in self._complete(only_told=only_told) if self.states[row.captured.state].acceptable]
        return max(complete, key=lambda row: row.version, default=None)

    def is_refused(self) -> bool:
        """Return whether the newest capture of all is none that can be applied."""
        there = [row for row in self.rows if row.is_there]
        last = max(there, key=lambda row: row.version, default=None)
        newest = self.newest()
        return last is not None and (newest is None or newest.version != last.version)

    def wrong_rows(self) -> list[str]:
        """Return what is wrong in the tables: they must be of one capture, and never of an older one than before."""
        found = self._applied()
        if found is None:
            return []
        if self._newest_seen and found[1:] < self._newest_seen:
            return [f"game {self.game_pk}: the tables went back from {self._newest_seen} to {found}"]
        self._newest_seen = found[1:]
        for row in self._complete(only_told=False):
            if row.raw_id == found[0] and at(row.captured.minute) == found[1]:
                expected = game.expected(self.states[row.captured.state].content)
                kept = [each for each in expected if each.name in TABLES]
                return [line for each in kept for line in differences(self._bench.connection, each)]
        return [f"game {self.game_pk}: the tables are of {found}, which is no capture that leads to a document"]

    def why_not_newest(self, *, only_told: bool) -> str:
        """Return in which way the tables are behind; '' where they are not."""
        newest, found = self.newest(only_told=only_told), self._applied()
        if newest is None or (found and found[1:] >= (at(newest.captured.minute), newest.sha256)):
            return ""
        return f"game {self.game_pk}: {newest} should be applied, not {found}"

    def _applied(self) -> tuple[int, Any, str] | None:
        return self._bench.connection.execute(
            "SELECT raw_id, captured_at, content_sha256 FROM game.live_game_metadata WHERE game_pk = %s",
            [self.game_pk],
        ).fetchone()

    def wrongly_served(self) -> list[str]:
        """Return where Redis differs from the tables: in the state, or in what was told last of each row."""
        tables = {name: self._json_rows(name) for name in ("live_game_metadata", *_CHANGES.values())}
        state = self._bench.redis.get(f"game:live:{self.game_pk}")
        wanted = next(iter(tables["live_game_metadata"]), None)
        wrong = [] if (json.loads(str(state)) if state else None) == wanted else [f"state {state}, not {wanted}"]
        entries: Any = self._bench.redis.xrange("game:changes")
        last = {(each["kind"], each["key"]): json.loads(each["data"]) for _, each in entries
                if each["game_pk"] == str(self.game_pk)}  # fmt: skip
        for (kind, key), told in last.items():
            if kind in _CHANGES:
                there = [row for row in tables[_CHANGES[kind]] if json.loads(key).items() <= row.items()]
                known = [{name: value for name, value in told.items() if name in there[0]}] if told and there else told
                if known != (there or None):
                    wrong.append(f"{kind} {key}: told {told}, not {there}")
        return wrong

    def _json_rows(self, table: str) -> list[Json]:
        rows = self._bench.connection.execute(
            f"SELECT row_to_json(t) FROM game.{table} t WHERE game_pk = {self.game_pk}"
        )
        return [row for (row,) in rows]


class OneProcess:
    """The engine of a stream without other processes: one session of its own, which remembers as a worker does."""

    def __init__(self, mapping: Mapping, reached: Any) -> None:
        self._mapping = mapping
        self._reached = reached
        self._connection: Connection | None = None
        self._applier: Applier | None = None

    def __call__(
        self, _: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
    ) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
        self._reached("before")
        is_done = False
        try:
            if self._applier is None:
                self._connection = connect()
                self._applier = Applier(self._connection, mapping, force=force, remembers=64)
            for ref in refs:
                part = self._applier.apply([ref])
                self._reached("applied")
                yield [ref], part
            is_done = True
        finally:
            if not is_done:
                self.close()

    def close(self) -> None:
        """End the session, as a process that is killed does."""
        if self._connection:
            self._connection.close()
        self._applier = None


class Live:
    """A stream at work: what it says, its engine and what it serves with."""

    def __init__(self, bench: LiveBench, day: date, reached: Any, engine: Engine | None = None) -> None:
        self.said: list[str] = []
        self.execution = Execution()
        self._state = LiveState(bench.mapping, settings(), self.said.append)
        self._own = None if engine else OneProcess(bench.mapping, reached)
        self._reached = reached
        used = engine or self._own
        assert used is not None
        self.stream = Stream(bench.mapping, day, used, self.execution, self.said.append, self._serve)

    def _serve(self, connection: Connection, units: Sequence[Json]) -> None:
        if units:
            self._reached("serving")
        self._state.serve(connection, units)

    @property
    def is_away(self) -> bool:
        """Whether it has lost PostgreSQL, and did not do a whole tick since."""
        return self.stream._away_since is not None

    def close(self) -> None:
        """End all its sessions."""
        self.stream.close()
        self._state.close()
        if self._own:
            self._own.close()


def happen(bench: LiveBench, history: History, engine: Engine | None = None) -> None:
    """Let a history happen; fail where a table or Redis is ever wrong, or not exact at its end."""
    with closing(World(bench, history, engine)) as world:
        for step in history.steps:
            world.do(step)
        world.settle()


class World:
    """A history as it happens: the raw tier, one stream at a time, and what breaks."""

    def __init__(self, bench: LiveBench, history: History, engine: Engine | None = None) -> None:
        number = next(_numbers)
        bench.forget()
        self._bench = bench
        self._engine = engine
        self._day = date(1900, 1, 1) + timedelta(days=number)
        self.games = [
            RawGame(bench, 2_000_000 + 10 * number + place, states(edits)) for place, edits in enumerate(history.edits)
        ]
        self._listed: list[RawGame] = []
        for each in self.games[: history.listed]:
            self._list(each)
        self._known = [*self._listed]  # to the stream: those that were listed before what it looks at came
        self._live: Live | None = None
        self._tick: Ticks | None = None
        self._offsets: list[str] = []
        self._looks_at_all = False

    def close(self) -> None:
        """End the stream."""
        if self._live:
            self._live.close()
            self._live = None

    def do(self, step: Step) -> None:
        """Let a step happen."""
        match step:
            case Captured():
                self.games[step.game].keep(step)
            case Ends():
                self._end(step)
            case Ticks():
                self._ticks(step)
            case Happens():
                self._happens(step)

    def settle(self) -> None:
        """Let all that is open be committed and all that is away come back; fail unless everything is exact then."""
        self._commit_and_list_all()
        self._bench.redis.config_set("maxmemory", 0)
        self._ticks_until_it_works()  # and has all that came, without a look at everything
        self._looks_at_all = True
        self._ticks_until_it_works()
        behind = [each.why_not_newest(only_told=False) for each in self.games]
        assert not any(behind), behind
        served = [line for each in self.games for line in each.wrongly_served()]
        assert served == [], served

    def _ticks_until_it_works(self) -> None:
        for _ in range(_TICKS_TO_SETTLE):
            self._ticks(Ticks())
            if self._live is None or not self._live.is_away:
                return
        pytest.fail(f"it is still away: {self._live.said if self._live else ''}")

    def _commit_and_list_all(self) -> None:
        for writer in range(1, WRITERS):
            self._end(Ends(writer, commits=True))
        self._happens(Happens("game listed"))

    def _list(self, game_: RawGame) -> None:
        list_game(self._bench.connection, game_.game_pk, day=self._day)
        self._listed.append(game_)

    def _end(self, step: Ends) -> None:
        writer = self._bench.writers[step.writer]
        writer.commit() if step.commits else writer.rollback()
        for each in self.games:
            of_it = [row for row in each.rows if row.captured.writer == step.writer and not row.is_committed]
            if step.commits:
                for row in of_it:
                    row.is_committed = True
            else:
                each.rows = [row for row in each.rows if row not in of_it]

    def _ticks(self, step: Ticks) -> None:
        live = self._live = self._live or Live(self._bench, self._day, self._reached, self._engine)
        self._tick = step
        looks_at_all = self._looks_at_all
        try:
            with self._hurried():
                has_ended = live.stream.tick()
        except KilledError:
            self.close()
            self._check()
            return
        self._rest_of_tick()
        self._check()
        if self._live and not live.is_away and not step.meanwhile:
            self._known = [*self._listed] if has_ended or looks_at_all else self._known
            self._check_fresh(only_told=not has_ended)
        if has_ended:
            self._check_ending(live)
            self.close()

    @contextmanager
    def _hurried(self) -> Iterator[None]:
        """A minute has passed, if so: what happens every minute happens in the tick."""
        if not self._looks_at_all:
            yield
            return
        self._looks_at_all = False
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stream_module, "_LOOKS_AT_ALL_EVERY", 0.0)
            patch.setattr(serve_module, "_KEPT_ALIVE_EVERY_SECONDS", 0.0)
            yield

    def _reached(self, point: str) -> None:
        if self._tick and self._tick.point == point:
            self._rest_of_tick(in_tick=True)

    def _rest_of_tick(self, *, in_tick: bool = False) -> None:
        tick, self._tick = self._tick, None
        for each in tick.meanwhile if tick else ():
            if each == Happens("killed") and in_tick:
                raise KilledError
            if each == Happens("taken over"):
                if in_tick:
                    self._take_over()
            else:
                self.do(each)

    def _take_over(self) -> None:
        """The session of the stream breaks unnoticed, and another one works through a tick meanwhile."""
        self._bench.terminate(
            "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted) AND application_name = 'mlb-etl'"
        )
        with closing(Live(self._bench, self._day, self._reached)) as other:
            other.stream.tick()

    def _happens(self, step: Happens) -> None:
        match step.what:
            case "batch":
                self._batch(self.games[:1])
            case "batch of all":
                self._batch(self.games)
            case "offset lost":
                self._bench.connection.execute("DELETE FROM metadata.stream_offsets WHERE name = %s", [self._name])
            case "offset old":
                self._old_offset()
            case "cache away":  # it takes no more
                self._bench.redis.config_set("maxmemory", 1)
            case "cache back":
                self._bench.redis.config_set("maxmemory", 0)
            case "cache emptied":
                self._bench.redis.flushall()
            case "killed" | "taken over":
                self.close()
            case "sessions broken":
                self._bench.terminate("application_name = 'mlb-etl'")
            case "a minute passes":
                self._looks_at_all = True
            case "game listed":
                for each in self.games:
                    if each not in self._listed:
                        self._list(each)

    def _batch(self, games: Sequence[RawGame]) -> None:
        self._bench.batch.errors_of_transform(*(each.game_pk for each in games))
        self._check()

    @property
    def _name(self) -> str:
        return f"{GAME} {self._day}"

    def _old_offset(self) -> None:
        """The offset is what it was when this happened before."""
        connection = self._bench.connection
        found = connection.execute(
            "SELECT snapshot::text FROM metadata.stream_offsets WHERE name = %s", [self._name]
        ).fetchone()
        if self._offsets:
            connection.execute(
                "UPDATE metadata.stream_offsets SET snapshot = %s::pg_snapshot WHERE name = %s",
                [self._offsets[0], self._name],
            )
        if found:
            self._offsets.append(found[0])

    def _check(self) -> None:
        """Readers never see half a game, nor one that nobody captured."""
        wrong = [line for each in self.games for line in each.wrong_rows()]
        assert wrong == [], wrong

    def _check_fresh(self, *, only_told: bool) -> None:
        """After a tick the tables have what was there before it, but for what only a look at everything tells of."""
        behind = [each.why_not_newest(only_told=only_told) for each in self._known]
        assert not any(behind), behind

    def _check_ending(self, live: Live) -> None:
        refused = [each.game_pk for each in self._listed if each.is_refused()]
        assert len(live.execution.errors) == len(refused), (live.execution.errors, refused)


def _table(captured: Captured) -> str:
    return "game.live_game_diff_patch_v1" if captured.how in ("patch", "garbled") else "game.live_game_v1"


def _hide(connection: Connection[Any], table: str, raw_id: int) -> None:
    """Let a row not say of which transaction it is."""
    connection.execute(f"UPDATE {table} SET xact = NULL WHERE id = {raw_id}")

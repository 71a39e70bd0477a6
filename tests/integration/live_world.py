"""Makes a history of a streamed date happen, in a real PostgreSQL and Redis, and looks whether all comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from itertools import count

import pytest

from mlb_data_platform.live.serve import live_state as serve_module
from mlb_data_platform.live.stream import loop as stream_module
from mlb_data_platform.live.stream.workers import Workers
from mlb_data_platform.transform.run import Engine
from tests.integration.checked_game import CheckedGame
from tests.integration.live_bench import LiveBench
from tests.integration.live_program import KilledError, Live
from tests.integration.streamed_date import list_game
from tests.integration.support import GAME
from tests.live_histories import WRITERS, Captured, Ends, Happens, History, MappingName, Step, Ticks, states

_TICKS_TO_SETTLE = 6
_numbers = count(1)  # each history has its own date and games


def happen(bench: LiveBench, history: History, engine: Engine | None = None) -> None:
    """Let a history happen; fail where a table or Redis is ever wrong, or not exact at its end."""
    with closing(World(bench, history, engine)) as world:
        for step in history.steps:
            world.do(step)
        world.settle()


class World:
    """A history as it happens: the raw tier, one stream at a time, and what breaks."""

    def __init__(self, bench: LiveBench, history: History, engine: Engine | None = None) -> None:
        self._number = number = next(_numbers)
        bench.forget()
        self._bench = bench
        self._engine = engine
        self._mapping: MappingName = "strict"  # in force
        self._day = date(1900, 1, 1) + timedelta(days=number)
        self.games = [
            CheckedGame(bench, 2_000_000 + 10 * number + place, states(edits))
            for place, edits in enumerate(history.edits)
        ]
        self._listed: list[CheckedGame] = []
        for each in self.games[: history.listed]:
            self._list(each)
        self._known = [*self._listed]  # to the stream: those that were listed before what it looks at came
        self._live: Live | None = None
        self._tick: Ticks | None = None
        self._offsets: list[str] = []
        self._looks_at_all = False
        self._cache_is_away = False
        self._cache_has_lost = False  # what was told, until all is told again

    def close(self) -> None:
        """End the stream."""
        if self._live:
            self._live.close()
            self._live = None

    def _program(self, engine: Engine | None = None) -> Live:
        return Live(self._bench, self._mapping, self._day, self._reached, engine)

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
        self._happens(Happens("cache back"))
        self._ticks_until_it_works()  # and has all that came, without a look at everything
        self._looks_at_all = True
        self._ticks_until_it_works()
        behind = [each.why_not_newest(only_told=False) for each in self.games]
        assert not any(behind), behind
        served = [line for each in self.games for line in each.wrongly_served()]
        assert served == [], served
        history = [line for each in self.games for line in each.wrong_history(self._number)]
        assert history == [], history

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

    def _list(self, game_: CheckedGame) -> None:
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
        live = self._live = self._live or self._program(self._engine)
        self._tick = step
        looks_at_all = self._looks_at_all
        try:
            with self._hurried():
                has_ended = live.stream.tick()
        except KilledError:
            self.close()
            self._check()
            return
        self._looks_at_all |= looks_at_all and live.is_away  # it has yet to
        self._rest_of_tick()
        self._check()
        self._check_not_told_too_early()
        if self._live and not live.is_away and not step.meanwhile:
            if has_ended or looks_at_all:
                self._known = [*self._listed]
                self._cache_has_lost = self._cache_is_away
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
        with closing(self._program()) as other:
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
                self._cache_is_away = self._cache_has_lost = True
            case "cache back":
                self._bench.redis.config_set("maxmemory", 0)
                self._cache_is_away = False
            case "cache emptied":
                self._bench.redis.flushall()
                self._cache_has_lost = True
                for each in self.games:
                    each.was_emptied = True
            case "killed" | "taken over":
                self.close()
            case "sessions broken":
                self._bench.terminate("application_name = 'mlb-etl'")
            case "a minute passes":
                self._looks_at_all = True
            case "deployed":
                self.close()
                if isinstance(self._engine, Workers):  # they end with their stream, and have its mapping
                    self._engine.close()
                self._deploy()
            case "game listed":
                for each in self.games:
                    if each not in self._listed:
                        self._list(each)

    def _deploy(self) -> None:
        """Let the other mapping be in force: what nothing more is captured of, a look at everything brings to it."""
        self._mapping = "lenient" if self._mapping == "strict" else "strict"
        self._known = []
        for each in self.games:
            each.mapping = self._mapping

    def _batch(self, games: Sequence[CheckedGame]) -> None:
        self._bench.batches[self._mapping].errors_of_transform(*(each.game_pk for each in games))
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

    def _check_not_told_too_early(self) -> None:
        """Redis never has what the tables have not."""
        wrong = [each.told_too_early() for each in self.games]
        assert not any(wrong), wrong

    def _check_fresh(self, *, only_told: bool) -> None:
        """After a tick the tables have what was there before it, but for what only a look at everything tells of.

        So has Redis, unless it has lost something meanwhile.
        """
        behind = [each.why_not_newest(only_told=only_told) for each in self._known]
        assert not any(behind), behind
        untold = [each.why_not_told() for each in self._known if not self._cache_has_lost]
        assert not any(untold), untold

    def _check_ending(self, live: Live) -> None:
        refused = [each.game_pk for each in self._listed if each.is_refused()]
        assert len(live.execution.errors) == len(refused), (live.execution.errors, refused)

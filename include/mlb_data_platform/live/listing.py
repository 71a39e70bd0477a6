"""The games of a date as the schedule's table lists them, and whether anything is still to come of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.each import GAME, Each
from mlb_data_platform.jobs.items import has_one_of
from mlb_data_platform.jobs.load import all_jobs
from mlb_data_platform.jobs.models import Ingest, Job, Watch
from mlb_data_platform.mapping import paths
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import DAGS_DIR
from mlb_data_platform.storage.capture import Capture


@dataclass(frozen=True)
class ListedGame:
    """A game as it is listed under one date.

    `moved_to` is the other date on which it is played, or goes on, instead; `was_moved_here` says that this is the date
    it was moved to, from another one or from earlier on this one.
    """

    game_pk: int
    label: str
    state: str
    is_ahead: bool
    is_final: bool
    is_called_off: bool  # postponed or cancelled: it is not played on this date
    is_parked: bool  # suspended
    moved_to: date | None
    was_moved_here: bool

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it on this date: what is suspended here goes on elsewhere, if not here."""
        goes_on_here = self.was_moved_here and self.moved_to is None
        return self.is_final or self.is_called_off or (self.is_parked and not goes_on_here)

    @property
    def is_on(self) -> bool:
        """Whether it is being played."""
        return not (self.is_ahead or self.is_parked or self.is_over)

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is played, or goes on, on another date, known or not."""
        return self.is_over and (self.is_parked or self.moved_to is not None)

    @property
    def standing(self) -> str:
        """Where it stands, and on which date it is played, or goes on, instead."""
        return f"{self.state}, moved to {self.moved_to}" if self.moved_to else self.state

    def __str__(self) -> str:
        return f"game {self.game_pk} ({self.label}): {self.standing}"


Games = Mapping[int, ListedGame]


@dataclass(frozen=True)
class WatchedSchedule:
    """The job that asks for the games of a date, and how the table that it fills lists them."""

    job: Job
    ingest: Ingest
    watch: Watch
    each: Each

    def games(self, connection: Connection, day: date) -> Games:
        """Return the games that the table lists under a date, by game_pk."""
        cursor = connection.cursor(row_factory=class_row(ListedGame))
        return {game.game_pk: game for game in cursor.execute(self.query, {"day": day})}

    def listed(self, answer: Capture) -> set[int]:
        """Return the games that an answer lists, by game_pk: what becomes a row of the table."""
        table = load_mapping(self.ingest.mapping).tables[self.each.table.partition(".")[2]]
        key = str(self.each.key[GAME])
        document = msgspec.json.decode(answer.body)
        return {
            game_pk
            for source in table.row_sources
            for row in paths.values(document, paths.Path.parse(source.rows).steps)
            for path in source.columns.get(key, table.columns[key]).paths
            for game_pk in paths.values(row, path.steps)
        }

    @property
    def query(self) -> Composed:
        """The query of the games that the table lists under the date of parameter `day`, as a `ListedGame` has them."""
        return SQL(
            """
            SELECT {key} AS game_pk, concat_ws(' @ ', {label}) AS label, {state} AS state,
                   {ahead} OR ({without} AND stays) AS is_ahead, {over} AS is_final,
                   {without} AND NOT stays AS is_called_off, {parked} AS is_parked,
                   nullif(coalesce({moved_to}), {date}) AS moved_to,
                   coalesce({moved_from}) IS NOT NULL OR stays AS was_moved_here
            FROM {table}
            -- moved, but within its date: from the first to the second game of a doubleheader, or to the evening
            CROSS JOIN LATERAL (SELECT {date} IS NOT DISTINCT FROM coalesce({moved_to}) AS stays) AS move
            WHERE {date} = %(day)s
            ORDER BY 1
            """
        ).format(
            key=Identifier(str(self.each.key[GAME])),
            label=_columns(self.each.label),
            state=Identifier(self.watch.state),
            ahead=has_one_of(self.each.ahead),
            over=has_one_of(self.each.over),
            without=has_one_of(self.each.without),
            parked=has_one_of(self.watch.parked),
            moved_to=_columns(self.watch.moved_to),
            moved_from=_columns(self.watch.moved_from),
            table=Identifier(*self.each.table.split(".")),
            date=Identifier(str(self.each.date)),
        )


def watched_schedule(dags: Path = DAGS_DIR) -> WatchedSchedule:
    """Return the schedule that can be watched.

    Raises BadInputError where there is not exactly one in `dags`, or the job that it names does not read its games.
    """
    jobs = all_jobs(dags)
    found = [(job, ingest, ingest.watch) for job in jobs for ingest in job.ingests if ingest.watch]
    if len(found) != 1:
        names = ", ".join(job.name for job, _, _ in found) or "none"
        raise BadInputError(f"one job of dags/ must say under 'watch' how its answers are watched; there is: {names}")
    ((watched, ingest, watch),) = found
    for job in jobs:
        if job.name == watch.games_of and job.each and job.each.table in watched.produces:
            return WatchedSchedule(watched, ingest, watch, job.each)
    raise BadInputError(
        f"{watched.name}: watch.games_of: no job {watch.games_of} has 'each' of {', '.join(watched.produces)}"
    )


def summary(games: Games) -> str:
    """Return how many games there are in which states, in a line."""
    if not games:
        return "no games"
    states = Counter(game.state for game in games.values())
    return f"{len(games)} games: " + ", ".join(f"{count} {state}" for state, count in states.most_common())


def changes(before: Games, now: Games) -> Iterator[str]:
    """Yield a line for each game that is listed anew or no longer, or otherwise than before."""
    for game_pk in sorted({*before, *now}):
        old, new = before.get(game_pk), now.get(game_pk)
        if new is None and old:
            yield f"{old}; listed no longer"
        elif new and old is None:
            yield f"{new}; listed anew"
        elif new and str(new) != str(old):
            yield str(new)


def _columns(names: list[str]) -> Composable:
    return SQL(", ").join(map(Identifier, names))

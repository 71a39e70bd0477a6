"""The games of a date as the schedule's table lists them, and whether anything is still to come of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.games import has_one_of
from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.jobs.models import FanOut, Ingest, Job, Watch


@dataclass(frozen=True)
class ListedGame:
    """A game as it is listed under one date.

    `moved_to` is where it is played, or goes on, instead; `was_moved_here` says that this is the date it was moved to.
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
    fan_out: FanOut

    def games(self, connection: Connection, day: date) -> Games:
        """Return the games that the table lists under a date, by game_pk."""
        cursor = connection.cursor(row_factory=class_row(ListedGame))
        return {game.game_pk: game for game in cursor.execute(self.query, {"day": day})}

    @property
    def query(self) -> Composed:
        """The query of the games that the table lists under the date of parameter `day`, as a `ListedGame` has them."""
        return SQL(
            """
            SELECT {key} AS game_pk, concat_ws(' @ ', {label}) AS label, {state} AS state, {ahead} AS is_ahead,
                   {over} AS is_final, {without} AS is_called_off, {parked} AS is_parked,
                   coalesce({moved_to}) AS moved_to, coalesce({moved_from}) IS NOT NULL AS was_moved_here
            FROM {table} WHERE {date} = %(day)s ORDER BY 1
            """
        ).format(
            key=Identifier(self.fan_out.key),
            label=_columns(self.fan_out.label),
            state=Identifier(self.watch.state),
            ahead=has_one_of(self.fan_out.ahead),
            over=has_one_of(self.fan_out.over),
            without=has_one_of(self.fan_out.without),
            parked=has_one_of(self.watch.parked),
            moved_to=_columns(self.watch.moved_to),
            moved_from=_columns(self.watch.moved_from),
            table=Identifier(*self.fan_out.table.split(".")),
            date=Identifier(self.fan_out.date),
        )


def watched_schedule() -> WatchedSchedule:
    """Return the schedule that can be watched. Raises BadInputError where there is not exactly one in dags/."""
    jobs = [load_job(path) for path in job_files()]
    found = [
        WatchedSchedule(job, job.ingest, job.ingest.watch, other.fan_out)
        for job in jobs
        if job.ingest and job.ingest.watch
        for other in [each for each in jobs if each.fan_out and each.fan_out.table in job.produces][:1]
        if other.fan_out
    ]
    if len(found) != 1:
        names = ", ".join(each.job.name for each in found) or "none"
        raise BadInputError(
            f"one job of dags/ must say under 'ingest.watch' how to watch what a 'fan_out' reads; there is: {names}"
        )
    return found[0]


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

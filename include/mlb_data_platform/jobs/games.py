"""Which games a date has: read from the schedule's table, as a job's `fan_out` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql

from mlb_data_platform.jobs.models import FanOut


@dataclass(frozen=True)
class Game:
    """One game to ask for, and what people call it."""

    game_pk: int
    label: str


@dataclass(frozen=True)
class Listing:
    """One game as the schedule lists it: `over_since` is when the schedule came to say that it is over, if it does."""

    game_pk: int
    has_begun: bool
    over_since: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the schedule says that the game is over."""
        return self.over_since is not None


def games_of_date(connection: psycopg.Connection[Any], fan_out: FanOut, date: str) -> list[Game]:
    """Return the games of `date` (YYYY-MM-DD) that are played on it, by game_pk; none if the schedule lists none."""
    return _games(connection, fan_out, _is_on(fan_out), {"date": date})


def listings(connection: psycopg.Connection[Any], fan_out: FanOut, first: date, last: date) -> list[Listing]:
    """Return the games that are played from `first` to `last`, each once, by the last of its dates."""
    query = sql.SQL(
        """
        SELECT game_pk, has_begun, over_since
        FROM (
            SELECT DISTINCT ON ({key})
                {key} AS game_pk,
                {date} AS day,
                NOT {ahead} AS has_begun,
                CASE WHEN {over} THEN captured_at END AS over_since
            FROM {table}
            WHERE {date} BETWEEN %(first)s AND %(last)s AND NOT {without}
            ORDER BY {key}, {date} DESC
        ) AS listed
        ORDER BY day, game_pk
        """
    ).format(
        key=sql.Identifier(fan_out.key),
        date=sql.Identifier(fan_out.date),
        table=sql.Identifier(*fan_out.table.split(".")),
        ahead=has_one_of(fan_out.ahead),
        over=has_one_of(fan_out.over),
        without=has_one_of(fan_out.without),
    )
    return [Listing(*row) for row in connection.execute(query, {"first": first, "last": last})]


def games_by_pk(connection: psycopg.Connection[Any], fan_out: FanOut, game_pks: Sequence[int]) -> list[Game]:
    """Return these games, in the order given, each once. One that the schedule does not know is labelled by its key."""
    condition = sql.SQL("{key} = ANY(%(game_pks)s)").format(key=sql.Identifier(fan_out.key))
    known = {game.game_pk: game for game in _games(connection, fan_out, condition, {"game_pks": list(game_pks)})}
    return [known.get(game_pk, Game(game_pk, str(game_pk))) for game_pk in dict.fromkeys(game_pks)]


def _games(
    connection: psycopg.Connection[Any], fan_out: FanOut, condition: sql.Composable, values: dict[str, Any]
) -> list[Game]:
    query = sql.SQL(
        "SELECT DISTINCT ON ({key}) {key}, concat_ws(' @ ', {label}) FROM {table}"
        " WHERE {condition} ORDER BY {key}, {date} DESC"
    ).format(
        key=sql.Identifier(fan_out.key),
        label=sql.SQL(", ").join(map(sql.Identifier, fan_out.label)),
        table=sql.Identifier(*fan_out.table.split(".")),
        date=sql.Identifier(fan_out.date),
        condition=condition,
    )
    return [Game(*row) for row in connection.execute(query, values)]


def _is_on(fan_out: FanOut) -> sql.Composable:
    return sql.SQL("{} = %(date)s AND NOT {}").format(sql.Identifier(fan_out.date), has_one_of(fan_out.without))


def has_one_of(values: Mapping[str, Sequence[str]]) -> sql.Composable:
    """Return whether a row has one of the values of any of these columns; a column that is NULL has none."""
    conditions: list[sql.Composable] = [
        sql.SQL("coalesce({} = ANY({}), false)").format(sql.Identifier(column), sql.Literal(list(wanted)))
        for column, wanted in values.items()
    ]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(conditions or [sql.SQL("false")]))

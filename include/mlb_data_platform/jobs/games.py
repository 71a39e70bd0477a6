"""Which games a date has: read from the schedule's table, as a job's `fan_out` says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from mlb_data_platform.jobs.models import FanOut


@dataclass(frozen=True)
class Game:
    """One game to ask for, and what people call it."""

    game_pk: int
    label: str


def games_of_date(connection: psycopg.Connection[Any], fan_out: FanOut, date: str) -> list[Game]:
    """Return the games of `date` (YYYY-MM-DD) that are played on it, by game_pk; none if the schedule lists none."""
    return _games(connection, fan_out, _is_on(fan_out), {"date": date})


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
    """The rows of the date, without those that `fan_out.without` names; a column that is NULL leaves its row in."""
    conditions = [sql.SQL("{} = %(date)s").format(sql.Identifier(fan_out.date))]
    conditions += [
        sql.SQL("{column} IS NULL OR {column} <> ALL({values})").format(
            column=sql.Identifier(column), values=sql.Literal(list(values))
        )
        for column, values in fan_out.without.items()
    ]
    return sql.SQL("({})").format(sql.SQL(") AND (").join(conditions))

"""What a run was asked for, and whether it is in the tables, as its job's `check` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier
from psycopg.types.json import Jsonb

from mlb_data_platform.jobs.each import Each
from mlb_data_platform.jobs.items import Item, items, items_by_key
from mlb_data_platform.jobs.models import PresenceCheck
from mlb_data_platform.jobs.placeholders import RUN_VALUES, fill

Keys = Mapping[str, Sequence[int | str]]


@dataclass(frozen=True)
class Asked:
    """One thing that was asked for: what the placeholders stand for, and what people call it if they do."""

    values: Mapping[str, Any]
    label: str = ""


def asked_for(
    connection: Connection[Any], check: PresenceCheck, each: Each | None, run: Mapping[str, Any], keys: Keys
) -> list[Asked]:
    """Return what must be in the tables after a run of `run` (its date and season), as the tables list it by now.

    `keys` are those that the run was given, or that stand for what it was not.
    """
    listed: list[Item | None] = [None]
    if each and not check.needs.isdisjoint(each.key):
        listed = list(_items(connection, each, run, keys))
    names = [name for name in keys if name in check.needs and not (each and name in each.key)]
    given = [dict(zip(names, values, strict=True)) for values in product(*(keys[name] for name in names))]
    return [
        Asked({**run, **key, **(item.key if item else {})}, item.label if item else "")
        for item in listed
        for key in given
    ]


def run_values(check: PresenceCheck, each: Each | None, keys: Keys) -> list[str]:
    """Return which of its date and its season a run must have, so that what it was asked for can be told."""
    needed = set(check.needs)
    if each and not needed.isdisjoint(each.key) and not set(each.key) <= set(keys):
        needed.add("date" if each.dated_tables else "season")
    return [name for name in RUN_VALUES if name in needed]


def absent(
    connection: Connection[Any], check: PresenceCheck, asked: Sequence[Asked], counts: Composable | None = None
) -> list[Asked]:
    """Return what of `asked` no row of the table has, in the order given.

    `counts` is the condition on a row, `t`, under which it counts; without it each does.
    """
    wanted = [{column: fill(str(value), each.values) for column, value in check.columns.items()} for each in asked]
    # As a row of the table: so that its columns say of which type the values are.
    query = SQL(
        """
        SELECT number FROM jsonb_array_elements(%s) WITH ORDINALITY AS each (wanted, number)
        CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, wanted) AS w
        WHERE NOT EXISTS (SELECT FROM {table} AS t WHERE {same} AND {counts}) ORDER BY number
        """
    ).format(
        table=Identifier(*check.table.split(".")),
        same=SQL(" AND ").join(SQL("t.{0} = w.{0}").format(Identifier(name)) for name in check.columns),
        counts=counts or SQL("true"),
    )
    return [asked[number - 1] for (number,) in connection.execute(query, (Jsonb(wanted),))]


def missing(check: PresenceCheck, asked: Asked) -> str:
    """Return in words that the table has no row of what was asked for."""
    values = ", ".join(f"{column} {fill(str(value), asked.values)}" for column, value in check.columns.items())
    return f"{check.table} has no {values}" + (f" ({asked.label})" if asked.label else "")


def _items(connection: Connection[Any], each: Each, run: Mapping[str, Any], keys: Keys) -> list[Item]:
    if set(each.key) <= set(keys):
        combinations = product(*(keys[name] for name in each.key))
        return items_by_key(connection, each, [dict(zip(each.key, values, strict=True)) for values in combinations])
    if each.dated_tables:
        first = last = date.fromisoformat(str(run["date"]))
    else:
        first, last = date(run["season"], 1, 1), date(run["season"], 12, 31)
    return items(connection, each, first, last, known_too=True)

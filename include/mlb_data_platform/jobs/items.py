"""For which items a job does its work: read from the tables, as its `each` says. A date's games are the usual case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier, Literal

from mlb_data_platform.jobs.each import GAME, Each, Rows, Unless
from mlb_data_platform.jobs.placeholders import fill, placeholders

Key = Mapping[str, int | str]


@dataclass(frozen=True)
class Item:
    """One item: its key, and what people call it.

    `over_since` is when the table came to say that it is over, if it does.
    """

    key: Key
    label: str
    has_begun: bool = True
    over_since: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether the table says that it is over."""
        return self.over_since is not None


def items(connection: Connection[Any], each: Each, first: date, last: date, *, known_too: bool = False) -> list[Item]:
    """Return the items of the dates from `first` to `last`, each once, by the last of its dates.

    They are in the order of these dates, and of their keys, or as `each` says. With `known_too` none is left out by
    `unless`.
    """
    values = {"date": first, "season": first.year}
    conditions = [
        *_of_dates(each.date, "t"),
        *_has(each.where, "t", values),
        SQL("NOT {}").format(has_one_of(each.without, "t")),
    ]
    if each.unless and not known_too:
        conditions.append(_is_not_known(each.unless, values))
    return _items(connection, each, conditions, {"first": first, "last": last})


def items_by_key(connection: Connection[Any], each: Each, keys: Sequence[Key]) -> list[Item]:
    """Return the items with these keys, in the order given, each once, by the last of its dates.

    What the table does not have is called by its key.
    """
    wanted = {tuple(str(key[name]) for name in each.key): key for key in keys}
    columns = {name: [each_key[position] for each_key in wanted] for position, name in enumerate(each.key)}
    tuples = SQL("({}) IN (SELECT * FROM unnest({}) AS asked)").format(
        SQL(", ").join(SQL("item.{}::text").format(Identifier(name)) for name in each.key),
        SQL(", ").join(SQL("%({})s::text[]").format(SQL(f"key_{position}")) for position, _ in enumerate(columns)),
    )
    values = {f"key_{position}": found for position, found in enumerate(columns.values())}
    known = {_text(each, item.key): item for item in _items(connection, each, [tuples], values)}
    return [known.get(text, Item(key, " ".join(text))) for text, key in wanted.items()]


def dates_of(connection: Connection[Any], each: Each, game_pks: Sequence[int | str]) -> dict[int, list[date]]:
    """Return for each of these games the dates under which the table lists it, whether it is played on them or not.

    One that the table does not know is left out.
    """
    query = SQL(
        "SELECT {key}, array_agg({date} ORDER BY {date}) FROM {table} WHERE {key} = ANY(%s) GROUP BY {key}"
    ).format(
        key=Identifier(str(each.key[GAME])),
        date=Identifier(str(each.date)),
        table=Identifier(*each.table.split(".")),
    )
    return dict(connection.execute(query, (list(game_pks),)).fetchall())


def has_one_of(values: Mapping[str, Sequence[str]], alias: str | None = None) -> Composable:
    """Return whether a row has one of the values of any of these columns; a column that is NULL has none."""
    conditions: list[Composable] = [
        SQL("coalesce({} = ANY({}), false)").format(_column(column, alias), Literal(list(wanted)))
        for column, wanted in values.items()
    ]
    return SQL("({})").format(SQL(" OR ").join(conditions or [SQL("false")]))


def _items(
    connection: Connection[Any], each: Each, conditions: Sequence[Composable], values: Mapping[str, Any]
) -> list[Item]:
    names = SQL(", ").join(map(Identifier, each.key))
    query = SQL(
        """
        SELECT * FROM (
            SELECT DISTINCT ON ({keys}) {keys}, {label} AS item_label, {day} AS item_day,
                   {order} AS item_order, NOT {ahead} AS item_has_begun, {over_since} AS item_over_since
            FROM {table} AS t CROSS JOIN LATERAL (VALUES {rows}) AS item ({names})
            WHERE {is_one} AND {conditions}
            ORDER BY {keys}, item_day DESC
        ) AS found
        ORDER BY item_order, item_day, {names}
        """
    ).format(
        names=names,
        keys=SQL(", ").join(Identifier("item", name) for name in each.key),
        label=_label(each),
        day=_column(each.date, "t") if each.date else SQL("NULL"),
        order=_column(each.order, "t") if each.order else SQL("NULL"),
        ahead=has_one_of(each.ahead, "t"),
        over_since=_over_since(each),
        table=Identifier(*each.table.split(".")),
        rows=SQL(", ").join(
            SQL("({})").format(SQL(", ").join(_column(column, "t") for column in columns)) for columns in each.columns
        ),
        is_one=SQL("({}) IS NOT NULL").format(SQL(", ").join(Identifier("item", name) for name in each.key)),
        conditions=SQL(" AND ").join(conditions),
    )
    cursor = connection.cursor(row_factory=dict_row)
    return [
        Item(
            {name: row[name] for name in each.key},
            row["item_label"] or " ".join(str(row[name]) for name in each.key),
            row["item_has_begun"],
            row["item_over_since"],
        )
        for row in cursor.execute(query, values)
    ]


def _label(each: Each) -> Composable:
    columns = [_column(name, "t") for name in each.label] or [SQL("NULL")]
    return SQL("concat_ws(' @ ', {})").format(SQL(", ").join(columns))


def _over_since(each: Each) -> Composable:
    """When the row was last changed, if it says that its item is over; of a view, which has no such time, nothing."""
    if not each.over:
        return SQL("NULL::timestamptz")
    return SQL("CASE WHEN {} THEN t.captured_at END").format(has_one_of(each.over, "t"))


def _of_dates(column: str | None, alias: str) -> Iterator[Composable]:
    yield SQL("{} BETWEEN %(first)s AND %(last)s").format(_column(column, alias)) if column else SQL("true")


def _has(where: Mapping[str, Any], alias: str, values: Mapping[str, Any]) -> Iterator[Composable]:
    """Whether a row has, in each of these columns, one of its values."""
    for column, wanted in where.items():
        if isinstance(wanted, Rows):
            yield SQL("{} IN ({})").format(_column(column, alias), _values_of(wanted, values))
        else:
            allowed = wanted if isinstance(wanted, list) else [wanted]
            texts = [fill(str(value), values) for value in allowed]
            yield SQL("{} = ANY({})").format(_column(column, alias), Literal(texts))


def _values_of(rows: Rows, values: Mapping[str, Any]) -> Composable:
    conditions = [*_of_dates(rows.date, "r"), *_has(rows.where, "r", values)]
    return SQL("SELECT {} FROM {} AS r WHERE {}").format(
        _column(rows.column, "r"), Identifier(*rows.table.split(".")), SQL(" AND ").join(conditions)
    )


def _is_not_known(unless: Unless, values: Mapping[str, Any]) -> Composable:
    """That no row of a young capture is of the item."""
    same = [
        SQL("{} = {}").format(_column(column, "u"), _item_value(str(value), values))
        for column, value in unless.columns.items()
    ]
    return SQL("NOT EXISTS (SELECT FROM {} AS u WHERE {} AND captured_at > now() - make_interval(days => {}))").format(
        Identifier(*unless.table.split(".")), SQL(" AND ").join(same), Literal(unless.newer_than_days)
    )


def _item_value(value: str, values: Mapping[str, Any]) -> Composable:
    (name,) = placeholders(value) or ("",)
    if value == f"{{{name}}}" and name not in values:
        return Identifier("item", name)
    return Literal(fill(value, values))


def _column(name: str, alias: str | None) -> Composable:
    return Identifier(alias, name) if alias else Identifier(name)


def _text(each: Each, key: Key) -> tuple[str, ...]:
    return tuple(str(key[name]) for name in each.key)
